#include "tests/fault/scenarios.h"

#include "tests/fault/cluster.h"

#include <algorithm>

namespace tessera::fault {

namespace {

using store::raft::MessageKind;
using store::raft::ReadMode;
using store::raft::Role;
using store::raft::Term;

using Fault = std::optional<std::string>;

constexpr Millis kLong = 5000;

/// A cluster in which only chosen nodes may stand for election.
class Stage {
  public:
    explicit Stage(std::size_t nodes, std::uint32_t lease_ticks = 0) : cluster(optionsFor(nodes, lease_ticks)) {
        cluster.network().intercept = [this](Message& message) {
            const bool asks_vote = message.kind == MessageKind::kVote || message.kind == MessageKind::kPreVote;
            if (asks_vote && candidate != 0 && message.from != candidate) {
                return false;
            }
            return !filter || filter(message);
        };
    }

    bool elect(NodeId node) {
        candidate = node;
        for (int i = 0; i < 40 && cluster.leader() != node && !cluster.fault(); ++i) {
            cluster.run(60);
            cluster.forceElection(node);
        }
        return cluster.runUntil([&] { return cluster.leader() == node; }, kLong);
    }

    /// Proposes, and waits for the answer.
    bool write(NodeId node, const std::string& command) {
        bool is_done = false;
        return cluster.propose(node, command, [&is_done](const Outcome& outcome) {
            is_done = is_done || outcome.kind == Outcome::Kind::kDone;
        }) && cluster.runUntil([&] { return is_done; }, 1000);
    }

    bool writeMany(NodeId node, int count) {
        for (int i = 0; i < count; ++i) {
            if (!write(node, "w k" + std::to_string(i % 3) + " " + std::to_string(i))) {
                return false;
            }
        }
        return true;
    }

    Fault fault() const { return cluster.fault(); }

    NodeId candidate = 0;
    std::function<bool(Message&)> filter;
    Cluster cluster;

