#pragma once

/// A running statement of the postgres connector: rows arrive one by one, in binary, and leave in batches.

#include "common/result.h"
#include "plugins/postgres/connection.h"
#include "plugins/postgres/prepared_statements.h"
#include "plugins/postgres/row_decoder.h"
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
    static Result<std::unique_ptr<sdk::Cursor>> start(Connection& connection, PreparedStatements& prepared,
                                                      const sdk::Query& query);

    ~PostgresCursor() override;

    Result<sdk::Fetch> next(ArrowArray* array) override { return fetch(array, Connection::Patience::kSlice); }

    Result<sdk::Fetch> poll(ArrowArray* array) override { return fetch(array, Connection::Patience::kNone); }

    int socket() const override { return PQsocket(connection_.get()); }

    std::int64_t affected() const override { return affected_; }

    TsrCursorState state() const override;

  private:
    PostgresCursor(Connection& connection, PreparedStatements& prepared, const sdk::Query& query, Parameters parameters)
        : connection_(connection),
          prepared_(prepared),
          text_(query.text),
          parameters_(std::move(parameters)),
          batch_(query.column_types),
          limit_(query.batch_bytes),
          waited_before_(connection.waited()) {}

    Result<> send(const sdk::Query& query);
    Result<> sendStatement();
    Result<> takeError(const PGresult* result);
    Result<sdk::Fetch> fetch(ArrowArray* array, Connection::Patience patience);
    Result<sdk::Fetch> read(ArrowArray* array, Connection::Patience patience);
    /// A value when fetch() returns it without a full batch: nothing came, or the host wants attention.
    Result<std::optional<sdk::Fetch>> waitForRows(ArrowArray* array, Connection::Patience patience);
    Result<> take(const PGresult* result);
    Result<> takeRow(const PGresult* row);
    sdk::Fetch deliver(ArrowArray* array);

    Connection& connection_;
    PreparedStatements& prepared_;
    std::string text_;
    Parameters parameters_;
    std::string name_;  // of the prepared statement, or empty
    std::int64_t round_trips_ = 0;
    sdk::BatchBuilder batch_;
    sdk::BatchLimit limit_;
    std::optional<RowDecoder> decoder_;  // chosen with the first row
    bool complete_ = false;              // the source has said that there are no more rows
    std::int64_t affected_ = -1;
    bool ended_ = true;  // nothing is under way at the source
    std::chrono::microseconds waited_before_;
    std::int64_t bytes_ = 0;
};

}  // namespace tessera::postgres_connector
