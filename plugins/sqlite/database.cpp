#include "plugins/sqlite/database.h"

#include "plugins/sdk/connector_base.h"
#include "plugins/sqlite/functions.h"

#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>

namespace tessera::sqlite {

namespace {

/// Steps of SQLite's machine between two questions to the host: well under a millisecond of work.
constexpr int kStepsBetweenPolls = 10'000;
constexpr int kBusySliceMs = 10;

struct Meaning {
    ErrorCode code;
    const char* sqlstate;
    const char* hint;
};

/// What SQLite's result code means to PostgreSQL; `message` tells the kinds of SQLITE_ERROR apart.
Meaning meaningOf(int code, std::string_view message) {
    const auto says = [message](std::string_view words) { return message.find(words) != std::string_view::npos; };
    switch (code) {
        case SQLITE_CONSTRAINT_UNIQUE:
        case SQLITE_CONSTRAINT_PRIMARYKEY:
        case SQLITE_CONSTRAINT_ROWID:
            return {ErrorCode::kAlreadyExists, "23505", ""};
        case SQLITE_CONSTRAINT_NOTNULL:
            return {ErrorCode::kFailedPrecondition, "23502", ""};
        case SQLITE_CONSTRAINT_CHECK:
            return {ErrorCode::kFailedPrecondition, "23514", ""};
        case SQLITE_CONSTRAINT_FOREIGNKEY:
            return {ErrorCode::kFailedPrecondition, "23503", ""};
        case SQLITE_BUSY_SNAPSHOT:
            return {ErrorCode::kAborted, "40001", "another program has written meanwhile: run the transaction again"};
        default:
            break;
    }
    switch (code & 0xFF) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return {ErrorCode::kUnavailable, "55P03",
                    "another program is writing to it: try again, or raise busy_timeout"};
        case SQLITE_NOTADB:
            return {ErrorCode::kDataLoss, "XX001", "give the path of a SQLite 3 database that is not encrypted"};
        case SQLITE_CORRUPT:
            return {ErrorCode::kDataLoss, "XX001",
                    "run PRAGMA integrity_check with the sqlite3 program, or restore it"};
        case SQLITE_IOERR:
            return {ErrorCode::kUnavailable, "58030", ""};
        case SQLITE_FULL:
            return {ErrorCode::kResourceExhausted, "53100", ""};
        case SQLITE_NOMEM:
            return {ErrorCode::kResourceExhausted, "53200", ""};
        case SQLITE_READONLY:
            return {ErrorCode::kFailedPrecondition, "25006", "set option read_only to false to write to it"};
        case SQLITE_CANTOPEN:
        case SQLITE_PERM:
            return {ErrorCode::kPermissionDenied, "58030",
                    "the user that runs the database server must be able to read it"};
        case SQLITE_CONSTRAINT:
            return {ErrorCode::kFailedPrecondition, "23000", ""};
        case SQLITE_TOOBIG:
            return {ErrorCode::kResourceExhausted, "54000", ""};
        default:
            break;
    }
    if (says("no such table")) {
        return {ErrorCode::kNotFound, "42P01", ""};
    }
    if (says("no such column")) {
        return {ErrorCode::kInvalidArgument, "42703", ""};
    }
    if (says("no such function")) {
        return {ErrorCode::kInvalidArgument, "42883", ""};
    }
    if (says("integer overflow")) {
        return {ErrorCode::kOutOfRange, "22003", ""};
    }
    if (says("syntax error")) {
        return {ErrorCode::kInvalidArgument, "42601", ""};
    }
    return {ErrorCode::kInvalidArgument, "HV000", ""};
}

/// Characters, counted from 1, before the byte at `offset`.
std::int32_t characterPosition(std::string_view sql, int offset) {
    if (offset < 0 || static_cast<std::size_t>(offset) > sql.size()) {
        return 0;
    }
    std::int32_t position = 1;
    for (const char c : sql.substr(0, static_cast<std::size_t>(offset))) {
        position += (static_cast<unsigned char>(c) & 0xC0U) == 0x80U ? 0 : 1;
    }
    return position;
}

Result<> checkPath(const std::string& path) {
    if (!path.starts_with('/')) {
        return fail(ErrorCode::kInvalidArgument, "option 'database' must be an absolute path, not '" + path + "'");
    }
    std::error_code code;
    const auto status = std::filesystem::status(path, code);
    if (status.type() == std::filesystem::file_type::not_found) {
        Error error = fail(ErrorCode::kNotFound, "the SQLite database '" + path + "' does not exist",
                           "correct option 'database'; a database is never created");
        error.sqlstate = "58P01";
        return error;
    }
    if (!std::filesystem::is_regular_file(status)) {
        return fail(ErrorCode::kInvalidArgument, "cannot open the SQLite database '" + path +
                                                     "': " + (code ? code.message() : std::string("it is not a file")));
    }
    return {};
}

}  // namespace

