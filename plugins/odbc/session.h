#pragma once

/// A session with one ODBC source. Owned by the host; one thread at a time. docs/connectors/odbc.md has its options.

#include "plugins/odbc/connection.h"
#include "plugins/sdk/connector_base.h"

namespace tessera::odbc {

class Session final : public sdk::Session {
  public:
    static Result<std::unique_ptr<sdk::Session>> open(const TsrHost& host, const sdk::Options& options);

    bool usable() override { return connection_->usable(); }

    const char* dialect() const override { return connection_->facts().dialect.c_str(); }

    Result<std::vector<sdk::Table>> listTables(const std::string& schema,
                                               const std::optional<std::string>& table) override;
    Result<TsrStatistics> statistics(const sdk::Options& table_options) override;
    Result<std::unique_ptr<sdk::Cursor>> execute(const sdk::Query& query) override;

  private:
    explicit Session(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

    std::unique_ptr<Connection> connection_;
};

}  // namespace tessera::odbc
