/// A shard that goes to another node while a third one writes to it: how long the longest write takes, and how many
/// writes there are less meanwhile.

#include "tests/bench/mesh_bench.h"
#include "tests/support/mesh_nodes.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>

namespace tessera::bench {
namespace {

using Clock = std::chrono::steady_clock;
using postgres::Connection;
using std::chrono::milliseconds;

constexpr int kWriters = 4;
constexpr int kBytesOfRow = 200;
constexpr std::chrono::minutes kMostWait{60};

double msSince(Clock::time_point begin) {
    return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

/// Changes rows at random, each until it is done.
class Load {
  public:
    Load(MeshNodes& mesh, int rows) {
        for (unsigned i = 0; i < kWriters; ++i) {
            threads_.emplace_back([this, &mesh, rows, i] { write(mesh, rows, i); });
        }
    }

    ~Load() {
        is_done_ = true;
        for (std::thread& thread : threads_) {
            thread.join();
        }
    }

    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    std::int64_t writes() const { return writes_; }

    /// Of any write that has ended since the last call.
    double longest() { return static_cast<double>(longest_us_.exchange(0)) / 1000; }

  private:
    void write(MeshNodes& mesh, int rows, unsigned seed) {
        Connection connection = mesh.connect(1);
        std::uint64_t at = seed + 1;
        while (!is_done_) {
            at = at * 6364136223846793005ULL + 1442695040888963407ULL;
            const std::string sql = "UPDATE sales.orders SET amount = amount + 1 WHERE id = " +
                                    std::to_string((at >> 33U) % static_cast<std::uint64_t>(rows));
            const auto begin = Clock::now();
            // As programs do: again what is refused with 40001.
            while (!connection.execute(sql) && !is_done_) {
            }
            const auto took = static_cast<std::int64_t>(msSince(begin) * 1000);
            for (std::int64_t seen = longest_us_; took > seen && !longest_us_.compare_exchange_weak(seen, took);) {
            }
            ++writes_;
        }
    }

    std::atomic<bool> is_done_ = false;
    std::atomic<std::int64_t> writes_ = 0;
    std::atomic<std::int64_t> longest_us_ = 0;
    std::vector<std::thread> threads_;
};

double perSecond(std::int64_t count, double ms) {
    return static_cast<double>(count) * 1000 / std::max(ms, 1.0);
}

/// Until the writers' node knows that it is there.
Result<> awaitPlace(Connection& asked, const std::string& place) {
    const auto deadline = Clock::now() + kMostWait;
    while (Clock::now() < deadline) {
        const std::string now = answerOf(asked, "SELECT node || '/' || place FROM tessera.shards");
        if (now == place + "\n") {
            return {};
        }
        if (now.find("error") != std::string::npos) {
            return fail(ErrorCode::kInternal, now);
        }
        std::this_thread::sleep_for(milliseconds(50));
    }
    return fail(ErrorCode::kDeadlineExceeded,
                "the move does not end: " + answerOf(asked, "SELECT * FROM tessera.shard_moves"));
}

}  // namespace

Result<> benchMove(const MeshSize& size, std::vector<Row>& rows) {
    const int count = static_cast<int>(std::int64_t{size.shard_mb} * 1'000'000 / kBytesOfRow);
    std::fprintf(stderr, "filling a shard of %d MB, %d rows\n", size.shard_mb, count);
    const std::string columns = " (id int PRIMARY KEY, amount int NOT NULL, note text);";
    MeshNodes mesh("CREATE TABLE orders" + columns + "CREATE TABLE spare" + columns);
    Connection source = mesh.direct(MeshNodes::databaseOf(0));
    TSR_TRY(source.execute("INSERT INTO orders SELECT i, 0, repeat(md5(i::text), 5) FROM generate_series(0, " +
                           std::to_string(count - 1) + ") i"));
    TSR_TRY(source.execute("VACUUM ANALYZE orders"));
    Connection asked = mesh.connect(1);
    TSR_TRY(
        asked.query("SELECT tessera.create_sharded_table('sales.orders', 'range (id)', '[\"a/crm.orders\"]', key => "
                    "'{id}', writers => '{tester}', check_rows => false)"));
    Load load(mesh, count);
    std::this_thread::sleep_for(std::chrono::seconds(1));
    static_cast<void>(load.longest());
    const std::int64_t first = load.writes();
    const auto quiet = Clock::now();
    std::this_thread::sleep_for(std::chrono::seconds(size.seconds));
    const double before = perSecond(load.writes() - first, msSince(quiet));
    const double longest_before = load.longest();

    const std::int64_t second = load.writes();
    const auto begin = Clock::now();
    TSR_TRY(asked.query("SELECT tessera.move_shard('sales.orders', 0, 'c/crm.spare')"));
    TSR_TRY(awaitPlace(asked, "c/crm.spare"));
    const double took = msSince(begin);
    const double meanwhile = perSecond(load.writes() - second, took);
    // Who still waits for the new place is counted, too.
    for (const std::int64_t known = load.writes(); load.writes() < known + std::int64_t{100} * kWriters;) {
        std::this_thread::sleep_for(milliseconds(20));
    }
    const double pause = load.longest();
    const std::string log = mesh.at(2).log();
    const std::size_t at = log.find("mesh.shard_moved");
    std::fprintf(stderr, "%s\n", at == std::string::npos ? "" : log.substr(at, log.find('\n', at) - at).c_str());
    const std::string what = "a shard of " + std::to_string(size.shard_mb) + " MB that moves";
    rows.push_back({"move_pause", what + ": longest write", pause, "ms", "a second", 1000 / pause, 1.0});
    rows.push_back(
        {"move_pause_quiet", "the same", pause, "ms", "the longest without a move", longest_before / pause, {}});
    rows.push_back({"move_write", what + ": a write", 1e6 / meanwhile, "us", "without a move", meanwhile / before, {}});
    rows.push_back({"move_time", what, took / 1000, "s", "10 MB a second", size.shard_mb / 10.0 * 1000 / took, {}});
    return {};
}

}  // namespace tessera::bench
