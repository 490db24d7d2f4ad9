#pragma once

/// Actions that are done one at a time, in the order in which they came. Whoever posts one while nobody is at it does
/// it at once, in its own thread, with what comes meanwhile (a combining queue, as in flat combining: Hendler et al.,
/// SPAA 2010): to wake a thread for it would take longer than most actions. The loop's own thread does what is due by
/// time, and what a poster would be held up by.
///
/// Whoever is at it has the turn. What belongs to the turn is touched by one thread at a time, and the mutex under
/// which the turn is given back and taken orders the one before the other.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace tessera::store {

class Loop {
  public:
    using Action = std::function<void()>;
    using Time = std::chrono::steady_clock::time_point;

    /// All of them in the turn.
    struct Work {
        /// Before the actions that were taken together, and with none when `due` has come.
        std::function<void()> begin;
        /// After them.
        std::function<void()> end;
        /// When `begin` is to be called though nothing comes. Asked after each step: it may move either way.
        std::function<Time()> due;
        /// Last, when the loop has been stopped, with what was posted and not done yet.
        std::function<void(const std::vector<Action>&)> finish;
    };

    /// Actions may be posted from here on.
    explicit Loop(Work work) : work_(std::move(work)) {}

    ~Loop() { stop(); }

    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// Begins to look after what is due.
    void start();

    /// Any thread that holds no lock which an action may want; the action may be done before it returns. False: not
    /// taken, as the loop is stopped, or because `limit` wait already.
    bool post(Action action, std::size_t limit = static_cast<std::size_t>(-1));

    /// The same, but done by another thread than this one.
    bool postToOthers(Action action);

    /// In the turn: `answer` comes when the turn has been given back, in the same thread. What goes to others belongs
    /// there: it is not in the way of the next action, and may post what it likes.
    void afterwards(Action answer) { answers_.push_back(std::move(answer)); }

    /// Everything that was taken is done when it returns, and answered. Not in the turn; may be called again, by the
    /// same thread.
    void stop();

  private:
    void takeTurn();
    void giveBack(std::unique_lock<std::mutex>& lock);
    void step();
    void watch();

    const Work work_;
    std::mutex mutex_;
    std::condition_variable changed_;
    // The turn's.
    std::vector<Action> running_;
    std::vector<Action> answers_;
    // Guarded by mutex_.
    std::vector<Action> waiting_;
    Time due_{};
    /// Until when the loop's own thread sleeps; as good as never, if it is awake.
    Time sleeps_until_ = Time::min();
    bool is_taken_ = false;
    /// Threads that have given the turn back and are answering.
    std::size_t answering_ = 0;
    /// The loop's own thread waits until the turn is free.
    bool wants_turn_ = false;
    bool is_stopped_ = false;
    std::thread thread_;  // of who starts and stops it
};

}  // namespace tessera::store
