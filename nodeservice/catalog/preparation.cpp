#include "nodeservice/catalog/preparation.h"

#include "common/log.h"
#include "common/strings.h"
#include "nodeservice/catalog/fingerprint.h"
#include "nodeservice/catalog/governance.h"
#include "nodeservice/catalog/source_sql.h"
#include "nodeservice/catalog/statistics.h"

#include <libpq-fe.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <utility>

namespace tessera::catalog {

namespace {

using postgres::Connection;

// Statements with credentials must not reach the server's log, whatever the node's settings say.
constexpr const char* kQuietOptions =
    "-c log_statement=none -c log_min_duration_statement=-1 -c log_min_duration_sample=-1 -c "
    "log_min_error_statement=panic "
    "-c log_parameter_max_length_on_error=0";

constexpr const char* kBookkeepingSql = R"sql(
CREATE SCHEMA IF NOT EXISTS tessera_node;
REVOKE ALL ON SCHEMA tessera_node FROM PUBLIC;
CREATE TABLE IF NOT EXISTS tessera_node.prepared (
    kind text NOT NULL, name text NOT NULL, fingerprint text NOT NULL, error text NOT NULL, schemas text[] NOT NULL,
    prepared_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (kind, name));
)sql";

// The script that CREATE EXTENSION runs, as this server finds it.
constexpr const char* kExtensionScriptDigest =
    "SELECT md5(pg_read_file(setting || '/extension/tessera_fdw--' || $1 || '.sql')) FROM pg_config WHERE name = "
    "'SHAREDIR'";

// A source that accepts the connection and then says nothing must not keep the others waiting for ever.
constexpr const char* kSourceTimeout = "SET LOCAL statement_timeout = '120s'";

// PostgreSQL needs about a second to come back after a crash.
constexpr std::chrono::seconds kReconnectTimeout{15};
constexpr std::chrono::milliseconds kReconnectInterval{100};

/// Runs the block in one transaction; what it did is undone when it fails.
template <class Block>
Result<> inTransaction(Connection& connection, Block&& block) {
    TSR_TRY(connection.execute("BEGIN"));
    Result<> done = block();
    if (!done) {
        (void)connection.execute("ROLLBACK");
        return done;
    }
    return connection.execute("COMMIT");
}

/// A PostgreSQL array literal of texts.
std::string arrayOf(const std::vector<std::string>& texts) {
    std::vector<std::string> quoted;
    for (const std::string& text : texts) {
        std::string escaped = "\"";
        for (const char c : text) {
            if (c == '"' || c == '\\') {
                escaped += '\\';
            }
            escaped += c;
        }
        quoted.push_back(escaped + "\"");
    }
    return "{" + join(quoted, ",") + "}";
}

/// The extension's own tables outlive its replacement.
Result<> replaceExtension(Connection& connection) {
    std::string keep;
    std::string restore;
    for (const std::string table : {"policy", "mask"}) {
        if (TSR_TRY(connection.queryValue("SELECT to_regclass('tessera." + table + "')"))) {
            keep += "CREATE TEMP TABLE kept_" + table + " ON COMMIT DROP AS SELECT * FROM tessera." + table + ";";
            restore += ";INSERT INTO tessera." + table + " SELECT * FROM pg_temp.kept_" + table;
        }
    }
    return connection.execute(keep + "DROP EXTENSION tessera_fdw CASCADE; CREATE EXTENSION tessera_fdw" + restore);
}

std::string roleLimitSql(const std::string& role, const std::string& setting, int limit, const char* unit) {
    return "ALTER ROLE " + role +
           (limit == 0 ? " RESET " + setting : " SET " + setting + " = '" + std::to_string(limit) + unit + "'");
}

/// The error as one line for a person who looks at the source.
std::string oneLine(const Error& error) {
    std::string text = error.message;
    for (const std::string& more : {error.detail, error.hint}) {
        if (!more.empty()) {
            text += " (" + more + ")";
        }
    }
    return text;
}

}  // namespace

