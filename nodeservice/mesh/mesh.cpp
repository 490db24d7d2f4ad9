#include "nodeservice/mesh/mesh.h"

#include "common/log.h"
#include "common/strings.h"
#include "nodeservice/mesh/trial.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <thread>
#include <utility>

namespace tessera::mesh {

namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;

constexpr int kMostTries = 5;
constexpr std::chrono::seconds kMostWait{15};
constexpr std::chrono::milliseconds kPause{50};

std::string dump(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
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

const ShardedTable* find(const ShardMap& map, const std::string& name) {
    const auto found = std::find_if(map.tables.begin(), map.tables.end(),
                                    [&](const ShardedTable& table) { return table.text() == name; });
    return found == map.tables.end() ? nullptr : &*found;
}

/// Does a shard of the table lie there, or is on its way to it?
bool isOf(const ShardedTable& table, const Place& place) {
    return std::any_of(table.shards.begin(), table.shards.end(),
                       [&](const Shard& one) { return one.primary == place || (one.move && one.move->to == place); });
}

Error unknownTable(const ShardMap& map, const std::string& name) {
    std::vector<std::string> names;
    for (const ShardedTable& one : map.tables) {
        names.push_back(one.text());
    }
    return fail(ErrorCode::kNotFound, "there is no sharded table '" + name + "'", suggestion(name, names));
}

/// The table and its shard that a request names.
Result<std::pair<ShardedTable, Shard>> findShard(const ShardMap& map, const json& request) {
    const std::string name = request.value("table", "");
    const ShardedTable* table = find(map, name);
    if (table == nullptr) {
        return unknownTable(map, name);
    }
    const std::int64_t number = request.value("shard", std::int64_t{-1});
    const auto shard = std::find_if(table->shards.begin(), table->shards.end(),
                                    [&](const Shard& one) { return one.number == number; });
    if (shard == table->shards.end()) {
        return fail(ErrorCode::kNotFound, name + " has no shard " + std::to_string(number),
                    "its shards are 0 to " + std::to_string(table->shards.size() - 1));
    }
    return std::pair(*table, *shard);
}

json changed(const std::string& table, const std::string& change) {
    return json::array({json{{"table", table}, {"change", change}}});
}

/// The first thing in which a declaration differs from what there is, apart from rights; empty: nothing.
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
            return "hash " + std::to_string(shard.number) + " of " + std::to_string(table.shards.size());
        case ShardMethod::kRange:
            return "from " + (shard.bound.from.empty() ? "the least" : join(shard.bound.from, ", ")) + " to " +
                   (shard.bound.to.empty() ? "the greatest" : "before " + join(shard.bound.to, ", "));
        case ShardMethod::kList:
            break;
    }
    return join(shard.bound.values, ", ");
}

json moveJson(const ShardedTable& table, const Shard& shard) {
    const ShardMove& move = *shard.move;
    return {{"name", table.text()},
            {"shard", shard.number},
            {"from_place", shard.primary.text()},
            {"to_place", move.to.text()},
            {"state", move.state == MoveState::kCopying ? "copying" : "switching"},
            {"rows_copied", move.rows},
            {"rows_per_second", move.rows_per_second},
            {"problem", move.problem}};
}

json readersJson(const ShardedTable& table) {
    return table.readers ? json(*table.readers) : json(nullptr);
}

}  // namespace

Result<std::string> Mesh::answer(const std::string& role, const std::string& action, const std::string& body) {
    const bool changes =
        action == "apply" || action == "check" || action == "drop" || action == "move" || action == "cancel";
    if (changes) {
        TSR_TRY(rights_.checkChange(role));
    }
    auto answered = action == "drop"     ? drop(body)
                    : action == "move"   ? move(body)
                    : action == "cancel" ? cancel(body)
                    : changes            ? apply(body, action == "check")
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
    const ShardedTable* known = find(map, table.text());
    Batch added;
    std::string change = "unchanged";
    if (known == nullptr) {
        added = addTable(table, version);
        change = "created";
    } else if (const std::string what = difference(table, *known); !what.empty()) {
        return fail(ErrorCode::kFailedPrecondition,
                    declaration.where + ": " + table.text() + " is there already, and differs in " + what,
                    "only its readers and writers can be declared anew; 'tessera shard drop' takes it out of the mesh, "
                    "and leaves the rows where they are");
    } else if (table.readers != known->readers || table.writers != known->writers) {
        ShardedTable changed = *known;
        changed.readers = table.readers;
        changed.writers = table.writers;
        added = changeRights(changed, version);
        change = "changed";
    }
    if (!added.empty()) {
        batch.insert(batch.end(), added.begin(), added.end());
        ++version;
    }
    return change;
}

