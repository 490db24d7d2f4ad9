/// Scheduled jobs: from a trigger's time to its run's start, with 10,000 jobs of which a hundred come each second; and
/// what an export writes beside DuckDB alone, from the same source; and how much memory exports and copies take.

#include "nodeservice/client/jobs_client.h"
#include "tests/bench/process_usage.h"
#include "tests/bench/report.h"
#include "tests/support/temporary_node.h"
#include "tests/support/wait_until.h"

#include <duckdb.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <thread>

namespace tessera::bench {
namespace {

namespace fs = std::filesystem;
using client::JobsClient;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr int kJobs = 10'000;
constexpr int kStartsPerSecond = 100;
constexpr int kSecondsOfMinute = 60;
constexpr int kWarmUp_s = 15;
constexpr int kMeasured_s = 60;
constexpr double kGoal_ms = 200;
constexpr int kExportRuns = 3;
constexpr std::int64_t kRows = 3'000'000;
/// What memory is compared with: what is bounded grows little with a hundred times the rows.
constexpr std::int64_t kFewRows = kRows / 100;

/// A hundred jobs for each second of the minute; the others come at night. Each does as little as a step can.
std::string jobFile(int number) {
    const bool comes = number < kStartsPerSecond * kSecondsOfMinute;
    return "job: bench-" + std::to_string(number) + "\nowner: etl\nconcurrency: allow\ntriggers:\n  - cron: \"" +
           (comes ? std::to_string(number % kSecondsOfMinute) + " * * * * *" : std::string("30 2 29 2 *")) +
           "\"\nsteps:\n  - {name: one, sql: SELECT 1}\n";
}

Result<> defineJobs(JobsClient& client) {
    constexpr int kAtOnce = 500;
    for (int first = 0; first < kJobs; first += kAtOnce) {
        std::vector<client::JobFile> files;
        for (int number = first; number < first + kAtOnce; ++number) {
            files.push_back({std::to_string(number), jobFile(number)});
        }
        const auto applied = TSR_TRY(client.apply(files, false));
        if (!applied.problems.empty()) {
            return applied.problems.front();
        }
    }
    return {};
}

struct Waits {
    /// From the trigger's time to the run's start, sorted, in milliseconds.
    std::vector<double> to_start;
    /// Until the run was in the store, of it.
    std::vector<double> to_run;
    /// How long the steps took, of some of the runs.
    std::vector<double> steps;
};

/// Of the runs of whole seconds in the measured time.
Result<Waits> waits(JobsClient& client, std::int64_t from_ms, std::int64_t until_ms) {
    Waits found;
    std::set<std::pair<std::string, std::int64_t>> seen;
    constexpr std::uint32_t kPage = 5000;
    for (std::int64_t before = 0;;) {
        const auto runs = TSR_TRY(client.runs({.before = before, .limit = kPage}));
        for (const client::JobRun& run : runs) {
            if (run.scheduled_ms < from_ms || run.scheduled_ms >= until_ms) {
                continue;
            }
            if (run.started_ms == 0) {
                return fail(ErrorCode::kInternal, "run " + std::to_string(run.id) + " has not begun");
            }
            if (!seen.emplace(run.job, run.scheduled_ms).second) {
                return fail(ErrorCode::kInternal, "two runs of " + run.job + " for one time");
            }
            if (found.to_start.size() % 50 == 0) {
                const auto details = TSR_TRY(client.run(run.id));
                found.steps.push_back(
                    static_cast<double>(details.steps.at(0).ended_ms - details.steps.at(0).started_ms));
            }
            found.to_start.push_back(static_cast<double>(run.started_ms - run.scheduled_ms));
            found.to_run.push_back(static_cast<double>(run.created_ms - run.scheduled_ms));
        }
        if (runs.size() < kPage || runs.back().scheduled_ms < from_ms) {
            break;
        }
        before = runs.back().id;
    }
    std::sort(found.to_start.begin(), found.to_start.end());
    std::sort(found.to_run.begin(), found.to_run.end());
    std::sort(found.steps.begin(), found.steps.end());
    return found;
}

std::int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

Result<> measureStarts(JobsClient& client, std::vector<Row>& rows) {
    const auto begin = Clock::now();
    TSR_TRY(defineJobs(client));
    std::printf("%d jobs applied in %.1f s\n", kJobs, std::chrono::duration<double>(Clock::now() - begin).count());
    std::this_thread::sleep_for(seconds(kWarmUp_s));
    const std::int64_t from_ms = (now_ms() / 1000 + 1) * 1000;
    const std::int64_t until_ms = from_ms + std::int64_t{kMeasured_s} * 1000;
    std::this_thread::sleep_for(std::chrono::milliseconds(until_ms - now_ms()) + seconds(5));
    const Waits measured = TSR_TRY(waits(client, from_ms, until_ms));
    const std::vector<double>& found = measured.to_start;
    const std::size_t wanted = std::size_t{kStartsPerSecond} * kMeasured_s;
    if (found.size() != wanted) {
        return fail(ErrorCode::kInternal, std::to_string(found.size()) + " runs in place of " + std::to_string(wanted));
    }
    const auto of = [](const std::vector<double>& sorted, double quantile) {
        return sorted[std::min(sorted.size() - 1,
                               static_cast<std::size_t>(quantile * static_cast<double>(sorted.size())))];
    };
    std::printf("in the store after %.0f ms, 99 of 100 after %.0f ms; a step takes %.0f ms, 99 of 100 %.0f ms\n",
                of(measured.to_run, 0.5), of(measured.to_run, 0.99), of(measured.steps, 0.5), of(measured.steps, 0.99));
    const auto row = [&](const char* id, const char* what, double quantile, std::optional<double> goal) {
        const double value = of(found, quantile);
        rows.push_back({.id = id,
                        .what = what,
                        .value = value,
                        .peer = "200 ms",
                        .ratio = kGoal_ms / std::max(value, 1.0),
                        .goal = goal});
    };
    row("start-p50", "from a trigger's time to its run's start, median; 10,000 jobs, 100 starts a second", 0.5, {});
    row("start-p99", "the same, 99 of 100", 0.99, 1.0);
    row("start-worst", "the same, the longest", 1.0, {});
    return {};
}

class DuckDb {
  public:
    DuckDb() {
        duckdb_open(nullptr, &database_);
        duckdb_connect(database_, &connection_);
    }

