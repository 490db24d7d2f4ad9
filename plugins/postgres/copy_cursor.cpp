#include "plugins/postgres/copy_cursor.h"

#include "plugins/sdk/byte_order.h"

#include <string_view>

namespace tessera::postgres_connector {

namespace {

/// How many rows are taken between two looks at the host's signals.
constexpr std::int64_t kRowsPerLook = 256;

constexpr std::string_view kSignature("PGCOPY\n\377\r\n\0", 11);
constexpr std::size_t kHeaderBytes = 19;  // the signature, 32 bits of flags, the size of an extension
constexpr std::string_view kTrailer("\377\377", 2);

constexpr std::string_view kDescribe = "SELECT * FROM (";

/// The line ends keep a comment at the end of a table's query from reaching further.
std::string copyText(std::string_view text) {
    std::string sql(kDescribe);
    sql.append(text).append("\n) AS described LIMIT 0; COPY (").append(text).append("\n) TO STDOUT (FORMAT binary)");
    return sql;
}

}  // namespace

bool CopyCursor::suits(const sdk::Query& query, std::int64_t least_rows) {
    // Several statements can go in one request only without parameters. Where a table's option "query" comes from
    // somebody else, a semicolon in it must not begin a statement of its own.
    return query.takes_tuples && query.params.empty() && query.text.find(';') == std::string_view::npos &&
           (query.expected_rows < 0 || query.expected_rows >= static_cast<double>(least_rows));
}

Result<std::unique_ptr<sdk::Cursor>> CopyCursor::start(Connection& connection, const sdk::Query& query) {
    PGconn* const pg = connection.get();
    if (PQsendQuery(pg, copyText(query.text).c_str()) == 0) {
        return connection.lossReason();
    }
    // From here on a statement is under way, and the cursor's destructor ends it.
    std::unique_ptr<sdk::Cursor> cursor(new CopyCursor(connection, query));
    if (PQflush(pg) < 0) {
        return connection.lossReason();
    }
    return cursor;
}

CopyCursor::CopyCursor(Connection& connection, const sdk::Query& query)
    : connection_(connection),
      tuples_(query.batch_bytes),
      batch_(query.column_types),
      limit_(query.batch_bytes),
      waited_before_(connection.waited()) {}

CopyCursor::~CopyCursor() {
    if (!ended_) {
        connection_.stopStatement();
    }
}

Result<sdk::Fetch> CopyCursor::fetch(ArrowArray* array, Connection::Patience patience) {
    auto fetched = read(array, patience);
    if (!fetched && !ended_) {
        connection_.stopStatement();
        ended_ = true;
    }
    return fetched;
}

Result<sdk::Fetch> CopyCursor::read(ArrowArray* array, Connection::Patience patience) {
    while (!full()) {
        if (rowCount() % kRowsPerLook == 0 && sdk::isCancelled(connection_.host())) {
            return sdk::cancelled();
        }
        switch (TSR_TRY(copying_ ? takeMessage() : takeResult())) {
            case Step::kForward:
                continue;
            case Step::kEnd:
                return rowCount() > 0 ? deliver(array) : sdk::Fetch::kEnd;
            case Step::kWait:
                break;
        }
        const Connection::Arrival arrival = TSR_TRY(connection_.awaitRows(patience));
        if (arrival == Connection::Arrival::kAttention) {
            return sdk::Fetch::kAgain;
        }
        // The source takes its time: the rows that are here shall not wait for the others.
        if (arrival == Connection::Arrival::kNothing && rowCount() > 0 && tuples_.open().empty()) {
            return deliver(array);
        }
        if (arrival == Connection::Arrival::kNothing && patience == Connection::Patience::kNone) {
            return sdk::Fetch::kAgain;
        }
    }
    return deliver(array);
}

Result<CopyCursor::Step> CopyCursor::takeResult() {
    if (ended_) {
        return Step::kEnd;
    }
    if (PQisBusy(connection_.get()) != 0) {
        return Step::kWait;
    }
    const PgResult result(PQgetResult(connection_.get()));
    if (!result) {
        ended_ = true;
        if (!complete_) {
            return lostConnection(connection_.source(), "the result ended without the source saying so");
        }
        return Step::kEnd;
    }
    switch (PQresultStatus(result.get())) {
        case PGRES_TUPLES_OK:
            decoder_ = TSR_TRY(RowDecoder::choose(result.get(), batch_, connection_.source()));
            passes_ = decoder_.isPlain();
            return Step::kForward;
        case PGRES_COPY_OUT:
            copying_ = true;
            return Step::kForward;
        case PGRES_COMMAND_OK:
            complete_ = true;
            return Step::kForward;
        default:
            return statementError(result.get());
    }
}

/// libpq's other function for this, PQgetCopyData(), allocates memory for each row; this one fills ours.
Result<CopyCursor::Step> CopyCursor::takeMessage() {
    const std::span<char> space = tuples_.space();
    const int size = PQgetlineAsync(connection_.get(), space.data(), static_cast<int>(space.size()));
    if (size == 0) {
        return Step::kWait;
    }
    if (size < 0) {
        if (!tuples_.open().empty()) {
            return fail(ErrorCode::kDataLoss, connection_.source() + " ended a COPY within a row");
        }
        copying_ = false;
        return Step::kForward;
    }
    tuples_.extend(static_cast<std::size_t>(size));
    bytes_ += size;
    if (!header_seen_) {
        TSR_TRY(dropHeader());
    }
    // The server sends a message for each row. One that fills the space to its end may go on.
    const bool whole =
        static_cast<std::size_t>(size) < space.size() || tupleSize(tuples_.open()) == tuples_.open().size();
    if (whole && !tuples_.open().empty()) {
        TSR_TRY(endMessage());
    }
    return Step::kForward;
}

Result<> CopyCursor::endMessage() {
    connection_.noteRow(tuples_.open().size());
    if (tuples_.open() == kTrailer) {
        tuples_.dropFront(kTrailer.size());
        return {};
    }
    if (passes_) {
        tuples_.closeTuple();
        return {};
    }
    TSR_TRY(decoder_.decodeTuple(tuples_.open(), batch_));
    tuples_.dropFront(tuples_.open().size());
    return {};
}

Result<> CopyCursor::dropHeader() {
    const std::string_view header = tuples_.open().substr(0, kHeaderBytes);
    if (header.size() != kHeaderBytes || !header.starts_with(kSignature) ||
        sdk::loadBigEndian<std::uint64_t>(header.data() + kSignature.size()) != 0) {
        return fail(ErrorCode::kDataLoss, connection_.source() + " does not write a COPY as PostgreSQL does");
    }
    tuples_.dropFront(kHeaderBytes);
    header_seen_ = true;
    return {};
}

Error CopyCursor::statementError(const PGresult* result) {
    Error error = remoteError(result, connection_.get(), connection_.source());
    constexpr int kBefore = static_cast<int>(kDescribe.size());
    error.position = error.position > kBefore ? error.position - kBefore : 0;
    connection_.finishStatement();
    ended_ = true;
    return error;
}

bool CopyCursor::full() const {
    return passes_ ? limit_.reached(tuples_.byteSize(), tuples_.count()) : limit_.reached(batch_);
}

std::int64_t CopyCursor::rowCount() const {
    return passes_ ? tuples_.count() : batch_.rowCount();
}

sdk::Fetch CopyCursor::deliver(ArrowArray* array) {
    limit_.advance();
    if (passes_) {
        tuples_.finish(array);
    } else {
        batch_.finish(array);
    }
    return sdk::Fetch::kBatch;
}

TsrCursorState CopyCursor::state() const {
    return {sizeof(TsrCursorState),
            passes_ ? TSR_ENCODING_TUPLES : TSR_ENCODING_ARROW,
            bytes_,
            1,
            (connection_.waited() - waited_before_).count(),
            1};
}

}  // namespace tessera::postgres_connector
