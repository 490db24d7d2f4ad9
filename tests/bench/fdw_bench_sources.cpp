/// Scans of MariaDB beside mysql_fdw, of SQLite beside a loop of sqlite3_step(), of Parquet beside DuckDB itself; and
/// what memory a scan of each takes.
#include "common/handle.h"
#include "common/strings.h"
#include "plugins/files/duckdb_handles.h"
#include "tests/bench/fdw_bench.h"
#include "tests/bench/process_usage.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/temporary_mariadb.h"

#include <libpq-fe.h>
#include <mysql.h>
#include <sqlite3.h>

#include <array>
#include <filesystem>
#include <fstream>

namespace tessera::bench {

namespace {

namespace fs = std::filesystem;

constexpr int kRowCount = 1'000'000;
constexpr int kColumnCount = 7;

const Tables kLargeAndFew = {"large", "few"};

/// The same tables through a driver of ODBC.
std::string byOdbc(const std::string& server, const std::string& driver, const std::string& connection,
                   const std::string& account, const std::string& remote_schema) {
    return "CREATE SERVER " + server + " FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'odbc', driver " +
           quoteLiteral(driver) + ", connection_string " + quoteLiteral(connection) +
           "); CREATE USER MAPPING FOR CURRENT_USER SERVER " + server + account + "; CREATE SCHEMA " + server +
           "; IMPORT FOREIGN SCHEMA " + remote_schema + " LIMIT TO (large, few) FROM SERVER " + server + " INTO " +
           server;
}

// --- MariaDB ---

/// With room for the tables: a test's server has 32 MB, and reads past the system's cache.
constexpr const char* kMariaDbData = R"sql(
    SET GLOBAL innodb_buffer_pool_size = 1073741824;
    CREATE TABLE big (id int PRIMARY KEY, n bigint, g int, price decimal(12,2), x double, at datetime, name text);
    INSERT INTO big SELECT seq, (seq * 7919) % 1000003, seq % 100, (seq % 10000) / 100, seq * 0.5,
        timestamp '2024-01-01 00:00:00' + INTERVAL seq MINUTE, md5(seq) FROM seq_1_to_1000000;
    CREATE TABLE words LIKE big;
    ALTER TABLE words MODIFY name varchar(40);
    INSERT INTO words SELECT * FROM big;
    CREATE TABLE large AS SELECT id, n, g, price, x, at, name FROM big UNION ALL SELECT * FROM big;
    CREATE TABLE few SELECT * FROM big WHERE id <= 100;
    ANALYZE TABLE big, words, large, few)sql";

std::string mariaDbSetUp(std::uint16_t port) {
    const std::string address = "host '127.0.0.1', port '" + std::to_string(port) + "'";
    const std::string account =
        std::string("'") + TemporaryMariaDb::kUser + "', password '" + TemporaryMariaDb::kPassword + "')";
    std::string sql =
        "CREATE EXTENSION mysql_fdw; CREATE SERVER maria FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'mysql', "
        "database 'test', " +
        address + "); CREATE USER MAPPING FOR CURRENT_USER SERVER maria OPTIONS (user " + account + ";";
    for (const auto& [server, fetch_size] : {std::pair("maria_usual", "100"), std::pair("maria_tuned", "10000")}) {
        sql += std::string("CREATE SERVER ") + server + " FOREIGN DATA WRAPPER mysql_fdw OPTIONS (fetch_size '" +
               fetch_size + "', " + address + "); CREATE USER MAPPING FOR CURRENT_USER SERVER " + server +
               " OPTIONS (username " + account + ";";
    }
    for (const char* server : {"maria", "maria_usual", "maria_tuned"}) {
        sql += std::string("CREATE SCHEMA ") + server + "; IMPORT FOREIGN SCHEMA test FROM SERVER " + server +
               " INTO " + server + ";";
    }
    return sql + "ANALYZE maria.big; ANALYZE maria.words; ANALYZE maria.large";
}

/// What a plain client of the library takes for all rows, unbuffered. Nobody looks at them.
class Mariadb {
  public:
    static Result<Mariadb> connect(std::uint16_t port) {
        Mariadb made;
        made.handle_.reset(mysql_init(nullptr));
        if (mysql_real_connect(made.handle_.get(), TemporaryMariaDb::kHost, TemporaryMariaDb::kUser,
                               TemporaryMariaDb::kPassword, TemporaryMariaDb::kDatabase, port, nullptr, 0) == nullptr) {
            return made.error();
        }
        return made;
    }

