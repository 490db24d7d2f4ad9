#include "nodeservice/mesh/replica_notes.h"

#include "common/log.h"
#include "nodeservice/mesh/shard_sql.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace tessera::mesh {

namespace {

constexpr std::int64_t kMostNotes = 1'000'000;

Result<> prune(postgres::Connection& connection, const ShardedTable& table, const Shard& shard,
               const std::string& started) {
    const std::string notes = qualified(kShardSchema, notesName(table, shard));
    if (!TSR_TRY(connection.queryValue("SELECT to_regclass($1)", {notes}))) {
        return {};
    }
    // What a replica has seen of another server tells nothing of this one's transactions.
    const bool is_known = std::all_of(shard.replicas.begin(), shard.replicas.end(),
                                      [&](const Replica& one) { return one.seen_of == started; });
    if (is_known && !shard.move) {
        std::int64_t seen = std::numeric_limits<std::int64_t>::max();
        for (const Replica& replica : shard.replicas) {
            seen = std::min(seen, replica.seen);
        }
        TSR_TRY(connection.query("DELETE FROM " + notes + " WHERE transaction < $1", {std::to_string(seen)}));
    }
    if (TSR_TRY(connection.queryValue("SELECT count(*) > " + std::to_string(kMostNotes) + " FROM (SELECT FROM " +
                                      notes + " LIMIT " + std::to_string(kMostNotes + 1) + ") n")) == "t") {
        TSR_TRY(connection.execute("BEGIN; DELETE FROM " + notes + "; INSERT INTO " + notes +
                                   " VALUES (pg_current_xact_id()::text::bigint, ''); COMMIT"));
        log::warn("mesh.notes_dropped", {{"table", table.text()}, {"shard", shard.number}});
    }
    return {};
}

}  // namespace

Result<> pruneNotes(postgres::Connection& connection, const std::string& node, const ShardMap& map) {
    std::string started;
    for (const ShardedTable& table : map.tables) {
        for (const Shard& shard : table.shards) {
            if (shard.primary.node != node || shard.replicas.empty()) {
                continue;
            }
            if (started.empty()) {
                started = TSR_TRY(connection.queryValue("SELECT pg_postmaster_start_time()::text")).value_or("");
            }
            TSR_TRY(prune(connection, table, shard, started));
        }
    }
    return {};
}

}  // namespace tessera::mesh