Preparation::Preparation(PreparationOptions options) : options_(std::move(options)) {
    for (const Source& source : options_.sources) {
        states_.push_back({source.name, source.connector, schemasOf(source), source.comment, "not prepared yet"});
    }
}

std::string Preparation::fingerprint(const Source& source) const {
    const std::string revision = options_.revision_of ? options_.revision_of(source) : std::string();
    return fingerprintOf(source, revision.empty() ? versions_ : versions_ + " " + revision);
}

Result<Connection> Preparation::connect() {
    postgres::ConnectionSettings settings = options_.superuser;
    settings.more["options"] = kQuietOptions;
    settings.more["application_name"] = "tessera-node preparation";
    settings.database = options_.database;
    auto connection = Connection::open(settings);
    if (connection || connection.error().message.find("does not exist") == std::string::npos) {
        return connection;
    }
    settings.database = "postgres";
    auto bootstrap = TSR_TRY(Connection::open(settings));
    TSR_TRY(bootstrap.execute("CREATE DATABASE " + quoteIdentifier(options_.database)));
    settings.database = options_.database;
    return Connection::open(settings);
}

Result<Connection> Preparation::reconnect() {
    const auto deadline = std::chrono::steady_clock::now() + kReconnectTimeout;
    while (true) {
        auto connection = connect();
        if (connection || stopping_ || std::chrono::steady_clock::now() >= deadline) {
            return connection;
        }
        std::this_thread::sleep_for(kReconnectInterval);
    }
}

Result<> Preparation::prepare() {
    const auto begin = std::chrono::steady_clock::now();
    Connection connection = TSR_TRY(connect());
    TSR_TRY(inTransaction(connection, [&] { return prepareDatabase(connection); }));
    TSR_TRY(inTransaction(connection, [&] { return prepareUsers(connection, kUserGroup, options_.users); }));
    TSR_TRY(inTransaction(connection, [&] { return prepareUsers(connection, kReaderGroup, options_.identity_roles); }));
    TSR_TRY(readPrepared(connection));
    TSR_TRY(dropForgotten(connection));
    std::size_t unchanged = 0;
    for (const Source& source : options_.sources) {
        const auto known = prepared_.find(source.name);
        if (known != prepared_.end() && known->second.fingerprint == fingerprint(source)) {
            // One that failed last time is left to retry(), so that it does not delay the start.
            setState(source, known->second.error);
            ++unchanged;
            continue;
        }
        TSR_TRY(prepareSource(connection, source));
    }
    TSR_TRY(runInitScripts(connection));
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
    log::info("preparation.done",
              {{"sources", options_.sources.size()}, {"unchanged", unchanged}, {"ms", took.count()}});
    return {};
}

Result<> Preparation::prepareDatabase(Connection& connection) {
    const auto exists = TSR_TRY(connection.queryValue("SELECT to_regclass('tessera_node.prepared')"));
    if (!exists) {
        TSR_TRY(connection.execute(kBookkeepingSql));
    }
    TSR_TRY(prepareGroups(connection));
    versions_ = TSR_TRY(connection.queryValue("SHOW server_version")).value_or("");
    if (usesExtension()) {
        TSR_TRY(prepareExtension(connection));
    }
    return prepareGovernance(connection);
}

Result<> Preparation::prepareGroups(Connection& connection) {
    const auto exists = [&connection](const char* role) -> Result<bool> {
        return TSR_TRY(connection.queryValue("SELECT count(*) FROM pg_roles WHERE rolname = $1",
                                             {std::string(role)})) != "0";
    };
    const std::string reader = kReaderGroup;
    const std::string user = kUserGroup;
    if (!TSR_TRY(exists(kReaderGroup))) {
        TSR_TRY(connection.execute("CREATE ROLE " + reader + " NOLOGIN"));
    }
    if (!TSR_TRY(exists(kUserGroup))) {
        TSR_TRY(
            connection.execute("CREATE ROLE " + user + " NOLOGIN; GRANT USAGE, CREATE ON SCHEMA public TO " + user));
    }
    return connection.execute("SET LOCAL client_min_messages = warning; GRANT " + reader + " TO " + user);
}

