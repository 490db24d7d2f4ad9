#include "app/cli/options.h"

#include "app/cli/endpoint_options.h"
#include "app/cli/job_options.h"
#include "app/cli/mesh_options.h"
#include "app/cli/store_options.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <ctime>
#include <functional>
#include <limits>
#include <map>

namespace tessera::cli {

namespace {

constexpr const char* kFooter = R"(
Examples:
  tessera login
  tessera nodes
  tessera catalog sales.orders
  tessera query "select count(*) from sales.orders"
  tessera query --node lake --format csv --output delays.csv --file delays.sql
  tessera query --format parquet --output orders.parquet "select * from sales.orders"
  tessera query --param 2024-01-31 --param '\N' 'select $1::date, $2::text'
  echo 'select 1' | tessera query --format ndjson - | jq

The nodes are those of the file that --mesh names or of the profile that --profile names, else of $TESSERA_MESH, else of a
profile that you are signed in to ('tessera login'), else of ~/.config/tessera/mesh.yaml.

Exit codes:
  0    success
  1    the statement failed, or its result could not be written
  2    wrong usage: options, files, an unknown node, no mesh file
  3    a node cannot be reached or refuses the sign-in
  130  interrupted (Ctrl+C); the statement was cancelled at the node
  141  the reader of the output has gone ("| head")
)";

struct RawOptions {
    std::string mesh_file;
    std::string sql_file;
    std::string output_file;
    std::string timeout;
    std::string object;
    std::vector<std::string> parameters;
};

void addMeshOptions(CLI::App& command, MeshOptions& mesh, RawOptions& raw, const char* node_help) {
    command.add_option("-n,--node", mesh.node, node_help)->type_name("NAME");
    command.add_option("-m,--mesh", raw.mesh_file, "The mesh file")->type_name("FILE");
    command.add_option("--profile", mesh.profile, "A profile of the agent, instead of a mesh file")->type_name("NAME");
}

/// Of queries also a file that is no text.
void addQueryFormat(CLI::App& command, app::OutputFormat& format) {
    static const std::map<std::string, app::OutputFormat> names = [] {
        auto all = outputFormats();
        all.emplace("parquet", app::OutputFormat::kParquet);
        return all;
    }();
    command
        .add_option("-f,--format", format,
                    "How rows are written: table, csv, json, ndjson, or with --output parquet (default: table)")
        ->transform(CLI::CheckedTransformer(names, CLI::ignore_case).description(""))
        ->type_name("FORMAT");
}

}  // namespace

void addFormat(CLI::App& command, app::OutputFormat& format) {
    command.add_option("-f,--format", format, "How rows are written: table, csv, json or ndjson (default: table)")
        ->transform(CLI::CheckedTransformer(outputFormats(), CLI::ignore_case).description(""))
        ->type_name("FORMAT");
}

