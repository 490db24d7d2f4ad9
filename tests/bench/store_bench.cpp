/// The replicated store beside etcd and plain SQLite: three local members each, values of 1 kB, all on one disk. What
/// the disk can do is measured in the same run.

#include "tests/bench/process_usage.h"
#include "tests/bench/report.h"
#include "tests/bench/store_bench_etcd.h"
#include "tests/support/store_nodes.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace tessera::bench {
namespace {

using client::StoreClient;
using client::StoreConsistency;
using client::StoreStatement;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr int kRuns = 3;
constexpr int kManyClients = 64;
constexpr seconds kEach{3};
constexpr seconds kIdleTime{20};
const std::string kValue(1000, 'v');

/// One thing to do again and again, by the thread that made it.
using Work = std::function<Result<>(std::uint64_t number)>;
using MakeWork = std::function<Result<Work>(int thread)>;

struct Throughput {
    double median_us = 0;
    double per_second = 0;
    double longest_ms = 0;
    std::size_t operations = 0;
};

/// By so many threads, for a while.
Result<Throughput> measure(int threads, Clock::duration most, const MakeWork& make,
                           const std::atomic<bool>* until = nullptr) {
    std::vector<std::thread> running;
    std::vector<std::vector<double>> times(static_cast<std::size_t>(threads));
    std::vector<Result<>> done(static_cast<std::size_t>(threads));
    const auto begin = Clock::now();
    for (int thread = 0; thread < threads; ++thread) {
        running.emplace_back([&, thread, at = static_cast<std::size_t>(thread)] {
            const auto work = make(thread);
            if (!work) {
                done[at] = work.error();
                return;
            }
            for (std::uint64_t number = 0; until == nullptr ? Clock::now() - begin < most : !*until; ++number) {
                const auto start = Clock::now();
                done[at] = (*work)(number);
                if (!done[at]) {
                    return;
                }
                times[at].push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
            }
        });
    }
    for (std::thread& thread : running) {
        thread.join();
    }
    const std::chrono::duration<double> took = Clock::now() - begin;
    std::vector<double> all;
    for (std::size_t i = 0; i < times.size(); ++i) {
        TSR_TRY(std::move(done[i]));
        all.insert(all.end(), times[i].begin(), times[i].end());
    }
    if (all.empty()) {
        return fail(ErrorCode::kInternal, "nothing was done in the time");
    }
    std::sort(all.begin(), all.end());
    return Throughput{all[all.size() / 2], static_cast<double>(all.size()) / took.count(), all.back() / 1000,
                      all.size()};
}

/// What members have used. Unlike time, it hardly depends on what else the machine does.
struct Used {
    double processor_us = 0;
    double sleeps = 0;
};

Result<Used> usedBy(const std::vector<pid_t>& members) {
    Used used;
    for (const pid_t member : members) {
        used.processor_us += TSR_TRY(processorTimeOf(member));
        used.sleeps += static_cast<double>(TSR_TRY(sleepsOf(member)));
    }
    return used;
}

/// measure(), and says what the members and their clients, which are this process, used for each operation.
Result<Throughput> measureWithCost(int threads, const MakeWork& make, const char* whose,
                                   const std::vector<pid_t>& members) {
    const Used before = TSR_TRY(usedBy(members));
    const double clients_before = TSR_TRY(processorTimeOf(::getpid()));
    const Throughput found = TSR_TRY(measure(threads, kEach, make));
    const Used after = TSR_TRY(usedBy(members));
    const double clients_after = TSR_TRY(processorTimeOf(::getpid()));
    const auto operations = static_cast<double>(found.operations);
    std::printf("  %s: an operation takes members %.0f us of processor time and %.1f wake-ups, its client %.0f us\n",
                whose, (after.processor_us - before.processor_us) / operations,
                (after.sleeps - before.sleeps) / operations, (clients_after - clients_before) / operations);
    return found;
}

/// 1,000 bytes behind the others, and on the disk.
Result<Throughput> measureDisk(const std::filesystem::path& folder) {
    const auto file = folder / "disk";
    return measure(1, kEach, [&](int) -> Result<Work> {
        const auto out = std::make_shared<FileDescriptor>(::open(file.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600));
        return Work([out](std::uint64_t) -> Result<> {
            return ::write(out->get(), kValue.data(), kValue.size()) > 0 && ::fdatasync(out->get()) == 0
                       ? Result<>()
                       : Result<>(fail(ErrorCode::kUnavailable, "cannot write to the disk"));
        });
    });
}

/// SQLite itself, in this process.
class Plain {
  public:
    explicit Plain(const std::filesystem::path& file) {
        sqlite3_open(file.c_str(), &database_);
        sqlite3_exec(database_,
                     "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
                     "CREATE TABLE kv(key TEXT PRIMARY KEY, value TEXT)",
                     nullptr, nullptr, nullptr);
    }

