#pragma once

/// A session with one SQLite database file. Owned by the host; one thread at a time. See README.md for its options.

#include "plugins/sdk/connector_base.h"
#include "plugins/sqlite/database.h"

#include <span>

namespace tessera::sqlite {

std::span<const TsrOptionSpec> optionSpecs();

class Session final : public sdk::Session {
  public:
    static Result<std::unique_ptr<sdk::Session>> open(const TsrHost& host, const sdk::Options& options);

    Result<std::vector<sdk::Table>> listTables(const std::string& schema,
                                               const std::optional<std::string>& table) override;
    Result<TsrStatistics> statistics(const sdk::Options& table_options) override;
    Result<std::unique_ptr<sdk::Cursor>> execute(const sdk::Query& query) override;

  private:
    explicit Session(std::unique_ptr<Database> database) : database_(std::move(database)) {}

    std::unique_ptr<Database> database_;
};

}  // namespace tessera::sqlite