Result<> Mesh::tryAll(std::vector<Declaration>& declarations, const ShardMap& map) {
    std::vector<Error> problems;
    for (Declaration& declaration : declarations) {
        if (find(map, declaration.table.text()) != nullptr) {
            continue;
        }
        for (const Shard& shard : declaration.table.shards) {
            for (const ShardedTable& other : map.tables) {
                if (isOf(other, shard.primary)) {
                    problems.push_back(fail(ErrorCode::kAlreadyExists, declaration.where + ": " + shard.primary.text() +
                                                                           " is a shard of " + other.text() +
                                                                           " already"));
                }
            }
        }
        auto connection = TSR_TRY(postgres::Connection::open(database_));
        const auto found = TSR_TRY(tryTable(connection, rights_.node, declaration));
        problems.insert(problems.end(), found.begin(), found.end());
    }
    return problems.empty() ? Result<>() : Result<>(together(problems));
}

Result<std::string> Mesh::apply(const std::string& text, bool is_dry) {
    Declarations read = readDeclarations(text, "mesh");
    if (!read.errors.empty()) {
        return together(read.errors);
    }
    TSR_TRY(migrate(store_));
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
            for (const Shard& shard : declaration.table.shards) {
                nodes.insert(shard.primary.node);
            }
        }
        if (!is_dry && !batch.empty() && !TSR_TRY(store_.apply(batch))) {
            continue;
        }
        const auto problems = is_dry ? std::vector<std::string>() : awaitNodes(std::move(nodes), version);
        return dump({{"version", version}, {"tables", tables}, {"problems", problems}});
    }
    return fail(ErrorCode::kAborted, "others keep changing the shard map", "try again");
}

Result<std::string> Mesh::drop(const std::string& name) {
    TSR_TRY(migrate(store_));
    for (int tried = 0; tried < kMostTries && !stopping_; ++tried) {
        const ShardMap known = TSR_TRY(map());
        const ShardedTable* table = find(known, name);
        if (table == nullptr) {
            return unknownTable(known, name);
        }
        if (!TSR_TRY(store_.apply(removeTable(table->id, known.version)))) {
            continue;
        }
        const auto problems = awaitNodes({rights_.node}, known.version + 1);
        return dump({{"version", known.version + 1}, {"tables", changed(name, "dropped")}, {"problems", problems}});
    }
    return fail(ErrorCode::kAborted, "others keep changing the shard map", "try again");
}

Result<std::string> Mesh::move(const std::string& request) {
    const json asked = json::parse(request, nullptr, false);
    const std::string to = asked.is_object() ? asked.value("to", "") : "";
    const Place place = TSR_TRY(readPlace(to));
    for (int tried = 0; tried < kMostTries && !stopping_; ++tried) {
        const ShardMap known = TSR_TRY(map());
        const auto [table, shard] = TSR_TRY(findShard(known, asked));
        const std::string what = "shard " + std::to_string(shard.number) + " of " + table.text();
        if (shard.move) {
            return fail(ErrorCode::kFailedPrecondition, what + " is on its way to " + shard.move->to.text(),
                        "'tessera shard cancel' ends that");
        }
        for (const ShardedTable& other : known.tables) {
            if (isOf(other, place)) {
                return fail(ErrorCode::kAlreadyExists, to + " is a shard of " + other.text() + " already");
            }
        }
        if (table.key.empty()) {
            return fail(ErrorCode::kFailedPrecondition, what + " can not be moved: its rows can not be told apart",
                        "declare the table with a key");
        }
        auto connection = TSR_TRY(postgres::Connection::open(database_));
        TSR_TRY(tryPlace(connection, rights_.node, table, place));
        const ShardMove wanted{place, MoveState::kCopying, 0,
                               std::max<std::int64_t>(asked.value("rows_per_second", std::int64_t{0}), 0)};
        if (TSR_TRY(store_.apply(startMove(table, shard.number, wanted, known.version)))) {
            return dump({{"tables", changed(table.text(), what + " moves to " + to)}, {"problems", json::array()}});
        }
    }
    return fail(ErrorCode::kAborted, "others keep changing the shard map", "try again");
}

