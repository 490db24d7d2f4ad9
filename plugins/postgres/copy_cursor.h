#pragma once

/// A SELECT that runs as COPY (…) TO STDOUT (FORMAT binary): the cheapest way for rows to leave a PostgreSQL.
///
/// A COPY says nothing of its columns' types, so the same request asks for them first: SELECT … LIMIT 0; COPY …. Both
/// run in one transaction, whose lock on the tables keeps their types from changing in between. When every column's
/// binary form is what the host wants, tuples pass as they are; else they are decoded into Arrow batches, with the same
/// checks as rows that come one by one.

#include "plugins/postgres/connection.h"
#include "plugins/postgres/row_decoder.h"
#include "plugins/sdk/batch_limit.h"
#include "plugins/sdk/tuple_buffer.h"

#include <chrono>
#include <memory>
#include <string>

namespace tessera::postgres_connector {

/// Refers to the connection, which outlives it. Destroying it ends the statement, at the source too.
class CopyCursor : public sdk::Cursor {
  public:
    /// Can the query be run so, and is that worth it? It is from `least_rows` expected rows on.
    static bool suits(const sdk::Query& query, std::int64_t least_rows);

    static Result<std::unique_ptr<sdk::Cursor>> start(Connection& connection, const sdk::Query& query);

    ~CopyCursor() override;

    Result<sdk::Fetch> next(ArrowArray* array) override { return fetch(array, Connection::Patience::kSlice); }

    Result<sdk::Fetch> poll(ArrowArray* array) override { return fetch(array, Connection::Patience::kNone); }

    int socket() const override { return PQsocket(connection_.get()); }

    TsrCursorState state() const override;

  private:
    enum class Step { kForward, kWait, kEnd };

    CopyCursor(Connection& connection, const sdk::Query& query);

    Result<sdk::Fetch> fetch(ArrowArray* array, Connection::Patience patience);
    Result<sdk::Fetch> read(ArrowArray* array, Connection::Patience patience);
    Result<Step> takeResult();
    Result<Step> takeMessage();
    Result<> endMessage();
    Result<> dropHeader();
    Error statementError(const PGresult* result);
    bool full() const;
    std::int64_t rowCount() const;
    sdk::Fetch deliver(ArrowArray* array);

    Connection& connection_;
    sdk::TupleBuffer tuples_;
    sdk::BatchBuilder batch_;  // where tuples don't pass as they are
    sdk::BatchLimit limit_;
    RowDecoder decoder_;
    bool passes_ = false;
    bool copying_ = false;
    bool header_seen_ = false;
    bool complete_ = false;  // the source has said that there are no more rows
    bool ended_ = false;     // nothing is under way at the source any more
    std::int64_t bytes_ = 0;
    std::chrono::microseconds waited_before_;
};

}  // namespace tessera::postgres_connector
