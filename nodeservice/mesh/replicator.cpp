#include "nodeservice/mesh/replicator.h"

#include "common/log.h"
#include "common/thread.h"
#include "nodeservice/mesh/shard_copy.h"
#include "nodeservice/mesh/shard_sql.h"

#include <algorithm>
#include <utility>

namespace tessera::mesh {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kPause{100};
/// How often an idle shard is asked what has changed: each time without any, twice as long as before.
constexpr milliseconds kShortestWait{50};
constexpr milliseconds kLongestWait{800};
constexpr std::chrono::seconds kRetry{2};
constexpr std::chrono::seconds kMostWait{20};
/// Between two notes in the store of what it has seen.
constexpr std::chrono::seconds kNotePause{5};
/// So long may a round take before what it brings over counts as behind.
constexpr std::chrono::seconds kBehind{2};
constexpr std::int64_t kFewKeys = 200;
constexpr int kMostRounds = 20;
constexpr int kMostTries = 10;

std::int64_t nowMs() {
    return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

struct Found {
    ShardedTable table;
    Shard shard;
    Replica replica;
};

std::optional<Found> find(const ShardMap& map, std::int64_t table_id, std::int64_t number, const Place& at) {
    for (const ShardedTable& table : map.tables) {
        for (const Shard& shard : table.shards) {
            for (const Replica& replica : shard.replicas) {
                if (table.id == table_id && shard.number == number && replica.at == at) {
                    return Found{table, shard, replica};
                }
            }
        }
    }
    return std::nullopt;
}

}  // namespace

/// One replica, from its declaration until it is dropped.
class Replicator::Keeper {
  public:
    Keeper(const std::string& node, const postgres::ConnectionSettings& database, MapStore& store, std::int64_t table,
           std::int64_t shard, Place at)
        : node_(node), database_(database), store_(store), table_id_(table), number_(shard), at_(std::move(at)) {
        thread_.start("mesh-copy", [this] { run(); });
    }

    void requestStop() { thread_.requestStop(); }

  private:
    void run() {
        std::string last;
        do {
            const auto found = now();
            if (!found) {
                continue;
            }
            state_ = found->replica;
            const Result<> done = keep(*found);
            if (done) {
                continue;
            }
            if (last != done.error().message) {
                log::warn("mesh.replica_behind",
                          {{"table", found->table.text()}, {"shard", number_}, {"error", done.error().describe()}});
            }
            last = done.error().message;
            noteBehind(last);
        } while (!thread_.stopsWithin(kRetry));
    }

    /// What this node knows of it; none: it is not to be kept any more, or nobody knows.
    std::optional<Found> now() {
        const auto map = readMap([this](const store::SqlStatement& statement) { return store_.queryHere(statement); });
        return map ? find(*map, table_id_, number_, at_) : std::nullopt;
    }

    /// Until something fails, or the shard is elsewhere, or nobody wants the replica any more.
    Result<> keep(const Found& found) {
        TSR_TRY(awaitNodes(found));
        postgres::ConnectionSettings settings = database_;
        settings.more["application_name"] = "tessera-node copy";
        auto connection = TSR_TRY(postgres::Connection::open(settings));
        ShardCopy copy(connection, found.table, found.shard, node_, at_, copyName(found.table, found.shard));
        TSR_TRY(copy.prepare());
        Result<> done = found.replica.epoch == 0 ? copyAll(copy, found) : compare(copy);
        done = done ? follow(copy, found) : done;
        // What others do not see is left when this node stops: the next one removes it.
        (void)copy.cleanUp();
        return done;
    }

    Result<> copyAll(ShardCopy& copy, const Found& found) {
        const auto begin = Clock::now();
        auto told = begin;
        TSR_TRY(copy.copyAll([&](std::int64_t rows) {
            state_.rows = rows;
            if (Clock::now() - told > std::chrono::seconds(1)) {
                told = Clock::now();
                note();
            }
            return !thread_.stopsWithin({}) && isWanted(found);
        }));
        TSR_TRY(catchUp(copy));
        (void)TSR_TRY(copy.compareAll());
        TSR_TRY(catchUp(copy));
        TSR_TRY(setWhole(found));
        log::info("mesh.shard_copied",
                  {{"table", found.table.text()},
                   {"shard", number_},
                   {"to", at_.text()},
                   {"rows", state_.rows},
                   {"ms", std::chrono::duration_cast<milliseconds>(Clock::now() - begin).count()}});
        return {};
    }

    /// Its rows are those of some time ago.
    Result<> compare(ShardCopy& copy) {
        noteBehind("all rows are compared");
        TSR_TRY(copy.goOn());
        (void)TSR_TRY(copy.compareAll());
        return catchUp(copy);
    }

    Result<> catchUp(ShardCopy& copy) {
        for (int round = 0; round < kMostRounds; ++round) {
            const std::int64_t keys = TSR_TRY(copy.catchUp());
            TSR_TRY(copy.forgetChanged());
            if (keys <= kFewKeys) {
                break;
            }
            if (thread_.stopsWithin({})) {
                return fail(ErrorCode::kCancelled, "the node stops");
            }
        }
        return {};
    }

