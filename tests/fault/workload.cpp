#include "tests/fault/workload.h"

#include "tests/fault/linearizability.h"

#include <algorithm>
#include <functional>

namespace tessera::fault {

using store::raft::MembershipTarget;
using store::raft::ReadMode;

namespace {

constexpr Millis kOperationTimeout = 400;
constexpr std::size_t kMostNodes = 7;

class Workload {
  public:
    explicit Workload(const WorkloadOptions& options)
        : options_(options), random_(options.seed * 2 + 1), cluster_(clusterOptions()) {}

    WorkloadReport run() {
        shapeWeather();
        for (int client = 0; client < clients_; ++client) {
            nextOperation(client);
        }
        nextFault();
        cluster_.run(options_.duration);
        is_over_ = true;
        if (!cluster_.fault()) {
            checkRecovery();
        }
        return report();
    }

  private:
    ClusterOptions clusterOptions() {
        ClusterOptions options;
        options.seed = options_.seed;
        options.nodes = random_.pick<std::size_t>({1, 3, 3, 3, 3, 5, 5, 4});
        options.storage = options_.storage;
        options.raft.election_ticks = 10;
        options.raft.heartbeat_ticks = 2;
        has_leases_ = random_.chance(0.4);
        options.raft.lease_ticks = has_leases_ ? 8 : 0;
        options.raft.max_in_flight = random_.pick<std::size_t>({1, 2, 8, 64});
        options.raft.max_message_bytes = random_.pick<std::size_t>({1, 100, 1U << 20U});
        options.raft.max_apply_bytes = random_.pick<std::size_t>({1, 200, 1U << 20U});
        return options;
    }

    /// How rough this run is.
    void shapeWeather() {
        clients_ = static_cast<int>(random_.between(2, 6));
        keys_ = random_.between(1, 4);
        fault_pause_ = random_.pick<Millis>({30, 80, 150, 300});
        snapshot_trailing_ = random_.pick<Index>({0, 2, 10, 50});
        cluster_.disk_high = random_.pick<Millis>({1, 3, 10, 30});
        cluster_.disk_low = 1;
        if (random_.chance(0.3)) {
            cluster_.hook = [this](NodeId, Stage) {
                const bool kills = !is_over_ && random_.chance(0.001);
                if (kills) {
                    ++counts_["kill-in-stage"];
                }
                return kills ? HookAction::kKill : HookAction::kContinue;
            };
        }
    }

    // --- operations

    Operation randomOperation() {
        Operation operation;
        operation.key = "k" + std::to_string(random_.below(keys_));
        const std::uint64_t dice = random_.below(10);
        const std::string fresh = std::to_string(++value_);
        if (dice < 5) {
            operation.kind = OperationKind::kRead;
        } else if (dice < 7) {
            operation.kind = OperationKind::kWrite;
            operation.value = fresh;
        } else if (dice < 8) {
            operation.kind = OperationKind::kCompareAndSet;
            operation.expected = value_ > 3 ? std::to_string(value_ - random_.below(3)) : "-";
            operation.value = fresh;
        } else {
            operation.kind = OperationKind::kAppend;
            operation.value = fresh;
        }
        return operation;
    }

    static std::string commandOf(const Operation& operation) {
        switch (operation.kind) {
            case OperationKind::kWrite:
                return "w " + operation.key + " " + operation.value;
            case OperationKind::kCompareAndSet:
                return "c " + operation.key + " " + operation.expected + " " + operation.value;
            case OperationKind::kAppend:
                return "a " + operation.key + " " + operation.value;
            case OperationKind::kRead:
                break;
        }
        return {};
    }

    void nextOperation(int client) {
        cluster_.at(random_.between(1, 40), [this, client] {
            if (!is_over_) {
                startOperation(client);
            }
        });
    }

