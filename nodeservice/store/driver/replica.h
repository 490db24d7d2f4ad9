#pragma once

/// One member of the replicated store: the Raft core with its threads around it.
///
/// The core belongs to the loop's turn (loop.h): messages, requests and what the other threads report are given to it
/// by whoever brings them, unless somebody is at it already, who then does that too; and one Ready after another is
/// carried out. The storage's thread writes; the apply worker applies. Callbacks come in one of these threads, or in
/// that of any caller, also before the call returns; they must not wait for long.

#include "nodeservice/store/driver/apply_worker.h"
#include "nodeservice/store/driver/change_feed.h"
#include "nodeservice/store/driver/held_state.h"
#include "nodeservice/store/driver/history.h"
#include "nodeservice/store/driver/loop.h"
#include "nodeservice/store/driver/sleeper.h"
#include "nodeservice/store/driver/storage_thread.h"
#include "nodeservice/store/driver/transport.h"
#include "nodeservice/store/raft/core.h"
#include "nodeservice/store/sql/reader.h"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace tessera::store {

/// The time a replica goes by: one that only goes forward, for elections, and one that people read, for statements.
class Clock {
  public:
    using Time = std::chrono::steady_clock::time_point;

    virtual ~Clock() = default;

    virtual Time now() const { return std::chrono::steady_clock::now(); }

    virtual std::int64_t wallMs() const;
};

struct ReplicaOptions {
    /// `id` and the limits; the seed is taken from `random`.
    raft::Options raft{};
    std::filesystem::path folder;
    /// Who is in a new store, if nothing is in the folder. Empty: nobody, it waits to be let in. None: this one alone.
    std::optional<raft::Membership> founders{};
    std::chrono::milliseconds tick{50};
    /// A snapshot is made when what follows the last one weighs more. So much of the log is kept, for members that lag
    /// and for reads of the past, which reach back to the oldest snapshot that is within it.
    std::size_t max_log_bytes = std::size_t{32} << 20U;
    std::size_t trailing_log_bytes = std::size_t{48} << 20U;
    /// Requests and messages that wait for the loop: more are refused, and messages lost.
    std::size_t max_waiting = 10'000;
    /// A command that weighs more is refused.
    std::size_t max_command_bytes = std::size_t{8} << 20U;
    /// Commands are refused while more than this waits to be applied.
    std::size_t max_unapplied_bytes = std::size_t{64} << 20U;
    std::shared_ptr<const Clock> clock = std::make_shared<Clock>();
    /// From any thread.
    std::function<std::uint64_t()> random;
};

/// How a command ended.
struct Execution {
    enum class Fate {
        kApplied,  ///< `outcome` says what it did; that may be an error, which is the same on all members.
        kRefused,  ///< It has no effect and never will have: `error`.
        kUnknown,  ///< It may have, now or later: `error`. The same client and sequence again find out.
    };

    Fate fate = Fate::kUnknown;
    raft::Index index = 0;
    Outcome outcome{};
    Error error{};
    /// Who leads, if it was refused because this one does not.
    raft::NodeId leader = raft::kNoNode;
};

enum class Consistency {
    kNone,          ///< What this member holds, however old.
    kWeak,          ///< The same, if it takes itself for the leader.
    kLeader,        ///< Of the leader, while its lease lasts or a quorum confirms it.
    kLinearizable,  ///< On any member: all that was answered before the request came is seen.
    kFreshness,     ///< On any member: all that was answered `max_age` before the request came is seen.
    kAtIndex,       ///< The state after the entry `index`: the same on any member that still has it.
    kAtTime,        ///< The state that statements at `time_ms` saw, by the leaders' clocks.
};

/// Which state is read.
struct ReadPoint {
    // Most say nothing else.
    ReadPoint(Consistency of = Consistency::kLinearizable) : consistency(of) {}  // NOLINT(google-explicit-constructor)

    Consistency consistency;
    std::chrono::milliseconds max_age{0};
    raft::Index index = 0;
    /// Since 1970.
    std::int64_t time_ms = 0;
};

struct PeerStatus {
    raft::NodeId id = raft::kNoNode;
    raft::Index match = 0;
    std::size_t messages_in_flight = 0;
    std::size_t bytes_in_flight = 0;
    /// Heard of since the quorum was last checked.
    bool is_active = false;
    bool is_installing = false;
    /// From a heartbeat to its answer, a moving mean; none yet: zero.
    std::chrono::microseconds latency{0};
};

