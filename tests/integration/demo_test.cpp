// The demo mesh, as ./dev demo starts it, answers its queries with the rows that PostgreSQL alone computes from copies
// of the same data. The copies come from the raw files by ways of their own (DuckDB's C API and COPY), not by ours.

#include "common/process.h"
#include "tests/support/curl.h"
#include "tests/support/temporary_agent.h"
#include "tests/support/temporary_demo.h"
#include "tests/support/temporary_postgres.h"
#include "tests/support/wait_until.h"

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

/// At a local port of node `archive`: psql, and what DBeaver and its like use. No text that they are given is a token.
void expectToolsSeeTheirRows(const TemporaryAgent& agent, const std::string& sql, const std::string& rows) {
    const ProcessResult port = agent.tessera({"port", "open", "--node", "archive"});
    EXPECT_EQ(port.output.find("eyJ"), std::string::npos);
    const std::size_t at = port.output.find("psql \"host=/");
    ASSERT_NE(at, std::string::npos) << port.output << port.error;
    const std::string psql = port.output.substr(at, port.output.find("\"", at + 6) + 1 - at);
    const auto by_psql = run(
        {.arguments = {"sh", "-c", psql + " -X --csv -c \"" + sql + "\""}, .environment = {{"HOME", "/nonexistent"}}},
        minutes(1));
    ASSERT_TRUE(by_psql);
    EXPECT_EQ(by_psql->output, rows) << by_psql->error;
    const std::size_t jdbc = port.output.find("jdbc:postgresql:");
    ASSERT_NE(jdbc, std::string::npos) << port.output;
    const char* script = R"(
import sys, jpype, jpype.imports
jpype.startJVM(classpath=['/usr/share/java/postgresql.jar', '/usr/share/java/org.jpype.jar'])
from java.sql import DriverManager
connection = DriverManager.getConnection(sys.argv[1])
tables = connection.getMetaData().getTables(None, 'lake', '%', None)
names = []
while tables.next():
    names.append(str(tables.getString('TABLE_NAME')))
assert names == ['flights', 'routes'], names
rows = connection.createStatement().executeQuery(sys.argv[2])
rows.next()
print(','.join(str(rows.getMetaData().getColumnName(i)) for i in (1, 2, 3)))
print(','.join(str(rows.getString(i)) for i in (1, 2, 3)))
)";
    const auto by_jdbc =
        run({.arguments = {"/usr/bin/python3", "-c", script,
                           port.output.substr(jdbc, port.output.find_first_of(" \n", jdbc) - jdbc), sql}},
            minutes(1));
    ASSERT_TRUE(by_jdbc);
    EXPECT_EQ(by_jdbc->output, rows) << by_jdbc->error;
}

/// Flights of node `lake` and airports of node `operations`, asked for at `archive`: `lake` joins them, and what
/// `operations` has of both says the same.
void expectJoinsAreDoneWhereTheDataIs(const TemporaryAgent& agent) {
    const std::string sql =
        "SELECT a.state, count(*) AS flights, round(avg(f.delay)::numeric, 1) AS mean_delay FROM lake.flights f JOIN "
        "geography.airports a ON a.iata = f.origin GROUP BY a.state ORDER BY flights DESC, a.state LIMIT 5";
    const auto ask = [&](const std::string& node, const std::string& asked) {
        const ProcessResult answer = agent.tessera({"query", "-q", "-f", "csv", "--node", node, asked});
        EXPECT_EQ(answer.status.exit_code, 0) << answer.error;
        return answer.output;
    };
    const std::string rows = ask("archive", sql);
    EXPECT_EQ(std::count(rows.begin(), rows.end(), '\n'), 6) << rows;
    EXPECT_EQ(rows, ask("operations", sql));
    const std::string plan = ask("archive", "EXPLAIN (ANALYZE, VERBOSE, COSTS OFF, TIMING OFF) " + sql);
    EXPECT_THAT(plan, HasSubstr("read there from its peer: a"));
    EXPECT_THAT(plan, HasSubstr("Link: from operations to lake, moved 3376 rows"));
    EXPECT_THAT(plan, HasSubstr("Link: from lake to here, moved 5 rows"));
}

