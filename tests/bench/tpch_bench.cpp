/// TPC-H with its tables spread over three systems: customers and orders in PostgreSQL, parts and suppliers in MariaDB,
/// line items in Parquet. The same 22 queries over our foreign tables, over those of the stock wrappers, and over
/// tables that all lie in the one PostgreSQL; all results must be equal. There is no stock wrapper for Parquet in
/// Debian: the stock wrappers find the line items in the PostgreSQL server, by postgres_fdw.
///
///     tessera_bench_tpch [SCALE]    0.1 unless told otherwise

#include "common/strings.h"
#include "tests/bench/report.h"
#include "tests/bench/tpch_data.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/temporary_mariadb.h"
#include "tests/support/temporary_postgres.h"

#include <duckdb.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace tessera::bench {
namespace {

namespace fs = std::filesystem;
using postgres::Connection;
using Clock = std::chrono::steady_clock;

constexpr const char* kCrm[] = {"region", "nation", "customer", "orders"};
constexpr const char* kParts[] = {"supplier", "part", "partsupp"};

/// A query is run this often, and no more once it has taken so long.
constexpr int kRuns = 3;
constexpr double kEnough_ms = 6000;
/// Whose answer takes longer is not waited for.
constexpr const char* kTimeout = "60s";

struct Mesh {
    TemporaryDirectory folder;  // the files: line items in Parquet, and what the tables are loaded from
    TemporaryPostgres crm;
    TemporaryMariaDb parts;
    TemporaryPostgres node;

    fs::path text(const std::string& table) const { return folder.path() / "load" / (table + ".tsv"); }

