#pragma once

/// Rows on their way into a table: an INSERT with arrays of parameters where the driver has them, else one for each
/// row. Must be destroyed before its session.

#include "plugins/odbc/connection.h"
#include "plugins/odbc/params.h"
#include "plugins/sdk/connector_base.h"

#include <memory>
#include <string>
#include <vector>

namespace tessera::odbc {

class Ingest final : public sdk::Ingest {
  public:
    static Result<std::unique_ptr<sdk::Ingest>> start(Connection& connection, const sdk::Target& target);

    Result<> rows(std::span<const TsrParam> values) override;
    Result<std::int64_t> finish() override;

  private:
    Ingest(Connection& connection, std::string text, std::size_t columns)
        : connection_(connection), text_(std::move(text)), columns_(columns) {}

    Result<> send();

    Connection& connection_;
    const std::string text_;
    const std::size_t columns_;
    std::vector<Params> rows_;  // gathered
    std::size_t bytes_ = 0;     // of them
    std::int64_t count_ = 0;
};

}  // namespace tessera::odbc
