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

json readersJson(const ShardedTable& table) {
    return table.readers ? json(*table.readers) : json(nullptr);
}

}  // namespace

Result<std::string> Mesh::answer(const std::string& role, const std::string& action, const std::string& body) {
    const bool changes = action == "apply" || action == "check" || action == "drop";
    if (changes) {
        TSR_TRY(rights_.checkChange(role));
    }
    auto answered = action == "drop" ? drop(body) : changes ? apply(body, action == "check") : list(action);
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
                const bool is_taken = std::any_of(other.shards.begin(), other.shards.end(),
                                                  [&](const Shard& one) { return one.primary == shard.primary; });
                if (is_taken) {
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
            std::vector<std::string> names;
            for (const ShardedTable& one : known.tables) {
                names.push_back(one.text());
            }
            return fail(ErrorCode::kNotFound, "there is no sharded table '" + name + "'", suggestion(name, names));
        }
        if (!TSR_TRY(store_.apply(removeTable(table->id, known.version)))) {
            continue;
        }
        const auto problems = awaitNodes({rights_.node}, known.version + 1);
        return dump({{"version", known.version + 1},
                     {"tables", json::array({{{"table", name}, {"change", "dropped"}}})},
                     {"problems", problems}});
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
    if (what != "tables" && what != "shards") {
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
