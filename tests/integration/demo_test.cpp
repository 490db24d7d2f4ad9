// The demo mesh, as ./dev demo starts it, answers its queries with the rows that PostgreSQL alone computes from copies
// of the same data. The copies come from the raw files by ways of their own (DuckDB's C API and COPY), not by ours.

#include "common/process.h"
#include "tests/support/temporary_agent.h"
#include "tests/support/temporary_demo.h"
#include "tests/support/temporary_postgres.h"

#include <duckdb.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace tessera {
namespace {

namespace fs = std::filesystem;

using std::chrono::minutes;
using testing::ContainsRegex;
using testing::HasSubstr;

const fs::path kRaw = fs::path(TESSERA_VEGA_DATASETS) / "data";

/// Runs a statement in a DuckDB of its own; what it writes goes to files.
bool runDuckDb(const std::string& sql) {
    duckdb_database database = nullptr;
    duckdb_connection connection = nullptr;
    bool done = duckdb_open(nullptr, &database) == DuckDBSuccess &&
                duckdb_connect(database, &connection) == DuckDBSuccess &&
                duckdb_query(connection, sql.c_str(), nullptr) == DuckDBSuccess;
    duckdb_disconnect(&connection);
    duckdb_close(&database);
    return done;
}

constexpr const char* kCopies = R"(
    CREATE SCHEMA lake; CREATE SCHEMA climate; CREATE SCHEMA geography; CREATE SCHEMA wildlife;
    CREATE TABLE lake.flights (date timestamp, delay bigint, distance bigint, origin text, destination text);
    CREATE TABLE lake.earthquakes (id text, time timestamp, magnitude float8, longitude float8, latitude float8, place text);
    CREATE TABLE climate.stations (location text, state text);
    CREATE TABLE climate.weather (location text, date date, precipitation float8, temp_max float8, temp_min float8,
        wind float8, weather text);
    CREATE TABLE geography.states (code text, name text);
    CREATE TABLE geography.airports (iata text, name text, city text, state text, country text, latitude float8,
        longitude float8);
    CREATE TABLE wildlife.bird_strikes (airport text, aircraft text, damage text, flight_date date, operator text,
        origin_state text, flight_phase text, wildlife_size text, species text, time_of_day text, cost_other bigint,
        cost_repair bigint, cost_total bigint, speed_knots int))";

/// All the data in one PostgreSQL, under the names that the mesh gives it.
Result<> loadCopies(const TemporaryPostgres& server) {
    const TemporaryDirectory files;
    const std::string flights = (files.path() / "flights.csv").string();
    const std::string earthquakes = (files.path() / "earthquakes.csv").string();
    if (!runDuckDb("COPY (FROM '" + (kRaw / "flights-3m.parquet").string() + "') TO '" + flights + "' (HEADER)") ||
        !runDuckDb("COPY (SELECT f.id, make_timestamp(f.properties.time * 1000), f.properties.mag, "
                   "f.geometry.coordinates[1], f.geometry.coordinates[2], f.properties.place FROM (SELECT "
                   "unnest(features) AS f FROM '" +
                   (kRaw / "earthquakes.json").string() + "')) TO '" + earthquakes + "' (HEADER)")) {
        return fail(ErrorCode::kInternal, "DuckDB could not convert the raw files");
    }
    auto connection = TSR_TRY(server.connect());
    TSR_TRY(connection.execute(kCopies));
    const std::pair<const char*, fs::path> tables[] = {{"lake.flights", flights},
                                                       {"lake.earthquakes", earthquakes},
                                                       {"climate.stations", demoResources() / "data/stations.csv"},
                                                       {"climate.weather", kRaw / "weather.csv"},
                                                       {"geography.states", demoResources() / "data/states.csv"},
                                                       {"geography.airports", kRaw / "airports.csv"},
                                                       {"wildlife.bird_strikes", kRaw / "birdstrikes.csv"}};
    for (const auto& [table, file] : tables) {
        TSR_TRY(connection.copyIn("COPY " + std::string(table) + " FROM STDIN (FORMAT csv, HEADER)", readFile(file)));
    }
    return connection.execute(
        "UPDATE wildlife.bird_strikes SET origin_state = 'District of Columbia' WHERE origin_state = 'DC'; ANALYZE");
}

/// The same query, by psql on the copies.
Result<std::string> expectedRows(const TemporaryPostgres& server, const fs::path& file) {
    return runChecked(
        {.arguments = {"psql", "--no-psqlrc", "--csv", "--host=127.0.0.1", "--port=" + std::to_string(server.port()),
                       "--username=postgres", "--file=" + file.string(), "postgres"},
         .environment = {{"PGPASSWORD", TemporaryPostgres::kPassword}}},
        minutes(2));
}

/// In a plan as CSV: a remote statement, or a subquery in it, that aggregates the column of the table by the key.
std::string grouped(const std::string& aggregate, const std::string& column, const std::string& schema,
                    const std::string& table, const std::string& key) {
    const auto name = [](const std::string& of) { return "\"\"" + of + "\"\""; };
    return aggregate + "\\((r[0-9]+\\.)?" + name(column) + "\\)[^\n]* FROM " + name(schema) + "\\." + name(table) +
           "( r[0-9]+)? GROUP BY (r[0-9]+\\.)?" + name(key);
}