struct ReplicaStatus {
    raft::NodeId id = raft::kNoNode;
    raft::Role role = raft::Role::kFollower;
    raft::NodeId leader = raft::kNoNode;
    raft::Term term = 0;
    raft::Index commit = 0;
    raft::Index durable = 0;
    raft::Index applied = 0;
    /// Of the data at `applied`.
    std::uint64_t hash = 0;
    raft::Index log_base = 0;
    std::size_t log_bytes = 0;
    raft::Index snapshot = 0;
    raft::Membership membership{};
    /// Why it does nothing any more.
    std::optional<Error> fault{};
    std::size_t unapplied_bytes = 0;
    /// Commands taken and not answered.
    std::size_t pending = 0;
    /// Of a leader: what it knows of the others.
    std::vector<PeerStatus> peers{};
};

class Replica {
  public:
    using Time = Clock::Time;
    using OnExecuted = std::function<void(Execution)>;
    using OnReadable = std::function<void(Result<raft::Index>)>;
    using OnChanged = std::function<void(Result<raft::Position>)>;

    /// With the files raft.db and data.db in the folder, and snapshots beside them. Transport: outlives it.
    static Result<std::unique_ptr<Replica>> open(ReplicaOptions options, Transport& transport);

    /// The same with another storage.
    static Result<std::unique_ptr<Replica>> open(ReplicaOptions options, std::unique_ptr<Storage> storage,
                                                 Transport& transport);

    ~Replica() { stop(); }

    Replica(const Replica&) = delete;
    Replica& operator=(const Replica&) = delete;

    /// Takes part no more: what is not answered yet is of unknown fate, what comes is refused. May be called again, by
    /// the same thread.
    void stop();

    // From any thread that holds no lock which a callback may want; none of these waits.

    void receive(raft::Message message);

    /// Time and seed are filled in here. Answered exactly once, at the deadline at the latest.
    void execute(Command command, Time deadline, OnExecuted done);

    /// When and from which index on this member's data may be read. Answered exactly once.
    void awaitReadable(const ReadPoint& point, Time deadline, OnReadable done);

    /// What `change` makes of the membership of now; an Error of it is answered.
    using MembershipChange = std::function<Result<raft::MembershipTarget>(const raft::Membership&)>;
    void changeMembership(MembershipChange change, OnChanged done);

    /// Answered with whom it goes to, when that begins; kNoNode: to the voter that has most of the log.
    void transferLeadership(raft::NodeId to, std::function<void(Result<raft::NodeId>)> done);

    /// Makes a snapshot now, whatever the log weighs.
    void snapshotNow();

    /// As if its election time-out had passed: nothing comes of it while a leader is heard.
    void timeOut();

    /// The member does nothing while `wait` does not return, as a process that was stopped. It is called in a thread of
    /// this. False: not at all, as the member has stopped.
    bool standStill(std::function<void()> wait);

    /// `action` comes in the loop's turn a tick from now, or when it stops; not at all (false) if it has.
    bool atNextTick(std::function<void()> action);

    ReplicaStatus status() const;

    // Of the same; for who asks often.
    raft::Index applied() const { return published_applied_.get(); }

    /// For threads that wait for what is written.
    AppliedIndex& appliedIndex() { return published_applied_; }

    bool leads() const { return leads_; }

    // These wait, for callers with a thread to spare.

    Execution execute(Command command, std::chrono::milliseconds most);
    Result<> query(const SqlStatement& statement, const ReadPoint& point, std::chrono::milliseconds most,
                   const RowSink& sink);

    /// Of what this member holds now; for who has awaited that it is readable.
    Result<> queryHere(const SqlStatement& statement, const RowSink& sink);

    /// The same, given up (nothing) when it takes more than a moment: for threads that others need. What the sink has
    /// got by then does not count.
    std::optional<Result<>> queryBriefly(const SqlStatement& statement, const RowSink& sink);

    /// The same of the state that `point` wants, which may be a past one. A past one that is not kept any more:
    /// kOutOfRange. `deadline` is for finding it, not for the rows.
    Result<> queryAt(const SqlStatement& statement, const ReadPoint& point, Time deadline, const RowSink& sink);

    /// For several queries of one state.
    Result<HeldState> hold(const ReadPoint& point, Time deadline);

    /// What the entries behind `after` up to `last` changed, or the first of them; `last` is applied here. See
    /// change_feed.h, also for the next one.
    Result<std::vector<Changes>> changes(raft::Index after, raft::Index last, Time deadline);

    /// What the state after entry `to` has that the one after `from` has not.
    Result<Changes> difference(raft::Index from, raft::Index to, Time deadline);

    /// Whether all of them read, as far as what this member holds can tell: false also for what it cannot prepare.
    bool onlyReads(const std::vector<SqlStatement>& statements);

    /// Writes what this member holds to a new file, a SQLite database; returns the index that it is of. What is applied
    /// meanwhile does not wait.
    Result<raft::Index> backUp(const std::filesystem::path& file);

  private:
    struct Pending {
        raft::Term term = 0;
        Time deadline;
        OnExecuted done;
    };

    struct PendingRead {
        ReadPoint point;
        Time deadline;
        OnReadable done;
        /// When the question was put whose answer makes it readable.
        Time asked{};
    };

