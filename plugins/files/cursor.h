#pragma once

/// A running DuckDB statement as batches: streamed, never held whole. Owned by its session's caller; must be destroyed
/// before the session. Destroying it ends the statement.

#include "plugins/files/columns.h"
#include "plugins/files/duckdb_handles.h"
#include "plugins/files/watcher.h"
#include "plugins/sdk/batch_limit.h"
#include "plugins/sdk/connector_base.h"

namespace tessera::files {

class Cursor final : public sdk::Cursor {
  public:
    /// Prepares the statement, which must be a SELECT, and binds its parameters; the first next() runs it. Lists,
    /// structs and maps among the result's columns are read as JSON text.
    /// `owner`, if any, keeps the connection and the watcher.
    static Result<std::unique_ptr<sdk::Cursor>> open(const TsrHost& host, duckdb_connection connection,
                                                     Watcher& watcher, const sdk::Query& query,
                                                     std::shared_ptr<const void> owner = {});
    ~Cursor() override;

    Result<sdk::Fetch> next(ArrowArray* array) override;

  private:
    Cursor(const TsrHost& host, duckdb_connection connection, Watcher& watcher, Prepared prepared,
           const sdk::Query& query, std::shared_ptr<const void> owner)
        : owner_(std::move(owner)),
          host_(host),
          connection_(connection),
          watcher_(watcher),
          prepared_(std::move(prepared)),
          rows_(query.column_types),
          limit_(query.batch_bytes) {}

    /// Runs tasks until the first rows are there; false when the host wants attention before.
    Result<bool> start();
    Result<> openColumns();
    /// False at the end.
    Result<bool> appendChunk();

    const std::shared_ptr<const void> owner_;
    const TsrHost& host_;
    const duckdb_connection connection_;
    Watcher& watcher_;
    Prepared prepared_;
    Pending pending_;
    QueryResult result_;
    std::vector<ColumnConverter> converters_;
    sdk::BatchBuilder rows_;
    sdk::BatchLimit limit_;
    bool streaming_ = false;
    bool ended_ = false;
};

}  // namespace tessera::files
