#include "nodeservice/postgres/supervisor.h"

#include "common/log.h"
#include "common/thread.h"

#include <algorithm>
#include <csignal>
#include <utility>

namespace tessera::postgres {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kFirstDelay{100};
constexpr milliseconds kLongestDelay = seconds(10);
// A server that ran this long was well: its next end starts the back-off anew.
constexpr seconds kWellAfter{60};
// Bounds how long an end of the server could go unnoticed if its wake-up were lost.
constexpr seconds kWatchInterval{1};

}  // namespace

Supervisor::Supervisor(ClusterOptions options, std::function<void()> on_restart)
    : cluster_(std::move(options)), on_restart_(std::move(on_restart)) {}

Result<> Supervisor::start() {
    const auto first_start = std::make_shared<std::promise<Result<>>>();
    auto started = first_start->get_future();
    thread_ = startThread("supervisor", [this, first_start] { supervise(*first_start); });
    return started.get();
}

void Supervisor::requestStop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    stop_requested_.notify_all();
    // "Fast" shutdown: wakes the supervising thread through the server's end. While running_ is true, that thread does
    // not replace the process that is signalled here.
    if (running_) {
        (void)cluster_.signal(SIGINT);
    }
}

void Supervisor::stop() {
    requestStop();
    if (thread_.joinable()) {
        thread_.join();
    }
}

Result<> Supervisor::startCluster() {
    if (!TSR_TRY(cluster_.isInitialised())) {
        log::info("postgres.initdb", {{"directory", cluster_.options().data_directory.string()}});
        TSR_TRY(cluster_.initialise());
    }
    return cluster_.start();
}

void Supervisor::supervise(std::promise<Result<>>& first_start) {
    auto started = startCluster();
    const bool ok = started.has_value();
    running_ = ok;
    first_start.set_value(std::move(started));
    if (ok) {
        watch();
    }
    running_ = false;
    cluster_.stop();
}

void Supervisor::watch() {
    auto started_at = std::chrono::steady_clock::now();
    milliseconds delay = kFirstDelay;
    while (true) {
        const auto ended = cluster_.wait(kWatchInterval);
        {
            const std::lock_guard lock(mutex_);
            if (stopping_) {
                return;
            }
        }
        if (!ended) {
            continue;
        }
        running_ = false;
        if (std::chrono::steady_clock::now() - started_at > kWellAfter) {
            delay = kFirstDelay;
        }
        log::error("postgres.ended", {{"how", ended->describe()}, {"restart_in_ms", delay.count()}});
        Result<> again = fail(ErrorCode::kUnavailable, "");
        while (!again) {
            if (!pauseFor(delay)) {
                return;
            }
            delay = std::min(delay * 2, kLongestDelay);
            again = cluster_.start();
            if (!again) {
                log::error("postgres.restart_failed",
                           {{"error", again.error().describe()}, {"retry_in_ms", delay.count()}});
            }
        }
        started_at = std::chrono::steady_clock::now();
        running_ = true;
        ++restarts_;
        log::info("postgres.restarted", {{"restarts", restarts_.load()}});
        on_restart_();
    }
}

bool Supervisor::pauseFor(milliseconds delay) {
    std::unique_lock lock(mutex_);
    return !stop_requested_.wait_for(lock, delay, [this] { return stopping_; });
}

}  // namespace tessera::postgres