/// Every demo query's plan has these in its remote statements: work that was moved to the data.
void expectPushedDown(const TemporaryDemo& mesh) {
    const auto plan = [&](std::size_t query) {
        auto text = mesh.query("EXPLAIN (VERBOSE, COSTS OFF) " + readFile(demoQueries().at(query)));
        EXPECT_TRUE(text) << text.error().describe();
        return text ? std::move(*text) : std::string();
    };
    const std::string flagship = plan(0);
    EXPECT_THAT(flagship, ContainsRegex(grouped("avg", "delay", "lake", "flights", "origin")));
    EXPECT_THAT(flagship, HasSubstr("INNER JOIN \"\"climate\"\".\"\"stations\"\""));
    EXPECT_THAT(flagship, ContainsRegex(grouped("sum", "cost_total", "wildlife", "bird_strikes", "origin_state")));
    EXPECT_THAT(flagship, HasSubstr("Source: geography"));
    EXPECT_THAT(plan(1), ContainsRegex(grouped("sum", "delay", "lake", "flights", "origin")));
    // Before the tables' statistics have come, the airports may go along to the flights.
    EXPECT_THAT(plan(2), ContainsRegex("WHERE \\((r[0-9]+\\.)?\"\"date\"\" < '2001-01-08 00:00:00'::timestamp\\) AND "
                                       "\\((r[0-9]+\\.)?\"\"delay\"\" > 600\\)"));
    EXPECT_THAT(plan(3), HasSubstr("WHERE (\"\"magnitude\"\" >= '3'::float8)"));
}

/// People who sign in at the demo's identity provider see the rows that their claims allow, of a table on node `lake`:
/// by way of node `operations`, there itself, and with psql at a local port.
void expectPeopleSeeTheirRows(const TemporaryDemo& mesh) {
    const std::pair<const char*, const char*> people[] = {{"ann", "planner,t,t"}, {"sam", "station,f,t"}};
    for (const auto& [login, expected] : people) {
        TemporaryAgent agent(readFile(mesh.folder() / "profiles.yaml"), "");
        const Result<> started = agent.start();
        ASSERT_TRUE(started) << started.error().describe();
        const ProcessResult signed_in = agent.login(login);
        ASSERT_EQ(signed_in.status.exit_code, 0) << signed_in.error << agent.log();
        const std::string sql =
            "SELECT current_user, count(DISTINCT origin) > 1 AS others, bool_or(origin = 'SEA') AS own FROM "
            "lake.routes";
        for (const char* node : {"operations", "lake"}) {
            const ProcessResult seen = agent.tessera({"query", "-q", "-f", "csv", "--node", node, sql});
            EXPECT_EQ(seen.output, "current_user,others,own\n" + std::string(expected) + "\n") << node << seen.error;
        }
        const ProcessResult port = agent.tessera({"port", "open", "--node", "operations"});
        const std::size_t at = port.output.find("psql \"host=/");
        ASSERT_NE(at, std::string::npos) << port.output << port.error;
        const std::string psql = port.output.substr(at, port.output.find("\"", at + 6) + 1 - at);
        const auto by_psql = run({.arguments = {"sh", "-c", psql + " -X --csv -c \"" + sql + "\""},
                                  .environment = {{"HOME", "/nonexistent"}}},
                                 minutes(1));
        ASSERT_TRUE(by_psql);
        EXPECT_EQ(by_psql->output, "current_user,others,own\n" + std::string(expected) + "\n") << by_psql->error;
    }
}

TEST(Demo, QueriesGiveTheRowsThatPostgresAloneComputes) {
    auto copies = TemporaryPostgres::start();
    ASSERT_TRUE(copies) << copies.error().describe();
    const auto loaded = loadCopies(*copies);
    ASSERT_TRUE(loaded) << loaded.error().describe();
    auto mesh = TemporaryDemo::start();
    ASSERT_TRUE(mesh) << mesh.error().describe();

    ASSERT_FALSE(demoQueries().empty());
    for (const fs::path& file : demoQueries()) {
        SCOPED_TRACE(file.filename());
        const auto expected = expectedRows(*copies, file);
        ASSERT_TRUE(expected) << expected.error().describe();
        EXPECT_GT(std::count(expected->begin(), expected->end(), '\n'), 5) << "a query that shows nothing";
        const auto actual = (*mesh)->query(readFile(file));
        ASSERT_TRUE(actual) << actual.error().describe();
        EXPECT_EQ(*actual, *expected);
    }

    expectPushedDown(**mesh);
    expectPeopleSeeTheirRows(**mesh);

    // It stops all that it started when it is told to.
    ASSERT_TRUE((*mesh)->script().signal(SIGTERM));
    ASSERT_TRUE((*mesh)->script().wait(minutes(1)));
    for (const auto& entry : fs::directory_iterator((*mesh)->folder() / "run")) {
        EXPECT_NE(entry.path().extension(), ".pid") << entry.path();
    }
}

}  // namespace
}  // namespace tessera