    ~Plain() { sqlite3_close(database_); }

    Plain(const Plain&) = delete;
    Plain& operator=(const Plain&) = delete;

    Result<> run(const char* sql, const std::string& key, const std::string* value) {
        sqlite3_stmt* statement = nullptr;
        sqlite3_prepare_v2(database_, sql, -1, &statement, nullptr);
        sqlite3_bind_text(statement, 1, key.data(), static_cast<int>(key.size()), SQLITE_STATIC);
        if (value != nullptr) {
            sqlite3_bind_text(statement, 2, value->data(), static_cast<int>(value->size()), SQLITE_STATIC);
        }
        int code = sqlite3_step(statement);
        while (code == SQLITE_ROW) {
            code = sqlite3_step(statement);
        }
        sqlite3_finalize(statement);
        return code == SQLITE_DONE ? Result<>() : Result<>(fail(ErrorCode::kInternal, sqlite3_errmsg(database_)));
    }

  private:
    sqlite3* database_ = nullptr;
};

constexpr const char* kPut = "INSERT OR REPLACE INTO kv VALUES (?, ?)";
constexpr const char* kGet = "SELECT value FROM kv WHERE key = ?";
constexpr std::uint64_t kKeys = 1000;

std::string keyOf(int thread, std::uint64_t number) {
    return "k" + std::to_string(thread) + "-" + std::to_string(number % kKeys);
}

/// Ours, etcd's and SQLite's.
struct Bench {
    Nodes nodes{Nodes::Links::kNone};
    std::size_t leader = 0;
    std::unique_ptr<EtcdCluster> etcd;
    TemporaryDirectory folder;
    std::unique_ptr<Plain> plain = std::make_unique<Plain>(folder.path() / "plain.db");

    MakeWork ourPuts() {
        return [this](int thread) -> Result<Work> {
            return Work([client = clientOf(nodes.at(leader)), thread](std::uint64_t number) -> Result<> {
                TSR_TRY(client->execute({{kPut, {keyOf(thread, number), kValue}}}, seconds(10)));
                return {};
            });
        };
    }

    MakeWork ourGets(StoreConsistency consistency) {
        return [this, consistency](int thread) -> Result<Work> {
            return Work([client = clientOf(nodes.at(leader)), thread, consistency](std::uint64_t number) {
                return client->query({kGet, {keyOf(thread, number)}}, consistency, seconds(10),
                                     {[](const auto&, std::uint64_t) { return Result<>(); },
                                      [](std::vector<client::StoreValue>) { return Result<>(); }});
            });
        };
    }

    /// By way of one member.
    Work putsAt(std::size_t member) {
        return [client = clientOf(nodes.at(member))](std::uint64_t number) -> Result<> {
            TSR_TRY(client->execute({{kPut, {keyOf(0, number), kValue}}}, seconds(1)));
            return {};
        };
    }

    /// What the member has itself.
    Work getsAt(std::size_t member) {
        return [client = clientOf(nodes.at(member))](std::uint64_t number) {
            return client->query({kGet, {keyOf(0, number)}}, StoreConsistency::kNone, seconds(1),
                                 {[](const auto&, std::uint64_t) { return Result<>(); },
                                  [](std::vector<client::StoreValue>) { return Result<>(); }});
        };
    }

    std::vector<pid_t> ourMembers() {
        std::vector<pid_t> found;
        for (std::size_t i = 0; i < kMembers; ++i) {
            found.push_back(nodes.at(i).pid());
        }
        return found;
    }

    MakeWork etcdPuts() {
        return [this](int thread) -> Result<Work> {
            return Work([client = std::shared_ptr(etcd->client()), thread](std::uint64_t number) {
                return client->put(keyOf(thread, number), kValue);
            });
        };
    }

