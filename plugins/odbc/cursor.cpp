#include "plugins/odbc/cursor.h"

#include "plugins/odbc/columns.h"
#include "plugins/odbc/params.h"
#include "plugins/odbc/unicode.h"
#include "plugins/sdk/batch_limit.h"

#include <atomic>
#include <chrono>
#include <optional>

namespace tessera::odbc {

namespace {

/// For so long the rest of a batch is awaited before the statement is cancelled.
constexpr std::chrono::milliseconds kRestTime(5);
constexpr std::chrono::milliseconds kStopLimit(1000);

}  // namespace

/// What belongs to the worker while it fetches, and to the host between two batches.
struct Cursor::Run {
    Run(const std::shared_ptr<Link>& link, const sdk::Query& query, Params parameters, const ConnectOptions& options)
        : statement(std::in_place, link),
          text(toWide(query.text)),
          params(std::move(parameters)),
          batch(query.column_types),
          limit(query.batch_bytes),
          query_timeout_s(options.query_timeout_s),
          fetch_rows(static_cast<std::size_t>(options.fetch_rows)) {}

    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    ~Run() {
        if (array.release != nullptr) {
            array.release(&array);
        }
    }

    Result<sdk::Fetch> fetch() {
        if (!started) {
            started = true;
            TSR_TRY(execute());
        }
        while (!ended && !stopped && !limit.reached(batch)) {
            TSR_TRY(fetchRowSet());
        }
        if (batch.rowCount() == 0) {
            return sdk::Fetch::kEnd;
        }
        batch.finish(&array);
        limit.advance();
        return sdk::Fetch::kBatch;
    }

    Result<> execute() {
        const SQLHSTMT handle = statement->get();
        const auto timeout = static_cast<SQLULEN>(query_timeout_s);
        if (timeout != 0) {
            SQLSetStmtAttrW(handle, SQL_ATTR_QUERY_TIMEOUT, reinterpret_cast<SQLPOINTER>(timeout),
                            SQL_IS_UINTEGER);  // NOLINT: ODBC's numbers
        }
        TSR_TRY(params.bind(*statement));
        const SQLRETURN code = statement->execute(text);
        TSR_TRY(statement->check(code));
        if (code == SQL_NO_DATA) {  // a change that met no row
            affected = 0;
            ended = true;
            return {};
        }
        SQLSMALLINT columns_given = 0;
        TSR_TRY(statement->check(SQLNumResultCols(handle, &columns_given)));
        if (columns_given == 0) {
            SQLLEN changed = -1;
            SQLRowCount(handle, &changed);
            affected = changed;
            ended = true;
            return {};
        }
        const std::size_t wanted = batch.columnCount();
        if (wanted != 0 && static_cast<std::size_t>(columns_given) != wanted) {
            return fail(ErrorCode::kInternal, "the remote query gives " + std::to_string(columns_given) +
                                                  " columns, not " + std::to_string(wanted));
        }
        columns.emplace(TSR_TRY(Columns::describe(*statement, batch, fetch_rows)));
        TSR_TRY(columns->bind(*statement));
        SQLSetStmtAttrW(handle, SQL_ATTR_ROWS_FETCHED_PTR, &rows_fetched, SQL_IS_POINTER);
        if (columns->rowsAtOnce() > 1) {
            states.resize(columns->rowsAtOnce());
            SQLSetStmtAttrW(handle, SQL_ATTR_ROW_STATUS_PTR, states.data(), SQL_IS_POINTER);
        }
        return {};
    }

    Result<> fetchRowSet() {
        constexpr SQLULEN kUntold = ~SQLULEN{0};
        rows_fetched = kUntold;
        std::fill(states.begin(), states.end(), SQLUSMALLINT{SQL_ROW_SUCCESS});
        const SQLRETURN code = statement->fetch();
        if (code == SQL_NO_DATA) {
            ended = true;
            return {};
        }
        TSR_TRY(statement->check(code));
        // A driver that does not say has fetched one row.
        const SQLULEN count = rows_fetched == kUntold ? 1 : rows_fetched;
        if (count > columns->rowsAtOnce()) {
            return fail(ErrorCode::kInternal, "the driver says it fetched more rows than it was asked for");
        }
        for (SQLULEN row = 0; row < count; ++row) {
            if (row < states.size() && states[row] == SQL_ROW_ERROR) {
                TSR_TRY(statement->check(SQL_ERROR));
            }
            if (batch.columnCount() == 0) {
                batch.addRows(1);
            } else {
                TSR_TRY(columns->append(*statement, row, batch));
            }
        }
        return {};
    }

    std::optional<Statement> statement;
    std::u16string text;
    Params params;
    sdk::BatchBuilder batch;
    sdk::BatchLimit limit;
    const std::int64_t query_timeout_s;
    const std::size_t fetch_rows;
    std::optional<Columns> columns;
    std::vector<SQLUSMALLINT> states;
    SQLULEN rows_fetched = 0;
    std::int64_t affected = -1;
    bool started = false;
    bool ended = false;
    std::atomic<bool> stopped{false};

    std::optional<Result<sdk::Fetch>> outcome;  // of the last fetch
    ArrowArray array{};
};

Result<std::unique_ptr<sdk::Cursor>> Cursor::open(Connection& connection, const sdk::Query& query) {
    Params params = TSR_TRY(Params::from(query.params, *connection.facts().dbms));
    // Taking a statement's handle does not wait for the source.
    auto run = std::make_shared<Run>(connection.link(), query, std::move(params), connection.options());
    std::unique_ptr<Cursor> cursor(new Cursor(connection, std::move(run)));
    cursor->fetchAhead();
    return std::unique_ptr<sdk::Cursor>(std::move(cursor));
}

void Cursor::fetchAhead() {
    connection_.worker().start([run = run_] { run->outcome.emplace(run->fetch()); });
}

Cursor::~Cursor() {
    run_->stopped = true;
    if (!over_ && !connection_.worker().settle(kRestTime)) {
        connection_.stop();
    }
    if (!connection_.worker().isBusy()) {
        // Freeing a statement may wait for its rows.
        connection_.worker().start([run = std::move(run_)] { run->statement.reset(); });
        if (!connection_.worker().settle(kStopLimit)) {
            connection_.stop();
        }
    }
}

Error Cursor::stop() {
    run_->stopped = true;
    over_ = true;
    connection_.stop();
    return sdk::cancelled();
}

Result<sdk::Fetch> Cursor::next(ArrowArray* array) {
    if (over_) {
        return sdk::Fetch::kEnd;
    }
    if (sdk::isCancelled(connection_.host())) {
        return stop();
    }
    switch (connection_.worker().wait(connection_.host(), true)) {
        case Worker::Outcome::kCancelled:
            return stop();
        case Worker::Outcome::kAttention:
        case Worker::Outcome::kTimedOut:
            return sdk::Fetch::kAgain;
        case Worker::Outcome::kDone:
            break;
    }
    Result<sdk::Fetch> fetched = connection_.noted(std::move(*run_->outcome));
    over_ = !fetched || *fetched == sdk::Fetch::kEnd;
    if (!over_) {
        *array = run_->array;
        run_->array.release = nullptr;
        fetchAhead();
    }
    return fetched;
}

std::int64_t Cursor::affected() const {
    return run_->affected;
}

}  // namespace tessera::odbc
