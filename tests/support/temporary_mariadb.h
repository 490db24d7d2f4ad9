#pragma once

/// A MariaDB server for a test: in a temporary folder, on a free port of 127.0.0.1, without fsync; stopped and removed
/// at the end of its scope. It has one account for tests, from any host, with all rights, and no anonymous one.
///
/// With TESSERA_MYSQL_HOME, the folder of an unpacked MySQL 8, it is that server, for what can be asked of both.

#include "common/process.h"
#include "common/result.h"
#include "common/service_user.h"
#include "tests/support/temporary_directory.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tessera {

class TemporaryMariaDb {
  public:
    static constexpr const char* kHost = "127.0.0.1";
    static constexpr const char* kUser = "tester";
    static constexpr const char* kPassword = "only for tests";
    /// An empty database.
    static constexpr const char* kDatabase = "test";

    static bool isMysql();

    /// With further arguments for the server, such as "--version=10.5.29-MariaDB", which it then says of itself.
    static Result<TemporaryMariaDb> start(std::vector<std::string> arguments = {});

    std::uint16_t port() const { return port_; }

    /// Runs one or several commands with the client `mariadb`; returns its rows, a line each, with tabs between values.
    Result<std::string> execute(const std::string& sql, const std::string& database = kDatabase) const;

    /// The server process, for tests that kill it.
    Process& process() { return *process_; }

    /// Ends the server as a crash would.
    void kill();

    /// Starts it again, after kill(), on the same data and port.
    Result<> restart();

    const std::filesystem::path& folder() const { return folder_.path(); }

    /// All that the server logged.
    std::string log() const;

  private:
    TemporaryMariaDb() = default;

    Result<> initialise();
    Result<> launch();

    TemporaryDirectory folder_;
    ServiceUser user_;
    std::vector<std::string> arguments_;
    std::uint16_t port_ = 0;
    std::optional<Process> process_;  // after its folder: ends before it
};

}  // namespace tessera
