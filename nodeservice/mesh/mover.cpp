#include "nodeservice/mesh/mover.h"

#include "common/log.h"
#include "common/thread.h"
#include "nodeservice/mesh/place_maker.h"
#include "nodeservice/mesh/shard_copy.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <set>
#include <utility>

namespace tessera::mesh {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPause{100};
constexpr std::chrono::milliseconds kShortPause{20};
constexpr std::chrono::seconds kRetry{2};
constexpr std::chrono::seconds kMostWait{20};
/// So few keys are brought over while writers wait.
constexpr std::int64_t kFewKeys = 200;
constexpr int kMostRounds = 20;
constexpr int kMostTries = 10;

/// One shard's move, from its beginning to its end. Of the mover's thread.
class Move {
  public:
    using Sleep = std::function<bool(std::chrono::milliseconds)>;

    Move(std::string node, const postgres::ConnectionSettings& database, MapStore& store, Sleep stops_within,
         ShardedTable table, Shard shard)
        : node_(std::move(node)),
          database_(database),
          store_(store),
          stops_within_(std::move(stops_within)),
          table_(std::move(table)),
          shard_(std::move(shard)) {}

    /// False: it waits for others.
    Result<bool> begin() {
        if (shard_.move->state != MoveState::kWaiting) {
            // What was copied before this node was ended is copied anew, and nobody is told otherwise: a store without
            // a leader for a moment, perhaps because of that end, is asked again.
            TSR_TRY(store_.apply(noteMove(table_, shard_.number, 0)));
            version_ = table_.version;
            return true;
        }
        const ShardMap map =
            TSR_TRY(readMap([this](const store::SqlStatement& statement) { return store_.query(statement); }));
        version_ = map.version + 1;
        return find(map) != nullptr && TSR_TRY(store_.apply(beginMove(table_, shard_, map.version)));
    }

    /// So that others have their turn.
    void postpone() {
        (void)change([&](const ShardedTable&, std::int64_t at) { return postponeMove(table_, shard_, at); });
    }

    Result<> carryOut() {
        if (shard_.move && shard_.move->state == MoveState::kSwitching) {
            // This node was ended in the middle of it: what was seen before is not known any more.
            return change([&](const ShardedTable&, std::int64_t at) {
                return changeMove(table_, shard_.number, MoveState::kCopying, at);
            });
        }
        log::info("mesh.shard_moving", {{"table", table_.text()},
                                        {"shard", shard_.number},
                                        {"from", shard_.primary.text()},
                                        {"to", shard_.move->to.text()}});
        TSR_TRY(awaitNodes(version_));
        postgres::ConnectionSettings settings = database_;
        settings.more["application_name"] = "tessera-node move";
        auto connection = TSR_TRY(postgres::Connection::open(settings));
        if (shard_.move->makes_places) {
            TSR_TRY(makePlace(connection, table_, shard_.move->to));
            for (const ShardPart& part : shard_.move->parts) {
                TSR_TRY(makePlace(connection, table_, part.to));
            }
        }
        ShardCopy copy(connection, table_, shard_, node_);
        TSR_TRY(copy.prepare());
        // What was copied of a move that is cancelled is an old place's then.
        const Result<> done = move(copy);
        // What others do not see is left when this node stops: the next one removes it.
        (void)copy.cleanUp();
        return done;
    }

  private:
    Result<> move(ShardCopy& copy) {
        const auto begin = Clock::now();
        part_begin_ = begin;
        TSR_TRY(copy.copyAll([&](std::int64_t rows) { return noteProgress(rows); }));
        TSR_TRY(catchUp(copy));
        const std::int64_t different = TSR_TRY(copy.compareAll());
        TSR_TRY(catchUp(copy));
        TSR_TRY(recheck(copy));
        const auto fenced = Clock::now();
        TSR_TRY(change([&](const ShardedTable&, std::int64_t at) {
            return changeMove(table_, shard_.number, MoveState::kSwitching, at);
        }));
        Result<> done = finish(copy);
        if (!done) {
            TSR_TRY(change([&](const ShardedTable&, std::int64_t at) {
                return changeMove(table_, shard_.number, MoveState::kCopying, at);
            }));
            return done;
        }
        const auto ms = [](Clock::duration time) {
            return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
        };
        if (!was_slowed_ && rows_ > 0) {
            (void)store_.apply(
                noteSpeed(node_, std::max<std::int64_t>(rows_ * 1000 / (ms(Clock::now() - begin) + 1), 1)));
        }
        log::info("mesh.shard_moved", {{"table", table_.text()},
                                       {"shard", shard_.number},
                                       {"to", shard_.move->to.text()},
                                       {"rows", rows_},
                                       {"changed_meanwhile", different},
                                       {"ms", ms(Clock::now() - begin)},
                                       {"writes_refused_ms", ms(Clock::now() - fenced)}});
        return {};
    }

