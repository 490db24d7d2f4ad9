#pragma once

/// A running statement of the postgres connector: rows arrive one by one, in binary, and leave in batches.

#include "common/result.h"
#include "plugins/postgres/connection.h"
#include "plugins/postgres/decode.h"
#include "plugins/sdk/batch_limit.h"
#include "plugins/sdk/connector_base.h"

#include <memory>
#include <string>
#include <vector>

namespace tessera::postgres_connector {

/// Refers to the connection, which outlives it. Destroying it ends the statement, at the source too.
class PostgresCursor : public sdk::Cursor {
  public:
    /// Sends the statement; the first answer is waited for in next().
    static Result<std::unique_ptr<sdk::Cursor>> start(Connection& connection, const sdk::Query& query);

    ~PostgresCursor() override;

    Result<sdk::Fetch> next(ArrowArray* array) override;

    std::int64_t affected() const override { return affected_; }

  private:
    PostgresCursor(Connection& connection, const sdk::Query& query)
        : connection_(connection), batch_(query.column_types), limit_(query.batch_bytes) {}

    Result<sdk::Fetch> read(ArrowArray* array);
    /// A value when next() returns it without a full batch: nothing came, or the host wants attention.
    Result<std::optional<sdk::Fetch>> waitForRows(ArrowArray* array);
    Result<> take(const PGresult* result);
    Result<> takeRow(const PGresult* row);
    Result<> chooseDecoders(const PGresult* row);
    Error columnError(Error error, const PGresult* row, std::size_t column) const;
    sdk::Fetch deliver(ArrowArray* array);

    Connection& connection_;
    sdk::BatchBuilder batch_;
    sdk::BatchLimit limit_;
    std::vector<Decoder> decoders_;  // chosen with the first row
    bool chosen_ = false;
    bool complete_ = false;  // the source has said that there are no more rows
    std::int64_t affected_ = -1;
    bool ended_ = false;  // nothing is under way at the source any more
    std::string scratch_;
};

}  // namespace tessera::postgres_connector
