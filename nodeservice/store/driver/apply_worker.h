#pragma once

/// The thread that applies and tries, and the data with it: a slow statement holds up what is applied, never an
/// election.

#include "nodeservice/store/driver/mailbox.h"
#include "nodeservice/store/sql/data.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <variant>
#include <vector>

namespace tessera::store {

struct AppliedEntry {
    raft::Position position;
    Outcome outcome;
};

struct Applied {
    raft::Index index = 0;
    std::uint64_t hash = 0;
    /// Of what was taken off the queue.
    std::size_t bytes = 0;
    /// Not those that a snapshot held already.
    std::vector<AppliedEntry> entries;
};

/// A command that was tried and undone.
struct Tried {
    Result<> result;
    /// On the state of this index.
    raft::Index index = 0;
};

class ApplyWorker {
  public:
    using Report = std::function<void()>;

    struct Events {
        /// Called by a report.
        std::function<void(Applied)> applied;
        /// Called by a report; nothing more is applied then.
        std::function<void(Error)> failed;
        /// In the worker's thread: what became of jobs that came together, in their order, to be called (or not, by
        /// whoever has stopped). Together, so that what they lead to is done together. Must not wait.
        std::function<void(std::vector<Report>)> reports;
    };

    /// The state of an index, pinned, whatever is applied meanwhile; or why there is none.
    using OnPinned = std::function<void(Result<std::shared_ptr<PinnedState>>)>;
    using OnTried = std::function<void(Tried)>;

    ApplyWorker(std::unique_ptr<Data> data, Events events);

    ~ApplyWorker() { stop(); }

    ApplyWorker(const ApplyWorker&) = delete;
    ApplyWorker& operator=(const ApplyWorker&) = delete;

    void apply(std::vector<raft::Entry> entries) { jobs_.push(std::move(entries)); }

    /// Puts the snapshot of `index` in the data's place. The file is removed.
    void restore(raft::Index index, std::filesystem::path file) { jobs_.push(Restore{index, std::move(file)}); }

    /// The callbacks are called by reports, or never if it has stopped.
    void pin(OnPinned done) { jobs_.push(Pin{std::move(done)}); }

    /// In the caller's thread, if the worker has nothing to do: whether the command is certain not to fail. False says
    /// nothing.
    bool triesWell(const Command& command);

    void tryOut(Command command, OnTried done) { jobs_.push(Try{std::move(command), std::move(done)}); }

    /// What waits is still done.
    void stop();

  private:
    struct Restore {
        raft::Index index = 0;
        std::filesystem::path file;
    };

    struct Pin {
        OnPinned done;
    };

    struct Try {
        Command command;
        OnTried done;
    };

    using Job = std::variant<std::vector<raft::Entry>, Restore, Pin, Try>;

    void work();
    void report();
    void noteApplied(Applied applied);
    Result<std::vector<Outcome>> applyOf(std::span<const raft::Entry> entries);
    Result<> run(const std::vector<raft::Entry>& entries);
    Result<> run(const Restore& restore);
    Result<> run(const Pin& pin);
    Result<> run(const Try& attempt);

    std::mutex mutex_;
    /// Guarded by mutex_, but for what apply and restore alone change, which this thread reads without.
    const std::unique_ptr<Data> data_;
    const Events events_;
    std::vector<Report> reports_;  // the thread's own
    Mailbox<Job> jobs_;
    std::thread thread_;
};

}  // namespace tessera::store