    /// Behind the fence: all that was written is noted.
    Result<> finish(ShardCopy& copy) {
        TSR_TRY(awaitNodes(version_));
        TSR_TRY(copy.catchUp());
        if (const std::int64_t different = TSR_TRY(copy.compareChanged()); different > 0) {
            return fail(ErrorCode::kDataLoss, std::to_string(different) + " rows differ after they were copied");
        }
        return change([&](const ShardedTable& now, std::int64_t at) { return finishMove(now, shardOf(now), at); });
    }

    /// What has changed while all rows were compared is compared while writes go on, then what has changed meanwhile,
    /// and so on: what is left is compared behind the fence. As long as it gets less: writers may be quicker than any
    /// number of rounds.
    Result<> recheck(ShardCopy& copy) {
        auto before = std::numeric_limits<std::int64_t>::max();
        while (true) {
            const std::int64_t compared = TSR_TRY(copy.recheckChanged());
            TSR_TRY(catchUp(copy));
            if (compared <= kFewKeys || compared > before / 2) {
                return {};
            }
            before = compared;
        }
    }

    static constexpr const char* kCancelled = "the move was cancelled";

    Result<> catchUp(ShardCopy& copy) {
        for (int round = 0; round < kMostRounds && TSR_TRY(copy.catchUp()) > kFewKeys; ++round) {
            if (!goesOn()) {
                return fail(ErrorCode::kCancelled, kCancelled);
            }
        }
        return {};
    }

    /// How many rows a second are wanted now, 0: as many as there can be. Nothing: it was cancelled.
    std::optional<std::int64_t> speed() {
        const auto map = readMap([this](const store::SqlStatement& statement) { return store_.queryHere(statement); });
        if (!map) {
            return shard_.move->rows_per_second;
        }
        const ShardedTable* now = find(*map);
        return now == nullptr ? std::nullopt : std::optional(shardOf(*now).move->rows_per_second);
    }

    bool goesOn() { return speed() && !stops_within_({}); }

    /// The table, while the shard is still on its way as it was.
    const ShardedTable* find(const ShardMap& map) const {
        for (const ShardedTable& table : map.tables) {
            for (const Shard& shard : table.shards) {
                if (table.id == table_.id && shard.number == shard_.number && shard.epoch == shard_.epoch &&
                    shard.move && shard.move->to == shard_.move->to) {
                    return &table;
                }
            }
        }
        return nullptr;
    }

    /// After each part, which takes as long as is wanted while it does.
    bool noteProgress(std::int64_t rows) {
        const std::int64_t part = rows - rows_;
        rows_ = rows;
        // Nobody depends on it: it is told again.
        (void)store_.apply(noteMove(table_, shard_.number, rows));
        while (true) {
            const std::optional<std::int64_t> wanted = speed();
            if (!wanted || stops_within_({})) {
                return false;
            }
            if (*wanted == 0 || Clock::now() - part_begin_ >= std::chrono::milliseconds(part * 1000 / *wanted)) {
                part_begin_ = Clock::now();
                return true;
            }
            was_slowed_ = true;
            (void)stops_within_(kPause);
        }
    }

    const Shard& shardOf(const ShardedTable& now) const {
        return *std::find_if(now.shards.begin(), now.shards.end(),
                             [this](const Shard& shard) { return shard.number == shard_.number; });
    }

    /// Until it is in the map, unless the move is not there any more. Leaves the new version in version_.
    Result<> change(const std::function<Batch(const ShardedTable& now, std::int64_t expected)>& batch) {
        for (int tried = 0; tried < kMostTries; ++tried) {
            const ShardMap map =
                TSR_TRY(readMap([this](const store::SqlStatement& statement) { return store_.query(statement); }));
            const ShardedTable* now = find(map);
            if (now == nullptr) {
                return fail(ErrorCode::kCancelled, kCancelled);
            }
            if (TSR_TRY(store_.apply(batch(*now, map.version)))) {
                version_ = map.version + 1;
                return {};
            }
        }
        return fail(ErrorCode::kAborted, "others keep changing the shard map");
    }