    /// In the binary protocol, of a prepared statement.
    Result<> drainBinary(std::string_view sql) {
        const Handle<MYSQL_STMT, mysql_stmt_close> statement(mysql_stmt_init(handle_.get()));
        std::array<std::array<char, 64>, kColumnCount> values{};
        std::array<MYSQL_BIND, kColumnCount> binds{};
        constexpr enum_field_types kTypes[kColumnCount] = {MYSQL_TYPE_LONG,   MYSQL_TYPE_LONGLONG, MYSQL_TYPE_LONG,
                                                           MYSQL_TYPE_STRING, MYSQL_TYPE_DOUBLE,   MYSQL_TYPE_DATETIME,
                                                           MYSQL_TYPE_STRING};
        for (std::size_t i = 0; i < binds.size(); ++i) {
            binds[i].buffer_type = kTypes[i];
            binds[i].buffer = values[i].data();
            binds[i].buffer_length = values[i].size();
        }
        if (mysql_stmt_prepare(statement.get(), sql.data(), sql.size()) != 0 ||
            mysql_stmt_execute(statement.get()) != 0 || mysql_stmt_bind_result(statement.get(), binds.data()) != 0) {
            return error();
        }
        int code = 0;
        while (code == 0 || code == MYSQL_DATA_TRUNCATED) {
            code = mysql_stmt_fetch(statement.get());
        }
        return code == MYSQL_NO_DATA ? Result<>() : Result<>(error());
    }

    Result<> drainText(std::string_view sql) {
        TSR_TRY(countRows(sql));
        return {};
    }

    Result<std::size_t> countRows(std::string_view sql) {
        if (mysql_real_query(handle_.get(), sql.data(), sql.size()) != 0) {
            return error();
        }
        const Handle<MYSQL_RES, mysql_free_result> rows(mysql_use_result(handle_.get()));
        std::size_t count = 0;
        while (rows && mysql_fetch_row(rows.get()) != nullptr) {
            ++count;
        }
        if (mysql_errno(handle_.get()) != 0) {
            return error();
        }
        return count;
    }

  private:
    Mariadb() = default;

    Error error() const { return fail(ErrorCode::kInternal, std::string("MariaDB: ") + mysql_error(handle_.get())); }

    Handle<MYSQL, mysql_close> handle_;
};

/// mysql_fdw reads a whole result at once where a column is a `text`: both kinds of tables.
struct MariaTable {
    const char* id;
    const char* name;
    const char* what;
};

constexpr MariaTable kMariaTables[] = {{"maria", "big", "MariaDB, 1 M rows x 7 columns"},
                                       {"maria_varchar", "words", "the same with a varchar for the text"}};

Result<> benchMariaTable(Node& node, Mariadb& plain, const MariaTable& table, std::vector<Row>& rows) {
    const std::string id = table.id;
    const std::string scan = dropped(std::string("SELECT * FROM $.") + table.name);
    const std::string query = std::string("SELECT * FROM ") + table.name;
    std::vector<double> times = TSR_TRY(medians({contender(node.connection, "maria", scan.c_str()),
                                                 contender(node.connection, "maria_usual", scan.c_str()),
                                                 contender(node.connection, "maria_tuned", scan.c_str()),
                                                 {"binary protocol", [&] { return plain.drainBinary(query); }},
                                                 {"text protocol", [&] { return plain.drainText(query); }}},
                                                3));
    rows.push_back({id, table.what, times[0], "ms", "mysql_fdw, fetch_size 100", times[1] / times[0], 4.0});
    rows.push_back(
        {id + "_tuned", "the same", times[0], "ms", "mysql_fdw, fetch_size 10000", times[2] / times[0], 4.0});
    rows.push_back(
        {id + "_limit", "the same", times[0], "ms", "a client draining it, binary", times[3] / times[0], {}});
    rows.push_back(
        {id + "_text_limit", "the same", times[0], "ms", "a client draining it, as text", times[4] / times[0], {}});
    std::string look_ups = kLookUps;
    look_ups.replace(look_ups.find("$.big"), 5, std::string("$.") + table.name);
    times = TSR_TRY(medians({contender(node.connection, "maria", look_ups.c_str()),
                             contender(node.connection, "maria_usual", look_ups.c_str())},
                            5));
    rows.push_back({id + "_lookups", "1,000 look-ups by key", times[0], "ms", "mysql_fdw", times[1] / times[0], 1.5});
    return {};
}

// --- SQLite ---

Error sqliteError(sqlite3* database) {
    return fail(ErrorCode::kInternal, std::string("SQLite: ") + sqlite3_errmsg(database));
}

constexpr const char* kSqliteData = R"sql(
    CREATE TABLE big (id integer PRIMARY KEY, n bigint, g int, price double, x double, at text, name text);
    INSERT INTO big WITH RECURSIVE i(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM i WHERE i < 1000000)
        SELECT i, (i * 7919) % 1000003, i % 100, (i % 10000) / 100.0, i * 0.5, datetime('2024-01-01', i || ' minutes'),
        printf('%032x', i * 7919) FROM i;
    CREATE TABLE large AS SELECT * FROM big UNION ALL SELECT * FROM big;
    CREATE TABLE few AS SELECT * FROM big WHERE id <= 100;
    ANALYZE)sql";