/// The sharded table has all rows, each at the node of its year, and the copies come into step.
void expectStrikesAreSharded(const TemporaryDemo& mesh) {
    const auto ask = [&](const std::string& sql) {
        const ProcessResult answer = mesh.tessera({"query", "-q", "-f", "csv", "--node", "operations", sql});
        return answer.output + answer.error;
    };
    EXPECT_EQ(ask("SELECT count(*), count(*) FILTER (WHERE year < 1996) AS early, count(DISTINCT tableoid) AS shards, "
                  "count(DISTINCT tableoid) FILTER (WHERE year < 1996) AS of_early FROM nature.strikes"),
              "count,early,shards,of_early\n10000,3748,2,1\n");
    const std::string in_step = "node,state\nlake,in step\noperations,in step\n";
    std::string seen;
    EXPECT_TRUE(waitUntil(
        [&] {
            seen = ask("SELECT node, state FROM tessera.shard_replicas WHERE name = 'nature.strikes' ORDER BY node");
            return seen == in_step;
        },
        minutes(1)))
        << seen;
}

/// People who sign in at the demo's identity provider see the rows that their claims allow, of a table on node `lake`:
/// there itself, by way of node `operations`, and two nodes away from `archive`, which passes on who they are; and so
/// do psql and a program that speaks JDBC, at a local port. After the sign-out nobody is let in.
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
        const std::string rows = "current_user,others,own\n" + std::string(expected) + "\n";
        for (const char* node : {"operations", "lake", "archive"}) {
            ProcessResult seen;
            // A node imports what a peer has when the peer is there.
            EXPECT_TRUE(waitUntil(
                [&] {
                    seen = agent.tessera({"query", "-q", "-f", "csv", "--node", node, sql});
                    return seen.output == rows;
                },
                minutes(1)))
                << node << seen.output << seen.error;
        }
        expectToolsSeeTheirRows(agent, sql, rows);
        expectJoinsAreDoneWhereTheDataIs(agent);
        EXPECT_EQ(agent.tessera({"logout"}).status.exit_code, 0);
        const ProcessResult after = agent.tessera({"query", "-q", "--node", "archive", sql});
        EXPECT_NE(after.status.exit_code, 0);
        EXPECT_THAT(after.error, HasSubstr("tessera login"));
    }
}

/// The demo's endpoints and both versions of its model answer as the raw files say.
void expectEndpointsAnswer(const TemporaryDemo& mesh) {
    const std::string ports = readFile(mesh.folder() / "ports");
    const std::string port = ports.substr(ports.find("OPERATIONS=") + 11,
                                          ports.find('\n', ports.find("OPERATIONS=")) - ports.find("OPERATIONS=") - 11);
    const auto get = [&](const std::string& path) {
        const HttpAnswer answer = runCurl("http://127.0.0.1:" + port + "/api/v1/endpoints/" + path,
                                          "user = \"analyst:" + readFile(mesh.folder() / "secrets/analyst") + "\"\n");
        EXPECT_EQ(answer.status, 200) << path << "\n" << answer.body;
        return answer.asJson()["items"];
    };
    EXPECT_EQ(get("airports-of-state?state=AK&limit=1&fields=iata,city").dump(),
              R"([{"city":"Pilot Station","iata":"0AK"}])");
    EXPECT_EQ(get("delays-of-airport?airport=SEA").size(), 6U);
    EXPECT_EQ(get("struck-species?limit=3").size(), 3U);
    EXPECT_EQ(get("airport@v2?iata=SEA&include=state_of&fields=name,state_of").dump(),
              R"([{"name":"Seattle-Tacoma Intl","state_of":{"code":"WA","name":"Washington"}}])");
    EXPECT_EQ(get("airport@v1?iata=SEA&fields=title,time_zone").dump(),
              R"([{"time_zone":"unknown","title":"Seattle-Tacoma Intl"}])");
}

/// Its number, from what `tessera job run` says.
std::string runAndAwait(const TemporaryDemo& mesh, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"job", "run"});
    const ProcessResult ran = mesh.tessera(std::move(arguments));
    EXPECT_EQ(ran.status.exit_code, 0) << ran.output << ran.error;
    const std::size_t at = ran.error.find("run ");
    return at == std::string::npos ? "" : ran.error.substr(at + 4, ran.error.find('\n', at) - at - 4);
}