    fs::path lake() const { return folder.path() / "lake"; }
};

Result<> runDuckdb(const std::string& sql) {
    duckdb_database database = nullptr;
    duckdb_connection connection = nullptr;
    duckdb_result result{};
    Result<> done;
    if (duckdb_open(nullptr, &database) != DuckDBSuccess || duckdb_connect(database, &connection) != DuckDBSuccess ||
        duckdb_query(connection, sql.c_str(), &result) != DuckDBSuccess) {
        const char* reason = duckdb_result_error(&result);
        done = fail(ErrorCode::kInternal, std::string("DuckDB: ") + (reason != nullptr ? reason : "cannot start"));
    }
    duckdb_destroy_result(&result);
    duckdb_disconnect(&connection);
    duckdb_close(&database);
    return done;
}

/// As DuckDB's read_csv wants them: {'a': 'integer', …}
std::string duckdbColumns(const TpchTable& table) {
    std::string result;
    std::string columns = table.columns;
    for (std::size_t at = 0; at < columns.size();) {
        const std::size_t space = columns.find(' ', at);
        std::size_t end = columns.find(", ", space);
        end = end == std::string::npos ? columns.size() : end;
        result += (result.empty() ? "" : ", ") + quoteLiteral(columns.substr(at, space - at)) + ": " +
                  quoteLiteral(columns.substr(space + 1, end - space - 1));
        at = end + 2;
    }
    return "{" + result + "}";
}

Result<> loadPostgres(const Mesh& mesh, const std::string& name) {
    const TpchTable& table = tpchTable(name);
    return mesh.crm.execute("CREATE TABLE " + name + " (" + table.columns + "); COPY " + name + " FROM " +
                            quoteLiteral(mesh.text(name).string()) + ";" + tpchKeys(table, "") + "ANALYZE " + name);
}

Result<> loadMariaDb(const Mesh& mesh, const std::string& name) {
    const TpchTable& table = tpchTable(name);
    TSR_TRY(mesh.parts.execute("CREATE TABLE " + name + " (" + table.columns + "); LOAD DATA LOCAL INFILE " +
                               quoteLiteral(mesh.text(name).string()) + " INTO TABLE " + name + ";" +
                               tpchKeys(table, "") + "ANALYZE TABLE " + name));
    return {};
}

Result<> load(const Mesh& mesh, double scale) {
    for (const fs::path& path : {mesh.folder.path(), mesh.folder.path() / "load", mesh.lake()}) {
        fs::create_directories(path);
        fs::permissions(path, fs::perms::all);
    }
    TSR_TRY(mesh.node.execute(tpchGenerate("local", scale)));
    for (const TpchTable& table : tpchTables()) {
        const std::string name = std::string("local.") + table.name;
        TSR_TRY(mesh.node.execute("COPY " + name + " TO " + quoteLiteral(mesh.text(table.name).string()) + ";" +
                                  tpchKeys(table, "local") + "ANALYZE " + name));
    }
    for (const char* table : kCrm) {
        TSR_TRY(loadPostgres(mesh, table));
    }
    TSR_TRY(loadPostgres(mesh, "lineitem"));
    // A test's server has room for 32 MB, and reads past the system's cache.
    TSR_TRY(mesh.parts.execute("SET GLOBAL innodb_buffer_pool_size = 1073741824"));
    for (const char* table : kParts) {
        TSR_TRY(loadMariaDb(mesh, table));
    }
    TSR_TRY(runDuckdb("COPY (SELECT * FROM read_csv(" + quoteLiteral(mesh.text("lineitem").string()) +
                      ", delim = '\t', header = false, quote = '', columns = " + duckdbColumns(tpchTable("lineitem")) +
                      ")) TO " + quoteLiteral((mesh.lake() / "lineitem.parquet").string()) + " (FORMAT parquet)"));
    fs::permissions(mesh.lake() / "lineitem.parquet", fs::perms(0644));
    return {};
}

std::string joined(std::span<const char* const> tables) {
    std::string list;
    for (const char* table : tables) {
        list += (list.empty() ? "" : ", ") + std::string(table);
    }
    return list;
}

Result<> connectSources(const Mesh& mesh) {
    const std::string crm = "host '127.0.0.1', port '" + std::to_string(mesh.crm.port()) + "', dbname 'postgres'";
    const std::string parts = "host '127.0.0.1', port '" + std::to_string(mesh.parts.port()) + "'";
    const std::string of_crm =
        std::string(" OPTIONS (user 'postgres', password '") + TemporaryPostgres::kPassword + "');";
    const std::string of_parts = std::string(" OPTIONS (") + "username '" + TemporaryMariaDb::kUser + "', password '" +
                                 TemporaryMariaDb::kPassword + "');";
    const std::string our_parts = std::string(" OPTIONS (") + "user '" + TemporaryMariaDb::kUser + "', password '" +
                                  TemporaryMariaDb::kPassword + "');";
    std::string sql =
        "CREATE EXTENSION tessera_fdw; CREATE EXTENSION postgres_fdw; CREATE EXTENSION mysql_fdw;"
        "CREATE SCHEMA ours; CREATE SCHEMA stock;"
        "CREATE SERVER crm FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'postgres', " +
        crm + "); CREATE USER MAPPING FOR CURRENT_USER SERVER crm" + of_crm +
        "CREATE SERVER parts FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'mysql', " + parts +
        ", database 'test'); CREATE USER MAPPING FOR CURRENT_USER SERVER parts" + our_parts +
        "CREATE SERVER lake FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'files', directory " +
        quoteLiteral(mesh.lake().string()) +
        ");"
        "IMPORT FOREIGN SCHEMA public LIMIT TO (" +
        joined(kCrm) +
        ") FROM SERVER crm INTO ours; IMPORT FOREIGN SCHEMA test FROM SERVER parts INTO ours;"
        "IMPORT FOREIGN SCHEMA \".\" FROM SERVER lake INTO ours;"
        "CREATE SERVER stock_crm FOREIGN DATA WRAPPER postgres_fdw OPTIONS (fetch_size '10000', " +
        crm + "); CREATE USER MAPPING FOR CURRENT_USER SERVER stock_crm" + of_crm +
        "CREATE SERVER stock_parts FOREIGN DATA WRAPPER mysql_fdw OPTIONS (fetch_size '10000', " + parts +
        "); CREATE USER MAPPING FOR CURRENT_USER SERVER stock_parts" + of_parts +
        "IMPORT FOREIGN SCHEMA public FROM SERVER stock_crm INTO stock;"
        "IMPORT FOREIGN SCHEMA test FROM SERVER stock_parts INTO stock;";
    for (const TpchTable& table : tpchTables()) {
        sql += std::string("ANALYZE ours.") + table.name + ";";
        // mysql_fdw has no ANALYZE.
        if (std::find(std::begin(kParts), std::end(kParts), std::string_view(table.name)) == std::end(kParts)) {
            sql += std::string("ANALYZE stock.") + table.name + ";";
        }
    }
    return mesh.node.execute(sql);
}

struct Measured {
    double time_ms = 0;
    bool timed_out = false;
    std::vector<std::vector<std::optional<std::string>>> rows;
};

/// The median of a few runs after one that isn't counted.
Result<Measured> measure(Connection& connection, const std::string& schema, const char* sql) {
    TSR_TRY(connection.execute("SET search_path = " + schema));
    Measured measured;
    std::vector<double> times;
    double spent = 0;
    for (int run = 0; run <= kRuns && spent < kEnough_ms; ++run) {
        const auto begin = Clock::now();
        auto rows = connection.query(sql);
        const std::chrono::duration<double, std::milli> took = Clock::now() - begin;
        measured.timed_out = !rows && rows.error().sqlstate == "57014";
        if (!rows && !measured.timed_out) {
            return std::move(rows.error()).withContext(schema + ": " + sql);
        }
        spent += took.count();
        if (run == 1 || times.empty()) {
            times.clear();  // the first was the one that isn't counted, if there is another
        }
        times.push_back(took.count());
        if (measured.timed_out) {
            break;
        }
        measured.rows = std::move(rows->values);
    }
    std::sort(times.begin(), times.end());
    measured.time_ms = times[times.size() / 2];
    return measured;
}

bool sameRows(Measured& a, Measured& b) {
    std::sort(a.rows.begin(), a.rows.end());
    std::sort(b.rows.begin(), b.rows.end());
    return a.timed_out || b.timed_out || a.rows == b.rows;
}

Result<> run(const std::string& scale_name, double scale) {
    Mesh mesh{TemporaryDirectory(), TSR_TRY(TemporaryPostgres::start()), TSR_TRY(TemporaryMariaDb::start()),
              TSR_TRY(TemporaryPostgres::start({.with_extension = true}))};
    TSR_TRY(load(mesh, scale));
    TSR_TRY(connectSources(mesh));
    Connection connection = TSR_TRY(mesh.node.connect());
    TSR_TRY(connection.execute(std::string("SET statement_timeout = '") + kTimeout + "'; SET jit = off"));
    if (std::getenv("TESSERA_BENCH_HOLD") != nullptr) {
        std::printf("node at port %d; Enter ends it\n", mesh.node.port());
        std::fflush(stdout);
        (void)std::getchar();
        return {};
    }
    std::vector<Row> rows;
    double ours_total = 0;
    double stock_total = 0;
    double local_total = 0;
    bool all_equal = true;
    bool some_timed_out = false;
    for (const TpchQuery& query : tpchQueries()) {
        Measured ours = TSR_TRY(measure(connection, "ours", query.sql));
        Measured stock = TSR_TRY(measure(connection, "stock", query.sql));
        Measured local = TSR_TRY(measure(connection, "local", query.sql));
        const bool equal = sameRows(ours, local) && sameRows(stock, local) && !ours.timed_out;
        all_equal = all_equal && equal;
        ours_total += ours.time_ms;
        stock_total += stock.time_ms;
        local_total += local.time_ms;
        const std::string id = "q" + std::to_string(query.number);
        const std::string what = "query " + std::to_string(query.number) + (equal ? "" : ": RESULTS DIFFER");
        rows.push_back(
            {id, what, ours.time_ms, "ms", "stock wrappers", stock.time_ms / ours.time_ms, 1.0, stock.timed_out});
        rows.push_back({id + "_local", what, ours.time_ms, "ms", "all tables local", local.time_ms / ours.time_ms, {}});
        some_timed_out = some_timed_out || stock.timed_out;
        std::printf("%s: ours %.0f, stock %.0f, local %.0f ms, %zu rows%s\n", id.c_str(), ours.time_ms, stock.time_ms,
                    local.time_ms, local.rows.size(), equal ? "" : ", DIFFERENT");
        std::fflush(stdout);
    }
    rows.push_back(
        {"total", "all queries", ours_total, "ms", "stock wrappers", stock_total / ours_total, 3.0, some_timed_out});
    rows.push_back({"total_local", "all queries", ours_total, "ms", "all tables local", local_total / ours_total, {}});
    TSR_TRY(report("tpch-" + scale_name, rows));
    return all_equal ? Result<>() : Result<>(fail(ErrorCode::kInternal, "results differ"));
}

}  // namespace
}  // namespace tessera::bench

int main(int argc, char** argv) {
    const std::string scale_name = argc > 1 ? argv[1] : "0.1";
    const double scale = std::strtod(scale_name.c_str(), nullptr);
    if (scale <= 0) {
        std::fprintf(stderr, "usage: tessera_bench_tpch [SCALE]\n");
        return 2;
    }
    const tessera::Result<> done = tessera::bench::run(scale_name, scale);
    if (!done) {
        std::fprintf(stderr, "bench: %s\n", done.error().describe().c_str());
        return 1;
    }
}