    ~DuckDb() {
        duckdb_disconnect(&connection_);
        duckdb_close(&database_);
    }

    DuckDb(const DuckDb&) = delete;
    DuckDb& operator=(const DuckDb&) = delete;

    Result<> run(const std::string& sql) {
        duckdb_result result;
        const bool is_done = duckdb_query(connection_, sql.c_str(), &result) == DuckDBSuccess;
        Error error = fail(ErrorCode::kInternal, is_done ? "" : duckdb_result_error(&result));
        duckdb_destroy_result(&result);
        return is_done ? Result<>() : Result<>(error);
    }

  private:
    duckdb_database database_ = nullptr;
    duckdb_connection connection_ = nullptr;
};

constexpr const char* kRowsSql =
    "SELECT i AS id, (i * 7919) % 100000 AS customer, i % 1000 AS product, (i % 97) * 1.25 AS price, DATE '2020-01-01' "
    "+ "
    "CAST(i % 2000 AS int) AS day, 'note ' || (i * 31) % 5000 AS note FROM range(";

/// By a job's only step, as its record says.
Result<double> runStep(JobsClient& client, const std::string& job) {
    const std::int64_t run = TSR_TRY(client.start(job, {}, ""));
    client::JobRunDetails last;
    waitUntil(
        [&] {
            last = client.run(run).value_or(client::JobRunDetails());
            return last.run.hasEnded();
        },
        seconds(300));
    if (last.run.state != "succeeded") {
        return fail(ErrorCode::kInternal, "the job " + last.run.state + ": " + last.run.error);
    }
    return static_cast<double>(last.steps.at(0).ended_ms - last.steps.at(0).started_ms);
}

Result<> measureExports(const TemporaryNode& node, JobsClient& client, std::vector<Row>& rows) {
    DuckDb duckdb;
    const fs::path folder = node.folder();
    for (const auto& [source, table] : {std::pair("parquet", "files.sales"), std::pair("postgres", "public.sales")}) {
        const std::string job = std::string("export-") + source;
        const auto applied = TSR_TRY(client.apply(
            {{job, "job: " + job + "\nowner: etl\nsteps:\n  - name: all\n    export: {query: SELECT * FROM " + table +
                       ", to: " + (folder / "exports" / (job + ".parquet")).string() + "}\n"}},
            false));
        if (!applied.problems.empty()) {
            return applied.problems.front();
        }
        const bool is_parquet = source == std::string("parquet");
        const fs::path alone = folder / "exports/alone.parquet";
        const fs::path csv = folder / "exports/alone.csv";
        const auto byDuckDb = [&]() -> Result<double> {
            const auto begin = Clock::now();
            if (!is_parquet) {
                auto connection = TSR_TRY(node.connect("etl", "e"));
                // What one does without a job: rows as text, which DuckDB reads again.
                TSR_TRY(runChecked(
                    {.arguments = {"psql", "--no-psqlrc", "-q", "-h", "127.0.0.1", "-p", std::to_string(node.port()),
                                   "-U", "etl", "-c",
                                   "\\copy (SELECT * FROM public.sales) TO '" + csv.string() + "' (FORMAT csv, HEADER)",
                                   "tessera"},
                     .environment = {{"PGPASSWORD", "e"}}},
                    seconds(300)));
            }
            TSR_TRY(duckdb.run("COPY (SELECT * FROM '" +
                               (is_parquet ? (folder / "source/sales.parquet") : csv).string() + "') TO '" +
                               alone.string() + "' (FORMAT parquet)"));
            return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
        };
        const auto times = TSR_TRY(medians(
            {Measured{"ours", [&] { return runStep(client, job); }}, Measured{"DuckDB", byDuckDb}}, kExportRuns));
        rows.push_back({.id = job,
                        .what = is_parquet ? "an export of 3 million rows of a Parquet file to Parquet"
                                           : "the same rows from a table of PostgreSQL",
                        .value = times[0],
                        .peer = is_parquet ? "DuckDB alone" : "psql's CSV, read by DuckDB",
                        .ratio = times[1] / times[0],
                        .goal = 0.8});
    }
    return {};
}

/// The node, and its PostgreSQL's processes.
std::vector<pid_t> processesOf(const TemporaryNode& node) {
    std::vector<pid_t> processes = {node.pid()};
    const std::string postmaster = std::to_string(node.postmasterPid());
    std::ifstream children("/proc/" + postmaster + "/task/" + postmaster + "/children");
    for (pid_t child = 0; children >> child;) {
        processes.push_back(child);
    }
    return processes;
}

/// The most that the node had while the job ran, and the most that a process of its PostgreSQL had, together, in MB.
Result<double> peakOf(const TemporaryNode& node, JobsClient& client, const std::string& job) {
    for (const pid_t process : processesOf(node)) {
        // One of PostgreSQL may have ended meanwhile.
        static_cast<void>(forgetPeakOf(process));
    }
    TSR_TRY(runStep(client, job));
    const std::vector<pid_t> processes = processesOf(node);
    double largest_session = 0;
    for (std::size_t i = 1; i < processes.size(); ++i) {
        // One that has ended meanwhile did not run the step: sessions are kept.
        largest_session = std::max(largest_session, memoryOf(processes[i], "VmHWM").value_or(0));
    }
    const double of_node = TSR_TRY(memoryOf(node.pid(), "VmHWM"));
    std::printf("%s: at most %.0f MB in the node, %.0f MB in a session\n", job.c_str(), of_node, largest_session);
    return of_node + largest_session;
}

Result<> makeParquet(const TemporaryNode& node, const std::string& name, std::int64_t count) {
    return DuckDb().run(std::string("COPY (") + kRowsSql + std::to_string(count) + ") t(i)) TO '" +
                        (node.folder() / "source" / (name + ".parquet")).string() + "' (FORMAT parquet)");
}

/// Of few rows and of a hundred times as many.
Result<> measureMemory(const TemporaryNode& node, JobsClient& client, std::vector<Row>& rows) {
    auto connection = TSR_TRY(node.connect("etl", "e"));
    TSR_TRY(connection.execute(
        "CREATE TABLE public.few AS SELECT * FROM files.few; CREATE TABLE public.copied (LIKE public.few)"));
    const std::string exports = (node.folder() / "exports").string();

    struct Kind {
        std::string id;
        std::string what;
        std::string from;
        std::string step;
    };

    const std::vector<Kind> kinds = {
        {"memory-export", "peak memory, export of 3 million rows of a Parquet file to Parquet", "files.",
         "export: {to: " + exports + "/memory.parquet, "},
        {"memory-export-postgres", "peak memory, the same from a table of PostgreSQL", "public.",
         "export: {to: " + exports + "/memory.parquet, "},
        {"memory-copy", "peak memory, copy of the Parquet file into a table of PostgreSQL", "files.",
         "copy: {into: public.copied, mode: replace, "},
    };
    for (const Kind& kind : kinds) {
        std::map<std::string, double> peaks;
        for (const std::string table : {"few", "sales"}) {
            const std::string job = kind.id + "-" + table;
            const auto applied =
                TSR_TRY(client.apply({{job, "job: " + job + "\nowner: etl\nsteps:\n  - name: all\n    " + kind.step +
                                                "query: SELECT * FROM " + kind.from + table + "}\n"}},
                                     false));
            if (!applied.problems.empty()) {
                return applied.problems.front();
            }
            peaks[table] = TSR_TRY(peakOf(node, client, job));
        }
        rows.push_back({.id = kind.id,
                        .what = kind.what,
                        .value = peaks["sales"],
                        .unit = "MB",
                        .peer = "30,000 rows",
                        .ratio = peaks["few"] / peaks["sales"]});
    }
    return {};
}

Result<> run(const std::set<std::string>& wanted) {
    auto node = TSR_TRY(TemporaryNode::prepare(
        {.name = "bench",
         .yaml =
             "jobs: {run_as: [etl], administrators: [tester], authors: [etl], export_folders: ['@FOLDER@/exports']}\n"
             "sources:\n  - name: files\n    connector: files\n    options: {directory: '@FOLDER@/source'}\n"
             "    import: [{schema: '.', into: files}]\n",
         .users = "{name: etl, password: e}"}));
    for (const char* folder : {"exports", "source"}) {
        fs::create_directory(node.folder() / folder);
        fs::permissions(node.folder() / folder, fs::perms::all);
    }
    const auto isWanted = [&](const char* part) { return wanted.empty() || wanted.contains(part); };
    TSR_TRY(makeParquet(node, "sales", kRows));
    TSR_TRY(makeParquet(node, "few", kFewRows));
    TSR_TRY(node.launch());
    const auto client = TSR_TRY(JobsClient::create({"bench", "127.0.0.1:" + std::to_string(node.port()), "etl", "e"}));
    std::vector<Row> rows;
    if (isWanted("export") || isWanted("memory")) {
        auto connection = TSR_TRY(node.connect("etl", "e"));
        TSR_TRY(connection.execute("CREATE TABLE public.sales AS SELECT * FROM files.sales; ANALYZE public.sales"));
    }
    if (isWanted("export")) {
        TSR_TRY(measureExports(node, *client, rows));
    }
    if (isWanted("memory")) {
        TSR_TRY(measureMemory(node, *client, rows));
    }
    if (isWanted("starts")) {
        TSR_TRY(measureStarts(*client, rows));
    }
    return report("jobs", rows);
}

}  // namespace
}  // namespace tessera::bench

int main(int argc, char** argv) {
    const tessera::Result<> done = tessera::bench::run({argv + 1, argv + argc});
    if (!done) {
        std::fprintf(stderr, "bench: %s\n", done.error().describe().c_str());
        return 1;
    }
    return 0;
}
