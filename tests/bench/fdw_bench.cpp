/// The extension against PostgreSQL's own postgres_fdw, on the same two servers, statement by statement; and, for whole
/// scans, against the least that libpq can do: drain a binary COPY without looking at it. Other sources:
/// fdw_bench_sources.cpp.
///
///     tessera_bench_fdw [PART…]    all parts unless told otherwise

#include "tests/bench/fdw_bench.h"

#include <libpq-fe.h>

#include <algorithm>
#include <cstdio>
#include <future>
#include <regex>
#include <span>
#include <string_view>
#include <tuple>

namespace tessera::bench {
namespace {

using postgres::Connection;

constexpr const char* kCustomerData = R"sql(
    CREATE TABLE wide AS SELECT i AS id, i::bigint * 7919 AS n, (i % 1000)::smallint AS g, i % 3 = 0 AS flag,
        i * 0.5::float8 AS x, (i * 0.25)::float4 AS y, (i % 1000000)::numeric(12,2) / 100 AS price, i::numeric * 1.5 AS amount,
        date '2000-01-01' + i % 9000 AS day, timestamp '2024-01-01' + i * interval '1 s' AS at,
        timestamptz '2024-01-01 00:00Z' + i * interval '1 s' AS seen, md5(i::text)::uuid AS key, md5(i::text) AS name,
        ('city ' || i % 5000)::varchar(40) AS city, repeat('note ', 10 + i % 30) AS note,
        CASE WHEN i % 4 > 0 THEN 'tag ' || i % 50 END AS tag
        FROM generate_series(1, 2000000) i;
    CREATE TABLE big AS SELECT i AS id, (i::bigint * 7919) % 1000003 AS n, i % 100 AS g, (i % 10000)::numeric / 100 AS price,
        i * 0.5::float8 AS x, timestamp '2024-01-01' + i * interval '1 minute' AS at, md5(i::text) AS name
        FROM generate_series(1, 1000000) i;
    ALTER TABLE big ADD PRIMARY KEY (id);
    CREATE TABLE sink (LIKE big);
    CREATE TABLE groups AS SELECT i AS g, 'group ' || i AS title FROM generate_series(0, 99) i)sql";

/// The same tables three times: ours, and postgres_fdw with its usual and a tuned fetch_size.
std::string nodeSetUp(std::uint16_t port) {
    const std::string address = "host '127.0.0.1', port '" + std::to_string(port) + "', dbname 'postgres'";
    const std::string mapping =
        std::string(" OPTIONS (user 'postgres', password '") + TemporaryPostgres::kPassword + "');";
    std::string sql = "CREATE SERVER ours FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'postgres', " + address +
                      ");"
                      "CREATE SERVER usual FOREIGN DATA WRAPPER postgres_fdw OPTIONS (" +
                      address +
                      ");"
                      "CREATE SERVER tuned FOREIGN DATA WRAPPER postgres_fdw OPTIONS (" +
                      address +
                      ", fetch_size '10000');"
                      "CREATE SERVER batched FOREIGN DATA WRAPPER postgres_fdw OPTIONS (" +
                      address + ", batch_size '1000');";
    for (const char* server : {"ours", "usual", "tuned", "batched"}) {
        sql += std::string("CREATE SCHEMA ") + server + "; CREATE USER MAPPING FOR CURRENT_USER SERVER " + server +
               mapping + "IMPORT FOREIGN SCHEMA public FROM SERVER " + server + " INTO " + server + ";";
        for (const char* table : {"wide", "big", "groups"}) {
            sql += std::string("ANALYZE ") + server + "." + table + ";";
        }
    }
    return sql;
}

/// The same tables through a driver of ODBC, and by the connector for nodes.
std::string otherWays(std::uint16_t port) {
    const std::string address = "port '" + std::to_string(port) + "'";
    const std::string mapping =
        std::string(" OPTIONS (user 'postgres', password '") + TemporaryPostgres::kPassword + "');";
    std::string sql =
        "CREATE SERVER by_odbc FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'odbc', driver 'PostgreSQL "
        "Unicode', connection_string 'SERVER=127.0.0.1;DATABASE=postgres;UseDeclareFetch=1;PORT=" +
        std::to_string(port) + "');" +
        "CREATE SERVER by_node FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'node', host '127.0.0.1', dbname "
        "'postgres', " +
        address + ");";
    for (const char* server : {"by_odbc", "by_node"}) {
        sql += std::string("CREATE SCHEMA ") + server + "; CREATE USER MAPPING FOR CURRENT_USER SERVER " + server +
               mapping + "IMPORT FOREIGN SCHEMA public LIMIT TO (wide, groups) FROM SERVER " + server + " INTO " +
               server + ";";
    }
    return sql;
}

/// A binary COPY, read and thrown away.
Result<> drain(Connection& customer, const std::string& query) {
    const std::string copy = "COPY (" + query + ") TO STDOUT (FORMAT binary)";
    const postgres::ResultHandle started(PQexec(customer.handle(), copy.c_str()));
    char* row = nullptr;
    while (PQgetCopyData(customer.handle(), &row, 0) > 0) {
        PQfreemem(row);
    }
    const postgres::ResultHandle ended(PQgetResult(customer.handle()));
    if (PQresultStatus(ended.get()) != PGRES_COMMAND_OK) {
        return postgres::errorOf(ended.get());
    }
    PQclear(PQgetResult(customer.handle()));
    return {};
}

struct Servers {
    Node& node;
    TemporaryPostgres customer;
    Connection raw;  // to the customer
};

constexpr const char* kUsual = "postgres_fdw, fetch_size 100";
constexpr const char* kTuned = "postgres_fdw, fetch_size 10000";

/// Rows into the executor, which drops them: what a scan itself costs, with nothing above it.
struct Scan {
    const char* id;
    const char* what;
    const char* columns;
};

const Scan kScans[] = {{"wide", "scan, 2 M rows x 16 columns", "*"},
                       {"wide_four", "scan, 4 of the columns", "id, price, at, name"}};

Result<> benchScans(Servers& servers, std::vector<Row>& rows) {
    constexpr int kRuns = 3;
    for (const Scan& scan : kScans) {
        const std::string query = std::string("SELECT ") + scan.columns + " FROM ";
        const std::string explain = dropped(query + "$.wide");
        const std::string by_one = "SET tessera.parallel_scans = 1; " + explain;
        const std::string by_four = "SET tessera.parallel_scans = 4; " + explain;
        const std::vector<double> times =
            TSR_TRY(medians({contender(servers.node.connection, "ours", by_one.c_str()),
                             contender(servers.node.connection, "usual", explain.c_str()),
                             contender(servers.node.connection, "tuned", explain.c_str()),
                             {"COPY BINARY", [&] { return drain(servers.raw, query + "wide"); }},
                             contender(servers.node.connection, "ours", by_four.c_str())},
                            kRuns));
        const std::string id = scan.id;
        rows.push_back({id, scan.what, times[0], "ms", kUsual, times[1] / times[0], {}});
        rows.push_back({id + "_tuned", "the same", times[0], "ms", kTuned, times[2] / times[0], 2.5});
        rows.push_back(
            {id + "_limit", "the same", times[0], "ms", "libpq draining COPY BINARY", times[3] / times[0], 0.75});
        rows.push_back(
            {id + "_parallel", "the same, in four parts", times[4], "ms", "in one", times[0] / times[4], {}});
    }
    return {};
}

struct Statement {
    const char* id;
    const char* what;
    const char* sql;  // $ is the schema
};

const Statement kStatements[] = {
    {"write", "1 M rows x 7 columns, written out", "COPY (SELECT * FROM $.big) TO '/dev/null'"},
    {"filter", "filter by an expression", "SELECT count(x) FROM $.big WHERE length(name || 'x') > 5 AND n < 1000"},
    {"group", "group by, five aggregates",
     "SELECT g, count(*), sum(n), avg(price), min(at), max(x) FROM $.big GROUP BY g"},
    {"join", "join and group", "SELECT title, sum(price) FROM $.big JOIN $.groups USING (g) GROUP BY title"},
    {"top", "order by, limit", "SELECT id, name FROM $.big ORDER BY x DESC LIMIT 10"},
};

Result<> benchStatements(Servers& servers, std::vector<Row>& rows) {
    constexpr int kRuns = 5;
    for (const Statement& statement : kStatements) {
        const std::vector<double> times = TSR_TRY(medians({contender(servers.node.connection, "ours", statement.sql),
                                                           contender(servers.node.connection, "tuned", statement.sql)},
                                                          kRuns));
        rows.push_back({statement.id, statement.what, times[0], "ms", kTuned, times[1] / times[0], {}});
    }
    return {};
}

/// Out of a table of the node. Rolled back, so that each run finds an empty table.
constexpr const char* kInserts = "BEGIN; INSERT INTO $.sink SELECT * FROM rows_to_insert; ROLLBACK";

Result<> benchInserts(Servers& servers, std::vector<Row>& rows) {
    constexpr int kRuns = 3;
    TSR_TRY(servers.node.connection.execute("CREATE TABLE rows_to_insert AS SELECT * FROM ours.big"));
    const std::vector<double> times = TSR_TRY(medians(
        {contender(servers.node.connection, "ours", kInserts), contender(servers.node.connection, "batched", kInserts)},
        kRuns));
    rows.push_back({"insert", "1 M rows x 7 columns, inserted", times[0], "ms", "postgres_fdw, batch_size 1000",
                    times[1] / times[0], 3.0});
    return {};
}

/// All clients at once, each with a session of its own.
Contender lookUpsOf(std::vector<Connection>& clients, const char* schema) {
    return {schema, [&clients, sql = inSchema(kLookUps, schema)]() -> Result<> {
                std::vector<std::future<Result<>>> running;
                for (Connection& client : clients) {
                    running.push_back(std::async(std::launch::async, [&client, &sql] { return client.execute(sql); }));
                }
                Result<> all;
                for (auto& one : running) {
                    if (auto done = one.get(); !done) {
                        all = std::move(done);
                    }
                }
                return all;
            }};
}

Result<> benchLookUps(Servers& servers, std::vector<Row>& rows) {
    constexpr int kRuns = 5;
    for (const auto& [id, what, count] : {std::tuple("lookups", "1,000 look-ups by key", 1),
                                          std::tuple("lookups_8", "8 x 1,000 look-ups, 8 clients", 8)}) {
        std::vector<Connection> clients;
        for (int i = 0; i < count; ++i) {
            clients.push_back(TSR_TRY(servers.node.server.connect()));
        }
        const std::vector<double> times =
            TSR_TRY(medians({lookUpsOf(clients, "ours"), lookUpsOf(clients, "usual")}, kRuns));
        rows.push_back({id, what, times[0], "ms", "postgres_fdw", times[1] / times[0], 2.0});
    }
    return {};
}

Result<> benchMemory(Servers& servers, std::vector<Row>& rows) {
    const double ours = TSR_TRY(growth(servers.node, "ours.wide", "ours.groups"));
    const double tuned = TSR_TRY(growth(servers.node, "tuned.wide", "tuned.groups"));
    rows.push_back({"memory", "memory of the wide scan", ours, "MB", "tessera.batch_memory (8 MB)", 8 / ours, 1.0});
    rows.push_back({"memory_tuned", "the same", ours, "MB", kTuned, tuned / ours, {}});
    TSR_TRY(servers.node.connection.execute(otherWays(servers.customer.port())));
    TSR_TRY(addMemory(servers.node, "by_odbc", {"wide", "groups"}, "the same, by psqlodbc", rows));
    TSR_TRY(addMemory(servers.node, "by_node", {"wide", "groups"}, "the same, of a node", rows));
    return {};
}

Result<> benchCancel(Servers& servers, std::vector<Row>& rows) {
    const IsRunning is_running = anyRow(
        servers.raw,
        "SELECT FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND query ~ 'count.*wide'");
    const std::string join = "SELECT count(*) FROM $wide a JOIN $wide b USING (g) WHERE a.name < b.name";
    const auto at = [&](const std::string& schema) { return std::regex_replace(join, std::regex("\\$"), schema); };
    TSR_TRY(addCancel(servers.node, "postgres", "a join in PostgreSQL, cancelled", at("ours."), is_running, rows));
    const double direct = TSR_TRY(cancelMedian(servers.customer, at("public."), is_running));
    const double ours = rows.back().value;
    rows.push_back({"cancel_direct", "the same", ours, "ms", "its own client", direct / ours, {}});
    return {};
}

/// "parted": its first half lies with the customer, the second with another one. And a local table.
std::string acrossSetUp(const TemporaryPostgres& other) {
    const std::string address = "host '127.0.0.1', port '" + std::to_string(other.port()) + "', dbname 'postgres'";
    std::string sql = "CREATE SERVER ours_b FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'postgres', " +
                      address +
                      "); CREATE SERVER tuned_b FOREIGN DATA WRAPPER postgres_fdw OPTIONS (fetch_size '10000', "
                      "async_capable 'true', " +
                      address + "); ALTER SERVER tuned OPTIONS (ADD async_capable 'true');";
    for (const std::string schema : {"ours", "tuned"}) {
        sql += "CREATE USER MAPPING FOR CURRENT_USER SERVER " + schema + "_b OPTIONS (user 'postgres', password '" +
               TemporaryPostgres::kPassword + "'); CREATE TABLE " + schema +
               ".parted (id int, n bigint, g int, name text) PARTITION BY RANGE (id);";
        for (const std::string part : {"", "_b"}) {
            sql += "CREATE FOREIGN TABLE " + schema + ".part" + part + " PARTITION OF " + schema +
                   ".parted FOR VALUES FROM (" + (part.empty() ? "1) TO (500001)" : "500001) TO (1000001)") +
                   " SERVER " + schema + part + " OPTIONS (schema_name 'public', table_name 'half'); ANALYZE " +
                   schema + ".part" + part + ";";
        }
    }
    return sql +
           "CREATE TABLE few AS SELECT i * 997 AS id, 'note ' || i AS note FROM generate_series(1, 1000) i;"
           "ANALYZE few";
}

const Statement kAcross[] = {
    {"mixed_join", "1,000 local keys x 1 M rows", "SELECT note, b.* FROM few JOIN $.big b USING (id)"},
    {"mixed_semi", "rows with one of 1,000 keys", "SELECT sum(n) FROM $.big WHERE id IN (SELECT id FROM few)"},
    {"two_servers", "partitions on two servers, filtered",
     "SELECT count(*), sum(n) FROM $.parted WHERE md5(md5(name)) < '1'"},
    {"two_scans", "the same, all rows", "SELECT g, sum(n) FROM $.parted GROUP BY g"},
};

Result<> benchAcross(Servers& servers, std::vector<Row>& rows) {
    constexpr int kRuns = 5;
    const TemporaryPostgres other = TSR_TRY(TemporaryPostgres::start());
    TSR_TRY(servers.customer.execute(
        "CREATE TABLE half AS SELECT id, n, g, name FROM big WHERE id <= 500000; ANALYZE half"));
    TSR_TRY(
        other.execute("CREATE TABLE half AS SELECT i AS id, (i::bigint * 7919) % 1000003 AS n, i % 100 AS g, "
                      "md5(i::text) AS name FROM generate_series(500001, 1000000) i; ANALYZE half"));
    TSR_TRY(servers.node.connection.execute(acrossSetUp(other)));
    for (const Statement& statement : kAcross) {
        const std::vector<double> times = TSR_TRY(medians({contender(servers.node.connection, "ours", statement.sql),
                                                           contender(servers.node.connection, "tuned", statement.sql)},
                                                          kRuns));
        rows.push_back({statement.id, statement.what, times[0], "ms", kTuned, times[1] / times[0], {}});
    }
    return {};
}

template <class Place>
struct Part {
    std::string_view name;
    Result<> (*run)(Place& place, std::vector<Row>& rows);
};

constexpr Part<Servers> kParts[] = {{"scans", benchScans},   {"statements", benchStatements}, {"lookups", benchLookUps},
                                    {"memory", benchMemory}, {"inserts", benchInserts},       {"across", benchAcross},
                                    {"cancel", benchCancel}};
constexpr Part<Node> kSourceParts[] = {{"mariadb", benchMariaDb}, {"sqlite", benchSqlite}, {"files", benchFiles}};

/// Empty: all parts.
using Names = std::span<const std::string_view>;

bool isWanted(Names wanted, std::string_view name) {
    return wanted.empty() || std::ranges::find(wanted, name) != wanted.end();
}

Result<> checkNames(Names wanted) {
    for (const std::string_view name : wanted) {
        const auto is_it = [&](const auto& part) { return part.name == name; };
        if (std::ranges::none_of(kParts, is_it) && std::ranges::none_of(kSourceParts, is_it)) {
            return fail(ErrorCode::kInvalidArgument, "there is no part '" + std::string(name) + "'");
        }
    }
    return {};
}

template <class Place>
Result<> runParts(std::span<const Part<Place>> parts, Names wanted, Place& place, std::vector<Row>& rows) {
    for (const Part<Place>& part : parts) {
        if (isWanted(wanted, part.name)) {
            const std::size_t before = rows.size();
            TSR_TRY(part.run(place, rows));
            for (std::size_t i = before; i < rows.size(); ++i) {
                std::printf("%s: %.2f %s, %.2f\n", rows[i].id.c_str(), rows[i].value, rows[i].unit.c_str(),
                            rows[i].ratio);
            }
            std::fflush(stdout);
        }
    }
    return {};
}

Result<Servers> startCustomer(Node& node) {
    TemporaryPostgres customer = TSR_TRY(TemporaryPostgres::start());
    TSR_TRY(customer.execute(kCustomerData));
    TSR_TRY(customer.execute("VACUUM ANALYZE"));
    TSR_TRY(node.connection.execute(nodeSetUp(customer.port())));
    Connection raw = TSR_TRY(customer.connect());
    return Servers{node, std::move(customer), std::move(raw)};
}

Result<> run(Names wanted) {
    TSR_TRY(checkNames(wanted));
    TemporaryPostgres server = TSR_TRY(TemporaryPostgres::start({.with_extension = true}));
    Connection connection = TSR_TRY(server.connect());
    Node node{std::move(server), std::move(connection)};
    TSR_TRY(node.connection.execute("CREATE EXTENSION tessera_fdw; CREATE EXTENSION postgres_fdw"));
    std::vector<Row> rows;
    if (std::ranges::any_of(kParts, [&](const Part<Servers>& part) { return isWanted(wanted, part.name); })) {
        Servers servers = TSR_TRY(startCustomer(node));
        TSR_TRY(runParts<Servers>(kParts, wanted, servers, rows));
    }
    TSR_TRY(runParts<Node>(kSourceParts, wanted, node, rows));
    return report(wanted.empty() ? "fdw" : "fdw_parts", rows);
}

}  // namespace
}  // namespace tessera::bench

int main(int argc, char** argv) {
    const std::vector<std::string_view> parts(argv + 1, argv + argc);
    const tessera::Result<> done = tessera::bench::run(parts);
    if (!done) {
        std::fprintf(stderr, "bench: %s\n", done.error().describe().c_str());
        return 1;
    }
}
