#include "plugins/mysql/cursor.h"

#include <chrono>

namespace tessera::mysql {

namespace {

/// Rows between two questions to the host while rows come without waiting.
constexpr std::int64_t kRowsBetweenPolls = 1024;
/// For so long the rest of a result is read, because that is cheaper than a second connection to end it.
constexpr std::chrono::milliseconds kRestTime{5};

}  // namespace

Result<std::unique_ptr<sdk::Cursor>> Cursor::open(Connection& connection, Statements& statements,
                                                  const sdk::Query& query) {
    std::unique_ptr<Cursor> cursor(new Cursor(connection, statements, query));
    cursor->params_ = TSR_TRY(Params::from(query.params));
    if (isKept(query.text, query.params.size())) {
        cursor->kept_text_ = query.text;
        cursor->statement_ = statements.take(query.text);
    }
    if (cursor->statement_ == nullptr) {
        TSR_TRY(cursor->prepare(query.text));
    }
    TSR_TRY(cursor->bindParams());
    return std::unique_ptr<sdk::Cursor>(std::move(cursor));
}

Result<> Cursor::prepare(std::string_view text) {
    statement_ = mysql_stmt_init(connection_.get());
    if (statement_ == nullptr) {
        return connection_.lastError();
    }
    TSR_TRY(connection_.drive([&] { return mysql_stmt_prepare_start(&code_, statement_, text.data(), text.size()); },
                              [&](int ready) { return mysql_stmt_prepare_cont(&code_, statement_, ready); }));
    return code_ == 0 ? Result<>() : Result<>(connection_.statementError(statement_));
}

Result<> Cursor::bindParams() {
    if (mysql_stmt_param_count(statement_) != params_->count()) {
        return fail(ErrorCode::kInternal, "the remote query has " + std::to_string(mysql_stmt_param_count(statement_)) +
                                              " parameters, but " + std::to_string(params_->count()) +
                                              " values were given");
    }
    if (params_->count() > 0 && mysql_stmt_bind_param(statement_, params_->binds()) != 0) {
        return connection_.statementError(statement_);
    }
    return {};
}

Cursor::~Cursor() {
    if (state_ == State::kExecuting || (state_ == State::kFetching && !readRest())) {
        stop();
    }
    if (statement_ != nullptr && ended_well_ && !kept_text_.empty() && mysql_stmt_free_result(statement_) == 0) {
        statements_.keep(std::move(kept_text_), statement_);
    } else if (statement_ != nullptr) {
        statements_.close(statement_);
    }
    connection_.settleKill();
}

Result<sdk::Fetch> Cursor::poll(ArrowArray* array) {
    polling_ = true;
    auto fetched = next(array);
    polling_ = false;
    return fetched;
}

Result<sdk::Fetch> Cursor::next(ArrowArray* array) {
    if ((state_ == State::kPrepared || state_ == State::kExecuting) && !TSR_TRY(execute())) {
        return sdk::Fetch::kAgain;
    }
    if (state_ == State::kFetching && sdk::isCancelled(connection_.host())) {
        stop();
        return sdk::cancelled();
    }
    // Asked after rows were read, never before: each call must make headway, however long the host wants attention.
    std::int64_t until_poll = kRowsBetweenPolls;
    while (state_ == State::kFetching && !limit_.reached(rows_)) {
        if (!TSR_TRY(fetchRow())) {
            break;
        }
        if (--until_poll == 0) {
            const TsrSignal signal = connection_.host().poll_signal(&connection_.host());
            if (signal == TSR_SIGNAL_CANCEL) {
                stop();
                return sdk::cancelled();
            }
            if (signal == TSR_SIGNAL_ATTENTION) {
                break;
            }
            until_poll = kRowsBetweenPolls;
        }
    }
    if (rows_.rowCount() == 0) {
        return state_ == State::kEnded ? sdk::Fetch::kEnd : sdk::Fetch::kAgain;
    }
    rows_.finish(array);
    limit_.advance();
    return sdk::Fetch::kBatch;
}

template <class Start, class Continue>
Result<bool> Cursor::advance(Start start, Continue proceed) {
    if (wanted_ == 0) {
        wanted_ = start();
    }
    while (wanted_ != 0) {
        int ready = 0;
        if (polling_ && (wanted_ & MYSQL_WAIT_WRITE) == 0) {
            if (!connection_.isReady(wanted_, &ready)) {
                return false;
            }
            wanted_ = proceed(ready);
            continue;
        }
        switch (connection_.wait(wanted_, &ready)) {
            case Connection::Wait::kReady:
                wanted_ = proceed(ready);
                break;
            case Connection::Wait::kAttention:
                return false;
            case Connection::Wait::kCancel:
                stop();
                return sdk::cancelled();
        }
    }
    return true;
}

Result<bool> Cursor::execute() {
    state_ = State::kExecuting;
    if (!TSR_TRY(advance([&] { return mysql_stmt_execute_start(&code_, statement_); },
                         [&](int ready) { return mysql_stmt_execute_cont(&code_, statement_, ready); }))) {
        return false;
    }
    state_ = State::kEnded;
    if (code_ != 0) {
        return connection_.statementError(statement_);
    }
    if (mysql_stmt_field_count(statement_) == 0) {
        affected_ = static_cast<std::int64_t>(mysql_stmt_affected_rows(statement_));
        ended_well_ = true;
        return true;  // a statement without rows
    }
    state_ = State::kFetching;
    const std::size_t columns = mysql_stmt_field_count(statement_);
    if (rows_.columnCount() == 0) {
        return true;
    }
    if (columns != rows_.columnCount()) {
        return fail(ErrorCode::kInternal, "the remote query gives " + std::to_string(columns) + " columns, not " +
                                              std::to_string(rows_.columnCount()));
    }
    row_ = std::make_unique<ResultRow>(statement_, connection_.options().zero_dates);
    if (!row_->bind()) {
        return connection_.statementError(statement_);
    }
    return true;
}

Result<bool> Cursor::fetchRow() {
    if (!TSR_TRY(advance([&] { return mysql_stmt_fetch_start(&code_, statement_); },
                         [&](int ready) { return mysql_stmt_fetch_cont(&code_, statement_, ready); }))) {
        return false;
    }
    switch (code_) {
        case 0:
        case MYSQL_DATA_TRUNCATED:  // which columns, and how long they are, the row knows
            TSR_TRY(appendRow());
            return true;
        case MYSQL_NO_DATA:
            state_ = State::kEnded;
            ended_well_ = true;
            return true;
        default:
            state_ = State::kEnded;
            return connection_.statementError(statement_);
    }
}

Result<> Cursor::appendRow() {
    if (!row_) {
        rows_.addRows(1);
        return {};
    }
    TSR_TRY(row_->append(rows_));
    connection_.noteValue(row_->largestValue());
    rows_.endRow();
    return {};
}

bool Cursor::readRest() {
    const auto deadline = Connection::Clock::now() + kRestTime;
    while (wanted_ == 0 && Connection::Clock::now() < deadline) {
        wanted_ = mysql_stmt_fetch_start(&code_, statement_);
        if (wanted_ == 0 && code_ != 0 && code_ != MYSQL_DATA_TRUNCATED) {
            ended_well_ = code_ == MYSQL_NO_DATA;
            return true;
        }
    }
    return false;
}

void Cursor::stop() {
    if (state_ == State::kEnded) {
        return;
    }
    connection_.killQuery();
    if (state_ == State::kExecuting) {
        connection_.finish(wanted_, [&](int ready) { return mysql_stmt_execute_cont(&code_, statement_, ready); });
    } else {
        connection_.finish(wanted_, [&](int ready) { return mysql_stmt_fetch_cont(&code_, statement_, ready); });
    }
    wanted_ = 0;
    state_ = State::kEnded;
}

}  // namespace tessera::mysql
