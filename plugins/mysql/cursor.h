#pragma once

/// A running prepared statement as batches: binary protocol, unbuffered, no cursor at the server. Owned by its
/// session's caller; must be destroyed before the session. Destroying it ends the statement, at the server too.

#include "plugins/mysql/connection.h"
#include "plugins/mysql/params.h"
#include "plugins/mysql/result_row.h"
#include "plugins/mysql/statements.h"
#include "plugins/sdk/batch_limit.h"
#include "plugins/sdk/connector_base.h"

#include <optional>

namespace tessera::mysql {

class Cursor final : public sdk::Cursor {
  public:
    /// Prepares the statement, unless it is prepared; the first next() runs it.
    static Result<std::unique_ptr<sdk::Cursor>> open(Connection& connection, Statements& statements,
                                                     const sdk::Query& query);
    ~Cursor() override;

    Result<sdk::Fetch> next(ArrowArray* array) override;
    Result<sdk::Fetch> poll(ArrowArray* array) override;

    int socket() const override { return mysql_get_socket(connection_.get()); }

    std::int64_t affected() const override { return affected_; }

    TsrCursorState state() const override { return {sizeof(TsrCursorState), rows_.encoding(), -1, -1, -1, 1}; }

  private:
    enum class State { kPrepared, kExecuting, kFetching, kEnded };

    Cursor(Connection& connection, Statements& statements, const sdk::Query& query)
        : connection_(connection), statements_(statements), rows_(sdk::rowsOf(query)), limit_(query.batch_bytes) {}

    Result<> prepare(std::string_view text);
    Result<> bindParams();
    /// Carries a call on that may already be in progress: false when the host wants attention before its end, or when
    /// it would have to wait and shall not.
    template <class Start, class Continue>
    Result<bool> advance(Start start, Continue proceed);
    Result<bool> execute();
    /// False likewise.
    Result<bool> fetchRow();
    Result<> appendRow();
    /// Reads what little may be left; false when there is more.
    bool readRest();
    void stop();

    Connection& connection_;
    Statements& statements_;
    MYSQL_STMT* statement_ = nullptr;
    std::string kept_text_;  // empty: the statement is not kept
    bool ended_well_ = false;
    std::optional<Params> params_;
    std::unique_ptr<ResultRow> row_;
    sdk::BatchBuilder rows_;
    sdk::BatchLimit limit_;
    std::int64_t affected_ = -1;
    State state_ = State::kPrepared;
    bool polling_ = false;
    /// What the call in progress waits for; 0 when none is.
    int wanted_ = 0;
    /// Where the call in progress puts its result.
    int code_ = 0;
};

}  // namespace tessera::mysql