  private:
    static ClusterOptions optionsFor(std::size_t nodes, std::uint32_t lease_ticks) {
        ClusterOptions options;
        options.nodes = nodes;
        options.raft.heartbeat_ticks = 2;
        options.raft.lease_ticks = lease_ticks;
        return options;
    }
};

bool isAppend(const Message& message) {
    return message.kind == MessageKind::kAppend;
}

/// Paper, figure 8: an entry of an older term on a majority may still be overwritten.
Fault figure8() {
    Stage stage(5);
    Cluster& cluster = stage.cluster;
    if (!stage.elect(1) || !stage.write(1, "w k 1")) {
        return "the story does not begin";
    }
    cluster.runUntil([&] { return cluster.isSettled(); }, kLong);
    // (a) S1 puts X on S2 alone.
    stage.filter = [](Message& message) { return !isAppend(message) || message.to == 2; };
    cluster.propose(1, "w k X", [](const Outcome&) {});
    cluster.run(40);
    const Index at = cluster.core(1).log().lastIndex();
    cluster.kill(1);
    // (b) S5 leads by the votes of S3 and S4, and has an entry of its own there.
    stage.filter = [](Message& message) { return !isAppend(message); };
    if (!stage.elect(5)) {
        return "S5 is not elected";
    }
    cluster.run(40);
    cluster.kill(5);
    // (c) S1 leads again and puts X on S3, but nothing of its own term.
    cluster.restart(1);
    stage.filter = [&cluster](Message& message) {
        if (isAppend(message) && message.from == 1) {
            std::erase_if(message.entries, [&](const Entry& entry) { return entry.term == cluster.core(1).term(); });
            return message.to != 4;
        }
        return true;
    };
    if (!stage.elect(1)) {
        return "S1 is not elected again";
    }
    cluster.runUntil([&] { return cluster.core(3).log().lastIndex() >= at; }, kLong);
    cluster.run(60);
    cluster.kill(1);
    // (d) S5 leads by the votes of S2, S3 and S4, and its entry takes X's place.
    stage.filter = nullptr;
    cluster.restart(5);
    if (!stage.elect(5) && !stage.fault()) {
        return "S5 is not elected again";
    }
    cluster.restart(1);
    cluster.runUntil([&] { return cluster.isSettled(); }, kLong);
    return stage.fault();
}

/// Paper, §5.3: a leader's next entry does not go on top of what another one had left at the place before.
Fault leftovers() {
    Stage stage(3);
    Cluster& cluster = stage.cluster;
    if (!stage.elect(1) || !stage.write(1, "w k 1")) {
        return "the story does not begin";
    }
    cluster.runUntil([&] { return cluster.isSettled(); }, kLong);
    // S1 keeps three entries for itself.
    stage.filter = [](Message& message) { return !isAppend(message); };
    for (const char* command : {"w k X", "w k Y", "w k Z"}) {
        cluster.propose(1, command, [](const Outcome&) {});
    }
    cluster.run(40);
    cluster.kill(1);
    // S2 commits as many others with S3.
    stage.filter = nullptr;
    if (!stage.elect(2) || !stage.writeMany(2, 2)) {
        return "S2 does not lead";
    }
    cluster.runUntil([&] { return cluster.core(3).log().lastIndex() == cluster.core(2).log().lastIndex(); }, kLong);
    cluster.kill(2);
    // What S3 sends first stands after a place that S1 has taken, too.
    cluster.restart(1);
    if (!stage.elect(3) && !stage.fault()) {
        return "S3 does not lead";
    }
    cluster.runUntil([&] { return cluster.isSettled(); }, kLong);
    return stage.fault();
}

/// A leader that was replaced answers a read from what it knows.
Fault staleRead(ReadMode mode, std::uint32_t lease_ticks, Millis offset) {
    Stage stage(3, lease_ticks);
    Cluster& cluster = stage.cluster;
    if (!stage.elect(1) || !stage.write(1, "w k old")) {
        return "the story does not begin";
    }
    cluster.run(200 + offset);
    if (lease_ticks == 0) {
        cluster.setClockRate(1, 20);  // it does not notice for long that it is alone
        cluster.run(300);
    }
    cluster.network().isolate(1, cluster.ids());
    cluster.run(lease_ticks == 0 ? 0 : 104);
    stage.candidate = 2;
    for (int i = 0; i < 6 && cluster.core(2).role() != Role::kLeader; ++i) {
        cluster.forceElection(2);
        cluster.runUntil([&] { return cluster.core(2).role() == Role::kLeader; }, 30);
    }
    bool is_written = false;
    cluster.propose(2, "w k new",
                    [&](const Outcome& outcome) { is_written = is_written || outcome.kind == Outcome::Kind::kDone; });
    cluster.runUntil([&] { return is_written; }, 60);
    std::string answer;
    cluster.read(1, "k", mode, [&](const Outcome& outcome) { answer = outcome.answer; });
    cluster.run(20);
    if (is_written && answer == "old") {
        return "linearizability: a leader that was replaced answered a read with what was before";
    }
    return stage.fault();
}

Fault readOfReplacedLeader() {
    return staleRead(ReadMode::kReadIndex, 0, 0);
}

Fault readAfterLease() {
    for (Millis offset = 0; offset < 100; offset += 10) {
        if (auto fault = staleRead(ReadMode::kLease, 8, offset)) {
            return fault;
        }
    }
    return std::nullopt;
}

/// A node that gave its word to a leader's lease is started anew, and must not break it.
Fault leaseAcrossRestart() {
    Stage stage(3, 8);
    Cluster& cluster = stage.cluster;
    if (!stage.elect(1) || !stage.write(1, "w k old")) {
        return "the story does not begin";
    }
    stage.candidate = 3;
    cluster.network().segment({{1, 2}, {3}});
    cluster.run(300);
    cluster.network().heal();
    cluster.network().segment({{1}, {2, 3}});
    cluster.kill(2);
    cluster.restart(2);
    cluster.run(3);
    cluster.forceElection(3);
    bool is_written = false;
    for (int i = 0; i < 40 && cluster.core(3).role() != Role::kLeader; ++i) {
        cluster.run(1);
    }
    cluster.propose(3, "w k new",
                    [&](const Outcome& outcome) { is_written = is_written || outcome.kind == Outcome::Kind::kDone; });
    cluster.runUntil([&] { return is_written; }, 20);
    std::string answer;
    cluster.read(1, "k", ReadMode::kLease, [&](const Outcome& outcome) { answer = outcome.answer; });
    cluster.run(5);
    if (is_written && answer == "old") {
        return "linearizability: a lease was broken by a node that forgot it";
    }
    return stage.fault();
}

/// Two majorities that do not overlap: the old members' and the new ones'.
Fault disjointMajorities() {
    Stage stage(3);
    Cluster& cluster = stage.cluster;
    if (!stage.elect(1) || !stage.write(1, "w k 1")) {
        return "the story does not begin";
    }
    cluster.addNode();
    cluster.addNode();
    cluster.network().segment({{1, 4, 5}, {2, 3}});
    static_cast<void>(cluster.changeMembership(1, {{1, 4, 5}, {}}));
    // Were it taken before the first is committed, it would leave out the old members altogether.
    static_cast<void>(cluster.changeMembership(1, {{1, 4}, {}}));
    cluster.propose(1, "w k mine", [](const Outcome&) {});
    stage.candidate = 2;
    cluster.run(600);
    stage.elect(2);
    cluster.propose(2, "w k yours", [](const Outcome&) {});
    cluster.run(300);
    cluster.network().heal();
    cluster.run(600);
    return stage.fault();
}

/// A membership that was never committed goes with its entry.
Fault membershipRollback() {
    Stage stage(3);
    Cluster& cluster = stage.cluster;
    if (!stage.elect(1) || !stage.write(1, "w k 1")) {
        return "the story does not begin";
    }
    cluster.network().isolate(1, cluster.ids());
    static_cast<void>(cluster.changeMembership(1, {{1}, {}}));
    cluster.run(300);
    if (!stage.elect(2) || !stage.write(2, "w k 2")) {
        return "node 2 is not elected";
    }
    cluster.network().heal();
    cluster.runUntil([&] { return cluster.isSettled(); }, kLong);
    if (cluster.core(1).membership() != cluster.core(2).membership()) {
        return "node 1 believes in a membership that was never committed";
    }
    return stage.fault();
}

/// The target of a transfer lacks entries: it is not told to stand before it has them, and nothing new is taken.
Fault transferToLaggard() {
    Stage stage(3);
    Cluster& cluster = stage.cluster;
    if (!stage.elect(1) || !stage.write(1, "w k 1")) {
        return "the story does not begin";
    }
    stage.filter = [](Message& message) { return !isAppend(message) || message.to != 2; };
    if (!stage.writeMany(1, 5)) {
        return "writes fail";
    }
    const Term term = cluster.core(1).term();
    stage.candidate = 2;
    if (!cluster.transfer(1, 2)) {
        return "the transfer is refused";
    }
    cluster.run(40);
    if (cluster.core(2).term() != term) {
        return "transfer: a node without the whole log was told to stand for election";
    }
    if (cluster.propose(1, "w k late", [](const Outcome&) {})) {
        return "transfer: the leader takes writes while it gives leadership away";
    }
    stage.filter = nullptr;
    if (!cluster.runUntil([&] { return cluster.leader() == 2; }, kLong) || cluster.core(2).term() != term + 1) {
        return "transfer: node 2 does not lead in the next term";
    }
    return stage.fault();
}

/// A snapshot that comes late, when its receiver has long gone on.
Fault lateSnapshot() {
    Stage stage(3);
    Cluster& cluster = stage.cluster;
    if (!stage.elect(1) || !stage.writeMany(1, 10)) {
        return "the story does not begin";
    }
    cluster.kill(3);
    if (!stage.writeMany(1, 20)) {
        return "writes fail";
    }
    cluster.snapshot(1, 0);
    std::vector<Message> chunks;
    stage.filter = [&](Message& message) {
        if (message.kind == MessageKind::kSnapshot) {
            chunks.push_back(message);
        }
        return true;
    };
    cluster.restart(3);
    if (!cluster.runUntil([&] { return cluster.isSettled(); }, kLong) || chunks.empty()) {
        return "node 3 does not come by a snapshot";
    }
    if (!stage.writeMany(1, 20) || !cluster.runUntil([&] { return cluster.isSettled(); }, kLong)) {
        return "writes fail";
    }
    cluster.snapshot(3, 0);
    for (const Message& chunk : chunks) {
        cluster.inject(chunk);
        cluster.run(20);
    }
    stage.writeMany(1, 3);
    return stage.fault();
}

/// While a snapshot is being installed: no candidacy, and a new term is taken.
Fault candidacyWhileInstalling() {
    Stage stage(3);
    Cluster& cluster = stage.cluster;
    if (!stage.elect(1) || !stage.writeMany(1, 5)) {
        return "the story does not begin";
    }
    cluster.kill(3);
    if (!stage.writeMany(1, 20)) {
        return "writes fail";
    }
    cluster.snapshot(1, 0);
    cluster.restart(3);
    if (!cluster.runUntil([&] { return cluster.core(3).isInstalling(); }, kLong)) {
        return "node 3 installs no snapshot";
    }
    cluster.forceElection(3);
    if (cluster.core(3).role() != Role::kFollower) {
        return "node 3 stands for election while it installs a snapshot";
    }
    const Term term = cluster.core(3).term();
    cluster.inject({.kind = MessageKind::kHeartbeat, .from = 2, .to = 3, .term = term + 1});
    if (cluster.core(3).term() != term + 1) {
        return "node 3 takes no new term while it installs a snapshot";
    }
    stage.candidate = 0;
    return cluster.runUntil([&] { return cluster.isSettled(); }, kLong) || stage.fault()
               ? stage.fault()
               : Fault("the cluster does not settle");
}

/// A node that was alone comes back and disturbs nobody (dissertation §9.6).
Fault returnOfTheIsolated() {
    Stage stage(3);
    Cluster& cluster = stage.cluster;
    if (!stage.elect(1) || !stage.write(1, "w k 1")) {
        return "the story does not begin";
    }
    stage.candidate = 0;
    const Term term = cluster.core(1).term();
    cluster.network().isolate(3, cluster.ids());
    cluster.run(2000);
    cluster.network().heal();
    cluster.run(2000);
    return cluster.leader() == 1 && cluster.core(1).term() == term ? stage.fault()
                                                                   : Fault("the leader was deposed without need");
}

/// A node that hears all but the leader must not depose it (dissertation §4.2.3).
Fault deafToTheLeader() {
    Stage stage(3);
    Cluster& cluster = stage.cluster;
    if (!stage.elect(1) || !stage.write(1, "w k 1")) {
        return "the story does not begin";
    }
    cluster.runUntil([&] { return cluster.isSettled(); }, kLong);
    stage.candidate = 0;
    const Term term = cluster.core(1).term();
    cluster.network().disable(1, 3);
    cluster.network().disable(3, 1);
    cluster.run(2000);
    return cluster.leader() == 1 && cluster.core(1).term() == term ? stage.fault()
                                                                   : Fault("the leader was deposed without need");
}

Fault isolatedLeaderStepsDown() {
    Stage stage(3);
    Cluster& cluster = stage.cluster;
    if (!stage.elect(1)) {
        return "the story does not begin";
    }
    cluster.network().isolate(1, cluster.ids());
    cluster.run(300);
    return cluster.core(1).role() == Role::kLeader ? Fault("a leader that hears nobody goes on") : stage.fault();
}

/// Without any write, a new leader knows what is committed.
Fault readWithoutWrite() {
    Stage stage(3);
    Cluster& cluster = stage.cluster;
    if (!stage.elect(2)) {
        return "the story does not begin";
    }
    bool is_answered = false;
    cluster.read(2, "k", ReadMode::kReadIndex,
                 [&](const Outcome& outcome) { is_answered = is_answered || outcome.kind == Outcome::Kind::kDone; });
    return cluster.runUntil([&] { return is_answered; }, 500) ? stage.fault()
                                                              : Fault(
                                                                    "a new leader does not come to know what is "
                                                                    "committed");
}

/// Votes and confirmations of a write that is lost with the power must not have left.
Fault crashWhileWriting() {
    for (int moment = 0; moment < 60; ++moment) {
        Stage stage(3);
        Cluster& cluster = stage.cluster;
        int left = moment;
        NodeId victim = 0;
        cluster.hook = [&](NodeId node, fault::Stage at) {
            const bool kills = at == fault::Stage::kPersistDuring && left-- == 0;
            victim = kills ? node : victim;
            return kills ? HookAction::kKill : HookAction::kContinue;
        };
        stage.elect(1);
        for (int i = 0; i < 5; ++i) {
            cluster.propose(cluster.leader() == 0 ? 1 : cluster.leader(), "a k " + std::to_string(i),
                            [](const Outcome&) {});
            cluster.run(10);
        }
        cluster.hook = nullptr;
        if (victim != 0 && !cluster.isUp(victim)) {
            cluster.restart(victim);
        }
        stage.candidate = 0;
        if (!cluster.runUntil([&] { return cluster.isSettled(); }, kLong) || cluster.fault()) {
            return cluster.fault() ? cluster.fault() : Fault("the cluster does not settle");
        }
    }
    return std::nullopt;
}

/// A leader whose disk fails leads no more, and what it could not write is not lost to the others.
Fault leaderWithBrokenDisk() {
    for (const DiskFault kind : {DiskFault::kError, DiskFault::kFull, DiskFault::kShort}) {
        Stage stage(3);
        Cluster& cluster = stage.cluster;
        if (!stage.elect(1) || !stage.write(1, "w k 1")) {
            return "the story does not begin";
        }
        cluster.disk(1).failNext(kind);
        cluster.propose(1, "w k 2", [](const Outcome&) {});
        cluster.run(20);
        if (cluster.isUp(1)) {
            return "a node with a broken disk goes on";
        }
        if (!stage.elect(2) || !stage.write(2, "w k 3")) {
            return "nobody takes over from a leader with a broken disk";
        }
        cluster.disk(1).mend();
        cluster.restart(1);
        if (!cluster.runUntil([&] { return cluster.isSettled(); }, kLong)) {
            return cluster.fault() ? cluster.fault() : Fault("the node does not come back");
        }
    }
    return std::nullopt;
}

/// A damaged log is noticed, and a new node takes the place of the damaged one.
Fault damagedLog() {
    Stage stage(3);
    Cluster& cluster = stage.cluster;
    if (!stage.elect(1)) {
        return "the story does not begin";
    }
    cluster.disk(3).failNext(DiskFault::kTornPage);
    if (!stage.writeMany(1, 5)) {
        return "writes fail";
    }
    cluster.run(50);
    cluster.kill(3);
    if (cluster.restart(3)) {
        return "a node starts from a damaged log";
    }
    const NodeId fresh = cluster.addNode();
    if (!cluster.changeMembership(1, {{1, 2}, {fresh}}) ||
        !cluster.runUntil([&] { return cluster.isSettled(); }, kLong) ||
        !cluster.changeMembership(1, {{1, 2, fresh}, {}}) ||
        !cluster.runUntil([&] { return cluster.isSettled() && !cluster.core(1).membership().isJoint(); }, kLong)) {
        return cluster.fault() ? cluster.fault() : Fault("the damaged node cannot be replaced");
    }
    return stage.fault();
}

/// 1 → 3 → 5 → 3 members, and the leader itself leaves.
Fault growAndShrink() {
    Stage stage(1);
    Cluster& cluster = stage.cluster;
    if (!stage.elect(1) || !stage.write(1, "w k 1")) {
        return "the story does not begin";
    }
    stage.candidate = 0;
    for (int i = 0; i < 4; ++i) {
        cluster.addNode();
    }
    const std::vector<std::set<NodeId>> steps = {{1, 2, 3}, {1, 2, 3, 4, 5}, {3, 4, 5}};
    int value = 0;
    for (const auto& voters : steps) {
        const NodeId leader = cluster.leader();
        if (leader == 0 || !cluster.changeMembership(leader, {voters, {}})) {
            return "a change of members is refused";
        }
        const auto is_done = [&] {
            const NodeId now = cluster.leader();
            return now != 0 && voters.contains(now) && cluster.core(now).membership().voters == voters &&
                   !cluster.core(now).membership().isJoint() && cluster.isSettled();
        };
        if (!cluster.runUntil(is_done, kLong) || !stage.write(cluster.leader(), "w k " + std::to_string(++value))) {
            return cluster.fault() ? cluster.fault() : Fault("a change of members does not end");
        }
    }
    cluster.run(1000);  // those that left try to come back
    return stage.write(cluster.leader(), "w k last") ? stage.fault() : Fault("writes fail afterwards");
}

/// A follower's entries that lost are truncated, in memory too, after its write of them failed.
Fault truncatedAfterFailedAppend() {
    Stage stage(3);
    Cluster& cluster = stage.cluster;
    if (!stage.elect(1) || !stage.write(1, "w k 1")) {
        return "the story does not begin";
    }
    cluster.network().segment({{1, 2}, {3}});
    cluster.disk(2).failNext(DiskFault::kShort);
    for (int i = 0; i < 4; ++i) {
        cluster.propose(1, "a k lost" + std::to_string(i), [](const Outcome&) {});
    }
    cluster.run(20);
    cluster.kill(1);
    cluster.network().heal();
    cluster.disk(2).mend();
    cluster.restart(2);
    stage.candidate = 0;
    if (!cluster.runUntil([&] { return cluster.leader() != 0 && cluster.leader() != 1; }, kLong) ||
        !stage.write(cluster.leader(), "w k 2")) {
        return "nobody takes over";
    }
    cluster.restart(1);
    return cluster.runUntil([&] { return cluster.isSettled(); }, kLong) || stage.fault()
               ? stage.fault()
               : Fault("the cluster does not settle");
}

}  // namespace

const std::vector<Scenario>& scenarios() {
    static const std::vector<Scenario> kScenarios = {
        {"Figure8", figure8},
        {"Leftovers", leftovers},
        {"ReadOfReplacedLeader", readOfReplacedLeader},
        {"ReadAfterLease", readAfterLease},
        {"LeaseAcrossRestart", leaseAcrossRestart},
        {"DisjointMajorities", disjointMajorities},
        {"MembershipRollback", membershipRollback},
        {"TransferToLaggard", transferToLaggard},
        {"LateSnapshot", lateSnapshot},
        {"CandidacyWhileInstalling", candidacyWhileInstalling},
        {"ReturnOfTheIsolated", returnOfTheIsolated},
        {"DeafToTheLeader", deafToTheLeader},
        {"IsolatedLeaderStepsDown", isolatedLeaderStepsDown},
        {"ReadWithoutWrite", readWithoutWrite},
        {"CrashWhileWriting", crashWhileWriting},
        {"LeaderWithBrokenDisk", leaderWithBrokenDisk},
        {"DamagedLog", damagedLog},
        {"GrowAndShrink", growAndShrink},
        {"TruncatedAfterFailedAppend", truncatedAfterFailedAppend},
    };
    return kScenarios;
}

std::optional<std::string> runScenario(const std::string& name) {
    for (const Scenario& scenario : scenarios()) {
        if (scenario.name == name) {
            return scenario.run();
        }
    }
    return "there is no scenario '" + name + "'";
}

}  // namespace tessera::fault
