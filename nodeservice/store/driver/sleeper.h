#pragma once

/// How threads wait for what is written to the store without looking for it again and again: a store that nobody uses
/// wakes nobody.

#include "nodeservice/store/raft/types.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <vector>

namespace tessera::store {

class Sleeper;

/// Up to which entry a member's data are. Any thread.
class AppliedIndex {
  public:
    raft::Index get() const { return value_; }

    /// Wakes who sleeps until then; costs nothing when nobody does.
    void set(raft::Index index);

  private:
    friend class Sleeper;

    std::atomic<raft::Index> value_ = 0;
    /// How many are in `watching_`, to be read without the mutex.
    std::atomic<std::size_t> watched_ = 0;
    std::mutex mutex_;
    std::vector<Sleeper*> watching_;  // guarded by mutex_
};

/// One thread's sleep between its looks at the store.
class Sleeper {
  public:
    /// For who has nothing to do until something is written: so that a mistake about that is made good.
    static constexpr std::chrono::seconds kLong{5};

    explicit Sleeper(AppliedIndex& applied) : applied_(applied) {}

    Sleeper(const Sleeper&) = delete;
    Sleeper& operator=(const Sleeper&) = delete;

    /// Of the thread itself: sleeps for `least` whatever is written, and then until something is that it has not seen
    /// (the data are beyond `seen`), but no longer than `most` in all. False: it is to stop.
    bool sleep(raft::Index seen, std::chrono::milliseconds least, std::chrono::milliseconds most = kLong);

    /// For so long, whatever is written. True: it is to stop.
    bool stopsWithin(std::chrono::milliseconds time) { return !sleep(0, time, time); }

    // Of others.

    /// Ends this sleep, or the next.
    void wake();

    /// Ends every sleep from now on.
    void stop();

  private:
    AppliedIndex& applied_;
    std::condition_variable changed_;
    bool is_wanted_ = false;    // guarded by applied_.mutex_
    bool is_stopping_ = false;  // guarded by applied_.mutex_

    friend class AppliedIndex;
};

}  // namespace tessera::store