Result<> Preparation::prepareExtension(Connection& connection) {
    const postgres::Rows extension = TSR_TRY(connection.query(
        "SELECT installed_version, default_version FROM pg_available_extensions WHERE name = 'tessera_fdw'"));
    if (extension.values.empty()) {
        return fail(ErrorCode::kFailedPrecondition, "the node's PostgreSQL does not have the extension tessera_fdw",
                    "name its folder as postgres.extension_directory in the node's configuration");
    }
    const auto& [installed, available] = std::pair(extension.values[0][0], extension.values[0][1].value_or(""));
    const std::string script = TSR_TRY(connection.queryValue(kExtensionScriptDigest, {available})).value_or("");
    const auto made_with =
        TSR_TRY(connection.queryValue("SELECT max(fingerprint) FROM tessera_node.prepared WHERE kind = 'extension'"));
    if (installed == available && made_with != script) {
        // Between releases the extension changes without a new version. Its servers go with it; the sources, whose
        // fingerprints hold the script's, are prepared again. Policies stay: they are of names, and hold again as soon
        // as the tables are there.
        TSR_TRY(replaceExtension(connection));
        log::info("extension.replaced", {{"version", available}});
    } else if (!installed) {
        TSR_TRY(connection.execute("CREATE EXTENSION tessera_fdw"));
    } else if (installed != available) {
        TSR_TRY(connection.execute("ALTER EXTENSION tessera_fdw UPDATE"));
        log::info("extension.updated", {{"from", *installed}, {"to", available}});
    }
    if (made_with != script) {
        TSR_TRY(record(connection, "extension", "tessera_fdw", {script, "", {}}));
    }
    versions_ += " " + available + " " + script;
    return {};
}

Result<> Preparation::prepareUsers(Connection& connection, const std::string& group, const std::vector<User>& users) {
    const postgres::Rows members = TSR_TRY(
        connection.query("SELECT u.rolname, u.rolcanlogin FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid "
                         "JOIN pg_roles u ON u.oid = m.member WHERE g.rolname = $1",
                         {group}));
    std::map<std::string, bool> known;
    for (const auto& row : members.values) {
        known[row[0].value_or("")] = row[1] == "t";
    }
    for (const User& user : users) {
        const std::string name = quoteIdentifier(user.name);
        const bool exists =
            TSR_TRY(connection.queryValue("SELECT count(*) FROM pg_roles WHERE rolname = $1", {user.name})) != "0";
        TSR_TRY(connection.execute((exists ? "ALTER ROLE " : "CREATE ROLE ") + name +
                                   " LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD " +
                                   quoteLiteral(user.verifier)));
        TSR_TRY(connection.execute(roleLimitSql(name, "statement_timeout", user.limits.statement_seconds, "s")));
        TSR_TRY(connection.execute(roleLimitSql(name, "tessera.session_memory", user.limits.session_memory_mb, "MB")));
        if (known.erase(user.name) == 0) {
            TSR_TRY(connection.execute("GRANT " + group + " TO " + name));
        }
    }
    for (const auto& [name, can_login] : known) {
        // Not dropped: the role may own tables, and may come back.
        if (can_login) {
            TSR_TRY(connection.execute("ALTER ROLE " + quoteIdentifier(name) + " NOLOGIN"));
            log::info("user.removed", {{"user", name}});
        }
    }
    return {};
}

Result<> Preparation::readPrepared(Connection& connection) {
    const postgres::Rows rows =
        TSR_TRY(connection.query("SELECT kind, p.name, fingerprint, error, s.name FROM tessera_node.prepared p LEFT "
                                 "JOIN unnest(schemas) s (name) ON true WHERE kind <> 'extension'"));
    for (const auto& row : rows.values) {
        Prepared& prepared = row[0] == "init" ? prepared_init_ : prepared_[row[1].value_or("")];
        prepared.fingerprint = row[2].value_or("");
        prepared.error = row[3].value_or("");
        if (row[4]) {
            prepared.schemas.push_back(*row[4]);
        }
    }
    return {};
}

