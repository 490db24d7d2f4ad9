#pragma once

/// The replicated store as a source of foreign tables: reads the data file of the node's own member, when the member
/// says that it is as new as is asked for, and sends what a transaction has changed through the log when it commits.
/// Owned by the host; one thread at a time. docs/connectors/store.md says what may be expected.

#include "plugins/sdk/connector_base.h"
#include "plugins/sqlite/database.h"
#include "plugins/sqlite/readers.h"
#include "plugins/store/changes.h"
#include "plugins/store/member.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace tessera::store_tables {

std::span<const TsrOptionSpec> optionSpecs();

class Session final : public sdk::Session {
  public:
    static Result<std::unique_ptr<sdk::Session>> open(const TsrHost& host, const sdk::Options& options);

    Result<std::vector<sdk::Table>> listTables(const std::string& schema,
                                               const std::optional<std::string>& table) override;
    Result<TsrStatistics> statistics(const sdk::Options& table_options) override;
    Result<std::unique_ptr<sdk::Cursor>> execute(const sdk::Query& query) override;

    bool usable() override { return !in_transaction_; }

    std::uint32_t capabilities() override {
        return TSR_CAN_CHANGE | TSR_CAN_INGEST | TSR_CAN_TRANSACT | TSR_CAN_SAVEPOINT | TSR_CAN_READ_BESIDE;
    }

    Result<> begin(const TsrTransaction& transaction) override;
    Result<> startStep(TsrStep step, const std::string& name) override;
    Result<> finishStep() override;
    Result<std::unique_ptr<sdk::Ingest>> startIngest(const sdk::Target& target) override;

  private:
    Session(const TsrHost& host, MemberOptions options) : host_(host), member_(host, options) {}

    /// The file as it may be read now; with a transaction, from its beginning on the same state.
    Result<> makeReadable();
    Result<> openFile(const std::string& path);
    Result<std::uint64_t> appliedIndex();
    Result<std::unique_ptr<sdk::Cursor>> change(const sdk::Query& query, bool returns_rows);
    Result<std::int64_t> changeRows(const sdk::Query& query);
    Result<> endTransaction();

    const TsrHost& host_;
    const Member member_;
    /// Before the connection, which refers to it.
    bool is_own_work_ = false;
    std::unique_ptr<sqlite::Database> database_;
    std::optional<sqlite::Readers> readers_;
    Changes changes_;
    bool in_transaction_ = false;
    /// Of the state that a transaction sees.
    std::uint64_t seen_index_ = 0;
    TsrStep step_ = TSR_STEP_COMMIT;
    std::string step_name_;
};

}  // namespace tessera::store_tables