    void startOperation(int client) {
        const auto ids = cluster_.ids();
        // Mostly to who leads, as a client that has learned it does; else to anyone, also to who only believes it
        // leads.
        const NodeId leader = cluster_.leader();
        const NodeId node = leader != 0 && random_.chance(0.6) ? leader : random_.pick(ids);
        const std::size_t at = history_.size();
        Operation operation = randomOperation();
        operation.client = client;
        operation.called = ++moment_;
        history_.push_back(operation);
        auto is_open = std::make_shared<bool>(true);
        const auto done = [this, at, client, is_open](const Outcome& outcome) {
            if (!std::exchange(*is_open, false)) {
                return;
            }
            if (outcome.kind == Outcome::Kind::kDone) {
                history_[at].answer = outcome.answer;
                history_[at].returned = ++moment_;
            } else if (outcome.kind == Outcome::Kind::kLost) {
                dropped_.insert(at);
            }
            nextOperation(client);
        };
        const auto mode = has_leases_ && random_.chance(0.7) ? ReadMode::kLease : ReadMode::kReadIndex;
        const bool is_taken = operation.kind == OperationKind::kRead
                                  ? cluster_.read(node, operation.key, mode, done)
                                  : cluster_.propose(node, commandOf(operation), done);
        if (!is_taken) {
            dropped_.insert(at);
            done({});
            return;
        }
        cluster_.at(kOperationTimeout, [done] { done({}); });
    }

    History history() const {
        History history;
        for (std::size_t i = 0; i < history_.size(); ++i) {
            if (!dropped_.contains(i)) {
                history.push_back(history_[i]);
            }
        }
        return history;
    }

    // --- faults

    void nextFault() {
        cluster_.at(random_.between(1, fault_pause_ * 2), [this] {
            if (!is_over_) {
                makeFault();
                nextFault();
            }
        });
    }

    void makeFault() {
        const auto ids = cluster_.ids();
        const NodeId node = random_.pick(ids);
        const std::uint64_t dice = random_.below(24);
        if (dice < 4) {
            kill(node);
        } else if (dice < 6) {
            ++counts_["pause"];
            cluster_.stop(node);
            cluster_.at(random_.between(10, 600), [this, node] { cluster_.resume(node); });
        } else if (dice < 12) {
            troubleNetwork(node, ids);
        } else if (dice < 14) {
            ++counts_["heal"];
            cluster_.network().heal();
        } else if (dice < 15) {
            ++counts_["force-election"];
            cluster_.forceElection(node);
        } else if (dice < 16) {
            if (const NodeId leader = cluster_.leader(); leader != 0 && !cluster_.isStopped(leader)) {
                ++counts_["transfer"];
                static_cast<void>(cluster_.transfer(leader, node));
            }
        } else if (dice < 18) {
            changeMembers();
        } else if (dice < 20) {
            ++counts_["snapshot"];
            cluster_.snapshot(node, snapshot_trailing_);
        } else if (dice < 21) {
            ++counts_["disk"];
            cluster_.disk(node).failNext(
                random_.pick<DiskFault>({DiskFault::kError, DiskFault::kFull, DiskFault::kShort}));
        } else if (dice < 22) {
            // Leases rely on clocks that run about alike; nothing else does.
            if (has_leases_) {
                cluster_.setClockRate(node, random_.pick<double>({0.95, 1, 1.05}));
            } else {
                ++counts_["clock"];
                cluster_.setClockRate(node, random_.pick<double>({0.4, 1, 2.5}));
                cluster_.jumpClock(node, static_cast<std::uint32_t>(random_.below(40)));
            }
        } else {
            restartSome();
        }
    }

    void kill(NodeId node) {
        ++counts_["kill"];
        cluster_.kill(node);
        cluster_.at(random_.between(5, 500), [this, node] { restart(node); });
    }

    void restart(NodeId node) {
        if (!cluster_.isUp(node)) {
            cluster_.disk(node).mend();
            cluster_.restart(node);
        }
    }

    void restartSome() {
        for (const NodeId node : cluster_.ids()) {
            if (random_.chance(0.7)) {
                restart(node);
            }
        }
    }