namespace {

void addQuery(CLI::App& app, QueryOptions& query, RawOptions& raw) {
    CLI::App* command = app.add_subcommand("query", "Run SQL on a node and write its rows");
    command->footer(R"(
Several statements are run one after the other, each in a transaction of its own unless --single-transaction puts
them into one; the first that fails ends it.
Rows go to standard output as they arrive; row count, time, notices and errors to standard error.

Examples:
  tessera query "select * from sales.orders limit 5"
  tessera query --node lake --format csv --output delays.csv --file delays.sql
  tessera query --format parquet --output orders.parquet "select * from sales.orders"
  tessera query --param 2024-01-31 --param '\N' 'select $1::date, $2::text')");
    command->add_option("sql", query.sql, "The SQL; - reads it from standard input")->type_name("SQL");
    command->add_option("--file", raw.sql_file, "Read the SQL from a file")->type_name("FILE");
    addMeshOptions(*command, query.mesh, raw, "The node to ask; optional when the mesh has one node");
    addQueryFormat(*command, query.format);
    command->add_option("-o,--output", raw.output_file, "Write the rows to a file, which appears when it is complete")
        ->type_name("FILE");
    command->add_option("-p,--param", raw.parameters, "A value for $1, then $2, …; \\N is NULL")
        ->type_name("VALUE")
        ->expected(1)
        ->allow_extra_args(false)
        ->take_all();
    command->add_option("--timeout", raw.timeout, "Cancel the statement after: 500ms, 30s, 5m")->type_name("DURATION");
    command->add_option("--null", query.style.null_text, "How a table shows NULL (default: NULL)")->type_name("TEXT");
    command
        ->add_option("--cell-width", query.style.cell_columns_max,
                     "Where a table of several columns cuts long cells; 0 never (default: 60)")
        ->type_name("COLUMNS");
    command->add_flag("-1,--single-transaction", query.is_transaction,
                      "Run all statements in one transaction: if one fails, none counts");
    command->add_flag("-q,--quiet", query.is_quiet, "No row count and time on standard error");
}

void addCatalog(CLI::App& app, CatalogOptions& catalog, RawOptions& raw) {
    CLI::App* command =
        app.add_subcommand("catalog", "List schemas, the tables of a schema, or the columns of a table");
    command->footer(R"(
Examples:
  tessera catalog                          every schema of every node
  tessera catalog --node lake files        the tables of schema "files" on node "lake"
  tessera catalog --node lake files.flights   the columns of one table)");
    command->add_option("object", raw.object, "SCHEMA or SCHEMA.TABLE; parts with dots in double quotes")
        ->type_name("SCHEMA[.TABLE]");
    addMeshOptions(*command, catalog.mesh, raw, "The node to ask; all of them by default");
    addFormat(*command, catalog.format);
}

void addNodes(CLI::App& app, NodesOptions& nodes, RawOptions& raw) {
    CLI::App* command = app.add_subcommand("nodes", "List the mesh's nodes, their versions and sources");
    command->footer("\nExample:\n  tessera nodes --format json");
    addMeshOptions(*command, nodes.mesh, raw, "Only this node");
    addFormat(*command, nodes.format);
}

void addProfile(CLI::App& command, std::string& profile) {
    command.add_option("profile", profile, "The profile; optional when there is one")->type_name("PROFILE");
}

void addLogin(CLI::App& app, LoginOptions& login, LogoutOptions& logout) {
    CLI::App* command = app.add_subcommand("login", "Sign in to a mesh, by your browser or another device");
    command->footer(R"(
The agent (tessera-agent) signs you in at the profile's identity provider, keeps the sign-in in your keychain's care, and
carries what this program, the workbench and local ports say to nodes. Profiles stand in $TESSERA_PROFILES, else in
~/.config/tessera/profiles.yaml. Nodes on other machines are reached this way only, with TLS.

Examples:
  tessera login
  tessera login demo --device     on a machine without a browser)");
    addProfile(*command, login.profile);
    command->add_flag("--device", login.by_device, "Show a code to enter on another device");
    command->add_flag("--no-browser", login.no_browser, "Only say which page to open");
    addProfile(*app.add_subcommand("logout", "Sign out: revoke the sign-in and erase it here"), logout.profile);
}

void addStatus(CLI::App& app, StatusOptions& status, WhoamiOptions& whoami) {
    addFormat(*app.add_subcommand("status", "What the agent does: profiles, sign-ins, storage"), status.format);
    CLI::App* command = app.add_subcommand("whoami", "Who you are signed in as, and who the nodes take you for");
    command->footer(R"(
A line for each node of each profile. A node that does not answer has no role: what the agent knows is shown, and why on standard
error.)");
    addProfile(*command, whoami.profile);
    addFormat(*command, whoami.format);
}

void addPort(CLI::App& app, PortOptions& port) {
    CLI::App* command = app.add_subcommand("port", "Local ports, for programs that speak PostgreSQL");
    command->require_subcommand(1);
    command->footer(R"(
A port of 127.0.0.1 and a unix socket lead to a node's database, signed in as you. The port asks for a password of its own
('tessera port show'); the socket for none, from you alone.

Examples:
  tessera port open --node operations --port 6432
  tessera port show --node operations)");
    const auto add = [&](const char* name, const char* help, PortOptions::Action action) {
        CLI::App* sub = command->add_subcommand(name, help);
        sub->callback([&port, action] { port.action = action; });
        return sub;
    };
    const auto add_node = [&](CLI::App& sub) {
        sub.add_option("-n,--node", port.node, "The node; optional when there is one")->type_name("NAME");
        sub.add_option("--profile", port.profile, "The profile; optional when there is one")->type_name("NAME");
    };
    addFormat(*add("list", "The ports", PortOptions::Action::kList), port.format);
    CLI::App* open = add("open", "Open a port; it stays when the agent is started again", PortOptions::Action::kOpen);
    add_node(*open);
    open->add_option("--port", port.port, "Its number; any that is free by default")->type_name("NUMBER");
    open->add_option("--database", port.database, "The node's database (default: tessera)")->type_name("NAME");
    add_node(*add("close", "Close a port, and forget its password", PortOptions::Action::kClose));
    add_node(*add("show", "A port's password, and ready-made connection strings", PortOptions::Action::kShow));
}

/// `deny`, `allow` and `denied` are statements on a node's table tessera_governance.denied (catalog/governance.h).
struct DenyOptions {
    std::string user;
    std::string issuer;
    std::string subject;
    std::string token;
    std::string issued_before;
    std::string reason;
    std::string entry;
};

constexpr const char* kDenySql =
    "INSERT INTO tessera_governance.denied (user_name, issuer, subject, token, issued_before, reason) "
    "VALUES ($1, $2, $3, $4, $5::bigint, coalesce($6, '')) RETURNING id AS entry, denied_by, denied_at";
constexpr const char* kAllowSql =
    "SELECT id AS entry, user_name, issuer, subject, token, issued_before "
    "FROM tessera_governance.allow($1::bigint)";
constexpr const char* kDeniedSql =
    "SELECT id, user_name, issuer, subject, token, issued_before, reason, denied_by, denied_at, node "
    "FROM tessera_governance.denied ORDER BY id";

void addDeny(CLI::App& app, DenyOptions& deny, QueryOptions& query, RawOptions& raw) {
    CLI::App* command = app.add_subcommand("deny", "Let somebody in at a node no longer, and end their sessions");
    command->footer(R"(
For members of the node's role tessera_administrator. All that is said must be so of who is denied. Sessions end within
seconds, at every node that holds the same store; it holds until 'tessera allow', at whichever of them, also when nodes are
started again. A node that cannot reach the others obeys at once, and tells them later.

Examples:
  tessera deny --node operations --subject ann --issuer https://login.example.org --reason 'left the company'
  tessera deny --node operations --user etl
  tessera denied --node operations
  tessera allow --node operations 7)");
    command->add_option("--subject", deny.subject, "The person, as tokens name them")->type_name("SUBJECT");
    command->add_option("--issuer", deny.issuer, "Of the tokens")->type_name("URL");
    command->add_option("--token", deny.token, "One token, by its `jti`")->type_name("ID");
    command->add_option("--issued-before", deny.issued_before, "Tokens older than this, in seconds since 1970")
        ->type_name("SECONDS")
        ->check(CLI::NonNegativeNumber);
    command->add_option("--user", deny.user, "A user of the node's own, by password or certificate")->type_name("NAME");
    command->add_option("--reason", deny.reason, "For whoever reads the list")->type_name("TEXT");
    addMeshOptions(*command, query.mesh, raw, "The node; optional when the mesh has one node");
    command = app.add_subcommand("allow", "Take an entry off the list of who is denied");
    command->add_option("entry", deny.entry, "The entry's number in 'tessera denied' at the same node")
        ->required()
        ->check(CLI::PositiveNumber)
        ->type_name("ENTRY");
    addMeshOptions(*command, query.mesh, raw, "The node; optional when the mesh has one node");
    command = app.add_subcommand("denied", "The list of who is denied at a node");
    addMeshOptions(*command, query.mesh, raw, "The node; optional when the mesh has one node");
    addFormat(*command, query.format);
}

std::optional<std::filesystem::path> pathOf(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional<std::filesystem::path>(text);
}

Result<Command> finishQuery(QueryOptions query, const RawOptions& raw) {
    query.mesh.mesh_file = pathOf(raw.mesh_file);
    query.sql_file = pathOf(raw.sql_file);
    query.output_file = pathOf(raw.output_file);
    if (query.sql.empty() == raw.sql_file.empty()) {
        return fail(ErrorCode::kInvalidArgument,
                    query.sql.empty() ? "there is no SQL to run" : "SQL is given twice: as text and with --file",
                    "give it as one argument in quotes, with --file FILE, or - to read standard input");
    }
    if (!raw.timeout.empty()) {
        query.timeout_ms = TSR_TRY(parseDuration(raw.timeout));
    }
    for (const std::string& value : raw.parameters) {
        query.parameters.push_back(value == "\\N" ? std::nullopt : std::optional<std::string>(value));
    }
    return Command(std::move(query));
}

Result<Command> finishDeny(const std::string& command, const DenyOptions& deny, QueryOptions query,
                           const RawOptions& raw) {
    query.mesh.mesh_file = pathOf(raw.mesh_file);
    query.is_quiet = command != "allow";
    if (command == "denied") {
        query.sql = kDeniedSql;
    } else if (command == "allow") {
        query.sql = kAllowSql;
        query.parameters = {deny.entry};
    } else {
        const bool is_of_people =
            !(deny.issuer.empty() && deny.subject.empty() && deny.token.empty() && deny.issued_before.empty());
        if (is_of_people != deny.user.empty()) {
            return fail(ErrorCode::kInvalidArgument, "who is to be denied?",
                        "name a person by --subject, --issuer, --token or --issued-before, or a user by --user alone");
        }
        query.sql = kDenySql;
        for (const std::string* value :
             {&deny.user, &deny.issuer, &deny.subject, &deny.token, &deny.issued_before, &deny.reason}) {
            query.parameters.push_back(value->empty() ? std::nullopt : std::optional(*value));
        }
    }
    return Command(std::move(query));
}

Result<Command> finishCatalog(CatalogOptions catalog, const RawOptions& raw) {
    catalog.mesh.mesh_file = pathOf(raw.mesh_file);
    if (!raw.object.empty()) {
        const std::vector<std::string> parts = TSR_TRY(parseQualifiedName(raw.object));
        catalog.schema = parts[0];
        catalog.table = parts.size() > 1 ? parts[1] : "";
    }
    return Command(std::move(catalog));
}

}  // namespace

