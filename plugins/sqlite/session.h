#pragma once

/// A session with one SQLite database file. Owned by the host; one thread at a time. See README.md for its options.

#include "plugins/sdk/connector_base.h"
#include "plugins/sqlite/database.h"
#include "plugins/sqlite/readers.h"
#include "plugins/sqlite/transaction.h"

#include <span>

namespace tessera::sqlite {

std::span<const TsrOptionSpec> optionSpecs();

class Session final : public sdk::Session {
  public:
    static Result<std::unique_ptr<sdk::Session>> open(const TsrHost& host, const sdk::Options& options);

    Result<std::vector<sdk::Table>> listTables(const std::string& schema,
                                               const std::optional<std::string>& table) override;
    Result<TsrStatistics> statistics(const sdk::Options& table_options) override;
    Result<std::vector<sdk::ColumnStatistics>> columnStatistics(const sdk::Options& table_options) override;
    Result<std::unique_ptr<sdk::Cursor>> execute(const sdk::Query& query) override;

    bool usable() override { return sqlite3_get_autocommit(database_->handle()) != 0; }

    std::uint32_t capabilities() override {
        return TSR_CAN_TRANSACT | TSR_CAN_SAVEPOINT | TSR_CAN_READ_BESIDE |
               (read_only_ ? 0U : TSR_CAN_CHANGE | TSR_CAN_INGEST);
    }

    Result<> begin(const TsrTransaction& transaction) override {
        return beginTransaction(*database_, transaction, read_only_);
    }

    Result<> startStep(TsrStep step, const std::string& name) override;

    Result<> finishStep() override { return runStep(*database_, step_, step_name_); }

    Result<std::unique_ptr<sdk::Ingest>> startIngest(const sdk::Target& target) override {
        return Ingest::start(*database_, target);
    }

  private:
    Session(std::unique_ptr<Database> database, bool read_only)
        : database_(std::move(database)), readers_(*database_, read_only), read_only_(read_only) {}

    std::unique_ptr<Database> database_;
    Readers readers_;
    bool read_only_;
    TsrStep step_ = TSR_STEP_COMMIT;
    std::string step_name_;
};

}  // namespace tessera::sqlite