    void troubleNetwork(NodeId node, const std::vector<NodeId>& ids) {
        Network& network = cluster_.network();
        switch (random_.below(7)) {
            case 0:
                ++counts_["isolate"];
                return network.isolate(node, ids);
            case 1:
                ++counts_["one-way"];
                return network.disable(node, random_.pick(ids));
            case 2: {
                ++counts_["segment"];
                std::vector<std::vector<NodeId>> groups(2);
                for (const NodeId id : ids) {
                    groups[random_.below(2)].push_back(id);
                }
                return network.segment(groups);
            }
            case 3:
                ++counts_["loss"];
                return network.setLoss(random_.pick<double>({0.02, 0.1, 0.3}));
            case 4:
                ++counts_["loss-every"];
                return network.setLossEvery(random_.between(2, 20));
            case 5:
                ++counts_["duplicate"];
                return network.setDuplicates(random_.pick<double>({0.05, 0.3}));
            default:
                ++counts_["reorder"];
                network.setLatency(1, random_.pick<Millis>({5, 20, 60}));
                return network.setStragglers(random_.pick<double>({0.01, 0.1}), 700);
        }
    }

    void changeMembers() {
        const NodeId leader = cluster_.leader();
        if (leader == 0 || cluster_.isStopped(leader)) {
            return;
        }
        ++counts_["membership"];
        MembershipTarget target{cluster_.core(leader).membership().voters, cluster_.core(leader).membership().learners};
        if (random_.chance(0.4) && cluster_.ids().size() < kMostNodes) {
            target.learners.insert(cluster_.addNode());
        } else {
            const NodeId node = random_.pick(cluster_.ids());
            const bool was_learner = target.learners.erase(node) != 0;
            const bool was_voter = target.voters.erase(node) != 0;
            if (was_learner || (!was_voter && random_.chance(0.5))) {
                target.voters.insert(node);
            } else if (random_.chance(0.5)) {
                target.learners.insert(node);
            }
        }
        static_cast<void>(cluster_.changeMembership(leader, target));
    }

    // --- afterwards

    /// All is healed: a leader comes, everyone catches up, and a write is answered.
    void checkRecovery() {
        cluster_.hook = nullptr;
        cluster_.network().heal();
        for (const NodeId node : cluster_.ids()) {
            cluster_.disk(node).mend();
            cluster_.setClockRate(node, 1);
            cluster_.resume(node);
            restart(node);
        }
        if (!cluster_.runUntil([&] { return cluster_.leader() != 0; }, 5000)) {
            return cluster_.watcher().report("liveness: no leader 5 s after all is healed");
        }
        bool is_written = false;
        const auto write = [&] {
            const NodeId leader = cluster_.leader();
            const bool may_write = leader != 0 && cluster_.core(leader).role() == store::raft::Role::kLeader;
            if (may_write && cluster_.propose(leader, "w last done", [&](const Outcome& outcome) {
                    is_written = is_written || outcome.kind == Outcome::Kind::kDone;
                })) {
                cluster_.run(300);
            } else {
                cluster_.run(50);
            }
        };
        for (int i = 0; i < 50 && !is_written && !cluster_.fault(); ++i) {
            write();
        }
        if (!is_written) {
            return cluster_.watcher().report("liveness: no write succeeds after all is healed");
        }
        if (!cluster_.runUntil([&] { return cluster_.isSettled(); }, 10000)) {
            return cluster_.watcher().report("liveness: the nodes do not come to the same state after all is healed");
        }
    }

    WorkloadReport report() {
        WorkloadReport report;
        report.seed = options_.seed;
        report.fault = cluster_.fault();
        if (!report.fault) {
            report.fault = findNonLinearizable(history(), &report.undecided);
        }
        report.steps = cluster_.steps();
        report.trace_hash = cluster_.traceHash();
        report.operations = history_.size();
        report.answered =
            static_cast<std::size_t>(std::count_if(history_.begin(), history_.end(), [](const Operation& operation) {
                return operation.returned != Operation::kNever;
            }));
        report.faults = counts_;
        return report;
    }

    WorkloadOptions options_;
    Random random_;
    bool has_leases_ = false;
    Cluster cluster_;
    int clients_ = 0;
    std::uint64_t keys_ = 1;
    Millis fault_pause_ = 0;
    Index snapshot_trailing_ = 0;
    bool is_over_ = false;
    std::uint64_t value_ = 0;
    std::uint64_t moment_ = 0;
    History history_;
    /// Operations that certainly did not happen.
    std::set<std::size_t> dropped_;
    std::map<std::string, int> counts_;
};

}  // namespace

WorkloadReport runWorkload(const WorkloadOptions& options) {
    return Workload(options).run();
}

}  // namespace tessera::fault