const std::map<std::string, app::OutputFormat>& outputFormats() {
    static const std::map<std::string, app::OutputFormat> names{{"table", app::OutputFormat::kTable},
                                                                {"csv", app::OutputFormat::kCsv},
                                                                {"json", app::OutputFormat::kJson},
                                                                {"ndjson", app::OutputFormat::kNdjson}};
    return names;
}

const std::map<std::string, client::StoreConsistency>& storeConsistencies() {
    static const std::map<std::string, client::StoreConsistency> names{
        {"linearizable", client::StoreConsistency::kLinearizable},
        {"leader", client::StoreConsistency::kLeader},
        {"weak", client::StoreConsistency::kWeak},
        {"none", client::StoreConsistency::kNone}};
    return names;
}

Result<Command> parseCommandLine(int argc, const char* const* argv) {
    CLI::App app("Tessera: query every database of an organisation as one, as yourself", "tessera");
    app.footer(kFooter);
    app.set_version_flag("--version", "tessera " TESSERA_VERSION);
    app.require_subcommand(1);
    RawOptions raw;
    QueryOptions query;
    CatalogOptions catalog;
    NodesOptions nodes;
    addQuery(app, query, raw);
    addCatalog(app, catalog, raw);
    addNodes(app, nodes, raw);
    DenyOptions deny;
    addDeny(app, deny, query, raw);
    LoginOptions login;
    LogoutOptions logout;
    StatusOptions status;
    WhoamiOptions whoami;
    PortOptions port;
    StoreOptions store;
    RawStoreOptions raw_store;
    addStore(app, store, raw_store);
    JobOptions job;
    RawJobOptions raw_job;
    addJob(app, job, raw_job);
    EndpointOptions endpoint;
    std::string endpoint_mesh_file;
    addEndpoint(app, endpoint, endpoint_mesh_file);
    MeshCommand mesh;
    addMesh(app, mesh, query);
    addLogin(app, login, logout);
    addStatus(app, status, whoami);
    addPort(app, port);
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        const auto chosen = app.get_subcommands();
        return Command(ShowText{chosen.empty() ? app.help() : chosen.front()->help("tessera")});
    } catch (const CLI::CallForVersion& version) {
        return Command(ShowText{std::string(version.what()) + "\n"});
    } catch (const CLI::ParseError& error) {
        const auto chosen = app.get_subcommands();
        return fail(ErrorCode::kInvalidArgument, error.what(),
                    "see tessera " + (chosen.empty() ? std::string() : chosen.front()->get_name() + " ") + "--help");
    }
    if (app.got_subcommand("query")) {
        return finishQuery(std::move(query), raw);
    }
    for (const char* command : {"deny", "allow", "denied"}) {
        if (app.got_subcommand(command)) {
            return finishDeny(command, deny, std::move(query), raw);
        }
    }
    if (auto of_mesh = finishMesh(app, mesh, query)) {
        return Command(TSR_TRY(std::move(*of_mesh)));
    }
    if (app.got_subcommand("catalog")) {
        return finishCatalog(std::move(catalog), raw);
    }
    if (app.got_subcommand("login")) {
        return Command(std::move(login));
    }
    if (app.got_subcommand("logout")) {
        return Command(std::move(logout));
    }
    if (app.got_subcommand("status")) {
        return Command(status);
    }
    if (app.got_subcommand("whoami")) {
        return Command(std::move(whoami));
    }
    if (app.got_subcommand("job")) {
        return Command(TSR_TRY(finishJob(std::move(job), raw_job)));
    }
    if (app.got_subcommand("endpoint")) {
        if (!endpoint_mesh_file.empty()) {
            endpoint.mesh.mesh_file = endpoint_mesh_file;
        }
        return Command(std::move(endpoint));
    }
    if (app.got_subcommand("store")) {
        return Command(TSR_TRY(finishStore(std::move(store), raw_store)));
    }
    if (app.got_subcommand("port")) {
        return Command(std::move(port));
    }
    nodes.mesh.mesh_file = pathOf(raw.mesh_file);
    return Command(std::move(nodes));
}

