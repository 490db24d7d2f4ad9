/// The extension against PostgreSQL's own postgres_fdw, on the same two servers, statement by statement; and, for whole
/// scans, against the least that libpq can do: drain a binary COPY without looking at it.

#include "tests/bench/report.h"
#include "tests/support/temporary_postgres.h"

#include <libpq-fe.h>

#include <cstdio>

namespace tessera::bench {
namespace {

using postgres::Connection;

constexpr int kRuns = 5;

constexpr const char* kCustomerData = R"sql(
    CREATE TABLE big AS SELECT i AS id, (i::bigint * 7919) % 1000003 AS n, i % 100 AS g, (i % 10000)::numeric / 100 AS price,
        i * 0.5::float8 AS x, timestamp '2024-01-01' + i * interval '1 minute' AS at, md5(i::text) AS name
        FROM generate_series(1, 1000000) i;
    ALTER TABLE big ADD PRIMARY KEY (id);
    CREATE TABLE groups AS SELECT i AS g, 'group ' || i AS title FROM generate_series(0, 99) i;
    ANALYZE)sql";

/// The same tables three times: ours, and postgres_fdw with its usual and a tuned fetch_size.
std::string nodeSetUp(std::uint16_t port) {
    const std::string address = "host '127.0.0.1', port '" + std::to_string(port) + "', dbname 'postgres'";
    const std::string mapping =
        std::string(" OPTIONS (user 'postgres', password '") + TemporaryPostgres::kPassword + "');";
    std::string sql =
        "CREATE EXTENSION tessera_fdw; CREATE EXTENSION postgres_fdw;"
        "CREATE SERVER ours FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'postgres', " +
        address +
        ");"
        "CREATE SERVER usual FOREIGN DATA WRAPPER postgres_fdw OPTIONS (" +
        address +
        ");"
        "CREATE SERVER tuned FOREIGN DATA WRAPPER postgres_fdw OPTIONS (" +
        address + ", fetch_size '10000');";
    for (const char* server : {"ours", "usual", "tuned"}) {
        sql += std::string("CREATE SCHEMA ") + server + "; CREATE USER MAPPING FOR CURRENT_USER SERVER " + server +
               mapping + "IMPORT FOREIGN SCHEMA public FROM SERVER " + server + " INTO " + server + ";";
        for (const char* table : {"big", "groups"}) {
            sql += std::string("ANALYZE ") + server + "." + table + ";";
        }
    }
    return sql;
}

/// A binary COPY of the whole table, read and thrown away.
Result<> drain(Connection& customer) {
    const postgres::ResultHandle started(PQexec(customer.handle(), "COPY big TO STDOUT (FORMAT binary)"));
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

struct Statement {
    const char* id;
    const char* what;
    const char* sql;  // $ is the schema
    bool tuned;       // compare with the tuned server, else with the usual one
    std::optional<double> goal;
};

const Statement kStatements[] = {
    {"scan", "scan, 1 M rows x 7 columns", "COPY (SELECT * FROM $.big) TO '/dev/null'", true, 2.5},
    {"scan_two", "scan, 2 columns", "COPY (SELECT id, n FROM $.big) TO '/dev/null'", true, 2.5},
    {"filter",
     "filter by an expression",
     "SELECT count(x) FROM $.big WHERE length(name || 'x') > 5 AND n < 1000",
     true,
     {}},
    {"group",
     "group by, five aggregates",
     "SELECT g, count(*), sum(n), avg(price), min(at), max(x) FROM $.big GROUP BY g",
     true,
     {}},
    {"join", "join and group", "SELECT title, sum(price) FROM $.big JOIN $.groups USING (g) GROUP BY title", true, {}},
    {"top", "order by, limit", "SELECT id, name FROM $.big ORDER BY x DESC LIMIT 10", true, {}},
    {"lookups", "1,000 look-ups by key",
     "DO $do$DECLARE found record; BEGIN FOR i IN 1..1000 LOOP SELECT * INTO found FROM $.big WHERE id = i * 37; END "
     "LOOP; END$do$",
     false, 2.0},
};

Contender contender(Connection& node, const char* schema, const Statement& statement) {
    std::string sql = statement.sql;
    for (std::size_t at = sql.find("$."); at != std::string::npos; at = sql.find("$.")) {
        sql.replace(at, 1, schema);
    }
    return {schema, [&node, sql] { return node.execute(sql); }};
}

Result<> run() {
    const TemporaryPostgres customer = TSR_TRY(TemporaryPostgres::start());
    const TemporaryPostgres node = TSR_TRY(TemporaryPostgres::start({.with_extension = true}));
    TSR_TRY(customer.execute(kCustomerData));
    Connection connection = TSR_TRY(node.connect());
    Connection raw = TSR_TRY(customer.connect());
    TSR_TRY(connection.execute(nodeSetUp(customer.port())));

    std::vector<Row> rows;
    for (const Statement& statement : kStatements) {
        const char* peer = statement.tuned ? "tuned" : "usual";
        std::vector<Contender> contenders = {contender(connection, "ours", statement),
                                             contender(connection, peer, statement)};
        const bool is_scan = std::string_view(statement.id) == "scan";
        if (is_scan) {
            contenders.push_back({"COPY BINARY", [&raw] { return drain(raw); }});
        }
        const std::vector<double> times = TSR_TRY(medians(contenders, kRuns));
        rows.push_back({statement.id, statement.what, times[0], "ms",
                        statement.tuned ? "postgres_fdw, fetch_size 10000" : "postgres_fdw", times[1] / times[0],
                        statement.goal});
        if (is_scan) {
            rows.push_back(
                {"scan_limit", "the same", times[0], "ms", "libpq draining COPY BINARY", times[2] / times[0], 0.75});
        }
    }
    return report("fdw", rows);
}

}  // namespace
}  // namespace tessera::bench

int main() {
    const tessera::Result<> done = tessera::bench::run();
    if (!done) {
        std::fprintf(stderr, "bench: %s\n", done.error().describe().c_str());
        return 1;
    }
}
