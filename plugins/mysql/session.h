#pragma once

/// A session with one MySQL or MariaDB server. Owned by the host; one thread at a time. See README.md for its options.

#include "plugins/mysql/connection.h"
#include "plugins/mysql/ingest.h"
#include "plugins/mysql/statements.h"
#include "plugins/mysql/transaction.h"
#include "plugins/sdk/connector_base.h"

namespace tessera::mysql {

class Session final : public sdk::Session {
  public:
    static Result<std::unique_ptr<sdk::Session>> open(const TsrHost& host, const sdk::Options& options);

    bool usable() override { return connection_->usable(); }

    const char* dialect() const override { return connection_->dialect(); }

    Result<std::vector<sdk::Table>> listTables(const std::string& schema,
                                               const std::optional<std::string>& table) override;
    Result<TsrStatistics> statistics(const sdk::Options& table_options) override;
    Result<std::vector<sdk::ColumnStatistics>> columnStatistics(const sdk::Options& table_options) override;
    Result<std::unique_ptr<sdk::Cursor>> execute(const sdk::Query& query) override;

    std::uint32_t capabilities() override {
        return TSR_CAN_CHANGE | TSR_CAN_INGEST | TSR_CAN_TRANSACT | TSR_CAN_SAVEPOINT | TSR_CAN_PREPARE |
               TSR_CAN_READ_BESIDE;
    }

    Result<> begin(const TsrTransaction& transaction) override { return transaction_.begin(transaction); }

    Result<> startStep(TsrStep step, const std::string& name) override { return transaction_.start(step, name); }

    Result<> finishStep() override { return transaction_.finish(); }

    Result<std::vector<std::string>> listPrepared(const std::string& prefix) override {
        return mysql::listPrepared(*connection_, prefix);
    }

    Result<std::unique_ptr<sdk::Ingest>> startIngest(const sdk::Target& target) override {
        return Ingest::start(*connection_, target);
    }

  private:
    explicit Session(std::unique_ptr<Connection> connection)
        : connection_(std::move(connection)), statements_(*connection_), transaction_(*connection_) {}

    std::unique_ptr<Connection> connection_;
    Statements statements_;
    Transaction transaction_;
};

}  // namespace tessera::mysql
