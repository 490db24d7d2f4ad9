#pragma once

/// A session with one ODBC source. Owned by the host; one thread at a time. docs/connectors/odbc.md has its options.

#include "plugins/odbc/connection.h"
#include "plugins/odbc/ingest.h"
#include "plugins/odbc/transaction.h"
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

    std::uint32_t capabilities() override;

    Result<> begin(const TsrTransaction& transaction) override { return transaction_.begin(transaction); }

    Result<> startStep(TsrStep step, const std::string& name) override { return transaction_.start(step, name); }

    Result<> finishStep() override { return transaction_.finish(); }

    Result<std::unique_ptr<sdk::Ingest>> startIngest(const sdk::Target& target) override {
        return Ingest::start(*connection_, target);
    }

  private:
    explicit Session(std::unique_ptr<Connection> connection)
        : connection_(std::move(connection)), transaction_(*connection_) {}

    std::unique_ptr<Connection> connection_;
    Transaction transaction_;
};

}  // namespace tessera::odbc