Result<> Preparation::dropForgotten(Connection& connection) {
    for (auto entry = prepared_.begin(); entry != prepared_.end();) {
        const std::string name = entry->first;
        const bool wanted = std::any_of(options_.sources.begin(), options_.sources.end(),
                                        [&](const Source& source) { return source.name == name; });
        if (wanted) {
            ++entry;
            continue;
        }
        const auto forget = [&]() -> Result<> {
            TSR_TRY(dropSource(connection, name));
            TSR_TRY(connection.query("DELETE FROM tessera_node.prepared WHERE kind = 'source' AND name = $1", {name}));
            return {};
        };
        TSR_TRY(inTransaction(connection, forget));
        log::info("source.removed", {{"source", name}});
        sources_changed_ = true;
        entry = prepared_.erase(entry);
    }
    return {};
}

Result<> Preparation::dropSource(Connection& connection, const std::string& name) {
    TSR_TRY(connection.execute("DROP SERVER IF EXISTS " + quoteIdentifier(name) + " CASCADE"));
    for (const std::string& schema : prepared_[name].schemas) {
        // A schema that holds anything else stays: it is not only ours.
        TSR_TRY(connection.execute("SAVEPOINT drop_schema"));
        const auto dropped = connection.execute("DROP SCHEMA IF EXISTS " + quoteIdentifier(schema) + " RESTRICT");
        if (!dropped && dropped.error().sqlstate != "2BP01") {
            return dropped.error();
        }
        TSR_TRY(connection.execute(dropped ? "RELEASE SAVEPOINT drop_schema" : "ROLLBACK TO SAVEPOINT drop_schema"));
    }
    return {};
}

Result<> Preparation::prepareSource(Connection& connection, const Source& source) {
    const auto begin = std::chrono::steady_clock::now();
    Prepared prepared{fingerprint(source), "", schemasOf(source)};
    Result<> made = inTransaction(connection, [&]() -> Result<> {
        TSR_TRY(dropSource(connection, source.name));
        TSR_TRY(createSource(connection, source));
        return record(connection, "source", source.name, prepared);
    });
    if (!made) {
        prepared.error = oneLine(made.error());
        TSR_TRY(recordFailure(connection, source, prepared));
        log::warn("source.failed",
                  {{"source", source.name}, {"connector", source.connector}, {"error", prepared.error}});
    } else {
        const auto took =
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
        log::info("source.prepared", {{"source", source.name}, {"connector", source.connector}, {"ms", took.count()}});
    }
    sources_changed_ = true;
    setState(source, prepared.error);
    prepared_[source.name] = std::move(prepared);
    return {};
}

Result<> Preparation::recordFailure(Connection& connection, const Source& source, const Prepared& prepared) {
    const auto record_failure = [&]() -> Result<> {
        // What an earlier configuration said must not go on answering.
        TSR_TRY(dropSource(connection, source.name));
        return record(connection, "source", source.name, prepared);
    };
    // Whatever ended the session (a connector's crash, at worst), the other sources are to be served. A crash ends all
    // sessions, and one that was opened before PostgreSQL saw it is lost as well.
    const auto deadline = std::chrono::steady_clock::now() + kReconnectTimeout;
    while (true) {
        if (PQstatus(connection.handle()) != CONNECTION_OK) {
            connection = TSR_TRY(reconnect());
        }
        Result<> recorded = inTransaction(connection, record_failure);
        const bool is_lost = !recorded && PQstatus(connection.handle()) != CONNECTION_OK;
        if (!is_lost || stopping_ || std::chrono::steady_clock::now() >= deadline) {
            return recorded;
        }
    }
}