    Result<> follow(ShardCopy& copy, const Found& found) {
        Clock::duration wait = kShortestWait;
        auto noted = Clock::now();
        std::int64_t noted_keys = 0;
        std::optional<std::uint64_t> seen;
        noteInStep(copy, nowMs());
        while (!thread_.stopsWithin(wait)) {
            if (const std::uint64_t applied = store_.applied(); seen != applied) {
                if (!isWanted(found)) {
                    return {};
                }
                seen = applied;
            }
            const std::int64_t begin_ms = nowMs();
            const auto begin = Clock::now();
            const std::int64_t keys = TSR_TRY(copy.catchUp());
            if (keys > 0) {
                TSR_TRY(copy.forgetChanged());
            }
            noted_keys += keys;
            wait = keys > 0 ? kShortestWait : std::min<Clock::duration>(wait * 2, kLongestWait);
            const bool is_behind = Clock::now() - begin > kBehind;
            if (is_behind != (state_.behind_since > 0) || (noted_keys > 0 && Clock::now() - noted > kNotePause)) {
                noted = Clock::now();
                noted_keys = 0;
                is_behind ? noteBehind("many rows change") : noteInStep(copy, begin_ms);
            }
            state_.in_step_at = begin_ms;
        }
        return {};
    }

    /// As it was when this began.
    bool isWanted(const Found& found) {
        const auto is = now();
        return is && is->shard.epoch == found.shard.epoch && is->table.key == found.table.key;
    }

    void noteInStep(const ShardCopy& copy, std::int64_t at) {
        state_.in_step_at = at;
        state_.behind_since = 0;
        state_.problem.clear();
        state_.seen = copy.seen();
        state_.seen_of = copy.seenOf();
        note();
    }

    void noteBehind(const std::string& problem) {
        if (state_.behind_since > 0 && state_.problem == problem) {
            return;
        }
        if (state_.behind_since == 0) {
            state_.behind_since = state_.in_step_at > 0 ? state_.in_step_at : nowMs();
        }
        state_.problem = problem;
        note();
    }

    /// Nobody depends on it: it is told again.
    void note() { (void)store_.apply(noteReplica(table_id_, number_, state_)); }

    Result<> setWhole(const Found& found) {
        for (int tried = 0; tried < kMostTries; ++tried) {
            const ShardMap map =
                TSR_TRY(readMap([this](const store::SqlStatement& statement) { return store_.query(statement); }));
            const auto is = find(map, table_id_, number_, at_);
            if (!is || is->shard.epoch != found.shard.epoch) {
                return fail(ErrorCode::kCancelled, "the shard has moved, or the replica was dropped");
            }
            if (TSR_TRY(store_.apply(finishReplica(is->table, number_, at_, map.version)))) {
                return {};
            }
        }
        return fail(ErrorCode::kAborted, "others keep changing the shard map");
    }

    /// The node that has the shard notes what changes, and this one reaches it.
    Result<> awaitNodes(const Found& found) {
        const auto deadline = Clock::now() + kMostWait;
        while (Clock::now() < deadline) {
            const auto states = TSR_TRY(
                readStates([this](const store::SqlStatement& statement) { return store_.queryHere(statement); }));
            const auto serves = [&](const std::string& node) {
                return std::any_of(states.begin(), states.end(), [&](const NodeState& state) {
                    return state.node == node && state.version >= found.table.version;
                });
            };
            if (serves(found.shard.primary.node) && serves(node_)) {
                return {};
            }
            if (thread_.stopsWithin(kPause)) {
                return fail(ErrorCode::kCancelled, "the node stops");
            }
        }
        return fail(ErrorCode::kUnavailable, "nodes '" + found.shard.primary.node + "' and '" + node_ +
                                                 "' do not both serve version " + std::to_string(found.table.version) +
                                                 " of the shard map");
    }

    const std::string& node_;
    const postgres::ConnectionSettings& database_;
    MapStore& store_;
    const std::int64_t table_id_;
    const std::int64_t number_;
    const Place at_;
    /// As it was last noted, or is about to be.
    Replica state_;
    StoppableThread thread_;
};

Replicator::Replicator(std::string node, postgres::ConnectionSettings database, MapStore& store)
    : node_(std::move(node)), database_(std::move(database)), store_(store) {}

Replicator::~Replicator() {
    stop();
}

void Replicator::start() {
    thread_ = startThread("mesh-copies", [this] { run(); });
}

void Replicator::requestStop() {
    rest_.stop();
}

void Replicator::stop() {
    requestStop();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void Replicator::run() {
    while (rest_.sleep(seen_.value_or(0), kPause, seen_ ? store::Sleeper::kLong : kPause)) {
        follow();
    }
    for (const auto& [name, keeper] : keepers_) {
        keeper->requestStop();
    }
    keepers_.clear();
}

void Replicator::follow() {
    const std::uint64_t applied = store_.applied();
    if (seen_ == applied) {
        return;
    }
    const auto map = readMap([this](const store::SqlStatement& statement) { return store_.queryHere(statement); });
    if (!map) {
        return;
    }
    std::map<std::string, std::unique_ptr<Keeper>> before = std::move(keepers_);
    keepers_.clear();
    for (const ShardedTable& table : map->tables) {
        for (const Shard& shard : table.shards) {
            for (const Replica& replica : shard.replicas) {
                if (replica.at.node != node_) {
                    continue;
                }
                const std::string name =
                    std::to_string(table.id) + " " + std::to_string(shard.number) + " " + replica.at.text();
                auto& keeper = keepers_[name];
                keeper = std::move(before[name]);
                if (!keeper) {
                    keeper = std::make_unique<Keeper>(node_, database_, store_, table.id, shard.number, replica.at);
                }
            }
        }
    }
    seen_ = applied;
}

}  // namespace tessera::mesh