Result<> runSqlite(const fs::path& file, const char* sql) {
    sqlite3* database = nullptr;
    const bool done = sqlite3_open(file.c_str(), &database) == SQLITE_OK &&
                      sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
    const Result<> result = done ? Result<>() : Result<>(sqliteError(database));
    sqlite3_close(database);
    return result;
}

/// As little as a program can do with a value.
void look(sqlite3_stmt* statement, int column) {
    switch (sqlite3_column_type(statement, column)) {
        case SQLITE_INTEGER:
            (void)sqlite3_column_int64(statement, column);
            break;
        case SQLITE_FLOAT:
            (void)sqlite3_column_double(statement, column);
            break;
        default:
            (void)sqlite3_column_text(statement, column);
            (void)sqlite3_column_bytes(statement, column);
    }
}

/// Steps through every row, and looks at none, or at their values.
Result<> stepThrough(sqlite3* database, const std::string& query, bool look_at_values) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database, query.c_str(), -1, &statement, nullptr) != SQLITE_OK) {
        return sqliteError(database);
    }
    int code = SQLITE_ROW;
    while (code == SQLITE_ROW) {
        code = sqlite3_step(statement);
        for (int i = 0; look_at_values && code == SQLITE_ROW && i < kColumnCount; ++i) {
            look(statement, i);
        }
    }
    sqlite3_finalize(statement);
    return code == SQLITE_DONE ? Result<>() : Result<>(sqliteError(database));
}

// --- Files ---

constexpr const char* kParquetRows =
    "SELECT i::INTEGER AS id, (i * 7919) % 1000003 AS n, (i % 100)::INTEGER AS g, ((i % 10000) / 100)::DECIMAL(12,2) "
    "AS price, "
    "i * 0.5::DOUBLE AS x, TIMESTAMP '2024-01-01' + to_minutes(i) AS at, md5(i::VARCHAR) AS name FROM range(1, ";

constexpr const char* kAggregate =
    "SELECT g, count(*), sum(n), sum(price), min(\"at\"), max(x), count(name) FROM $.big GROUP BY g";

/// DuckDB as the connector uses it: its own connection in this process, with as many threads.
class Duckdb {
  public:
    static Result<Duckdb> open() {
        Duckdb made;
        if (duckdb_open(nullptr, made.database_.out()) != DuckDBSuccess ||
            duckdb_connect(made.database_.get(), made.connection_.out()) != DuckDBSuccess) {
            return fail(ErrorCode::kInternal, "DuckDB does not start");
        }
        return made;
    }

