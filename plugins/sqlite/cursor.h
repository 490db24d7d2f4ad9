#pragma once

/// A running SQLite statement as batches. Owned by its session's caller; must be destroyed before the session.

#include "plugins/sdk/batch_limit.h"
#include "plugins/sdk/connector_base.h"
#include "plugins/sqlite/database.h"

namespace tessera::sqlite {

/// A statement with the query's parameters bound, `more_params` of its own besides, and the query's columns.
Result<Statement> prepareQuery(Database& database, std::string_view text, const sdk::Query& query, int more_params);

class Cursor final : public sdk::Cursor {
  public:
    /// Prepares the statement and binds its parameters; the first next() runs it.
    static Result<std::unique_ptr<sdk::Cursor>> open(Database& database, const sdk::Query& query);

    Result<sdk::Fetch> next(ArrowArray* array) override;

    std::int64_t affected() const override { return affected_; }

    TsrCursorState state() const override { return {sizeof(TsrCursorState), rows_.encoding(), -1, -1, -1, 1}; }

  private:
    Cursor(Database& database, Statement statement, const sdk::Query& query)
        : database_(database), statement_(std::move(statement)), rows_(sdk::rowsOf(query)), limit_(query.batch_bytes) {}

    Database& database_;
    Statement statement_;
    sdk::BatchBuilder rows_;
    sdk::BatchLimit limit_;
    std::int64_t affected_ = -1;
    bool ended_ = false;
};

}  // namespace tessera::sqlite
