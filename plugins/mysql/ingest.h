#pragma once

/// Rows into a table by INSERT statements of many rows each, about a megabyte long. Refers to the connection, which
/// outlives it.

#include "plugins/mysql/connection.h"

#include <memory>
#include <string>
#include <string_view>

namespace tessera::mysql {

/// A value as a literal, under the session's settings (no backslash escapes, UTC). What MySQL has no value for is an
/// error.
Result<> appendLiteral(const TsrParam& value, std::string& sql);

class Ingest final : public sdk::Ingest {
  public:
    static std::unique_ptr<sdk::Ingest> start(Connection& connection, const sdk::Target& target);

    Result<> rows(std::span<const TsrParam> values) override;
    Result<std::int64_t> finish() override;

  private:
    Ingest(Connection& connection, std::string head, std::size_t columns)
        : connection_(connection), head_(std::move(head)), columns_(columns) {}

    Result<> send();

    Connection& connection_;
    std::string head_;
    std::string sql_;
    std::size_t columns_;
    std::int64_t count_ = 0;
};

}  // namespace tessera::mysql
