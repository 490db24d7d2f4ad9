#include "plugins/files/file_cursor.h"

#include "common/strings.h"
#include "plugins/files/errors.h"
#include "plugins/files/params.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <set>

namespace tessera::files {

namespace {

constexpr int kPipeBytes = 1 << 20;
constexpr int kWait_ms = 20;

Error cannot(const std::string& why) {
    Error error = fail(ErrorCode::kUnimplemented, why);
    error.sqlstate = "0A000";
    return error;
}

struct Whole {
    int bits;
    bool is_signed;
};

std::optional<Whole> wholeOf(duckdb_type type) {
    switch (type) {
        case DUCKDB_TYPE_TINYINT:
            return Whole{8, true};
        case DUCKDB_TYPE_UTINYINT:
            return Whole{8, false};
        case DUCKDB_TYPE_SMALLINT:
            return Whole{16, true};
        case DUCKDB_TYPE_USMALLINT:
            return Whole{16, false};
        case DUCKDB_TYPE_INTEGER:
            return Whole{32, true};
        case DUCKDB_TYPE_UINTEGER:
            return Whole{32, false};
        case DUCKDB_TYPE_BIGINT:
            return Whole{64, true};
        default:
            return std::nullopt;
    }
}

/// DuckDB's type that has exactly the values of the host's; invalid where none does.
duckdb_type typeOf(TsrType type) {
    switch (type) {
        case TSR_TYPE_BOOL:
            return DUCKDB_TYPE_BOOLEAN;
        case TSR_TYPE_INT16:
            return DUCKDB_TYPE_SMALLINT;
        case TSR_TYPE_INT32:
            return DUCKDB_TYPE_INTEGER;
        case TSR_TYPE_INT64:
            return DUCKDB_TYPE_BIGINT;
        case TSR_TYPE_FLOAT32:
            return DUCKDB_TYPE_FLOAT;
        case TSR_TYPE_FLOAT64:
            return DUCKDB_TYPE_DOUBLE;
        case TSR_TYPE_DECIMAL:
            return DUCKDB_TYPE_DECIMAL;
        case TSR_TYPE_TEXT:
            return DUCKDB_TYPE_VARCHAR;
        case TSR_TYPE_BYTES:
            return DUCKDB_TYPE_BLOB;
        case TSR_TYPE_DATE:
            return DUCKDB_TYPE_DATE;
        case TSR_TYPE_TIME:
            return DUCKDB_TYPE_TIME;
        case TSR_TYPE_TIMESTAMP:
            return DUCKDB_TYPE_TIMESTAMP;
        case TSR_TYPE_TIMESTAMPTZ:
            return DUCKDB_TYPE_TIMESTAMP_TZ;
        case TSR_TYPE_UUID:
            return DUCKDB_TYPE_UUID;
        default:
            return DUCKDB_TYPE_INVALID;
    }
}

bool hasAlias(duckdb_logical_type type) {
    char* alias = duckdb_logical_type_get_alias(type);
    const bool has = alias != nullptr;
    duckdb_free(alias);
    return has;
}

/// A value as the column's type: a whole number may come from a narrower one, all others are of it already.
Result<std::string> valueOf(const TsrFileColumn& column, duckdb_logical_type found, const std::string& output) {
    const duckdb_type wanted = typeOf(column.type);
    const duckdb_type type = duckdb_get_type_id(found);
    const auto from = wholeOf(type);
    const auto to = wholeOf(wanted);
    if (from && to && from->bits + (from->is_signed ? 0 : 1) <= to->bits) {
        constexpr std::array kNames = {"SMALLINT", "INTEGER", "BIGINT"};
        const char* name = kNames.at(to->bits == 16 ? 0 : to->bits == 32 ? 1 : 2);
        return type == wanted ? output : "CAST(" + output + " AS " + name + ")";
    }
    const bool is_same = type == wanted && type != DUCKDB_TYPE_INVALID && !hasAlias(found) &&
                         (type != DUCKDB_TYPE_DECIMAL || (duckdb_decimal_width(found) == column.precision &&
                                                          duckdb_decimal_scale(found) == column.scale));
    if (!is_same) {
        return cannot("column '" + std::string(column.name) + "' is of another type at the source");
    }
    return output;
}

/// What PostgreSQL's type cannot be is an error, as it is when rows are read.
std::string guarded(const TsrFileColumn& column, const std::string& value) {
    const auto misfit = [&](const std::string& condition, const std::string& what) {
        return "CASE WHEN " + condition + " THEN error(" +
               quoteLiteral("column '" + std::string(column.name) + "' holds " + what) + ") ELSE " + value + " END";
    };
    // The calendars of PostgreSQL begin here; its times end behind DuckDB's.
    constexpr const char* kFirstTime = "-210866803200000000";
    switch (column.type) {
        case TSR_TYPE_TEXT:
            return misfit("contains(" + value + ", chr(0))", "U+0000, which no text can");
        case TSR_TYPE_DATE:
            return misfit(
                "isfinite(" + value + ") AND " + value + " NOT BETWEEN DATE '4714-11-24 (BC)' AND DATE '5874897-12-31'",
                "a date that is out of range");
        case TSR_TYPE_TIMESTAMP:
        case TSR_TYPE_TIMESTAMPTZ:
            return misfit("CASE WHEN isfinite(" + value + ") THEN epoch_us(" + value + ") < " + kFirstTime + " END",
                          "a time that is out of range");
        default:
            return value;
    }
}

Result<> checkNames(const TsrFile& file) {
    std::set<std::string> names;
    for (std::size_t i = 0; i < file.column_count; ++i) {
        if (!names.insert(toLowerAscii(file.columns[i].name)).second) {
            return cannot("two columns differ in nothing but case: '" + std::string(file.columns[i].name) + "'");
        }
    }
    return {};
}

Result<std::string> formatOf(const TsrFile& file) {
    const std::string format = file.format;
    if (format != "parquet" && format != "csv" && format != "json") {
        return cannot("files of the format '" + format + "' are not written here");
    }
    return "(FORMAT " + format + (format == "csv" ? ", HEADER)" : ")");
}

Result<Prepared> prepare(duckdb_connection connection, const std::string& text) {
    Prepared prepared;
    if (duckdb_prepare(connection, text.c_str(), prepared.out()) != DuckDBSuccess) {
        const char* message = duckdb_prepare_error(prepared.get());
        return errorOfMessage(message != nullptr ? message : "the statement cannot be prepared");
    }
    return prepared;
}

/// The statement's columns as the file's.
Result<std::string> selectOf(duckdb_connection connection, const std::string& text, const TsrFile& file) {
    const Prepared prepared = TSR_TRY(prepare(connection, text));
    if (duckdb_prepared_statement_type(prepared.get()) != DUCKDB_STATEMENT_TYPE_SELECT ||
        duckdb_prepared_statement_column_count(prepared.get()) != file.output_count) {
        return cannot("the source sees the statement otherwise");
    }
    std::vector<std::string> outputs;
    for (std::size_t i = 0; i < file.output_count; ++i) {
        outputs.push_back("c" + std::to_string(i + 1));
    }
    std::vector<std::string> items;
    for (std::size_t i = 0; i < file.column_count; ++i) {
        const TsrFileColumn& column = file.columns[i];
        const LogicalType type(duckdb_prepared_statement_column_logical_type(prepared.get(), column.output));
        const std::string value = TSR_TRY(valueOf(column, type.get(), outputs.at(column.output)));
        items.push_back(guarded(column, value) + " AS " + quoteIdentifier(column.name));
    }
    return "SELECT " + join(items, ", ") + " FROM (" + text + ") AS q(" + join(outputs, ", ") + ")";
}

}  // namespace

Result<std::unique_ptr<sdk::Cursor>> FileCursor::open(const TsrHost& host, const InstanceOptions& options,
                                                      const sdk::Query& query) {
    const TsrFile& file = *query.file;
    TSR_TRY(checkNames(file));
    const std::string format = TSR_TRY(formatOf(file));
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        return fail(ErrorCode::kUnavailable, std::string("no pipe is to be had: ") + std::strerror(errno));
    }
    FileDescriptor read_end(ends[0]);
    FileDescriptor write_end(ends[1]);
    // A smaller one does it as well.
    static_cast<void>(::fcntl(read_end.get(), F_SETPIPE_SZ, kPipeBytes));
    const std::string path = "/proc/self/fd/" + std::to_string(write_end.get());
    Reader reader = TSR_TRY(Instance::openForFile(options, path));
    duckdb_connection connection = reader.connection.get();
    const std::string select = TSR_TRY(selectOf(connection, std::string(query.text), file));
    Prepared copy = TSR_TRY(prepare(connection, "COPY (" + select + ") TO " + quoteLiteral(path) + " " + format));
    if (duckdb_nparams(copy.get()) != query.params.size()) {
        return cannot("the statement's parameters cannot go into a file's");
    }
    for (std::size_t i = 0; i < query.params.size(); ++i) {
        TSR_TRY(bindParam(copy.get(), i + 1, query.params[i]));
    }
    std::unique_ptr<FileCursor> cursor(
        new FileCursor(host, std::move(reader), std::move(read_end), std::move(write_end), query));
    cursor->start(std::move(copy));
    return std::unique_ptr<sdk::Cursor>(std::move(cursor));
}

