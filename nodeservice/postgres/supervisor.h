#pragma once

/// Keeps a cluster's server running: starts it, restarts it with exponential back-off when it ends by itself, stops it.
///
/// One thread of its own owns the cluster from start() to stop(). The members may be called from any thread.

#include "common/result.h"
#include "nodeservice/postgres/cluster.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <future>
#include <mutex>
#include <thread>

namespace tessera::postgres {

class Supervisor {
  public:
    /// `on_restart` is called from the supervisor's thread after the server is back.
    Supervisor(ClusterOptions options, std::function<void()> on_restart);

    ~Supervisor() { stop(); }

    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;

    /// Initialises the data directory if it is new, starts the server and returns when it accepts connections. On
    /// failure nothing is left running.
    Result<> start();

    /// Asks the server to stop cleanly, also while start() waits in another thread. stop() must still follow.
    void requestStop();

    /// Stops the server cleanly and joins. May be called again; not from several threads at once.
    void stop();

    bool isRunning() const { return running_; }

    std::uint64_t restarts() const { return restarts_; }

    /// Settings never change after construction.
    ConnectionSettings superuserSettings(const std::string& database) const {
        return cluster_.superuserSettings(database);
    }

  private:
    void supervise(std::promise<Result<>>& first_start);
    Result<> startCluster();
    void watch();
    /// False when the supervisor is stopping.
    bool pauseFor(std::chrono::milliseconds delay);

    Cluster cluster_;
    const std::function<void()> on_restart_;
    std::thread thread_;
    std::atomic<bool> running_ = false;
    std::atomic<std::uint64_t> restarts_ = 0;
    std::mutex mutex_;
    std::condition_variable stop_requested_;
    bool stopping_ = false;  // guarded by mutex_
};

}  // namespace tessera::postgres
