#pragma once

/// A PostgreSQL 15 server for a test: a plain one, "the customer's database", or one that can run our extension. In a
/// temporary folder, on a free port of 127.0.0.1, without fsync; stopped and removed at the end of its scope.
///
/// Over TCP it wants the password, as a customer's would; over its unix socket it trusts.

#include "common/result.h"
#include "nodeservice/postgres/cluster.h"
#include "nodeservice/postgres/connection.h"
#include "tests/support/temporary_directory.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tessera {

struct TemporaryPostgresOptions {
    /// With tessera_fdw and the connectors of this build, ready for CREATE EXTENSION.
    bool with_extension = false;
    /// More settings of postgresql.conf.
    std::vector<std::pair<std::string, std::string>> settings = {};
};

class TemporaryPostgres {
  public:
    static constexpr const char* kHost = "127.0.0.1";
    static constexpr const char* kUser = "postgres";
    static constexpr const char* kPassword = "only for tests";

    static Result<TemporaryPostgres> start(const TemporaryPostgresOptions& options = {});

    std::uint16_t port() const { return cluster_->options().port; }

    /// Over TCP, as the superuser, with the password.
    postgres::ConnectionSettings settings(const std::string& database = "postgres") const;

    Result<postgres::Connection> connect(const std::string& database = "postgres") const;

    /// One or several commands in a connection of their own.
    Result<> execute(const std::string& sql, const std::string& database = "postgres") const;

    /// The server, for tests that stop, kill or restart it: it keeps its data and its port.
    postgres::Cluster& cluster() { return *cluster_; }

    /// Where the server's processes may read and write.
    const std::filesystem::path& folder() const { return folder_.path(); }

    /// All that the server logged.
    std::string log() const;

  private:
    TemporaryPostgres() = default;

    TemporaryDirectory folder_;
    std::unique_ptr<postgres::Cluster> cluster_;  // after its folder: ends before it
};

}  // namespace tessera
