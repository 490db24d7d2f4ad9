#include "app/cli/mesh_options.h"

#include "app/cli/definition_files.h"

#include <CLI/CLI.hpp>

#include <utility>

namespace tessera::cli {

namespace {

constexpr std::uintmax_t kMostBytes = std::uintmax_t{1} << 20U;

CLI::App* add(CLI::App& parent, const std::string& name, const std::string& help, MeshCommand& command,
              QueryOptions& query) {
    CLI::App* added = parent.add_subcommand(name, help);
    added->add_option("-n,--node", query.mesh.node, "The node to ask; optional when the mesh has one node")
        ->type_name("NAME");
    added->add_option("-m,--mesh", command.mesh_file, "The mesh file")->type_name("FILE");
    added->add_option("--profile", query.mesh.profile, "A profile of the agent, instead of a mesh file")
        ->type_name("NAME");
    added->add_option("-f,--format", query.format, "table, csv, json or ndjson")
        ->transform(CLI::CheckedTransformer(outputFormats(), CLI::ignore_case))
        ->type_name("FORMAT");
    return added;
}

void addShard(CLI::App& added, MeshCommand& command) {
    added.add_option("table", command.table, "A sharded table: schema.name")->required()->type_name("TABLE");
    added.add_option("shard", command.shard, "Its number")
        ->required()
        ->type_name("NUMBER")
        ->check(CLI::NonNegativeNumber);
}

Result<QueryOptions> withFile(QueryOptions query, const std::string& path) {
    const auto files = TSR_TRY(readDefinitionFiles({path}, {"sharded tables", {".yaml", ".yml", ".json"}, kMostBytes}));
    if (files.size() != 1) {
        return fail(ErrorCode::kInvalidArgument, "'" + path + "' is not one file", "name a file of sharded tables");
    }
    query.parameters = {files.front().text};
    return query;
}

void addSplit(CLI::App& split, MeshCommand& command) {
    split.footer(R"(
A shard by hash is cut in halves. The two lie in tables that are made for them, beside the old one or at --to-node.

Examples:
  tessera shard split sales.orders 0
  tessera shard split sales.visits 2 --at 2026-07-01
  tessera shard split sales.sites 1 --values AT,CH
  tessera shard split sales.visits 3 --from 2027-01-01 --to 2028-01-01      out of the default shard)");
    split.add_option("--at", command.at, "By range: where the new shard begins, a value for each column")
        ->delimiter(',')
        ->type_name("VALUES");
    split.add_option("--values", command.values, "By list: what the new shard takes")
        ->delimiter(',')
        ->type_name("VALUES");
    split.add_option("--from", command.from, "Of the default shard by range: where the new one begins")
        ->delimiter(',')
        ->type_name("VALUES");
    split.add_option("--to", command.until, "Of the default shard by range: before what the new one ends")
        ->delimiter(',')
        ->type_name("VALUES");
    split.add_option("--to-node", command.to_node, "The node of both; the shard's own by default")->type_name("NAME");
}

/// As a text[] is written; nothing when there are none.
std::optional<std::string> arrayOf(const std::vector<std::string>& texts) {
    std::string array;
    for (const std::string& text : texts) {
        array += array.empty() ? "{\"" : ",\"";
        for (const char c : text) {
            array += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
        }
        array += '"';
    }
    return array.empty() ? std::nullopt : std::optional(array + "}");
}

/// Commands that move many shards.
void addPlans(CLI::App& mesh, MeshCommand& command, QueryOptions& query) {
    CLI::App* rebalance =
        add(mesh, "rebalance", "Move shards until the nodes have about as much of them", command, query);
    rebalance->add_option("table", command.table, "Only this table, and those that are sharded alike: schema.name")
        ->type_name("TABLE");
    rebalance->add_option("--nodes", command.nodes, "The nodes that share the shards, by commas; all by default")
        ->type_name("NAMES");
    CLI::App* drain =
        add(mesh, "drain", "Move all shards of a node to the others; it gets no more of them", command, query);
    CLI::App* undrain = add(mesh, "undrain", "Let a drained node have shards again", command, query);
    for (CLI::App* one : {drain, undrain}) {
        one->add_option("name", command.drained, "The node")->required()->type_name("NAME");
    }
    for (CLI::App* one : {rebalance, drain}) {
        one->add_flag("--dry-run", command.is_dry,
                      "Only say what would move, and about how many rows, bytes and seconds");
        one->add_option("--rows-per-second", command.rows_per_second, "Each move no faster than that")
            ->type_name("NUMBER")
            ->check(CLI::PositiveNumber);
        one->add_flag("--keep-old", command.keeps_old,
                      "Leave the rows at the old places, where they are deleted otherwise");
    }
}

/// Of one of those.
void setPlan(const std::string& chosen, const MeshCommand& command, QueryOptions& query) {
    const std::string is_dry = command.is_dry ? "true" : "false";
    const std::string keeps_old = command.keeps_old ? "true" : "false";
    if (chosen == "rebalance") {
        query.sql =
            "SELECT * FROM tessera.rebalance($1, string_to_array($2, ','), $3::boolean, $4::integer, $5::boolean)";
        query.parameters = {command.table.empty() ? std::nullopt : std::optional(command.table),
                            command.nodes.empty() ? std::nullopt : std::optional(command.nodes), is_dry,
                            command.rows_per_second, keeps_old};
    } else if (chosen == "drain") {
        query.sql = "SELECT * FROM tessera.drain_node($1, $2::boolean, $3::integer, $4::boolean)";
        query.parameters = {command.drained, is_dry, command.rows_per_second, keeps_old};
    } else {
        query.sql = "SELECT tessera.undrain_node($1)";
        query.parameters = {command.drained};
    }
}

}  // namespace

void addMesh(CLI::App& app, MeshCommand& command, QueryOptions& query) {
    CLI::App* mesh = app.add_subcommand("mesh", "Sharded tables of the mesh: from a file, over which nodes");
    mesh->require_subcommand(1);
    mesh->footer(R"(
Any node that holds the store answers; who may change is said by mesh.administrators in its configuration.

Examples:
  tessera mesh check mesh.yaml
  tessera mesh apply --node operations mesh.yaml
  tessera mesh export > mesh.yaml                 all tables as they are now, to be kept and applied
  tessera mesh tables
  tessera mesh nodes
  tessera mesh rebalance --dry-run                what would move, and what that costs
  tessera mesh rebalance sales.orders --nodes a,b,c
  tessera mesh drain b                            all shards of node b go to the others
  tessera shard moves                             how far that is)");
    for (const auto& [name, help] : {std::pair("apply", "Declare all tables of a file, or none"),
                                     std::pair("check", "Say what is wrong with a file, and what it would change")}) {
        add(*mesh, name, help, command, query)
            ->add_option("file", command.file, "YAML or JSON: see docs/mesh.md")
            ->required()
            ->type_name("FILE");
    }
    CLI::App* exported = add(*mesh, "export", "Write the sharded tables as a file for apply", command, query);
    exported->remove_option(exported->get_option("--format"));
    exported->add_option("table", command.table, "Only this one: schema.name")->type_name("TABLE");
    exported->add_option("-o,--output", command.output, "Write it there instead of standard output")->type_name("FILE");
    add(*mesh, "tables", "The sharded tables", command, query);
    add(*mesh, "nodes", "Which version of the shard map each node serves", command, query);

    addPlans(*mesh, command, query);

    CLI::App* shard = app.add_subcommand("shard", "Shards: where each lies");
    shard->require_subcommand(1);
    add(*shard, "list", "All shards, or those of a table", command, query)
        ->add_option("table", command.table, "A sharded table: schema.name")
        ->type_name("TABLE");
    CLI::App* move =
        add(*shard, "move", "Bring a shard to another place, while it is read and written", command, query);
    CLI::App* throttle = add(
        *shard, "throttle",
        "Slow down a shard that moves, or what is deleted behind it, or let it go as fast as it can", command, query);
    CLI::App* cancel = add(*shard, "cancel",
                           "Let a shard that moves stay where it is, or what is left at its old place", command, query);
    CLI::App* split = add(*shard, "split", "Make two shards of one, while it is read and written", command, query);
    for (CLI::App* one : {move, throttle, cancel, split}) {
        addShard(*one, command);
    }
    move->add_option("to", command.to, "An empty table: node/schema.table")->required()->type_name("PLACE");
    addSplit(*split, command);
    throttle->add_option("rows-per-second", command.rows_per_second, "No faster than that; 0: as fast as it goes")
        ->required()
        ->type_name("NUMBER")
        ->check(CLI::NonNegativeNumber);
    for (CLI::App* one : {move, split}) {
        one->add_option("--rows-per-second", command.rows_per_second, "No faster than that")
            ->type_name("NUMBER")
            ->check(CLI::PositiveNumber);
        one->add_flag("--keep-old", command.keeps_old,
                      "Leave the rows at the old place, where they are deleted otherwise");
    }
    add(*shard, "moves", "Shards that move and rows that are deleted behind them, and how far that is", command, query);
    CLI::App* copy = add(*shard, "add-replica",
                         "Keep a copy of a shard at another node, read when the shard's own can't be", command, query);
    CLI::App* uncopy =
        add(*shard, "drop-replica", "Keep a copy no longer; its rows stay where they are", command, query);
    for (CLI::App* one : {copy, uncopy}) {
        addShard(*one, command);
        one->add_option("at", command.to, "An empty table: node/schema.table")->required()->type_name("PLACE");
    }
    add(*shard, "replicas", "Copies of shards: in step, or since when and why not", command, query);
    add(*shard, "drop", "Take a table out of the mesh; its rows stay where they are", command, query)
        ->add_option("table", command.table, "A sharded table: schema.name")
        ->required()
        ->type_name("TABLE");
}

std::optional<Result<QueryOptions>> finishMesh(const CLI::App& app, const MeshCommand& command, QueryOptions query) {
    if (!app.got_subcommand("mesh") && !app.got_subcommand("shard")) {
        return std::nullopt;
    }
    const std::string chosen = app.get_subcommands().front()->get_subcommands().front()->get_name();
    if (!command.mesh_file.empty()) {
        query.mesh.mesh_file = command.mesh_file;
    }
    if (chosen == "apply" || chosen == "check") {
        query.sql =
            chosen == "apply" ? "SELECT * FROM tessera.apply_mesh($1)" : "SELECT * FROM tessera.apply_mesh($1, true)";
        query.is_quiet = true;
        return withFile(std::move(query), command.file);
    }
    if (chosen == "export") {
        query.sql = "SELECT tessera.export_mesh($1)";
        query.parameters = {command.table.empty() ? std::nullopt : std::optional(command.table)};
        query.is_text = true;
        if (!command.output.empty()) {
            query.output_file = command.output;
        }
    } else if (chosen == "tables") {
        query.sql = "SELECT * FROM tessera.sharded_tables ORDER BY name";
    } else if (chosen == "nodes") {
        query.sql = "SELECT * FROM tessera.mesh_nodes ORDER BY node";
    } else if (chosen == "rebalance" || chosen == "drain" || chosen == "undrain") {
        setPlan(chosen, command, query);
    } else if (chosen == "list") {
        query.sql = "SELECT * FROM tessera.shards WHERE $1::text IS NULL OR name = $1 ORDER BY name, shard";
        query.parameters = {command.table.empty() ? std::nullopt : std::optional(command.table)};
    } else if (chosen == "moves") {
        query.sql = "SELECT * FROM tessera.shard_moves ORDER BY name, shard";
    } else if (chosen == "replicas") {
        query.sql = "SELECT * FROM tessera.shard_replicas ORDER BY name, shard, node";
    } else if (chosen == "add-replica" || chosen == "drop-replica") {
        query.sql = chosen == "add-replica" ? "SELECT tessera.add_replica($1, $2::integer, $3)"
                                            : "SELECT tessera.drop_replica($1, $2::integer, $3)";
        query.parameters = {command.table, command.shard, command.to};
    } else if (chosen == "move") {
        query.sql = "SELECT tessera.move_shard($1, $2::integer, $3, $4::integer, $5::boolean)";
        query.parameters = {command.table, command.shard, command.to, command.rows_per_second,
                            command.keeps_old ? "true" : "false"};
    } else if (chosen == "split") {
        query.sql =
            "SELECT tessera.split_shard($1, $2::integer, $3::text[], $4::text[], $5::text[], $6::text[], $7, "
            "$8::integer, $9::boolean)";
        query.parameters = {command.table,
                            command.shard,
                            arrayOf(command.at),
                            arrayOf(command.values),
                            arrayOf(command.from),
                            arrayOf(command.until),
                            command.to_node.empty() ? std::nullopt : std::optional(command.to_node),
                            command.rows_per_second,
                            command.keeps_old ? "true" : "false"};
    } else if (chosen == "throttle") {
        query.sql = "SELECT tessera.throttle_move($1, $2::integer, $3::integer)";
        query.parameters = {command.table, command.shard, command.rows_per_second};
    } else if (chosen == "cancel") {
        query.sql = "SELECT tessera.cancel_move($1, $2::integer)";
        query.parameters = {command.table, command.shard};
    } else {
        query.sql = "SELECT * FROM tessera.mesh_change('drop', $1)";
        query.parameters = {command.table};
    }
    query.is_quiet = true;
    return query;
}

}  // namespace tessera::cli