Result<std::int64_t> parseUtcTime(const std::string& text) {
    std::tm parts{};
    const char* rest = ::strptime(text.c_str(), "%Y-%m-%d", &parts);
    if (rest != nullptr && (*rest == ' ' || *rest == 'T')) {
        const char* time = rest + 1;
        rest = ::strptime(time, "%H:%M:%S", &parts);
        rest = rest == nullptr ? ::strptime(time, "%H:%M", &parts) : rest;
    }
    std::int64_t fraction_ms = 0;
    if (rest != nullptr && *rest == '.') {
        std::int64_t unit = 100;
        for (++rest; *rest >= '0' && *rest <= '9'; ++rest, unit /= 10) {
            fraction_ms += (*rest - '0') * unit;
        }
    }
    if (rest == nullptr || (*rest != '\0' && std::string_view(rest) != "Z")) {
        return fail(ErrorCode::kInvalidArgument, "'" + text + "' is no time",
                    "write 2026-11-22 or '2026-11-22 05:30:00', in UTC");
    }
    return static_cast<std::int64_t>(::timegm(&parts)) * 1000 + fraction_ms;
}

Result<std::uint32_t> parseDuration(const std::string& text) {
    static const std::map<std::string, std::uint64_t> units{
        {"ms", 1}, {"", 1000}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}};
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto unit = units.find(text.substr(digits));
    constexpr std::size_t kDigitsMax = 9;
    if (digits == 0 || digits > kDigitsMax || unit == units.end()) {
        return fail(ErrorCode::kInvalidArgument, "'" + text + "' is no duration", "write 500ms, 30s, 5m or 1h");
    }
    const std::uint64_t value_ms = std::stoull(text.substr(0, digits)) * unit->second;
    if (value_ms == 0 || value_ms > std::numeric_limits<std::uint32_t>::max()) {
        return fail(ErrorCode::kOutOfRange, "the duration '" + text + "' is out of range", "choose from 1ms to 1000h");
    }
    return static_cast<std::uint32_t>(value_ms);
}

Result<std::vector<std::string>> parseQualifiedName(const std::string& text) {
    std::vector<std::string> parts{""};
    bool is_quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '"' && is_quoted && i + 1 < text.size() && text[i + 1] == '"') {
            parts.back() += text[++i];
        } else if (c == '"') {
            is_quoted = !is_quoted;
        } else if (c == '.' && !is_quoted) {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    const bool has_empty =
        std::any_of(parts.begin(), parts.end(), [](const std::string& part) { return part.empty(); });
    if (is_quoted || has_empty || parts.size() > 2) {
        return fail(ErrorCode::kInvalidArgument, "'" + text + "' is no table's name",
                    "write SCHEMA or SCHEMA.TABLE; put parts with dots in double quotes");
    }
    return parts;
}

}  // namespace tessera::cli
