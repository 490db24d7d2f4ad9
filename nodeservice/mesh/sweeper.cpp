#include "nodeservice/mesh/sweeper.h"

#include "common/log.h"
#include "common/strings.h"
#include "nodeservice/mesh/lookup.h"
#include "nodeservice/mesh/place_table.h"
#include "nodeservice/mesh/records.h"
#include "nodeservice/mesh/shard_sql.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace tessera::mesh {

namespace {

constexpr std::int64_t kRowsOfPart = 5000;
constexpr std::chrono::seconds kRetry{5};
constexpr std::chrono::milliseconds kReadersPause{300};

bool isUsed(ShardMap map, const Place& place) {
    map.old_places.clear();
    return !checkFree(map, place);
}

/// k1 < a OR (k1 = a AND (k2 < b OR …)), or with ">"; the last with "=" as well for `last_too`.
std::string beside(const std::vector<std::string>& key, const std::vector<std::optional<std::string>>& values,
                   const std::string& side, bool last_too) {
    std::string condition;
    for (std::size_t i = key.size(); i-- > 0;) {
        const std::string column = quoteIdentifier(key[i]);
        const std::string value = quoteLiteral(values[i].value_or(""));
        condition = condition.empty() ? column + " " + side + (last_too ? "= " : " ") + value
                                      : column + " " + side + " " + value + " OR (" + column + " = " + value +
                                            " AND (" + condition + "))";
    }
    return "(" + condition + ")";
}

}  // namespace

bool Sweeper::sweep(const ShardMap& map) {
    bool is_any_left = false;
    for (const OldPlace& old : map.old_places) {
        if (old.place.node != node_) {
            continue;
        }
        is_any_left = true;
        const auto due = due_.find(old.place.text());
        if ((due != due_.end() && Clock::now() < due->second) || stops_within_({})) {
            continue;
        }
        const Result<> done = sweepPlace(old);
        if (!done) {
            due_[old.place.text()] = Clock::now() + kRetry;
            log::warn("mesh.old_rows_not_deleted", {{"place", old.place.text()}, {"error", done.error().describe()}});
            (void)note(old, old.rows, done.error().message);
        }
    }
    return is_any_left;
}

Result<> Sweeper::sweepPlace(const OldPlace& seen) {
    // As it is now, not as this node has heard: the place may be somebody's again.
    const ShardMap map =
        TSR_TRY(readMap([this](const store::SqlStatement& statement) { return store_.query(statement); }));
    const auto found = std::find_if(map.old_places.begin(), map.old_places.end(),
                                    [&](const OldPlace& one) { return one.place == seen.place; });
    if (found == map.old_places.end()) {
        return {};
    }
    const OldPlace& old = *found;
    if (old.is_kept || isUsed(map, old.place)) {
        return forget(old);
    }
    postgres::ConnectionSettings settings = database_;
    settings.more["application_name"] = "tessera-node move";
    auto connection = TSR_TRY(postgres::Connection::open(settings));
    TSR_TRY(connection.execute("SET client_min_messages = warning; SET search_path = pg_catalog"));
    if (!old.gate.empty()) {
        const auto kind = TSR_TRY(connection.query("SELECT c.relkind FROM pg_class c WHERE c.oid = to_regclass($1)",
                                                   {qualified(kShardSchema, old.gate)}));
        if (!kind.values.empty() && kind.values[0][0] == "f") {
            // This node does not serve the new map yet, or somebody has not read to the end.
            due_[old.place.text()] = Clock::now() + kReadersPause;
            return {};
        }
    }
    return deletePart(connection, old);
}

Result<> Sweeper::deletePart(postgres::Connection& connection, const OldPlace& old) {
    const auto begin = Clock::now();
    ShardedTable table;
    const auto columns = columnsAt(connection, node_, old.place);
    if (!columns && columns.error().code == ErrorCode::kNotFound) {
        return forget(old);
    }
    table.columns = TSR_TRY(columns);
    table.key = old.key;
    const std::string rows_of_part = std::to_string(
        old.rows_per_second > 0 ? std::clamp<std::int64_t>(old.rows_per_second / 2, 1, kRowsOfPart) : kRowsOfPart);
    // In a transaction, so that nothing of it is left whatever happens.
    TSR_TRY(connection.execute("BEGIN"));
    const ForeignTable made = TSR_TRY(foreignTableAtSource(connection, table, old.place, "leaving"));
    const std::string leaving = qualified(made.schema, made.name);
    TSR_TRY(connection.execute(createForeignSql(table, made)));
    std::vector<std::string> keys;
    for (const std::string& column : old.key) {
        keys.push_back(quoteIdentifier(column));
    }
    const std::string key = join(keys, ", ");
    // Behind the part before: at the source its rows may still be in the way of whoever reads.
    auto& reached = reached_[old.place.text()];
    const std::string behind = reached.empty() ? "true" : beside(old.key, reached, ">", false);
    const auto last = TSR_TRY(connection.query("SELECT " + key + " FROM " + leaving + " WHERE " + behind +
                                               " ORDER BY " + key + " OFFSET " + rows_of_part + " - 1 LIMIT 1"));
    // No more than a part, or rows behind it that have no key.
    const bool is_rest = last.values.empty() || std::any_of(last.values[0].begin(), last.values[0].end(),
                                                            [](const auto& value) { return !value; });
    const std::int64_t deleted =
        TSR_TRY(connection.query(
                    "DELETE FROM " + leaving +
                    (is_rest ? "" : " WHERE " + behind + " AND " + beside(old.key, last.values[0], "<", true))))
            .affected;
    TSR_TRY(connection.execute("DROP FOREIGN TABLE " + leaving + "; COMMIT"));
    if (is_rest) {
        log::info("mesh.old_rows_deleted",
                  {{"place", old.place.text()}, {"table", old.table}, {"rows", old.rows + deleted}});
        return forget(old);
    }
    reached = last.values[0];
    // As long as it took the source has time for others.
    due_[old.place.text()] =
        Clock::now() + (old.rows_per_second > 0
                            ? Clock::duration(std::chrono::milliseconds(deleted * 1000 / old.rows_per_second))
                            : Clock::now() - begin);
    return note(old, old.rows + deleted, "");
}

Result<> Sweeper::forget(const OldPlace& old) {
    due_.erase(old.place.text());
    reached_.erase(old.place.text());
    const auto done = store_.apply(forgetOldPlace(old.place));
    return done ? Result<>() : Result<>(done.error());
}

Result<> Sweeper::note(const OldPlace& old, std::int64_t rows, const std::string& problem) {
    if (rows == old.rows && problem == old.problem) {
        return {};
    }
    const auto done = store_.apply(noteOldPlace(old.place, rows, problem));
    return done ? Result<>() : Result<>(done.error());
}

}  // namespace tessera::mesh