    MakeWork etcdGets() {
        return [this](int thread) -> Result<Work> {
            return Work([client = std::shared_ptr(etcd->client()), thread](std::uint64_t number) {
                return client->get(keyOf(thread, number));
            });
        };
    }
};

Result<std::unique_ptr<Bench>> start() {
    auto bench = std::make_unique<Bench>();
    bench->etcd = TSR_TRY(EtcdCluster::start());
    bench->nodes.start();
    bench->leader = bench->nodes.awaitLeader();
    const auto made = untilReached<client::StoreWritten>([&] {
        return clientOf(bench->nodes.at(bench->leader))
            ->execute({{"CREATE TABLE kv(key TEXT PRIMARY KEY, value TEXT)"}}, kPatience);
    });
    TSR_TRY(made);
    return bench;
}

Result<double> medianOf(const std::function<Result<double>()>& once) {
    const auto found = TSR_TRY(medians(std::vector<Measured>{{"", once}}, kRuns));
    return found[0];
}

/// Both in turn; what counts is microseconds an operation.
Result<> compare(Bench& bench, std::vector<Row>& rows, const std::string& id, const std::string& what, int threads,
                 const MakeWork& ours, const std::string& peer, const MakeWork& others, std::optional<double> goal) {
    const auto each = [&](const MakeWork& make, const char* whose, std::vector<pid_t> members) {
        return [threads, &make, whose, members = std::move(members)]() -> Result<double> {
            const Throughput found = TSR_TRY(measureWithCost(threads, make, whose, members));
            return threads == 1 ? found.median_us : 1e6 / found.per_second;
        };
    };
    const bool is_etcd = peer == "etcd";
    const auto times =
        TSR_TRY(medians(std::vector<Measured>{{"ours", each(ours, "ours", bench.ourMembers())},
                                              {peer, each(others, is_etcd ? "etcd" : "compared",
                                                          is_etcd ? bench.etcd->processes() : bench.ourMembers())}},
                        kRuns));
    std::printf("%s: ours %.0f us (%.0f/s), %s %.0f us (%.0f/s)\n", what.c_str(), times[0], 1e6 / times[0],
                peer.c_str(), times[1], 1e6 / times[1]);
    std::fflush(stdout);
    rows.push_back({id, what, times[0], "us", peer, times[1] / times[0], goal});
    return {};
}

Result<> benchWrites(Bench& bench, std::vector<Row>& rows) {
    const auto plain = [&](int thread) -> Result<Work> {
        return Work(
            [&bench, thread](std::uint64_t number) { return bench.plain->run(kPut, keyOf(thread, number), &kValue); });
    };
    TSR_TRY(compare(bench, rows, "put_1", "write, 1 client", 1, bench.ourPuts(), "etcd", bench.etcdPuts(), 1.0));
    TSR_TRY(compare(bench, rows, "put_64", "write, 64 clients", kManyClients, bench.ourPuts(), "etcd", bench.etcdPuts(),
                    2.0));
    const auto onDisk = [&]() -> Result<double> { return TSR_TRY(measureDisk(bench.folder.path())).median_us; };
    const auto inProcess = [&]() -> Result<double> { return TSR_TRY(measure(1, kEach, plain)).median_us; };
    const double disk = TSR_TRY(medianOf(onDisk));
    const double alone = TSR_TRY(medianOf(inProcess));
    rows.push_back({"put_1_disk",
                    "write, 1 client",
                    rows[0].value,
                    "us",
                    "append of 1 kB and fdatasync",
                    disk / rows[0].value,
                    {}});
    rows.push_back({"put_1_sqlite",
                    "write, 1 client",
                    rows[0].value,
                    "us",
                    "SQLite in process, WAL, FULL",
                    alone / rows[0].value,
                    {}});
    rows.push_back({"put_64_sqlite",
                    "write, 64 clients",
                    rows[1].value,
                    "us",
                    "SQLite in process, WAL, FULL",
                    alone / rows[1].value,
                    {}});
    return {};
}

Result<> benchReads(Bench& bench, std::vector<Row>& rows) {
    TSR_TRY(compare(bench, rows, "get_1", "linearizable read, 1 client", 1,
                    bench.ourGets(StoreConsistency::kLinearizable), "etcd", bench.etcdGets(), 2.0));
    TSR_TRY(compare(bench, rows, "get_64", "linearizable read, 64 clients", kManyClients,
                    bench.ourGets(StoreConsistency::kLinearizable), "etcd", bench.etcdGets(), 2.0));
    const auto both = [&](int thread) -> Result<Work> {
        return Work(
            [&bench, client = clientOf(bench.nodes.at(bench.leader)), thread](std::uint64_t number) -> Result<> {
                TSR_TRY(client->status());
                return bench.plain->run(kGet, keyOf(thread, number), nullptr);
            });
    };
    return compare(bench, rows, "get_none", "read of consistency none", 1, bench.ourGets(StoreConsistency::kNone),
                   "a call to the node and a local SQLite read", both, 0.8);
}

/// From kill -9 of the leader to the next write, on another member.
Result<> benchFailover(Bench& bench, std::vector<Row>& rows) {
    std::vector<double> times;
    for (int run = 0; run < kRuns; ++run) {
        const std::size_t leader = bench.nodes.awaitLeader();
        const auto client = clientOf(bench.nodes.at((leader + 1) % kMembers));
        // A member that has not heard of the leader yet may ask the one before.
        const auto write = [&](const char* key) {
            while (!client->execute({{kPut, {std::string(key), kValue}}}, seconds(10))) {
            }
        };
        write("before");
        bench.nodes.at(leader).kill();
        const auto begin = Clock::now();
        write("after");
        times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
        TSR_TRY(bench.nodes.at(leader).launch());
    }
    bench.leader = bench.nodes.awaitLeader();
    std::sort(times.begin(), times.end());
    rows.push_back({"failover", "failover after kill -9", times[times.size() / 2], "ms", "1,500 ms",
                    1500 / times[times.size() / 2], 1.0});
    return {};
}

Result<> benchIdle(Bench& bench, std::vector<Row>& rows) {
    double before = 0;
    double after = 0;
    for (std::size_t i = 0; i < kMembers; ++i) {
        before += TSR_TRY(processorTimeOf(bench.nodes.at(i).pid()));
    }
    std::this_thread::sleep_for(kIdleTime);
    for (std::size_t i = 0; i < kMembers; ++i) {
        after += TSR_TRY(processorTimeOf(bench.nodes.at(i).pid()));
    }
    const double percent = (after - before) / 1e4 / static_cast<double>(kIdleTime.count());
    rows.push_back({"idle", "idle, three nodes", percent, "%", "1 % of a core", 1 / percent, 1.0});
    return {};
}

/// The longest that a writer waits while the leader makes a snapshot of so much data, beside its longest without one.
Result<> benchSnapshot(Bench& bench, std::vector<Row>& rows) {
    const char* asked = std::getenv("TESSERA_BENCH_STORE_MB");
    const std::uint64_t megabytes = asked == nullptr ? 256 : std::strtoull(asked, nullptr, 10);
    const auto client = clientOf(bench.nodes.at(bench.leader));
    TSR_TRY(client->execute({{"CREATE TABLE IF NOT EXISTS big(data BLOB)"}}, kPatience));
    for (std::uint64_t i = 0; i < megabytes; ++i) {
        TSR_TRY(client->execute({{"INSERT INTO big VALUES (zeroblob(1048576))"}}, kPatience));
    }
    const Throughput quiet = TSR_TRY(measure(1, kEach, bench.ourPuts()));
    const std::uint64_t before = TSR_TRY(client->status()).snapshot_index;
    TSR_TRY(client->snapshot());
    std::atomic<bool> is_over = false;
    std::thread waiting([&] {
        is_over = waitUntil(
            [&] {
                const auto status = client->status();
                return !status || status->snapshot_index > before;
            },
            std::chrono::minutes(10));
        is_over = true;
    });
    const auto busy = measure(1, kEach, bench.ourPuts(), &is_over);
    waiting.join();
    const Throughput during = TSR_TRY(busy);
    std::printf("snapshot of %llu MB: a write waits at most %.1f ms, %.1f ms without\n",
                static_cast<unsigned long long>(megabytes), during.longest_ms, quiet.longest_ms);
    rows.push_back({"snapshot", "longest write in a snapshot of " + std::to_string(megabytes) + " MB",
                    during.longest_ms, "ms", "50 ms", 50 / during.longest_ms, 1.0});
    rows.push_back({"snapshot_quiet",
                    "longest write in a snapshot of " + std::to_string(megabytes) + " MB",
                    during.longest_ms,
                    "ms",
                    "without a snapshot",
                    quiet.longest_ms / during.longest_ms,
                    {}});
    return {};
}

/// The longest that a client had no answer while `is_over` was not yet so, in milliseconds: tries that fail are no
/// answers.
double longestPause(const Work& work, const std::atomic<bool>& is_over) {
    double longest = 0;
    auto last = Clock::now();
    for (std::uint64_t number = 0; !is_over; ++number) {
        const bool is_done = work(number).has_value();
        const auto now = Clock::now();
        longest = std::max(longest, std::chrono::duration<double, std::milli>(now - last).count());
        last = is_done ? now : last;
    }
    return longest;
}

/// A follower stood still while so much was written that it needs the leader's snapshot. How long are its own clients
/// without an answer, from when it goes on until it is up to date?
Result<> benchInstall(Bench& bench, std::vector<Row>& rows) {
    const char* asked = std::getenv("TESSERA_BENCH_STORE_MB");
    const std::uint64_t megabytes = asked == nullptr ? 1024 : std::strtoull(asked, nullptr, 10);
    const std::size_t leader = bench.nodes.awaitLeader();
    const std::size_t behind = (leader + 1) % kMembers;
    const auto client = clientOf(bench.nodes.at(leader));
    const auto put = bench.putsAt(behind);
    const auto get = bench.getsAt(behind);
    TSR_TRY(client->execute({{"CREATE TABLE IF NOT EXISTS big(data BLOB)"}}, kPatience));
    // As a value, so that the log has it too, which is then cut.
    const std::string megabyte(std::size_t{1} << 20U, 'v');
    const std::uint64_t had = TSR_TRY(clientOf(bench.nodes.at(behind))->status()).commit_index;
    ::kill(bench.nodes.at(behind).pid(), SIGSTOP);
    for (std::uint64_t i = 0; i < megabytes; ++i) {
        TSR_TRY(client->execute({{"INSERT INTO big VALUES (?)", {megabyte}}}, kPatience));
    }
    const std::uint64_t written = TSR_TRY(client->status()).commit_index;
    TSR_TRY(client->snapshot());
    waitUntil(
        [&] {
            const auto status = client->status();
            return status && status->snapshot_index > had && status->log_base > had;
        },
        std::chrono::minutes(10));
    std::atomic<bool> is_over = false;
    std::array<double, 2> pauses{};
    const auto begin = Clock::now();
    ::kill(bench.nodes.at(behind).pid(), SIGCONT);
    std::thread writing([&] { pauses[0] = longestPause(put, is_over); });
    std::thread reading([&] { pauses[1] = longestPause(get, is_over); });
    const bool is_there = waitUntil(
        [&] {
            const auto status = clientOf(bench.nodes.at(behind))->status();
            return status && status->applied_index >= written;
        },
        std::chrono::minutes(10));
    const double took = std::chrono::duration<double>(Clock::now() - begin).count();
    is_over = true;
    writing.join();
    reading.join();
    if (!is_there) {
        return fail(ErrorCode::kDeadlineExceeded, "the follower did not catch up");
    }
    std::printf("a snapshot of %llu MB was installed in %.1f s\n", static_cast<unsigned long long>(megabytes), took);
    const std::string of = " at a follower in which a snapshot of " + std::to_string(megabytes) + " MB is installed";
    rows.push_back({"install_write",
                    "longest without a write" + of,
                    pauses[0],
                    "ms",
                    "all of the time that it takes",
                    took * 1000 / pauses[0],
                    {}});
    rows.push_back({"install_read",
                    "longest without a read of none" + of,
                    pauses[1],
                    "ms",
                    "all of the time that it takes",
                    took * 1000 / pauses[1],
                    {}});
    return {};
}

struct Part {
    const char* name;
    Result<> (*run)(Bench&, std::vector<Row>&);
};

constexpr Part kParts[] = {{"writes", benchWrites},     {"reads", benchReads},       {"idle", benchIdle},
                           {"snapshot", benchSnapshot}, {"failover", benchFailover}, {"install", benchInstall}};

/// All parts, or those that are named.
Result<> run(const std::vector<std::string>& wanted) {
    const auto bench = TSR_TRY(start());
    std::vector<Row> rows;
    for (const Part& part : kParts) {
        if (wanted.empty() || std::find(wanted.begin(), wanted.end(), part.name) != wanted.end()) {
            TSR_TRY(part.run(*bench, rows));
        }
    }
    return report("store", rows);
}

}  // namespace
}  // namespace tessera::bench

int main(int argc, char** argv) {
    const tessera::Result<> done = tessera::bench::run({argv + 1, argv + argc});
    if (!done) {
        std::fprintf(stderr, "bench: %s\n", done.error().describe().c_str());
        return 1;
    }
}
