#include "plugins/sqlite/cursor.h"

#include "plugins/sqlite/values.h"

namespace tessera::sqlite {

namespace {

/// Rows between two questions to the host, which SQLite's own callbacks do not ask while rows come easily.
constexpr std::int64_t kRowsBetweenPolls = 1024;

Result<> bindAll(sqlite3_stmt* statement, std::span<const TsrParam> params, int more_params) {
    const int expected = static_cast<int>(params.size()) + more_params;
    if (sqlite3_bind_parameter_count(statement) != expected) {
        return fail(ErrorCode::kInternal, "the remote query has " +
                                              std::to_string(sqlite3_bind_parameter_count(statement)) +
                                              " parameters, but " + std::to_string(expected) + " values are given");
    }
    for (std::size_t i = 0; i < params.size(); ++i) {
        TSR_TRY(bindParam(statement, static_cast<int>(i) + 1, params[i]));
    }
    return {};
}

}  // namespace

Result<Statement> prepareQuery(Database& database, std::string_view text, const sdk::Query& query, int more_params) {
    Statement statement = TSR_TRY(database.prepare(text));
    const auto columns = static_cast<std::size_t>(sqlite3_column_count(statement.get()));
    if (!query.column_types.empty() && columns != query.column_types.size()) {
        return fail(ErrorCode::kInternal, "the remote query gives " + std::to_string(columns) + " columns, not " +
                                              std::to_string(query.column_types.size()));
    }
    TSR_TRY(bindAll(statement.get(), query.params, more_params));
    return statement;
}

Result<std::unique_ptr<sdk::Cursor>> Cursor::open(Database& database, const sdk::Query& query) {
    Statement statement = TSR_TRY(prepareQuery(database, query.text, query, 0));
    return std::unique_ptr<sdk::Cursor>(new Cursor(database, std::move(statement), query));
}

Result<sdk::Fetch> Cursor::next(ArrowArray* array) {
    if (sdk::isCancelled(database_.host())) {
        return sdk::cancelled();
    }
    // Asked after rows were read, never before: each call must make headway, however long the host wants attention.
    std::int64_t until_poll = kRowsBetweenPolls;
    while (!ended_ && !limit_.reached(rows_)) {
        if (!TSR_TRY(database_.step(statement_.get()))) {
            ended_ = true;
            if (sqlite3_stmt_readonly(statement_.get()) == 0) {
                affected_ = sqlite3_changes64(database_.handle());
            }
            break;
        }
        TSR_TRY(appendRow(statement_.get(), rows_));
        if (--until_poll == 0) {
            const TsrSignal signal = database_.host().poll_signal(&database_.host());
            if (signal == TSR_SIGNAL_CANCEL) {
                return sdk::cancelled();
            }
            if (signal == TSR_SIGNAL_ATTENTION) {
                break;
            }
            until_poll = kRowsBetweenPolls;
        }
    }
    if (rows_.rowCount() == 0) {
        return ended_ ? sdk::Fetch::kEnd : sdk::Fetch::kAgain;
    }
    rows_.finish(array);
    limit_.advance();
    return sdk::Fetch::kBatch;
}

}  // namespace tessera::sqlite
