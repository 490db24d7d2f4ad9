#include "plugins/files/watcher.h"

#include "plugins/sdk/connector_base.h"

#include <chrono>

namespace tessera::files {

namespace {

constexpr std::chrono::milliseconds kPollInterval{20};

}  // namespace

Watcher::~Watcher() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void Watcher::arm(bool armed) {
    if (!thread_.joinable()) {
        const sdk::BlockSignals blocked;
        thread_ = std::thread([this] { run(); });
    }
    {
        const std::lock_guard lock(mutex_);
        armed_ = armed;
    }
    // Waking the thread to tell it that there is nothing more to watch is not worth it: it finds out by itself.
    if (armed) {
        changed_.notify_one();
    }
}

void Watcher::run() {
    pthread_setname_np(pthread_self(), "tsr-files-watch");
    std::unique_lock lock(mutex_);
    while (!stopped_) {
        if (!armed_) {
            changed_.wait(lock, [this] { return armed_ || stopped_; });
            continue;
        }
        changed_.wait_for(lock, kPollInterval, [this] { return stopped_; });
        // Under the lock, so that no interrupt comes after the scope has ended. It only sets a flag.
        if (armed_ && !stopped_ && sdk::isCancelled(host_)) {
            duckdb_interrupt(connection_);
        }
    }
}

}  // namespace tessera::files