Result<std::string> Mesh::cancel(const std::string& request) {
    const json asked = json::parse(request, nullptr, false);
    for (int tried = 0; tried < kMostTries && !stopping_; ++tried) {
        const ShardMap known = TSR_TRY(map());
        const auto [table, shard] = TSR_TRY(findShard(known, asked.is_object() ? asked : json::object()));
        const std::string what = "shard " + std::to_string(shard.number) + " of " + table.text();
        if (!shard.move) {
            return fail(ErrorCode::kFailedPrecondition, what + " is not on its way anywhere");
        }
        if (TSR_TRY(store_.apply(cancelMove(table, shard.number, known.version)))) {
            const auto problems = awaitNodes({shard.primary.node}, known.version + 1);
            return dump({{"tables", changed(table.text(), what + " stays where it is")}, {"problems", problems}});
        }
    }
    return fail(ErrorCode::kAborted, "others keep changing the shard map", "try again");
}

std::vector<std::string> Mesh::awaitNodes(std::set<std::string> nodes, std::int64_t version) {
    std::vector<std::string> problems;
    const auto deadline = Clock::now() + kMostWait;
    while (!nodes.empty() && !stopping_ && Clock::now() < deadline) {
        const auto states =
            readStates([this](const store::SqlStatement& statement) { return store_.queryHere(statement); });
        for (const NodeState& state : states.value_or(std::vector<NodeState>())) {
            if (state.version >= version && nodes.erase(state.node) > 0 && !state.problem.empty()) {
                problems.push_back("node '" + state.node + "': " + state.problem);
            }
        }
        if (!nodes.empty()) {
            std::this_thread::sleep_for(kPause);
        }
    }
    for (const std::string& node : nodes) {
        problems.push_back("node '" + node + "' does not serve version " + std::to_string(version) + " yet");
    }
    return problems;
}

Result<std::string> Mesh::list(const std::string& what) {
    const Ask here = [this](const store::SqlStatement& statement) { return store_.queryHere(statement); };
    json rows = json::array();
    if (what == "nodes") {
        for (const NodeState& state : TSR_TRY(readStates(here))) {
            rows.push_back({{"node", state.node}, {"version", state.version}, {"problem", state.problem}});
        }
        return dump(rows);
    }
    if (what != "tables" && what != "shards" && what != "moves") {
        return fail(ErrorCode::kInvalidArgument, "the mesh does not know '" + what + "'");
    }
    const ShardMap known = TSR_TRY(readMap(here));
    for (const ShardedTable& table : known.tables) {
        if (what == "tables") {
            rows.push_back({{"name", table.text()},
                            {"method", nameOf(table.method)},
                            {"shard_by", table.shard_by},
                            {"key", table.key},
                            {"shards", table.shards.size()},
                            {"readers", readersJson(table)},
                            {"writers", table.writers},
                            {"version", table.version}});
            continue;
        }
        for (const Shard& shard : table.shards) {
            if (what == "moves") {
                if (shard.move) {
                    rows.push_back(moveJson(table, shard));
                }
                continue;
            }
            rows.push_back({{"name", table.text()},
                            {"shard", shard.number},
                            {"rows_of", boundJson(table, shard)},
                            {"node", shard.primary.node},
                            {"place", shard.primary.schema + "." + shard.primary.table},
                            {"epoch", shard.epoch}});
        }
    }
    return dump(rows);
}

}  // namespace tessera::mesh
