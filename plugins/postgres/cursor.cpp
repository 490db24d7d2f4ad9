#include "plugins/postgres/cursor.h"

#include "plugins/postgres/parameters.h"

#include <charconv>
#include <string_view>

namespace tessera::postgres_connector {

namespace {

/// How many rows are decoded between two looks at the host's signals.
constexpr std::int64_t kRowsPerLook = 256;

}  // namespace

Result<std::unique_ptr<sdk::Cursor>> PostgresCursor::start(Connection& connection, PreparedStatements& prepared,
                                                           const sdk::Query& query) {
    Parameters parameters = TSR_TRY(Parameters::encode(query.params));
    std::unique_ptr<PostgresCursor> cursor(new PostgresCursor(connection, prepared, query, std::move(parameters)));
    TSR_TRY(cursor->send(query));
    return std::unique_ptr<sdk::Cursor>(std::move(cursor));
}

Result<> PostgresCursor::send(const sdk::Query& query) {
    if (query.takes_tuples) {
        PreparedStatements::Name name = TSR_TRY(prepared_.find(connection_, text_, parameters_));
        name_ = std::move(name.text);
        round_trips_ += name.is_fresh ? 1 : 0;
    }
    return sendStatement();
}

/// From here on a statement is under way, and the destructor ends it.
Result<> PostgresCursor::sendStatement() {
    PGconn* const pg = connection_.get();
    const Parameters& p = parameters_;
    constexpr int kBinaryResults = 1;
    const int sent = name_.empty() ? PQsendQueryParams(pg, text_.c_str(), p.count(), p.types(), p.values(), p.lengths(),
                                                       p.formats(), kBinaryResults)
                                   : PQsendQueryPrepared(pg, name_.c_str(), p.count(), p.values(), p.lengths(),
                                                         p.formats(), kBinaryResults);
    if (sent == 0) {
        return connection_.lossReason();
    }
    ended_ = false;
    ++round_trips_;
    if (PQsetSingleRowMode(pg) == 0) {
        return fail(ErrorCode::kInternal, "libpq refused to deliver rows one by one");
    }
    if (PQflush(pg) < 0) {
        return connection_.lossReason();
    }
    return {};
}

PostgresCursor::~PostgresCursor() {
    if (!ended_) {
        connection_.stopStatement();
    }
}

Result<sdk::Fetch> PostgresCursor::fetch(ArrowArray* array, Connection::Patience patience) {
    auto fetched = read(array, patience);
    if (!fetched && !ended_) {
        connection_.stopStatement();
        ended_ = true;
    }
    return fetched;
}

Result<sdk::Fetch> PostgresCursor::read(ArrowArray* array, Connection::Patience patience) {
    while (!limit_.reached(batch_)) {
        if (batch_.rowCount() % kRowsPerLook == 0 && sdk::isCancelled(connection_.host())) {
            return sdk::cancelled();
        }
        if (!ended_ && PQisBusy(connection_.get()) != 0) {
            if (const auto early = TSR_TRY(waitForRows(array, patience))) {
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

Result<std::optional<sdk::Fetch>> PostgresCursor::waitForRows(ArrowArray* array, Connection::Patience patience) {
    switch (TSR_TRY(connection_.awaitRows(patience))) {
        case Connection::Arrival::kInput:
            return std::optional<sdk::Fetch>();
        case Connection::Arrival::kAttention:
            return std::optional(sdk::Fetch::kAgain);
        case Connection::Arrival::kNothing:
            break;
    }
    // The source takes its time: the rows that are here shall not wait for the others.
    if (batch_.rowCount() > 0) {
        return std::optional(deliver(array));
    }
    return patience == Connection::Patience::kNone ? std::optional(sdk::Fetch::kAgain) : std::optional<sdk::Fetch>();
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
        default:
            return takeError(result);
    }
}

Result<> PostgresCursor::takeError(const PGresult* result) {
    Error error = remoteError(result, connection_.get(), connection_.source());
    connection_.finishStatement();
    ended_ = true;
    if (name_.empty() || !saysStale(error) || decoder_ || !connection_.usable()) {
        return error;
    }
    prepared_.forget(text_);
    name_.clear();
    return sendStatement();
}

Result<> PostgresCursor::takeRow(const PGresult* row) {
    if (!decoder_) {
        decoder_ = TSR_TRY(RowDecoder::choose(row, batch_, connection_.source()));
    }
    const std::int64_t before = bytes_;
    for (std::size_t i = 0; i < decoder_->columnCount(); ++i) {
        const int column = static_cast<int>(i);
        if (PQgetisnull(row, 0, column) != 0) {
            batch_.appendNull(i);
            continue;
        }
        const std::string_view value(PQgetvalue(row, 0, column), static_cast<std::size_t>(PQgetlength(row, 0, column)));
        bytes_ += static_cast<std::int64_t>(value.size());
        connection_.noteRow(static_cast<std::size_t>(bytes_ - before));
        TSR_TRY(decoder_->decode(i, value, batch_));
    }
    batch_.endRow();
    return {};
}

TsrCursorState PostgresCursor::state() const {
    return {sizeof(TsrCursorState),
            TSR_ENCODING_ARROW,
            bytes_,
            round_trips_,
            (connection_.waited() - waited_before_).count(),
            1};
}

sdk::Fetch PostgresCursor::deliver(ArrowArray* array) {
    limit_.advance();
    batch_.finish(array);
    return sdk::Fetch::kBatch;
}

}  // namespace tessera::postgres_connector