/// The nightly export writes the rows that PostgreSQL alone computes, as DuckDB reads them back.
void expectExportIsRight(const TemporaryDemo& mesh, const TemporaryPostgres& copies) {
    runAndAwait(mesh, {"nightly-delays", "-p", "day=2001-03-01"});
    const fs::path file = mesh.folder() / "exports/delays-2001-03-01.parquet";
    const TemporaryDirectory folder;
    const fs::path rows = folder.path() / "rows.csv";
    ASSERT_TRUE(runDuckDb("COPY (SELECT state, flights, CAST(round(mean_delay_minutes * 10) AS int) AS tenths FROM '" +
                          file.string() + "' ORDER BY state) TO '" + rows.string() + "' (HEADER)"));
    const fs::path query = folder.path() / "query.sql";
    writeFile(
        query,
        "SELECT s.name AS state, count(*) AS flights, (round(avg(f.delay), 1) * 10)::int AS tenths FROM "
        "lake.flights f JOIN geography.airports a ON a.iata = f.origin JOIN geography.states s ON s.code = a.state "
        "WHERE f.date::date = '2001-03-01' GROUP BY s.name HAVING count(*) >= 10 ORDER BY s.name COLLATE \"C\"");
    const auto expected = expectedRows(copies, query);
    ASSERT_TRUE(expected) << expected.error().describe();
    EXPECT_GT(std::count(expected->begin(), expected->end(), '\n'), 20);
    EXPECT_EQ(readFile(rows), *expected);
    EXPECT_TRUE(fs::exists(mesh.folder() / "exports/bird-strikes-2001-03-01.parquet"));
    const auto noted = mesh.query("SELECT count(*) FROM reports.exports WHERE day = '2001-03-01'");
    EXPECT_EQ(noted.value_or(""), "count\n1\n");
}

/// The copy brings node `archive` what is new on node `lake`, and nothing twice.
void expectCopyIsIncremental(const TemporaryDemo& mesh) {
    const auto kept = [&] {
        return mesh.tessera({"query", "--node", "archive", "-q", "-f", "csv", "SELECT count(*) FROM archive.weather"})
            .output;
    };
    const auto copied = [&] {
        const std::string number = runAndAwait(mesh, {"weather-archive"});
        const ProcessResult steps = mesh.tessera({"job", "steps", number, "-f", "json"});
        const std::size_t at = steps.output.find("\"rows\":");
        return at == std::string::npos ? steps.output + steps.error
                                       : steps.output.substr(at, steps.output.find(',', at) - at);
    };
    EXPECT_EQ(copied(), "\"rows\":\"0\"") << "the first run has brought all there was";
    EXPECT_EQ(kept(), "count\n2922\n");
    const auto inserted =
        run({.arguments = {"sqlite3", "-cmd", ".timeout 20000", (mesh.folder() / "data/climate.db").string(),
                           "INSERT INTO weather VALUES ('Seattle', '2016-01-01', 0, 5.6, -2.1, 3.1, "
                           "'sun'), ('New York', '2016-01-01', 0, 5.6, 1.1, 5.2, 'sun')"}},
            minutes(1));
    ASSERT_TRUE(inserted);
    ASSERT_EQ(inserted->status.exit_code, 0) << inserted->error;
    EXPECT_EQ(copied(), "\"rows\":\"2\"");
    EXPECT_EQ(kept(), "count\n2924\n");
}

/// What comes up with the mesh: three members of one store, and two jobs that have run once.
void expectStoreAndJobs(const TemporaryDemo& mesh) {
    const ProcessResult status = mesh.tessera({"store", "status", "-f", "csv"});
    EXPECT_EQ(std::count(status.output.begin(), status.output.end(), '\n'), 4) << status.output << status.error;
    EXPECT_THAT(status.output, HasSubstr("leader"));
    for (const char* job : {"nightly-delays", "weather-archive"}) {
        EXPECT_TRUE(waitUntil(
            [&] {
                return mesh.tessera({"job", "history", job, "-f", "csv"}).output.find("succeeded") != std::string::npos;
            },
            minutes(1)))
            << mesh.tessera({"job", "history", job}).output;
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
    expectEndpointsAnswer(**mesh);
    expectStrikesAreSharded(**mesh);
    expectPeopleSeeTheirRows(**mesh);
    expectStoreAndJobs(**mesh);
    expectExportIsRight(**mesh, *copies);
    expectCopyIsIncremental(**mesh);

    // It stops all that it started when it is told to.
    ASSERT_TRUE((*mesh)->script().signal(SIGTERM));
    ASSERT_TRUE((*mesh)->script().wait(minutes(1)));
    for (const auto& entry : fs::directory_iterator((*mesh)->folder() / "run")) {
        EXPECT_NE(entry.path().extension(), ".pid") << entry.path();
    }
}

}  // namespace
}  // namespace tessera
