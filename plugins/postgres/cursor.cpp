#include "plugins/postgres/cursor.h"

#include "plugins/postgres/parameters.h"

#include <charconv>
#include <string_view>

namespace tessera::postgres_connector {

namespace {

/// How many rows are decoded between two looks at the host's signals.
constexpr std::int64_t kRowsPerLook = 256;

}  // namespace

Result<std::unique_ptr<sdk::Cursor>> PostgresCursor::start(Connection& connection, const sdk::Query& query) {
    const Parameters params = TSR_TRY(Parameters::encode(query.params));
    PGconn* const pg = connection.get();
    const std::string text(query.text);
    constexpr int kBinaryResults = 1;
    if (PQsendQueryParams(pg, text.c_str(), params.count(), params.types(), params.values(), params.lengths(),
                          params.formats(), kBinaryResults) == 0) {
        return connection.lossReason();
    }
    // From here on a statement is under way, and the cursor's destructor ends it.
    std::unique_ptr<sdk::Cursor> cursor(new PostgresCursor(connection, query));
    if (PQsetSingleRowMode(pg) == 0) {
        return fail(ErrorCode::kInternal, "libpq refused to deliver rows one by one");
    }
    if (PQflush(pg) < 0) {
        return connection.lossReason();
    }
    return cursor;
}

PostgresCursor::~PostgresCursor() {
    if (!ended_) {
        connection_.stopStatement();
    }
}

Result<sdk::Fetch> PostgresCursor::next(ArrowArray* array) {
    auto fetched = read(array);
    if (!fetched && !ended_) {
        connection_.stopStatement();
        ended_ = true;
    }
    return fetched;
}

Result<sdk::Fetch> PostgresCursor::read(ArrowArray* array) {
    while (!limit_.reached(batch_)) {
        if (batch_.rowCount() % kRowsPerLook == 0 && sdk::isCancelled(connection_.host())) {
            return sdk::cancelled();
        }
        if (!ended_ && PQisBusy(connection_.get()) != 0) {
            if (const auto early = TSR_TRY(waitForRows(array))) {
                return *early;
            }
            continue;
        }
        const PgResult result(ended_ ? nullptr : PQgetResult(connection_.get()));
        if (!result) {
            ended_ = true;
            if (batch_.rowCount() > 0) {
                break;
            }
            if (!complete_) {
                return lostConnection(connection_.source(), "the result ended without the source saying so");
            }
            return sdk::Fetch::kEnd;
        }
        TSR_TRY(take(result.get()));
    }
    return deliver(array);
}

Result<std::optional<sdk::Fetch>> PostgresCursor::waitForRows(ArrowArray* array) {
    switch (TSR_TRY(connection_.awaitRows())) {
        case Connection::Arrival::kInput:
            return std::optional<sdk::Fetch>();
        case Connection::Arrival::kAttention:
            return std::optional(sdk::Fetch::kAgain);
        case Connection::Arrival::kNothing:
            break;
    }
    // The source takes its time: the rows that are here shall not wait for the others.
    return batch_.rowCount() > 0 ? std::optional(deliver(array)) : std::optional<sdk::Fetch>();
}

Result<> PostgresCursor::take(const PGresult* result) {
    switch (PQresultStatus(result)) {
        case PGRES_SINGLE_TUPLE:
            return takeRow(result);
        case PGRES_TUPLES_OK:
        case PGRES_COMMAND_OK:
            complete_ = true;
            if (const std::string_view count = PQcmdTuples(const_cast<PGresult*>(result)); !count.empty()) {
                std::from_chars(count.data(), count.data() + count.size(), affected_);
            }
            return {};
        case PGRES_EMPTY_QUERY: {
            Error error = fail(ErrorCode::kInvalidArgument, "the statement for " + connection_.source() + " is empty");
            error.sqlstate = "42601";
            return error;
        }
        case PGRES_COPY_IN:
        case PGRES_COPY_OUT:
        case PGRES_COPY_BOTH:
            return fail(ErrorCode::kUnimplemented, "COPY cannot be run as a query at " + connection_.source());
        default: {
            Error error = remoteError(result, connection_.get(), connection_.source());
            connection_.finishStatement();
            ended_ = true;
            return error;
        }
    }
}

Result<> PostgresCursor::takeRow(const PGresult* row) {
    if (!decoder_) {
        decoder_ = TSR_TRY(RowDecoder::choose(row, batch_, connection_.source()));
    }
    for (std::size_t i = 0; i < decoder_->columnCount(); ++i) {
        const int column = static_cast<int>(i);
        if (PQgetisnull(row, 0, column) != 0) {
            batch_.appendNull(i);
            continue;
        }
        const std::string_view value(PQgetvalue(row, 0, column), static_cast<std::size_t>(PQgetlength(row, 0, column)));
        bytes_ += static_cast<std::int64_t>(value.size());
        TSR_TRY(decoder_->decode(i, value, batch_));
    }
    batch_.endRow();
    return {};
}

TsrCursorState PostgresCursor::state() const {
    return {sizeof(TsrCursorState), TSR_ENCODING_ARROW, bytes_, 1, (connection_.waited() - waited_before_).count()};
}

sdk::Fetch PostgresCursor::deliver(ArrowArray* array) {
    limit_.advance();
    batch_.finish(array);
    return sdk::Fetch::kBatch;
}

}  // namespace tessera::postgres_connector