    /// Every chunk of the statement's rows, unseen.
    Result<> drain(const std::string& sql) {
        files::Prepared prepared;
        files::Pending pending;
        files::QueryResult result;
        if (duckdb_prepare(connection_.get(), sql.c_str(), prepared.out()) != DuckDBSuccess) {
            return fail(ErrorCode::kInternal, std::string("DuckDB: ") + duckdb_prepare_error(prepared.get()));
        }
        if (duckdb_pending_prepared_streaming(prepared.get(), pending.out()) != DuckDBSuccess ||
            duckdb_execute_pending(pending.get(), result.get()) != DuckDBSuccess) {
            return fail(ErrorCode::kInternal, std::string("DuckDB: ") + duckdb_result_error(result.get()));
        }
        while (const files::Chunk chunk{duckdb_fetch_chunk(*result.get())}) {
        }
        return {};
    }

  private:
    Duckdb() = default;

    files::DatabaseHandle database_;
    files::Connection connection_;
};

Result<> makeParquet(Duckdb& duckdb, const fs::path& folder) {
    for (const auto& [name, rows] :
         {std::pair("big", 1'000'001), std::pair("large", 2'000'001), std::pair("few", 101)}) {
        const fs::path file = folder / (std::string(name) + ".parquet");
        TSR_TRY(duckdb.drain(std::string("COPY (") + kParquetRows + std::to_string(rows) + ") t(i)) TO " +
                             quoteLiteral(file.string()) + " (FORMAT parquet)"));
        fs::permissions(file, fs::perms(0644));
    }
    return {};
}

/// The tables whose memory is measured, in another format and a folder of its name.
Result<> makeTexts(Duckdb& duckdb, Node& node, const fs::path& folder, const std::string& format) {
    fs::create_directory(folder / format);
    for (const std::string& table : {kLargeAndFew.large, kLargeAndFew.small}) {
        const fs::path file = folder / format / (table + "." + format);
        TSR_TRY(duckdb.drain("COPY (FROM read_parquet(" + quoteLiteral((folder / (table + ".parquet")).string()) +
                             ")) TO " + quoteLiteral(file.string())));
        fs::permissions(file, fs::perms(0644));
    }
    return node.connection.execute("CREATE SCHEMA lake_" + format + "; IMPORT FOREIGN SCHEMA " + format +
                                   " FROM SERVER lake INTO lake_" + format);
}

/// The same rows, written by the connector itself.
Result<> makeOwnParquet(Node& node, const fs::path& folder) {
    const fs::path own = folder / "own";
    fs::create_directory(own);
    fs::permissions(own, fs::perms(0777));
    TSR_TRY(
        node.connection.execute("CREATE SERVER lake_own FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector "
                                "'files', read_only 'false', directory " +
                                quoteLiteral(own.string()) + "); CREATE SCHEMA lake_own"));
    for (const std::string& table : {kLargeAndFew.large, kLargeAndFew.small}) {
        TSR_TRY(node.connection.execute("CREATE FOREIGN TABLE lake_own." + table +
                                        " (id integer, n bigint, g integer, price numeric(12,2), x double precision, "
                                        "\"at\" timestamp, name text) SERVER lake_own OPTIONS (path '" +
                                        table + ".parquet'); INSERT INTO lake_own." + table + " SELECT * FROM lake." +
                                        table));
    }
    return {};
}

}  // namespace

std::string inSchema(std::string sql, const std::string& schema) {
    for (std::size_t at = sql.find("$."); at != std::string::npos; at = sql.find("$.")) {
        sql.replace(at, 1, schema);
    }
    return sql;
}

Contender contender(postgres::Connection& node, const char* schema, const char* statement) {
    return {schema, [&node, sql = inSchema(statement, schema)] { return node.execute(sql); }};
}

std::string dropped(const std::string& query) {
    return "EXPLAIN (ANALYZE, TIMING OFF) " + query;
}

const char* const kLookUps =
    "DO $do$DECLARE found record; BEGIN FOR i IN 1..1000 LOOP SELECT * INTO found FROM $.big WHERE id = i * 37; END "
    "LOOP; END$do$";