FileCursor::~FileCursor() {
    if (!thread_.joinable()) {
        return;
    }
    // DuckDB may not have begun, or wait for room in the pipe: it is told again, and what it writes is read, until it
    // has ended.
    for (auto got = Result<Read>(Read::kSome); got && *got != Read::kEnd; got = read()) {
        duckdb_interrupt(reader_.connection.get());
        piece_.clear();
    }
    thread_.join();
}

void FileCursor::start(Prepared prepared) {
    const sdk::BlockSignals blocked;
    thread_ = std::thread([this, statement = std::move(prepared)] { write(statement); });
}

void FileCursor::write(const Prepared& prepared) {
    pthread_setname_np(pthread_self(), "tsr-files-write");
    QueryResult result;
    if (duckdb_execute_prepared(prepared.get(), result.get()) == DuckDBSuccess) {
        written_ = static_cast<std::int64_t>(duckdb_rows_changed(result.get()));
    } else {
        const char* message = duckdb_result_error(result.get());
        written_ = errorOfMessage(message != nullptr ? message : "the file cannot be written");
    }
    write_end_ = FileDescriptor();
}

Result<FileCursor::Read> FileCursor::read() {
    constexpr std::size_t kMost = 64 << 10;
    pollfd waiting{read_end_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, kWait_ms) <= 0) {
        return Read::kNothingYet;
    }
    const std::size_t before = piece_.size();
    piece_.resize(before + kMost);
    const ssize_t got = ::read(read_end_.get(), piece_.data() + before, kMost);
    piece_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0 && errno != EINTR) {
        return fail(ErrorCode::kInternal, std::string("the file's pipe cannot be read: ") + std::strerror(errno));
    }
    return got == 0 ? Read::kEnd : Read::kSome;
}

Result<sdk::Fetch> FileCursor::next(ArrowArray* array) {
    while (thread_.joinable()) {
        const Read got = TSR_TRY(read());
        const TsrSignal signal = host_.poll_signal(&host_);
        if (signal == TSR_SIGNAL_CANCEL) {
            return sdk::cancelled();
        }
        if (got == Read::kEnd) {
            TSR_TRY(finish());
        } else if (!limit_.reached(piece_.size(), 0)) {
            if (signal == TSR_SIGNAL_ATTENTION) {
                return sdk::Fetch::kAgain;
            }
            continue;
        }
        break;
    }
    if (piece_.empty()) {
        return sdk::Fetch::kEnd;
    }
    TSR_TRY(pieces_.appendBytes(0, piece_));
    pieces_.addRows(1);
    pieces_.finish(array);
    piece_.clear();
    limit_.advance();
    return sdk::Fetch::kBatch;
}

Result<> FileCursor::finish() {
    thread_.join();
    rows_ = TSR_TRY(std::move(written_));
    return {};
}

}  // namespace tessera::files
