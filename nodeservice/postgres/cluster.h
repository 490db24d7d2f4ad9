#pragma once

/// A PostgreSQL data directory and the server that runs on it, both ours: initdb, configuration, start, stop.
///
/// The server never runs as root (it gets the service user), dies when this process dies, however it dies, and is
/// stopped by the destructor. What a killed predecessor left (a pid file, back ends on their way out) does not prevent
/// a start.
///
/// Thread: one owner at a time; signal() may also be called by others while the owner waits.

#include "common/process.h"
#include "common/result.h"
#include "common/service_user.h"
#include "nodeservice/postgres/connection.h"
#include "nodeservice/postgres/installation.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tessera::postgres {

struct ClusterOptions {
    Installation installation;
    std::filesystem::path data_directory;
    /// Created if missing; its path must be short, unix socket names hold 107 bytes.
    std::filesystem::path socket_directory;
    /// Names the unix socket, even when nothing listens on TCP.
    std::uint16_t port = 5432;
    bool listen_on_loopback = false;
    std::string superuser = "postgres";
    /// Given to the superuser by initialise(); none when empty.
    std::string superuser_password = {};
    /// All of pg_hba.conf and pg_ident.conf.
    std::string host_based_authentication = "local all all peer\n";
    std::string user_name_maps = {};
    /// More settings of postgresql.conf, which is written anew at each start.
    std::vector<std::pair<std::string, std::string>> settings = {};
    std::vector<std::string> initdb_arguments = {};
    /// The server's log, appended to.
    std::filesystem::path log_file;
    ServiceUser user = {};
    std::chrono::milliseconds start_timeout = std::chrono::seconds(60);
};

class Cluster {
  public:
    explicit Cluster(ClusterOptions options);
    Cluster(Cluster&&) noexcept = default;
    Cluster& operator=(Cluster&&) = delete;
    /// stop(), if it runs.
    ~Cluster();

    /// Whether initialise() has been done. kFailedPrecondition when the directory is of another PostgreSQL version.
    Result<bool> isInitialised() const;

    /// initdb: encoding UTF8, collation C, character types C.UTF-8. The directory must be missing or empty.
    Result<> initialise();

    /// Writes the configuration, starts the server and returns when it accepts connections. Its log's last lines are in
    /// the Error when it does not; a port that is taken is named.
    Result<> start();

    /// How the server ended, or nothing when it still runs after `timeout`.
    std::optional<ExitStatus> wait(std::chrono::milliseconds timeout);

    Result<> signal(int number) const;

    bool isRunning() { return process_ && !process_->poll(); }

    /// Of the postmaster; -1 when it was not started.
    pid_t pid() const { return process_ ? process_->pid() : -1; }

    /// Disconnects the clients, writes a checkpoint and ends; at once, without the checkpoint, when that takes longer
    /// than `grace`.
    void stop(std::chrono::milliseconds grace = std::chrono::seconds(10));

    /// Through the unix socket, as the superuser.
    ConnectionSettings superuserSettings(const std::string& database = "postgres") const;

    const ClusterOptions& options() const { return options_; }

  private:
    Result<> writeConfiguration() const;
    Result<> waitForPredecessor() const;
    Result<> waitUntilReady();
    Error startFailure(const std::string& what) const;
    std::string statusOfPidFile() const;

    ClusterOptions options_;
    std::uintmax_t log_start_ = 0;
    std::optional<Process> process_;
};

}  // namespace tessera::postgres