Result<double> growth(const Node& node, const std::string& table, const std::string& small, int readers) {
    postgres::Connection client = TSR_TRY(node.server.connect());
    const pid_t process = PQbackendPID(client.handle());
    TSR_TRY(client.execute("EXPLAIN ANALYZE SELECT * FROM " + small));
    TSR_TRY(client.execute("EXPLAIN SELECT * FROM " + table));
    std::ofstream("/proc/" + std::to_string(process) + "/clear_refs") << "5";  // the peak begins anew
    const double before = TSR_TRY(memoryOf(process, "VmRSS"));
    TSR_TRY(client.execute("SET tessera.parallel_scans = " + std::to_string(readers) + "; " +
                           dropped("SELECT * FROM " + table)));
    return TSR_TRY(memoryOf(process, "VmHWM")) - before;
}

Result<> addMemory(const Node& node, const std::string& schema, const Tables& tables, const std::string& what,
                   std::vector<Row>& rows) {
    // Several readers of a SQLite table are one scan.
    const double grown =
        TSR_TRY(growth(node, schema + "." + tables.large, schema + "." + tables.small, schema == "lite" ? 4 : 1));
    rows.push_back({"memory_" + schema, what, grown, "MB", "tessera.batch_memory (8 MB)", 8 / grown, 1.0});
    return {};
}

Result<> benchMariaDb(Node& node, std::vector<Row>& rows) {
    const TemporaryMariaDb maria = TSR_TRY(TemporaryMariaDb::start());
    TSR_TRY(maria.execute(kMariaDbData));
    TSR_TRY(node.connection.execute(mariaDbSetUp(maria.port())));
    Mariadb plain = TSR_TRY(Mariadb::connect(maria.port()));
    for (const MariaTable& table : kMariaTables) {
        TSR_TRY(benchMariaTable(node, plain, table, rows));
    }
    const IsRunning is_running = [&]() -> Result<bool> {
        return TSR_TRY(plain.countRows("SELECT 1 FROM information_schema.processlist WHERE info LIKE '%large%' AND "
                                       "id <> connection_id()")) > 0;
    };
    TSR_TRY(addCancel(node, "maria", "a join in MariaDB, cancelled", inSchema(kLongJoin, "maria"), is_running, rows));
    TSR_TRY(addMemory(node, "maria", kLargeAndFew, "memory of a scan of 2 M rows, MariaDB", rows));
    TSR_TRY(
        node.connection.execute(byOdbc("maria_odbc", "MariaDB Unicode",
                                       "SERVER=127.0.0.1;NO_CACHE=1;FORWARDONLY=1;PORT=" + std::to_string(maria.port()),
                                       std::string(" OPTIONS (user '") + TemporaryMariaDb::kUser + "', password '" +
                                           TemporaryMariaDb::kPassword + "')",
                                       TemporaryMariaDb::kDatabase)));
    return addMemory(node, "maria_odbc", kLargeAndFew, "the same, by MariaDB's ODBC driver", rows);
}

Result<> benchSqlite(Node& node, std::vector<Row>& rows) {
    const TemporaryDirectory folder;
    const fs::path file = folder.path() / "bench.sqlite";
    TSR_TRY(runSqlite(file, kSqliteData));
    fs::permissions(file, fs::perms(0644));
    TSR_TRY(node.connection.execute(
        "CREATE SERVER lite FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'sqlite', database " +
        quoteLiteral(file.string()) +
        "); CREATE SCHEMA lite; IMPORT FOREIGN SCHEMA main FROM SERVER lite INTO lite; ANALYZE lite.big"));
    sqlite3* database = nullptr;
    if (sqlite3_open_v2(file.c_str(), &database, SQLITE_OPEN_READONLY, nullptr) != SQLITE_OK) {
        return sqliteError(database);
    }
    const std::string scan = dropped("SELECT * FROM $.big");
    const std::string by_one = "SET tessera.parallel_scans = 1; " + scan;
    const std::string by_several = "SET tessera.parallel_scans = 4; " + scan;
    const auto times = medians({contender(node.connection, "lite", by_several.c_str()),
                                {"sqlite3_step", [&] { return stepThrough(database, "SELECT * FROM big", false); }},
                                {"values", [&] { return stepThrough(database, "SELECT * FROM big", true); }},
                                contender(node.connection, "lite", by_one.c_str())},
                               7);
    sqlite3_close(database);
    TSR_TRY(times);
    rows.push_back({"sqlite", "SQLite, 1 M rows x 7 columns", (*times)[0], "ms", "a loop of sqlite3_step()",
                    (*times)[1] / (*times)[0], 1 / 1.6});
    rows.push_back({"sqlite_values",
                    "the same",
                    (*times)[0],
                    "ms",
                    "that loop, looking at the values",
                    (*times)[2] / (*times)[0],
                    {}});
    rows.push_back({"sqlite_one",
                    "the same, by one reader",
                    (*times)[3],
                    "ms",
                    "a loop of sqlite3_step()",
                    (*times)[1] / (*times)[3],
                    {}});
    TSR_TRY(addCancelHere(node, "lite", "a join in SQLite, cancelled", rows));
    TSR_TRY(addMemory(node, "lite", kLargeAndFew, "memory of a scan of 2 M rows, SQLite", rows));
    TSR_TRY(node.connection.execute(byOdbc("lite_odbc", "SQLite3", "StepAPI=1;Database=" + file.string(), "", "main")));
    return addMemory(node, "lite_odbc", kLargeAndFew, "the same, by libsqliteodbc", rows);
}

