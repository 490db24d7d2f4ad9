#pragma once

/// A session's transaction, its savepoints, and bulk inserts in it. One thread at a time.

#include "plugins/sdk/connector_base.h"
#include "plugins/sqlite/database.h"

#include <memory>
#include <string>

namespace tessera::sqlite {

/// A transaction that will write takes the file's write lock at once: it waits then, rather than fail later.
Result<> beginTransaction(Database& database, const TsrTransaction& transaction, bool read_only);
/// Not ended by a cancel.
Result<> runStep(Database& database, TsrStep step, const std::string& name);

/// One prepared INSERT, run for each row.
class Ingest final : public sdk::Ingest {
  public:
    static Result<std::unique_ptr<sdk::Ingest>> start(Database& database, const sdk::Target& target);

    Result<> rows(std::span<const TsrParam> values) override;

    Result<std::int64_t> finish() override { return count_; }

  private:
    Ingest(Database& database, Statement statement, std::size_t columns)
        : database_(database), statement_(std::move(statement)), columns_(columns) {}

    Database& database_;
    Statement statement_;
    std::size_t columns_;
    std::int64_t count_ = 0;
};

}  // namespace tessera::sqlite
