// The demo mesh, as ./dev demo starts it, answers its queries with the rows that PostgreSQL alone computes from copies
// of the same data. The copies come from the raw files by ways of their own (DuckDB's C API and COPY), not by ours.

#include "common/net.h"
#include "common/process.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/temporary_postgres.h"
#include "tests/support/wait_until.h"

#include <duckdb.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace tessera {
namespace {

namespace fs = std::filesystem;

using std::chrono::minutes;
using std::chrono::seconds;

const fs::path kDemo = fs::path(TESSERA_SOURCE_DIR) / "resources/demo";
const fs::path kRaw = fs::path(TESSERA_VEGA_DATASETS) / "data";

/// A demo mesh on free ports in a folder of its own. `demo.sh run` stops its servers when it is told to end, and is
/// told so by the kernel when this process dies.
class DemoMesh {
  public:
    static Result<std::unique_ptr<DemoMesh>> start() {
        auto mesh = std::unique_ptr<DemoMesh>(new DemoMesh());
        std::string ports;
        for (int count = 0; count < 8; ++count) {
            ports += std::to_string(TSR_TRY(freeLoopbackPort())) + " ";
        }
        mesh->script_ = TSR_TRY(Process::start({.arguments = {(kDemo / "demo.sh").string(), "run"},
                                                .environment = {{"TESSERA_DEMO_DIR", mesh->folder()},
                                                                {"TESSERA_DEMO_PORTS", ports},
                                                                {"TESSERA_BUILD_DIR", TESSERA_BUILD_DIR},
                                                                {"TESSERA_VEGA_DATASETS", TESSERA_VEGA_DATASETS}},
                                                .standard_output = ProcessOutput::capture(),
                                                .standard_error = ProcessOutput::capture(),
                                                .signal_on_parent_death = SIGTERM}));
        const auto is_up = [&] { return mesh->script_->capturedOutput().find("stop") != std::string::npos; };
        if (!waitUntil([&] { return is_up() || mesh->script_->poll(); }, minutes(3)) || !is_up()) {
            Error error = fail(ErrorCode::kInternal, "the demo mesh did not start");
            error.detail = mesh->script_->capturedError() + readFile(fs::path(mesh->folder()) / "log/lake.log") +
                           readFile(fs::path(mesh->folder()) / "log/operations.log");
            return error;
        }
        return mesh;
    }

    ~DemoMesh() {
        if (script_) {
            script_->terminate(minutes(1));
        }
    }

    std::string folder() const { return (folder_.path() / "demo").string(); }

    /// What the command line client writes for a query: CSV.
    Result<std::string> query(const fs::path& file) const {
        return runChecked({.arguments = {folder() + "/program/bin/tessera", "query", "--node", "operations", "--format",
                                         "csv", "--file", file.string()},
                           .environment = {{"TESSERA_MESH", folder() + "/mesh.yaml"}}},
                          minutes(2));
    }

    Process& script() { return *script_; }

  private:
    DemoMesh() = default;

    TemporaryDirectory folder_;
    std::optional<Process> script_;
};

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
                                                       {"climate.stations", kDemo / "data/stations.csv"},
                                                       {"climate.weather", kRaw / "weather.csv"},
                                                       {"geography.states", kDemo / "data/states.csv"},
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

std::vector<fs::path> queryFiles() {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(kDemo / "queries")) {
        files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

TEST(Demo, QueriesGiveTheRowsThatPostgresAloneComputes) {
    auto copies = TemporaryPostgres::start();
    ASSERT_TRUE(copies) << copies.error().describe();
    const auto loaded = loadCopies(*copies);
    ASSERT_TRUE(loaded) << loaded.error().describe();
    auto mesh = DemoMesh::start();
    ASSERT_TRUE(mesh) << mesh.error().describe();

    ASSERT_FALSE(queryFiles().empty());
    for (const fs::path& file : queryFiles()) {
        SCOPED_TRACE(file.filename());
        const auto expected = expectedRows(*copies, file);
        ASSERT_TRUE(expected) << expected.error().describe();
        EXPECT_GT(std::count(expected->begin(), expected->end(), '\n'), 5) << "a query that shows nothing";
        const auto actual = (*mesh)->query(file);
        ASSERT_TRUE(actual) << actual.error().describe();
        EXPECT_EQ(*actual, *expected);
    }

    // It stops all that it started when it is told to.
    ASSERT_TRUE((*mesh)->script().signal(SIGTERM));
    ASSERT_TRUE((*mesh)->script().wait(minutes(1)));
    for (const auto& entry : fs::directory_iterator((*mesh)->folder() + "/run")) {
        EXPECT_NE(entry.path().extension(), ".pid") << entry.path();
    }
}

}  // namespace
}  // namespace tessera