Result<std::unique_ptr<Database>> Database::open(const TsrHost& host, const std::string& path, bool read_only,
                                                 std::int64_t busy_timeout_ms, const std::string& title) {
    TSR_TRY(checkPath(path));
    std::unique_ptr<Database> database(new Database(host, path, busy_timeout_ms, title));
    sqlite3* handle = nullptr;
    // A session is used by one thread at a time, so that SQLite's own mutexes are not needed.
    const int flags =
        (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
    database->handle_.reset(handle);
    if (code != SQLITE_OK) {
        return database->failure({});
    }
    TSR_TRY(database->configure(read_only));
    return database;
}

Result<> Database::configure(bool read_only) {
    sqlite3* db = handle_.get();
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_handler(db, onBusy, this);
    sqlite3_progress_handler(db, kStepsBetweenPolls, onProgress, this);
    // Statements reach this one file and nothing else, and what the schema holds is not trusted to run.
    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    // Else the quoted name of a column that is not there would be a string.
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    if (!registerFunctions(db)) {
        return failure({});
    }
    TSR_TRY(run("PRAGMA case_sensitive_like = 1"));
    TSR_TRY(run(read_only ? "PRAGMA query_only = 1" : "PRAGMA foreign_keys = 1"));
    // Reads the file's header: what is no database is found here, not in the first query.
    return run("PRAGMA schema_version");
}

Result<Statement> Database::prepare(std::string_view sql) {
    cancelled_ = false;
    sqlite3_stmt* statement = nullptr;
    const char* tail = nullptr;
    const int code = sqlite3_prepare_v2(handle_.get(), sql.data(), static_cast<int>(sql.size()), &statement, &tail);
    Statement owned(statement);
    if (code != SQLITE_OK) {
        return failure(sql);
    }
    const std::string_view rest(tail, static_cast<std::size_t>(sql.data() + sql.size() - tail));
    if (!owned || rest.find_first_not_of(" \t\r\n;") != std::string_view::npos) {
        Error error = fail(ErrorCode::kInvalidArgument, "a remote query must be exactly one statement");
        error.sqlstate = "42601";
        return error;
    }
    return owned;
}

Result<bool> Database::step(sqlite3_stmt* statement) {
    const int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        return true;
    }
    if (code == SQLITE_DONE) {
        return false;
    }
    return failure({});
}

Result<> Database::run(std::string_view sql) {
    const Statement statement = TSR_TRY(prepare(sql));
    while (TSR_TRY(step(statement.get()))) {
    }
    return {};
}

Error Database::failure(std::string_view sql) const {
    sqlite3* db = handle_.get();
    if (cancelled_) {
        return sdk::cancelled();
    }
    const int code = db != nullptr ? sqlite3_extended_errcode(db) : SQLITE_NOMEM;
    std::string message = db != nullptr ? sqlite3_errmsg(db) : "out of memory";
    const std::string state = takeSqlState(message);
    const Meaning meaning = meaningOf(code, message);
    Error error = fail(meaning.code, title_ + ": " + message, meaning.hint);
    error.sqlstate = state.empty() ? meaning.sqlstate : state;
    error.position = sql.empty() ? 0 : characterPosition(sql, sqlite3_error_offset(db));
    return error;
}

int Database::onBusy(void* database, int attempts) noexcept {
    auto* self = static_cast<Database*>(database);
    self->waited_ms_ = attempts == 0 ? 0 : self->waited_ms_ + kBusySliceMs;
    if (self->heeds_cancel_ && sdk::isCancelled(self->host_)) {
        self->cancelled_ = true;
        return 0;
    }
    if (self->waited_ms_ >= self->busy_timeout_ms_) {
        return 0;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(kBusySliceMs));
    return 1;
}

int Database::onProgress(void* database) noexcept {
    auto* self = static_cast<Database*>(database);
    if (self->heeds_cancel_ && sdk::isCancelled(self->host_)) {
        self->cancelled_ = true;
        return 1;
    }
    return 0;
}

}  // namespace tessera::sqlite