    /// The node that has the shard, and this one.
    Result<> awaitNodes(std::int64_t version) {
        const auto deadline = Clock::now() + kMostWait;
        while (Clock::now() < deadline) {
            const auto states = TSR_TRY(
                readStates([this](const store::SqlStatement& statement) { return store_.queryHere(statement); }));
            const auto serves = [&](const std::string& node) {
                return std::any_of(states.begin(), states.end(), [&](const NodeState& state) {
                    return state.node == node && state.version >= version && state.problem.empty();
                });
            };
            if (serves(shard_.primary.node) && serves(node_)) {
                return {};
            }
            if (stops_within_(kShortPause)) {
                return fail(ErrorCode::kCancelled, "the node stops");
            }
        }
        return fail(ErrorCode::kUnavailable, "nodes '" + shard_.primary.node + "' and '" + node_ +
                                                 "' do not both serve version " + std::to_string(version) +
                                                 " of the shard map");
    }

    const std::string node_;
    const postgres::ConnectionSettings& database_;
    MapStore& store_;
    const Sleep stops_within_;
    const ShardedTable table_;
    const Shard shard_;
    std::int64_t version_ = 0;
    std::int64_t rows_ = 0;
    Clock::time_point part_begin_;
    bool was_slowed_ = false;
};

/// Does one of them take part in a move?
bool isBusy(const ShardMap& map, const std::set<std::string>& nodes) {
    for (const ShardedTable& table : map.tables) {
        for (const Shard& shard : table.shards) {
            if (shard.move && shard.move->state != MoveState::kWaiting &&
                (nodes.contains(shard.primary.node) || nodes.contains(shard.move->to.node))) {
                return true;
            }
        }
    }
    return false;
}

}  // namespace

void Mover::start() {
    thread_ = startThread("mesh-move", [this] { run(); });
}

void Mover::requestStop() {
    rest_.stop();
}

void Mover::stop() {
    requestStop();
    if (thread_.joinable()) {
        thread_.join();
    }
}

bool Mover::stopsWithin(std::chrono::milliseconds time) {
    return rest_.stopsWithin(time);
}

void Mover::run() {
    // Without anything to do: until the map may have changed, or the shards are to be measured again.
    while (rest_.sleep(seen_.value_or(0), kPause, seen_ ? store::Sleeper::kLong : kPause)) {
        const Result<> done = moveNext();
        if (!done && stopsWithin(kRetry)) {
            return;
        }
    }
}

Result<> Mover::moveNext() {
    const std::uint64_t applied = store_.applied();
    if (seen_ == applied && !sizes_.isDue()) {
        return {};
    }
    const ShardMap map =
        TSR_TRY(readMap([this](const store::SqlStatement& statement) { return store_.queryHere(statement); }));
    const bool is_any_left = sweeper_.sweep(map);
    bool is_any_waiting = false;
    for (const auto& [table, shard] : inTurn(map)) {
        if (shard->move->state == MoveState::kWaiting && isBusy(map, {shard->primary.node, node_})) {
            is_any_waiting = true;
            continue;
        }
        Move move(
            node_, database_, store_, [this](std::chrono::milliseconds time) { return stopsWithin(time); }, *table,
            *shard);
        if (!TSR_TRY(move.begin())) {
            is_any_waiting = true;
            continue;
        }
        last_ = {table->id, shard->number};
        const Result<> done = move.carryOut();
        if (!done && !stopsWithin({})) {
            log::warn("mesh.move_failed",
                      {{"table", table->text()}, {"shard", shard->number}, {"error", done.error().describe()}});
            (void)store_.apply(noteProblem(*table, shard->number, done.error().message));
            move.postpone();
        }
        return done;
    }
    if (sizes_.isDue()) {
        TSR_TRY(sizes_.measure(map));
    }
    if (!is_any_left && !is_any_waiting) {
        seen_ = applied;
    }
    return {};
}

std::vector<std::pair<const ShardedTable*, const Shard*>> Mover::inTurn(const ShardMap& map) const {
    std::vector<std::pair<const ShardedTable*, const Shard*>> moves;
    for (const ShardedTable& table : map.tables) {
        for (const Shard& shard : table.shards) {
            if (shard.move && shard.move->to.node == node_) {
                moves.emplace_back(&table, &shard);
            }
        }
    }
    // What was under way first, else the next behind the last one.
    const auto under_way = std::stable_partition(
        moves.begin(), moves.end(), [](const auto& one) { return one.second->move->state != MoveState::kWaiting; });
    const auto next = std::find_if(under_way, moves.end(), [this](const auto& one) {
        return std::pair(one.first->id, one.second->number) > last_;
    });
    std::rotate(under_way, next, moves.end());
    return moves;
}

}  // namespace tessera::mesh