    /// Reads that came together and are asked for as one.
    struct ReadGroup {
        raft::ReadMode mode = raft::ReadMode::kReadIndex;
        std::uint32_t ticks_waited = 0;
        std::vector<PendingRead> reads;
    };

    using Action = Loop::Action;

    Replica(ReplicaOptions options, raft::StoredLog stored, std::unique_ptr<Storage> storage,
            std::unique_ptr<Data> data, Transport& transport);

    // replica.cpp
    Loop::Work work();
    void finish(const std::vector<Action>& rest);
    Time nextTickDue() const;
    void passTime();
    void pump();
    void pumpAll();
    void carryOut(raft::Ready ready);
    void wroteUpTo(const Written& written);
    void appliedUpTo(const Applied& applied);
    void stopWith(Error error);
    void publish();
    void noteLeadership();

    void noteSent(const raft::Message& message);
    void noteAnswered(const raft::Message& message);

    bool post(Action action) { return loop_.post(std::move(action)); }

    /// Why something was not taken.
    Error notTaken() const;

    // requests.cpp
    void startExecute(Command command, bool is_tried, Time deadline, OnExecuted done);
    void tried(const Command& command, std::uint64_t number, const Tried& outcome);
    void propose(const Command& command, Time deadline, OnExecuted done);
    void startRead(PendingRead read);
    void startPointRead(PendingRead read);
    bool askReads();
    bool mayAsk() const;
    void askGroup(std::uint64_t context, ReadGroup& group);
    void readable(const raft::ReadState& state);
    void releaseReads();
    void expire();
    void answerAll(const Error& error);
    raft::NodeId bestSuccessor() const;

    Result<HeldState> holdPast(const PastState& wanted, Time deadline);
    Result<> checkPast(raft::Index from, raft::Index to) const;
    std::function<Result<>()> untilPastIsFound(Time deadline) const;
    Result<std::unique_ptr<Reader>> takeReader();
    void giveBack(std::unique_ptr<Reader> reader);

    // snapshots.cpp
    void maybeSnapshot(bool is_wanted);
    std::size_t bytesBehindSnapshot();
    void pinned(std::shared_ptr<PinnedState> state);
    Result<> saveSnapshot(std::shared_ptr<PinnedState> state, raft::SnapshotMeta& meta);
    void snapshotDamaged(const raft::SnapshotMeta& snapshot, const Error& error);
    void snapshotSaved(const Result<>& saved, const raft::SnapshotMeta& meta);

    const ReplicaOptions options_;
    Transport& transport_;

    // The turn's.
    raft::Core core_;
    Time next_tick_;
    std::optional<Error> fault_;
    raft::Index applied_ = 0;
    std::uint64_t hash_ = 0;
    std::size_t unapplied_bytes_ = 0;
    /// Commands taken and not answered.
    std::size_t unanswered_ = 0;
    /// By number: commands that are tried out; by index: those in the log.
    std::uint64_t try_number_ = 0;
    std::map<std::uint64_t, Pending> trying_;
    std::map<raft::Index, Pending> pending_;
    std::vector<PendingRead> new_reads_;
    std::uint64_t read_context_ = 0;
    std::map<std::uint64_t, ReadGroup> asked_;
    /// By the index that must be applied first.
    std::multimap<raft::Index, PendingRead> waiting_reads_;
    /// The data holds all that was committed then.
    std::optional<Time> fresh_as_of_;
    bool is_snapshotting_ = false;
    /// The one in use cannot be read: the next takes its place.
    bool is_snapshot_damaged_ = false;
    /// After one that failed.
    Time next_snapshot_;
    /// What the entries up to the snapshot weigh that are kept, and between which indices that was counted.
    std::size_t bytes_before_snapshot_ = 0;
    std::pair<raft::Index, raft::Index> counted_between_{0, 0};
    std::vector<Action> at_next_tick_;

    /// A leader's last heartbeat to another member, and how long their answers take.
    struct Heartbeat {
        std::uint64_t round = 0;
        Time sent{};
        std::chrono::microseconds latency{0};
    };

    std::map<raft::NodeId, Heartbeat> heartbeats_;

    mutable std::mutex status_mutex_;
    ReplicaStatus status_;
    AppliedIndex published_applied_;
    std::atomic<bool> leads_ = false;

    std::mutex readers_mutex_;
    std::vector<std::unique_ptr<Reader>> readers_;
    /// None with a storage of another kind.
    std::unique_ptr<History> history_;
    std::unique_ptr<ChangeFeed> change_feed_;

    Loop loop_;
    std::atomic<bool> is_stopping_ = false;
    std::unique_ptr<StorageThread> storage_;
    std::unique_ptr<ApplyWorker> worker_;
    std::thread snapshotter_;
};

}  // namespace tessera::store
