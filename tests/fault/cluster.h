#pragma once

/// A whole cluster in one thread, with virtual time: nodes of the Raft core, their disks, the network between them, and
/// the stages in which a Ready is carried out. Everything that happens is an event of one queue; its order depends on
/// nothing but the seed and what the test does, so that a run can be repeated to the last step (traceHash()).
///
/// The stages of a Ready are those of the real driver: messages that may go at once; the write to disk, in order; then
/// what waited for it; then, apart, what is committed is applied.

#include "nodeservice/store/raft/core.h"
#include "tests/fault/machine.h"
#include "tests/fault/network.h"
#include "tests/fault/sim_disk.h"
#include "tests/fault/watcher.h"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <queue>

namespace tessera::fault {

using Millis = std::uint64_t;

enum class Stage {
    kPersist,        ///< Before a write begins.
    kPersistDuring,  ///< While it is under way.
    kSend,           ///< Before what waited for the write is sent.
    kApply,          ///< Before an entry is applied.
    kApplyDuring,    ///< After it is applied, before anyone knows.
};

/// What a hook wants: go on, or kill the node there and then.
enum class HookAction { kContinue, kKill };

struct ClusterOptions {
    std::uint64_t seed = 1;
    std::size_t nodes = 3;
    Millis tick = 10;
    store::raft::Options raft{};
    MachineFactory machine = [](NodeId) { return std::make_unique<TextMachine>(); };
    std::function<std::unique_ptr<store::Storage>(NodeId)> storage = nullptr;
};

/// How a proposal ended: the machine's answer; lost for certain; or nobody will ever know.
struct Outcome {
    enum class Kind { kDone, kLost, kUnknown };

    Kind kind = Kind::kUnknown;
    std::string answer;
};

using OnOutcome = std::function<void(const Outcome&)>;

class Cluster {
  public:
    explicit Cluster(ClusterOptions options);

    // --- time
    Millis now() const { return now_; }

    /// One event. False when there is none.
    bool step();

    /// Events until one was of this node.
    void stepNode(NodeId node);

    void run(Millis duration);

    /// True as soon as the condition holds.
    bool runUntil(const std::function<bool()>& condition, Millis most);

    void at(Millis delay, std::function<void()> action);

    // --- nodes
    std::vector<NodeId> ids() const;
    /// With an empty log and no members: it waits to be let in.
    NodeId addNode();

    /// Memory and what is not on disk are gone.
    void kill(NodeId node);
    /// False: what is on its disk is damaged.
    bool restart(NodeId node);
    /// It does nothing, and what comes waits (SIGSTOP).
    void stop(NodeId node);
    void resume(NodeId node);
    /// Kills it, and empties its disk.
    void wipe(NodeId node);
    void forceElection(NodeId node);
    /// Its monotonic clock jumps ahead.
    void jumpClock(NodeId node, std::uint32_t ticks);
    /// Its clock runs this much slower (> 1) or faster (< 1).
    void setClockRate(NodeId node, double rate);
    /// Makes a snapshot and keeps `trailing` entries.
    void snapshot(NodeId node, Index trailing);

    bool isUp(NodeId node) const { return nodes_.at(node)->core != nullptr; }

    bool isStopped(NodeId node) const { return nodes_.at(node)->is_stopped; }

    store::raft::Core& core(NodeId node) { return *nodes_.at(node)->core; }

    SimDisk& disk(NodeId node) { return *nodes_.at(node)->disk; }

    Machine& machine(NodeId node) { return *nodes_.at(node)->machine; }

    Network& network() { return network_; }

    Watcher& watcher() { return watcher_; }

    /// Called at each stage; the default goes on.
    std::function<HookAction(NodeId, Stage)> hook;
    /// Told what each node's machine answered.
    std::function<void(NodeId, const Entry&, const std::string&)> on_apply;
    Millis disk_low = 1;
    Millis disk_high = 3;

    // --- requests
    /// True if the node took it.
    bool propose(NodeId node, const std::string& command, OnOutcome done);
    bool read(NodeId node, const std::string& question, store::raft::ReadMode mode, OnOutcome done);
    Result<store::raft::Position> changeMembership(NodeId node, const store::raft::MembershipTarget& target);
    Result<> transfer(NodeId node, NodeId to);

    /// A message arrives now, whoever sent it, and whenever.
    void inject(const Message& message) { deliver(message); }

    // --- what can be seen
    /// The node that leads in the highest term, if it is up; 0 if none does.
    NodeId leader() const;
    /// All that are up have applied the same, up to what was committed.
    bool isSettled();

    const std::optional<std::string>& fault() const { return watcher_.fault(); }

    std::uint64_t traceHash() const { return trace_hash_; }

    std::uint64_t steps() const { return steps_; }

  private:
    struct Waiting {
        store::raft::Term term = 0;
        OnOutcome done;
    };

    struct WaitingRead {
        Index index = 0;
        std::string question;
        OnOutcome done;
    };

    struct Node {
        NodeId id = store::raft::kNoNode;
        std::unique_ptr<SimDisk> disk;
        std::unique_ptr<store::raft::Core> core;
        std::unique_ptr<Machine> machine;
        std::uint64_t life = 0;
        bool is_stopped = false;
        double clock_rate = 1;
        /// What has to be delivered when it goes on.
        std::vector<std::function<void()>> held;
        Millis stopped_at = 0;
        std::vector<store::raft::Ready> writes;
        /// What is under way of them: all that waited when it began (group commit).
        std::vector<store::raft::Ready> writing;
        std::deque<Entry> committed;
        std::optional<store::raft::SnapshotMeta> to_restore;
        bool is_applying = false;
        std::map<Index, Waiting> proposals;
        std::map<std::uint64_t, WaitingRead> reads;
        std::deque<WaitingRead> ready_reads;
    };

    struct Event {
        Millis at = 0;
        std::uint64_t number = 0;
        NodeId node = 0;
        std::uint64_t life = 0;
        std::function<void()> action;
    };

    struct Later {
        bool operator()(const Event& a, const Event& b) const {
            return a.at != b.at ? a.at > b.at : a.number > b.number;
        }
    };

    void schedule(NodeId node, Millis delay, std::function<void()> action);
    void makeNode(NodeId node, const store::raft::Membership& membership);
    bool start(Node& node);
    void scheduleTick(Node& node);
    void input(Node& node, const std::function<void(store::raft::Core&)>& action);
    void pump(Node& node);
    void send(Node& node, const Message& message);
    void deliver(const Message& message);
    void startWrite(Node& node);
    void finishWrite(Node& node);
    void startApply(Node& node);
    void applyNext(Node& node);
    void restoreMachine(Node& node);
    void answerReads(Node& node);
    bool isKilled(Node& node, Stage stage);
    void trace(std::uint64_t value);

    ClusterOptions options_;
    Random random_;
    Network network_;
    Watcher watcher_;
    std::map<NodeId, std::unique_ptr<Node>> nodes_;
    std::priority_queue<Event, std::vector<Event>, Later> events_;
    Millis now_ = 0;
    std::uint64_t event_number_ = 0;
    std::uint64_t read_context_ = 0;
    std::uint64_t trace_hash_ = 0;
    std::uint64_t steps_ = 0;
    NodeId last_node_ = 0;
};

}  // namespace tessera::fault