Result<> Preparation::createSource(Connection& connection, const Source& source) {
    TSR_TRY(connection.execute(kSourceTimeout));
    TSR_TRY(connection.execute(createServerSql(source)));
    for (const std::string& step : createTablesSql(source)) {
        TSR_TRY(connection.execute(step));
    }
    return {};
}

Result<> Preparation::record(Connection& connection, const std::string& kind, const std::string& name,
                             const Prepared& prepared) {
    TSR_TRY(
        connection.query("INSERT INTO tessera_node.prepared (kind, name, fingerprint, error, schemas) "
                         "VALUES ($1, $2, $3, $4, $5::text[]) ON CONFLICT (kind, name) DO UPDATE SET "
                         "fingerprint = excluded.fingerprint, error = excluded.error, schemas = excluded.schemas, "
                         "prepared_at = now()",
                         {kind, name, prepared.fingerprint, prepared.error, arrayOf(prepared.schemas)}));
    return {};
}

Result<> Preparation::runInitScripts(Connection& connection) {
    Prepared prepared{fingerprintOf(options_.init_scripts), "", {}};
    if (!sources_changed_ && prepared_init_.error.empty() && prepared.fingerprint == prepared_init_.fingerprint) {
        return {};
    }
    for (const InitScript& script : options_.init_scripts) {
        const std::string user = script.run_as.empty() ? options_.superuser.user : script.run_as;
        const Result<> done = runInitScript(connection, script);
        if (!done) {
            prepared.error = script.name + " (as " + user + "): " + oneLine(done.error());
            log::error("init.failed", {{"script", script.name}, {"user", user}, {"error", oneLine(done.error())}});
            (void)connection.execute("ROLLBACK");
            break;
        }
        log::info("init.done", {{"script", script.name}, {"user", user}});
    }
    TSR_TRY(connection.execute("RESET ALL"));
    TSR_TRY(record(connection, "init", "", prepared));
    sources_changed_ = false;
    const std::lock_guard lock(mutex_);
    init_error_ = prepared.error;
    prepared_init_ = std::move(prepared);
    return {};
}

/// Several commands sent as one are one transaction.
Result<> Preparation::runInitScript(Connection& connection, const InitScript& script) {
    if (script.run_as.empty()) {
        return connection.execute(script.sql);
    }
    // In a session of the user's own: out of a role that the superuser had set, a script could step back.
    postgres::ConnectionSettings settings = options_.superuser;
    settings.user = script.run_as;
    settings.password = options_.password_of(script.run_as).reveal();
    settings.database = options_.database;
    settings.more["application_name"] = "tessera-node scripts";
    auto session = TSR_TRY(Connection::open(settings));
    return session.execute(script.sql);
}

bool Preparation::hasFailures() const {
    const std::lock_guard lock(mutex_);
    return std::any_of(states_.begin(), states_.end(), [](const SourceState& state) { return !state.error.empty(); });
}

Result<> Preparation::retry() {
    Connection connection = TSR_TRY(connect());
    bool repaired = false;
    for (const Source& source : options_.sources) {
        if (!prepared_[source.name].error.empty()) {
            TSR_TRY(prepareSource(connection, source));
            repaired = repaired || prepared_[source.name].error.empty();
        }
    }
    return repaired ? runInitScripts(connection) : Result<>();
}

Result<std::size_t> Preparation::analyze() {
    Connection connection = TSR_TRY(connect());
    return analyzeNewTables(connection, [this] { return stopping_.load(); });
}

std::vector<SourceState> Preparation::states() const {
    const std::lock_guard lock(mutex_);
    return states_;
}

std::string Preparation::initError() const {
    const std::lock_guard lock(mutex_);
    return init_error_;
}

void Preparation::setState(const Source& source, const std::string& error) {
    const std::lock_guard lock(mutex_);
    for (SourceState& state : states_) {
        if (state.name == source.name) {
            state.error = error;
        }
    }
}

}  // namespace tessera::catalog
