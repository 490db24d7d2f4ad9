#pragma once

/// A session with one MySQL or MariaDB server. Owned by the host; one thread at a time. See README.md for its options.

#include "plugins/mysql/connection.h"
#include "plugins/sdk/connector_base.h"

namespace tessera::mysql {

class Session final : public sdk::Session {
  public:
    static Result<std::unique_ptr<sdk::Session>> open(const TsrHost& host, const sdk::Options& options);

    bool usable() override { return connection_->usable(); }

    Result<std::vector<sdk::Table>> listTables(const std::string& schema,
                                               const std::optional<std::string>& table) override;
    Result<TsrStatistics> statistics(const sdk::Options& table_options) override;
    Result<std::unique_ptr<sdk::Cursor>> execute(const sdk::Query& query) override;

  private:
    explicit Session(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

    std::unique_ptr<Connection> connection_;
};

}  // namespace tessera::mysql
