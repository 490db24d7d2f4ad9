#include "nodeservice/mesh/fallback.h"

#include "common/log.h"
#include "common/thread.h"
#include "nodeservice/mesh/records.h"
#include "nodeservice/mesh/shard_sql.h"

#include <nlohmann/json.hpp>

#include <set>
#include <utility>

namespace tessera::mesh {

namespace {

using nlohmann::json;

constexpr std::chrono::milliseconds kPause{50};
/// Relations may be made later than the map says, and PostgreSQL may have been started anew.
constexpr std::chrono::seconds kApplyAgain{1};

// Rows that are as they are to be are left alone: each change makes plans void.
constexpr const char* kWanted =
    "WITH wanted AS (SELECT s.oid AS shard, coalesce(c.oid, 0) AS copy, w.what, w.node, w.place, to_timestamp(w.since) "
    "AS since, "
    "to_timestamp(w.in_step_at) AS in_step_at FROM jsonb_to_recordset($1::jsonb) AS w (shard name, copy name, what "
    "text, "
    "node text, place text, since double precision, in_step_at double precision) JOIN pg_namespace n ON n.nspname = "
    "'tessera_shard' JOIN pg_class s ON s.relnamespace = n.oid AND s.relname = w.shard LEFT JOIN pg_class c ON "
    "c.relnamespace "
    "= n.oid AND c.relname = w.copy AND c.relkind = 'f' WHERE w.copy IS NULL OR c.oid IS NOT NULL) ";
constexpr const char* kRemove =
    "DELETE FROM tessera.read_from r WHERE NOT EXISTS (SELECT FROM wanted w WHERE w.shard = r.shard)";
constexpr const char* kPut =
    "INSERT INTO tessera.read_from AS r SELECT * FROM wanted ON CONFLICT (shard) DO UPDATE SET copy = excluded.copy, "
    "what = excluded.what, node = excluded.node, place = excluded.place, since = excluded.since, in_step_at = "
    "excluded.in_step_at WHERE ROW(r.*) IS DISTINCT FROM ROW(excluded.*)";

/// Where one shard can't be read, rows of others are of use to some.
bool mayBeMissing(const ShardedTable& table) {
    return table.method != ShardMethod::kReference;
}

json secondsOf(std::int64_t ms) {
    return ms == 0 ? json(nullptr) : json(static_cast<double>(ms) / 1000);
}

}  // namespace

void Fallback::start() {
    thread_ = startThread("mesh-fallback", [this] { run(); });
}

void Fallback::requestStop() {
    rest_.stop();
}

void Fallback::stop() {
    requestStop();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void Fallback::run() {
    // Without others to look after, only what is written changes anything.
    const auto longest = [this]() -> std::chrono::milliseconds {
        if (!seen_ || !peers_.empty()) {
            return kPause;
        }
        return applied_ == "[]" ? store::Sleeper::kLong : kApplyAgain;
    };
    while (rest_.sleep(seen_.value_or(0), kPause, longest())) {
        if (const std::uint64_t at = store_.applied(); seen_ != at) {
            auto map = readMap([this](const store::SqlStatement& statement) { return store_.queryHere(statement); });
            if (!map) {
                continue;
            }
            map_ = std::move(*map);
            seen_ = at;
            watch();
        }
        const std::string now = wanted();
        const bool is_due = now != "[]" && Clock::now() >= apply_again_;
        // What another run of this node has left there goes with the first one.
        if (now == applied_ && !is_due) {
            continue;
        }
        const Result<> done = apply(now);
        apply_again_ = Clock::now() + kApplyAgain;
        if (!done) {
            connection_.reset();
            applied_.reset();
            continue;
        }
        if (now != applied_.value_or("[]")) {
            log::info("mesh.reads_copies", {{"copies", now}});
        }
        applied_ = now;
    }
    for (const auto& [node, peer] : peers_) {
        peer->requestStop();
    }
    peers_.clear();
}

void Fallback::watch() {
    std::set<std::string> nodes;
    for (const ShardedTable& table : map_.tables) {
        for (const Shard& shard : table.shards) {
            if (mayBeMissing(table) || !shard.replicas.empty()) {
                nodes.insert(shard.primary.node);
            }
            for (const Replica& replica : shard.replicas) {
                nodes.insert(replica.at.node);
            }
        }
    }
    nodes.erase(node_);
    std::erase_if(peers_, [&](const auto& peer) { return !nodes.contains(peer.first); });
    for (const std::string& node : nodes) {
        auto& peer = peers_[node];
        if (!peer) {
            peer = std::make_unique<PeerWatch>(node, database_);
        }
    }
}

std::optional<std::int64_t> Fallback::awaySince(const std::string& node) const {
    const auto found = peers_.find(node);
    return found == peers_.end() ? std::nullopt : found->second->awaySince();
}

const Replica* Fallback::choose(const Shard& shard) const {
    const Replica* chosen = nullptr;
    for (const Replica& replica : shard.replicas) {
        if (replica.epoch == 0 || awaySince(replica.at.node)) {
            continue;
        }
        // The nearest; of others the first.
        if (chosen == nullptr || replica.at.node == node_) {
            chosen = &replica;
        }
    }
    return chosen;
}

const Replica* Fallback::nearCopy(const ShardedTable& table, const Shard& shard) const {
    for (const Replica& replica : shard.replicas) {
        if (table.method == ShardMethod::kReference && replica.at.node == node_ && replica.epoch > 0 &&
            replica.behind_since == 0) {
            return &replica;
        }
    }
    return nullptr;
}

std::string Fallback::wanted() const {
    json rows = json::array();
    for (const ShardedTable& table : map_.tables) {
        for (const Shard& shard : table.shards) {
            const auto since = awaySince(shard.primary.node);
            const Replica* replica = since ? choose(shard) : nearCopy(table, shard);
            const bool is_missing = replica == nullptr && since && mayBeMissing(table);
            if (replica == nullptr && !is_missing) {
                continue;
            }
            rows.push_back({{"shard", relationName(table, shard)},
                            {"copy", is_missing ? json(nullptr) : json(replicaName(table, shard, *replica))},
                            {"what", "shard " + std::to_string(shard.number) + " of " + table.text()},
                            {"node", shard.primary.node},
                            {"place", is_missing ? std::string() : replica->at.text()},
                            {"since", secondsOf(since.value_or(0))},
                            {"in_step_at", secondsOf(is_missing ? 0 : replica->in_step_at)}});
        }
    }
    return rows.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<> Fallback::apply(const std::string& wanted) {
    if (!connection_) {
        postgres::ConnectionSettings settings = database_;
        settings.more["application_name"] = "tessera-node fallback";
        connection_.emplace(TSR_TRY(postgres::Connection::open(settings)));
    }
    TSR_TRY(connection_->query(std::string(kWanted) + kRemove, {wanted}));
    TSR_TRY(connection_->query(std::string(kWanted) + kPut, {wanted}));
    return {};
}

}  // namespace tessera::mesh
