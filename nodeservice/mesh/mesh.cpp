#include "nodeservice/mesh/mesh.h"

#include "common/log.h"
#include "common/strings.h"
#include "nodeservice/mesh/export.h"
#include "nodeservice/mesh/labels.h"
#include "nodeservice/mesh/lookup.h"
#include "nodeservice/mesh/move_requests.h"
#include "nodeservice/mesh/replica_requests.h"
#include "nodeservice/mesh/shard_sql.h"
#include "nodeservice/mesh/trial.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace tessera::mesh {

namespace {

using nlohmann::json;

constexpr int kMostTries = 5;

std::string dump(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// All that a declared table has.
std::vector<Place> placesOf(const ShardedTable& table) {
    std::vector<Place> places;
    for (const Shard& shard : table.shards) {
        places.push_back(shard.primary);
        for (const Replica& replica : shard.replicas) {
            places.push_back(replica.at);
        }
    }
    return places;
}

/// One error that holds all of them.
Error together(const std::vector<Error>& errors) {
    Error all = errors.front();
    for (std::size_t i = 1; i < errors.size(); ++i) {
        all.detail += (all.detail.empty() ? "" : "\n") + errors[i].message;
        if (!errors[i].hint.empty()) {
            all.detail += " (" + errors[i].hint + ")";
        }
    }
    return all;
}

/// The first thing in which a declaration differs from what there is, apart from rights and nodes; empty: nothing.
std::string difference(const ShardedTable& declared, const ShardedTable& table) {
    if (declared.method != table.method || declared.shard_by != table.shard_by) {
        return "shard_by";
    }
    if (declared.key != table.key) {
        return "key";
    }
    if (!declared.columns.empty() && declared.columns != table.columns) {
        return "columns";
    }
    if (declared.shards.size() != table.shards.size()) {
        return "the number of shards";
    }
    for (std::size_t i = 0; i < table.shards.size(); ++i) {
        if (declared.shards[i].bound != table.shards[i].bound) {
            return "the bound of shard " + std::to_string(i);
        }
        if (declared.shards[i].primary != table.shards[i].primary) {
            return "the place of shard " + std::to_string(i);
        }
    }
    return {};
}

json boundJson(const ShardedTable& table, const Shard& shard) {
    if (shard.bound.is_default) {
        return "default";
    }
    switch (table.method) {
        case ShardMethod::kHash:
            return "hash " + std::to_string(hashOf(table, shard).second) + " of " +
                   std::to_string(hashOf(table, shard).first);
        case ShardMethod::kRange:
            return "from " + (shard.bound.from.empty() ? "the least" : join(shard.bound.from, ", ")) + " to " +
                   (shard.bound.to.empty() ? "the greatest" : "before " + join(shard.bound.to, ", "));
        case ShardMethod::kReference:
            return "all";
        case ShardMethod::kList:
            break;
    }
    return join(shard.bound.values, ", ");
}

std::int64_t shardsAt(const ShardMap& map, const std::string& node) {
    std::int64_t count = 0;
    for (const ShardedTable& table : map.tables) {
        count += std::count_if(table.shards.begin(), table.shards.end(),
                               [&](const Shard& shard) { return shard.primary.node == node; });
    }
    return count;
}

json readersJson(const ShardedTable& table) {
    return table.readers ? json(*table.readers) : json(nullptr);
}

}  // namespace

Result<std::string> Mesh::answer(const std::string& role, const std::string& action, const std::string& body) {
    const bool of_moves = MoveRequests::knows(action);
    const bool of_replicas = ReplicaRequests::knows(action);
    const bool changes = of_moves || of_replicas || action == "apply" || action == "check" || action == "drop";
    if (changes) {
        TSR_TRY(rights_.checkChange(role));
        TSR_TRY(migrate(store_));
    }
    auto answered = action == "drop" ? drop(body)
                    : of_moves       ? MoveRequests(rights_.node, database_, store_, stopping_).answer(action, body)
                    : of_replicas    ? ReplicaRequests(rights_.node, database_, store_, stopping_).answer(action, body)
                    : changes        ? apply(body, action == "check")
                    : action == "export" ? exportTables(body)
                                         : list(action);
    if (answered && changes && action != "check") {
        log::info("mesh.changed", {{"action", action}, {"role", role}});
    }
    return answered;
}

Result<ShardMap> Mesh::map() {
    return readMap([this](const store::SqlStatement& statement) { return store_.query(statement); });
}

Result<std::string> Mesh::plan(Declaration& declaration, const ShardMap& map, Batch& batch, std::int64_t& version) {
    ShardedTable& table = declaration.table;
    const ShardedTable* known = findTable(map, table.text());
    Batch added;
    std::string change = "unchanged";
    if (known == nullptr) {
        added = addTable(table, version);
        change = "created";
    } else if (const std::string what = difference(table, *known); !what.empty()) {
        return fail(
            ErrorCode::kFailedPrecondition,
            declaration.where + ": " + table.text() + " is there already, and differs in " + what,
            "only its readers, writers and nodes can be declared anew; 'tessera shard drop' takes it out of the mesh, "
            "and leaves the rows where they are");
    } else if (table.readers != known->readers || table.writers != known->writers || table.nodes != known->nodes) {
        ShardedTable changed = *known;
        changed.readers = table.readers;
        changed.writers = table.writers;
        changed.nodes = table.nodes;
        added = changeTable(changed, version);
        change = "changed";
    }
    if (!added.empty()) {
        batch.insert(batch.end(), added.begin(), added.end());
        ++version;
    }
    if (known != nullptr && declaration.names_replicas && planReplicas(table, *known, batch, version)) {
        change = "changed";
    }
    return change;
}

Result<> Mesh::tryAll(std::vector<Declaration>& declarations, const ShardMap& map) {
    std::vector<Error> problems;
    std::map<std::string, std::string> declared;
    for (Declaration& declaration : declarations) {
        const ShardedTable* known = findTable(map, declaration.table.text());
        const std::size_t before = problems.size();
        for (const Place& place : placesOf(declaration.table)) {
            const auto [other, is_new] = declared.emplace(place.text(), declaration.table.text());
            if (!is_new) {
                problems.push_back(fail(ErrorCode::kAlreadyExists,
                                        declaration.where + ": " + place.text() + " is of " + other->second + ", too"));
            }
        }
        keepToNodes(map, declaration.table);
        if (const auto labelled = checkLabels(map, declaration.table); !labelled) {
            problems.push_back(labelled.error());
            problems.back().message = declaration.where + ": " + problems.back().message;
            continue;
        }
        auto connection = TSR_TRY(postgres::Connection::open(database_));
        if (known == nullptr) {
            for (const Shard& shard : declaration.table.shards) {
                for (const Result<>& free : {checkFree(map, shard.primary), checkNotDrained(map, shard.primary.node),
                                             checkPlacement(declaration.table, shard.primary.node)}) {
                    if (!free) {
                        problems.push_back(free.error());
                        problems.back().message = declaration.where + ": " + problems.back().message;
                    }
                }
            }
            const auto found = TSR_TRY(tryTable(connection, rights_.node, declaration));
            problems.insert(problems.end(), found.begin(), found.end());
        }
        if (problems.size() == before) {
            const auto found =
                tryReplicas(connection, rights_.node, map, declaration, known == nullptr ? declaration.table : *known);
            problems.insert(problems.end(), found.begin(), found.end());
        }
    }
    return problems.empty() ? Result<>() : Result<>(together(problems));
}

Result<std::string> Mesh::apply(const std::string& text, bool is_dry) {
    Declarations read = readDeclarations(text, "mesh");
    if (!read.errors.empty()) {
        return together(read.errors);
    }
    for (int tried = 0; tried < kMostTries && !stopping_; ++tried) {
        const ShardMap known = TSR_TRY(map());
        TSR_TRY(tryAll(read.tables, known));
        Batch batch;
        std::int64_t version = known.version;
        json tables = json::array();
        std::set<std::string> nodes = {rights_.node};
        for (Declaration& declaration : read.tables) {
            const std::string change = TSR_TRY(plan(declaration, known, batch, version));
            tables.push_back({{"table", declaration.table.text()}, {"change", change}});
            for (const Place& place : placesOf(declaration.table)) {
                nodes.insert(place.node);
            }
        }
        if (!is_dry && !batch.empty() && !TSR_TRY(store_.apply(batch))) {
            continue;
        }
        const auto problems =
            is_dry ? std::vector<std::string>() : awaitNodes(store_, std::move(nodes), version, stopping_);
        return dump({{"version", version}, {"tables", tables}, {"problems", problems}});
    }
    return fail(ErrorCode::kAborted, "others keep changing the shard map", "try again");
}

Result<std::string> Mesh::drop(const std::string& name) {
    for (int tried = 0; tried < kMostTries && !stopping_; ++tried) {
        const ShardMap known = TSR_TRY(map());
        const ShardedTable* table = findTable(known, name);
        if (table == nullptr) {
            return unknownTable(known, name);
        }
        if (!TSR_TRY(store_.apply(removeTable(table->id, known.version)))) {
            continue;
        }
        const auto problems = awaitNodes(store_, {rights_.node}, known.version + 1, stopping_);
        return dump({{"version", known.version + 1},
                     {"tables", json::array({json{{"table", name}, {"change", "dropped"}}})},
                     {"problems", problems}});
    }
    return fail(ErrorCode::kAborted, "others keep changing the shard map", "try again");
}

Result<std::string> Mesh::exportTables(const std::string& name) {
    ShardMap known = TSR_TRY(map());
    if (!name.empty()) {
        const ShardedTable* table = findTable(known, name);
        if (table == nullptr) {
            return unknownTable(known, name);
        }
        known.tables = {ShardedTable(*table)};
    }
    return exportYaml(std::move(known.tables));
}

Result<std::string> Mesh::list(const std::string& what) {
    const Ask here = [this](const store::SqlStatement& statement) { return store_.queryHere(statement); };
    json rows = json::array();
    if (what == "nodes") {
        const ShardMap known = TSR_TRY(readMap(here));
        for (const NodeState& state : TSR_TRY(readStates(here))) {
            const auto labels = known.labels.find(state.node);
            rows.push_back({{"node", state.node},
                            {"version", state.version},
                            {"problem", state.problem},
                            {"shards", shardsAt(known, state.node)},
                            {"is_drained", known.drained.contains(state.node)},
                            {"labels", labels == known.labels.end() ? std::set<std::string>() : labels->second}});
        }
        return dump(rows);
    }
    if (what != "tables" && what != "shards" && what != "moves" && what != "replicas") {
        return fail(ErrorCode::kInvalidArgument, "the mesh does not know '" + what + "'");
    }
    const ShardMap known = TSR_TRY(readMap(here));
    if (what == "moves") {
        return movesText(known);
    }
    if (what == "replicas") {
        return replicasText(known);
    }
    for (const ShardedTable& table : known.tables) {
        if (what == "tables") {
            rows.push_back({{"name", table.text()},
                            {"method", nameOf(table.method)},
                            {"shard_by", table.shard_by},
                            {"key", table.key},
                            {"shards", table.shards.size()},
                            {"readers", readersJson(table)},
                            {"writers", table.writers},
                            {"version", table.version},
                            {"nodes", table.nodes}});
            continue;
        }
        for (const Shard& shard : table.shards) {
            rows.push_back({{"name", table.text()},
                            {"shard", shard.number},
                            {"rows_of", boundJson(table, shard)},
                            {"node", shard.primary.node},
                            {"place", shard.primary.schema + "." + shard.primary.table},
                            {"epoch", shard.epoch},
                            {"rows", shard.size ? json(shard.size->rows) : json(nullptr)},
                            {"bytes", shard.size ? json(shard.size->bytes) : json(nullptr)},
                            {"replicas", replicasOf(shard)}});
        }
    }
    return dump(rows);
}

}  // namespace tessera::mesh
