#include "app/cli/store_options.h"

#include <CLI/CLI.hpp>

#include <chrono>
#include <functional>
#include <utility>
#include <vector>

namespace tessera::cli {

namespace {

void addMeshOptions(CLI::App& command, MeshOptions& mesh, RawStoreOptions& raw) {
    command.add_option("-n,--node", mesh.node, "A node that holds the store; optional when all of the mesh hold one")
        ->type_name("NAME");
    command.add_option("-m,--mesh", raw.mesh_file, "The mesh file")->type_name("FILE");
    command.add_option("--profile", mesh.profile, "A profile of the agent, instead of a mesh file")->type_name("NAME");
}

/// Of the SQL.
void addStoreSql(CLI::App& command, StoreOptions& store, RawStoreOptions& raw) {
    CLI::App* sql = command.add_subcommand("sql", "Run SQL in the store; a shell without any");
    sql->callback([&store] { store.action = StoreOptions::Action::kSql; });
    sql->add_option("sql", store.sql, "The SQL; - reads it from standard input")->type_name("SQL");
    addMeshOptions(*sql, store.mesh, raw);
    addFormat(*sql, store.format);
    sql->add_option("-c,--consistency", store.point.consistency,
                    "How fresh what is read must be: linearizable, leader, weak or none (default: linearizable)")
        ->transform(CLI::CheckedTransformer(storeConsistencies(), CLI::ignore_case).description(""))
        ->type_name("LEVEL");
    sql->add_option("--timeout", raw.timeout, "How long to try: 500ms, 30s, 5m (default: 10s)")->type_name("DURATION");
    sql->add_option("--max-age", raw.max_age, "What is read may be as old as this: 500ms, 5s, 1m")
        ->type_name("DURATION");
    sql->add_option("--at-index", raw.at_index, "Read the state after this entry of the log")->type_name("ENTRY");
    sql->add_option("--at-time", raw.at_time, "Read the state of this time, in UTC: '2026-11-22 05:30:00'")
        ->type_name("TIME");
    sql->add_flag("-1,--atomic", store.is_atomic, "All statements as one request: all of them are done or none");
    sql->add_flag("-q,--quiet", store.is_quiet, "No count of changed rows on standard error");
}

void addStoreMapReduce(CLI::App& command, StoreOptions& store, RawStoreOptions& raw) {
    client::StoreMapReduce& job = store.map_reduce;
    command.footer(R"(
The map statement runs on the members, all at one entry of the log; the reduce statement over the table `mapped`, which has
the columns of the map statement, and _member and _partition. With --split the map statement has two parameters, the first
and the last number of its range.

Example:
  tessera store mapreduce --split orders --parts 8 \
    --map "select region, count(*) n, sum(price) s from orders where rowid between ? and ? group by region" \
    --reduce "select region, sum(n), sum(s) / sum(n) from mapped group by region")");
    command.add_option("--map", job.map.sql, "The statement for each part")->required()->type_name("SQL");
    command.add_option("--reduce", job.reduce.sql, "The statement over all rows (default: all of them)")
        ->type_name("SQL");
    command.add_option("--split", raw.split, "Divide by ranges of this integer column, rowid if only a table is named")
        ->type_name("TABLE[.COLUMN]");
    command.add_option("--parts", job.parts, "How many ranges (default: one a member)")->type_name("COUNT");
    command.add_option("--member", job.members, "Only on these members, by number; may be repeated")
        ->type_name("ID")
        ->allow_extra_args(false);
    command.add_option("--at-index", raw.at_index, "At this entry of the log (default: the newest)")
        ->type_name("ENTRY");
    command.add_option("--timeout", raw.timeout, "How long to try: 500ms, 30s, 5m (default: 10s)")
        ->type_name("DURATION");
    addFormat(command, store.format);
}

/// `add`: a subcommand of a parent, with the options of all.
void addStoreFaults(CLI::App& command, StoreOptions& store, RawStoreOptions& raw,
                    const std::function<CLI::App*(CLI::App&, const char*, const char*, StoreOptions::Action)>& add) {
    using Action = StoreOptions::Action;
    command.footer(R"(
Only at nodes whose configuration says 'test_faults: true' in the section 'store', by its administrators. Faults last until
they are healed or the node stops.

Examples:
  tessera store fault list                            what disturbs each member, how many messages were lost
  tessera store fault set 1 --isolate                 member 1 neither hears the others nor is heard
  tessera store fault set 2 --delay 50ms --lose 5     in the place of what disturbed it before
  tessera store fault elect 3                         an election, if it leads or hears no leader
  tessera store fault heal                            all of them)");
    command.require_subcommand(1);
    const auto addOne = [&](const char* name, const char* help, Action action) {
        CLI::App* sub = add(command, name, help, action);
        addFormat(*sub, store.format);
        return sub;
    };
    addOne("list", "What disturbs each member", Action::kFaultList);
    const auto addId = [&](CLI::App& sub) {
        return sub.add_option("id", store.member, "The member's number")->check(CLI::PositiveNumber)->type_name("ID");
    };
    CLI::App* set = addOne("set", "Disturb a member", Action::kFaultSet);
    addId(*set)->required();
    set->add_flag("--isolate", store.faults.is_isolated, "Nothing it says is heard, and it hears nothing");
    set->add_option("--cut", store.faults.cut, "The same between it and this member; may be given again")
        ->check(CLI::PositiveNumber)
        ->type_name("ID");
    set->add_option("--lose", store.faults.lost_percent, "So many of a hundred messages, by chance")
        ->check(CLI::Range(0, 100))
        ->type_name("PERCENT");
    set->add_option("--delay", raw.delay, "What it says goes out so much later")->type_name("TIME");
    set->add_flag("--pause", store.faults.is_paused, "It stands still, as a process that was stopped");
    addId(*addOne("elect", "Force an election: a leader has another member stand; of others the time-out passes",
                  Action::kFaultElect))
        ->required();
    addId(*addOne("heal", "A member is disturbed no more; all of them, when none is named", Action::kFaultHeal));
}

/// `tessera store changes` and `diff`, which print the same lines.
void addStoreChanges(CLI::App& changes, CLI::App& diff, StoreOptions& store, RawStoreOptions& raw) {
    const auto addShared = [&](CLI::App& command) {
        command.add_option("-t,--table", store.changes.tables, "Only of this table; may be repeated")
            ->type_name("NAME")
            ->allow_extra_args(false);
        command.add_flag("--json", store.is_json, "A JSON object for each row, one a line");
    };
    changes.footer(R"(
A line for each row that was inserted (+), deleted (-) or changed (~). An entry is a number of the log, a time is in UTC. They are
told as long as past states are kept ('tessera store status': behind the snapshot). With --follow it goes on until Ctrl+C, also
when the member that is asked goes away.

Examples:
  tessera store changes --since 120                   what came behind entry 120
  tessera store changes --since "2026-11-22 05:30:00" --table settings
  tessera store changes --follow --json | jq -c .after)");
    changes.add_option("--since", raw.since, "Behind this entry or time (with --follow: default now)")
        ->type_name("ENTRY|TIME");
    changes.add_option("--until", raw.until, "Up to this entry or time (default: now)")->type_name("ENTRY|TIME");
    changes.add_flag("--follow", store.changes.follows, "And what comes from now on");
    addShared(changes);
    diff.footer(R"(
Rows that came and went between, and those that are as they were, are not shown. Rows are known by their primary keys.

Examples:
  tessera store diff 120                              from entry 120 to now
  tessera store diff "2026-11-22 05:30:00" "2026-11-22 06:00:00")");
    diff.add_option("from", raw.since, "The earlier state")->required()->type_name("ENTRY|TIME");
    diff.add_option("to", raw.until, "The later one (default: now)")->type_name("ENTRY|TIME");
    addShared(diff);
}

}  // namespace

void addStore(CLI::App& app, StoreOptions& store, RawStoreOptions& raw) {
    using Action = StoreOptions::Action;
    CLI::App* command = app.add_subcommand("store", "The replicated store: its SQL and its members");
    command->require_subcommand(1);
    command->footer(R"(
A small SQL database (SQLite's SQL) that the store's members hold alike. The leader is found by itself, also after it has
failed; a write whose answer was lost is sent again and not done twice.

Examples:
  tessera store sql                                   a shell; .help lists its commands
  tessera store sql "select * from settings" --format json
  tessera store status
  tessera store members add 4                         member 4 of the configuration gets the log
  tessera store members promote 4                     and then a vote
  tessera store leader transfer --to 2
  tessera store sql --at-time "2026-11-22 05:30:00" "select * from settings"
  tessera store diff "2026-11-22 05:30:00"            what is not as it was then
  tessera store backup store.db
  tessera store restore store.db                      instead of all that is in it now)");
    addStoreSql(*command, store, raw);
    const auto add = [&](CLI::App& parent, const char* name, const char* help, Action action) {
        CLI::App* sub = parent.add_subcommand(name, help);
        sub->callback([&store, action] { store.action = action; });
        addMeshOptions(*sub, store.mesh, raw);
        return sub;
    };
    addFormat(*add(*command, "status", "Each member: role, term, how far its log and data are", Action::kStatus),
              store.format);
    CLI::App* members = command->add_subcommand("members", "Who is in the store");
    members->require_subcommand(1);
    addFormat(*add(*members, "list", "The members and their parts", Action::kMembers), store.format);
    const auto add_change = [&](const char* name, const char* help, Action action) {
        add(*members, name, help, action)
            ->add_option("id", store.member, "The member's number in the configuration")
            ->required()
            ->check(CLI::PositiveNumber)
            ->type_name("ID");
    };
    add_change("add", "Let a member in: it gets the log, and no vote yet", Action::kAdd);
    add_change("promote", "Give a member a vote", Action::kPromote);
    add_change("demote", "Take a member's vote", Action::kDemote);
    add_change("remove", "Take a member out", Action::kRemove);
    CLI::App* leader = command->add_subcommand("leader", "Who leads");
    leader->require_subcommand(1);
    add(*leader, "transfer", "Give leadership to another member", Action::kTransfer)
        ->add_option("--to", store.member, "Its number; whoever has most of the log by default")
        ->type_name("ID");
    add(*command, "snapshot", "Make a snapshot, so that the log gets shorter", Action::kSnapshot);
    add(*command, "backup", "Write the store to a file, a SQLite database", Action::kBackup)
        ->add_option("file", raw.file, "The file")
        ->required()
        ->type_name("FILE");
    CLI::App* restore =
        add(*command, "restore", "Put a backup, or any SQLite database, in the place of all data", Action::kRestore);
    restore->add_option("file", raw.file, "The file")->required()->type_name("FILE");
    restore->add_flag("--with-control-plane", store.with_control_plane,
                      "Jobs, endpoints and denials, too; otherwise they stay as they are");
    restore->add_flag("--yes", store.is_sure, "Do not ask");
    addStoreChanges(*add(*command, "changes", "What entries of the log did to the rows", Action::kChanges),
                    *add(*command, "diff", "What one state has that another has not", Action::kDiff), store, raw);
    addStoreFaults(*command->add_subcommand("fault", "Disturb the members of a test cluster on purpose"), store, raw,
                   add);
    addStoreMapReduce(
        *add(*command, "mapreduce", "A statement on several members, and one over what came of it", Action::kMapReduce),
        store, raw);
}

Result<StoreOptions> finishStore(StoreOptions store, const RawStoreOptions& raw) {
    if (!raw.mesh_file.empty()) {
        store.mesh.mesh_file = raw.mesh_file;
    }
    store.file = raw.file;
    if (!raw.delay.empty()) {
        store.faults.delay = std::chrono::milliseconds(TSR_TRY(parseDuration(raw.delay)));
    }
    if (store.action == StoreOptions::Action::kFaultSet && store.faults == client::StoreFaults{}) {
        return fail(ErrorCode::kInvalidArgument, "how the member is to be disturbed is not said",
                    "'tessera store fault set --help' lists what there is; 'heal' ends it");
    }
    if (!raw.timeout.empty()) {
        store.timeout_ms = TSR_TRY(parseDuration(raw.timeout));
    }
    if ((raw.at_index != 0 ? 1 : 0) + (raw.at_time.empty() ? 0 : 1) + (raw.max_age.empty() ? 0 : 1) > 1) {
        return fail(ErrorCode::kInvalidArgument, "only one of --at-index, --at-time and --max-age can be meant");
    }
    if (raw.at_index != 0) {
        store.point = client::StoreConsistency::kAtIndex;
        store.point.index = raw.at_index;
        store.map_reduce.at_index = raw.at_index;
    } else if (!raw.at_time.empty()) {
        store.point = client::StoreConsistency::kAtTime;
        store.point.time_ms = TSR_TRY(parseUtcTime(raw.at_time));
    } else if (!raw.max_age.empty()) {
        store.point = client::StoreConsistency::kFreshness;
        store.point.max_age = std::chrono::milliseconds(TSR_TRY(parseDuration(raw.max_age)));
    }
    if (!raw.split.empty()) {
        const std::vector<std::string> parts = TSR_TRY(parseQualifiedName(raw.split));
        store.map_reduce.split_table = parts[0];
        store.map_reduce.split_column = parts.size() > 1 ? parts[1] : "";
    }
    store.since = raw.since;
    store.until = raw.until;
    if (store.changes.follows && !raw.until.empty()) {
        return fail(ErrorCode::kInvalidArgument, "changes that are followed have no end",
                    "leave out --until or --follow");
    }
    if (store.action == StoreOptions::Action::kChanges && !store.changes.follows && raw.since.empty()) {
        return fail(ErrorCode::kInvalidArgument, "since when is not said",
                    "--since with an entry of the log or a time in UTC; or --follow, from now on");
    }
    return store;
}

}  // namespace tessera::cli