Result<> benchFiles(Node& node, std::vector<Row>& rows) {
    const TemporaryDirectory folder;
    Duckdb duckdb = TSR_TRY(Duckdb::open());
    TSR_TRY(makeParquet(duckdb, folder.path()));
    for (const auto& [server, options] : {std::pair("lake", ""), std::pair("lake_two", ", scan_threads '2'")}) {
        TSR_TRY(node.connection.execute(std::string("CREATE SERVER ") + server +
                                        " FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'files', directory " +
                                        quoteLiteral(folder.path().string()) + options + "); CREATE SCHEMA " + server +
                                        "; IMPORT FOREIGN SCHEMA \".\" FROM SERVER " + server + " INTO " + server +
                                        "; ANALYZE " + server + ".big"));
    }
    const std::string file = "read_parquet(" + quoteLiteral((folder.path() / "big.parquet").string()) + ")";
    TSR_TRY(duckdb.drain("CREATE SCHEMA here"));
    TSR_TRY(duckdb.drain("CREATE VIEW here.big AS FROM " + file));
    std::vector<double> times =
        TSR_TRY(medians({contender(node.connection, "lake", kAggregate),
                         {"DuckDB", [&] { return duckdb.drain(inSchema(kAggregate, "here")); }}},
                        7));
    rows.push_back({"files_group", "Parquet, group by, six aggregates", times[0], "ms", "DuckDB itself",
                    times[1] / times[0], 1 / 1.2});
    const std::string scan = dropped("SELECT * FROM $.big");
    times = TSR_TRY(medians({contender(node.connection, "lake", scan.c_str()),
                             {"DuckDB", [&] { return duckdb.drain("SELECT * FROM here.big"); }},
                             contender(node.connection, "lake_two", scan.c_str())},
                            5));
    const double values_ms = double{kRowCount} * kColumnCount / times[0];
    rows.push_back(
        {"files", "Parquet, 1 M rows x 7 columns", times[0], "ms", "3 M values a second", values_ms / 3000, 1.0});
    rows.push_back({"files_drain", "the same", times[0], "ms", "draining DuckDB's chunks", times[1] / times[0], {}});
    rows.push_back({"files_two", "the same, scan_threads '2'", times[2], "ms", "as usual", times[0] / times[2], {}});
    TSR_TRY(addCancelHere(node, "lake", "a join in DuckDB, cancelled", rows));
    TSR_TRY(makeOwnParquet(node, folder.path()));
    TSR_TRY(
        addMemory(node, "lake_own", kLargeAndFew, "memory of a scan of 2 M rows, Parquet written by Tessera", rows));
    TSR_TRY(addMemory(node, "lake", kLargeAndFew, "the same, written by DuckDB", rows));
    TSR_TRY(addMemory(node, "lake_two", kLargeAndFew, "the same, scan_threads '2'", rows));
    for (const auto& [format, what] : {std::pair("csv", "the same rows as CSV"), std::pair("json", "as JSON")}) {
        TSR_TRY(makeTexts(duckdb, node, folder.path(), format));
        TSR_TRY(addMemory(node, std::string("lake_") + format, kLargeAndFew, what, rows));
    }
    return {};
}

}  // namespace tessera::bench
