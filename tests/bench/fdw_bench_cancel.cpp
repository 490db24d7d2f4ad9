/// How long a statement goes on at its source after it was cancelled.

#include "tests/bench/fdw_bench.h"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <future>
#include <thread>

namespace tessera::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRuns = 5;
constexpr double kWantedMs = 100;
constexpr auto kLongest = std::chrono::seconds(10);
/// A source that still plans or compiles (PostgreSQL's JIT) heeds nobody, not even a client of its own.
constexpr auto kUnderWay = std::chrono::seconds(2);

/// Looks every half millisecond, so that looking takes little from what is looked at.
Result<> waitUntil(bool wanted, const IsRunning& is_running) {
    const auto end = Clock::now() + kLongest;
    while (TSR_TRY(is_running()) != wanted) {
        if (Clock::now() > end) {
            return fail(ErrorCode::kDeadlineExceeded,
                        wanted ? "the statement has not begun at its source after ten seconds"
                               : "the statement goes on ten seconds after it was cancelled");
        }
        std::this_thread::sleep_for(std::chrono::microseconds(500));
    }
    return {};
}

Result<> sendCancel(postgres::Connection& client) {
    PGcancel* cancel = PQgetCancel(client.handle());
    std::array<char, 256> message{};
    const bool sent = PQcancel(cancel, message.data(), message.size()) == 1;
    PQfreeCancel(cancel);
    return sent ? Result<>() : Result<>(fail(ErrorCode::kInternal, message.data()));
}

/// From the request to cancel until the client has its error and the source is rid of the statement.
Result<double> cancelOnce(const TemporaryPostgres& server, const std::string& statement, const IsRunning& is_running) {
    postgres::Connection client = TSR_TRY(server.connect());
    auto running = std::async(std::launch::async, [&] { return client.execute(statement); });
    Result<> reached = waitUntil(true, is_running);
    std::this_thread::sleep_for(kUnderWay);
    const auto begin = Clock::now();
    const Result<> sent = sendCancel(client);
    const Result<> done = running.get();
    TSR_TRY(reached);
    TSR_TRY(sent);
    TSR_TRY(waitUntil(false, is_running));
    const double ms = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
    if (done || done.error().sqlstate != "57014") {
        return fail(ErrorCode::kInternal,
                    "a cancelled statement " + (done ? "ended" : "failed with: " + done.error().describe()));
    }
    return ms;
}

}  // namespace

Result<double> cancelMedian(const TemporaryPostgres& server, const std::string& statement,
                            const IsRunning& is_running) {
    std::vector<double> times;
    for (int run = 0; run < kRuns; ++run) {
        times.push_back(TSR_TRY(cancelOnce(server, statement, is_running)));
    }
    std::ranges::sort(times);
    return times[kRuns / 2];
}

const char* const kLongJoin = "SELECT count(*) FROM $.large a JOIN $.large b USING (g) WHERE a.name < b.name";

IsRunning anyRow(postgres::Connection& connection, std::string query) {
    return [&connection, query = std::move(query)]() -> Result<bool> {
        return !TSR_TRY(connection.query(query)).values.empty();
    };
}

Result<> addCancel(const Node& node, const std::string& id, const std::string& what, const std::string& statement,
                   const IsRunning& is_running, std::vector<Row>& rows) {
    const double median = TSR_TRY(cancelMedian(node.server, statement, is_running));
    rows.push_back({"cancel_" + id, what, median, "ms", "100 ms", kWantedMs / median, 1.0});
    return {};
}

Result<> addCancelHere(const Node& node, const std::string& schema, const std::string& what, std::vector<Row>& rows) {
    postgres::Connection observer = TSR_TRY(node.server.connect());
    // Early on the backend may still be planning.
    const IsRunning is_active = anyRow(observer,
                                       "SELECT FROM pg_stat_activity WHERE state = 'active' AND pid <> "
                                       "pg_backend_pid() AND now() - query_start > interval '200 ms'");
    return addCancel(node, schema, what, inSchema(kLongJoin, schema), is_active, rows);
}

}  // namespace tessera::bench
