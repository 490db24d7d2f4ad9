#include "nodeservice/store/sqlite/database.h"

#include <string_view>
#include <type_traits>

namespace tessera::store::sqlite {

Error errorOf(sqlite3* connection) {
    const int code = sqlite3_errcode(connection) & 0xFF;
    const char* file = sqlite3_db_filename(connection, "main");
    const std::string message = sqlite3_errmsg(connection);
    const std::string where = file == nullptr ? "" : " '" + std::string(file) + "'";
    switch (code) {
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return fail(ErrorCode::kDataLoss, "the store's file" + where + " is damaged: " + message,
                        "restore this node of the store from its peers");
        case SQLITE_FULL:
            return fail(ErrorCode::kResourceExhausted, "the disk of the store's file" + where + " is full");
        default:
            return isMachineFault(code) ? fail(ErrorCode::kUnavailable, "the store's file" + where + ": " + message)
                                        : fail(ErrorCode::kInvalidArgument, message);
    }
}

bool isMachineFault(int code) {
    switch (code & 0xFF) {
        case SQLITE_FULL:
        case SQLITE_IOERR:
        case SQLITE_NOMEM:
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        case SQLITE_INTERRUPT:
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_CANTOPEN:
        case SQLITE_PROTOCOL:
        case SQLITE_READONLY:
        case SQLITE_INTERNAL:
        case SQLITE_MISUSE:
        case SQLITE_PERM:
            return true;
        default:
            return false;
    }
}

Result<> Statement::bind(int position, const Value& value) {
    const int code = std::visit(
        [&](const auto& held) {
            using T = std::decay_t<decltype(held)>;
            if constexpr (std::is_same_v<T, std::monostate>) {
                return sqlite3_bind_null(handle_.get(), position);
            } else if constexpr (std::is_same_v<T, std::int64_t>) {
                return sqlite3_bind_int64(handle_.get(), position, held);
            } else if constexpr (std::is_same_v<T, double>) {
                return sqlite3_bind_double(handle_.get(), position, held);
            } else if constexpr (std::is_same_v<T, std::string>) {
                return sqlite3_bind_text64(handle_.get(), position, held.data(), held.size(), SQLITE_TRANSIENT,
                                           SQLITE_UTF8);
            } else {
                return sqlite3_bind_blob64(handle_.get(), position, held.bytes.data(), held.bytes.size(),
                                           SQLITE_TRANSIENT);
            }
        },
        value);
    if (code != SQLITE_OK) {
        return errorOf(connection_);
    }
    return {};
}

Result<bool> Statement::step() {
    const int code = sqlite3_step(handle_.get());
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        return errorOf(connection_);
    }
    return code == SQLITE_ROW;
}

Result<> Statement::run(std::initializer_list<Value> values) {
    reset();
    int position = 0;
    for (const Value& value : values) {
        TSR_TRY(bind(++position, value));
    }
    while (TSR_TRY(step())) {
    }
    reset();
    return {};
}

void Statement::reset() {
    sqlite3_reset(handle_.get());
    sqlite3_clear_bindings(handle_.get());
}

std::string_view Statement::bytes(int column) const {
    const void* data = sqlite3_column_blob(handle_.get(), column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
    return data == nullptr ? std::string_view() : std::string_view(static_cast<const char*>(data), size);
}

Value Statement::value(int column) const {
    switch (sqlite3_column_type(handle_.get(), column)) {
        case SQLITE_INTEGER:
            return integer(column);
        case SQLITE_FLOAT:
            return sqlite3_column_double(handle_.get(), column);
        case SQLITE_TEXT:
            return std::string(bytes(column));
        case SQLITE_BLOB:
            return Blob{std::string(bytes(column))};
        default:
            return std::monostate();
    }
}

Result<Database> Database::open(const std::filesystem::path& path, const char* vfs) {
    sqlite3* raw = nullptr;
    const int code =
        sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, vfs);
    Connection connection(raw);
    if (code != SQLITE_OK) {
        return fail(ErrorCode::kUnavailable,
                    "cannot open the store's file '" + path.string() + "': " + sqlite3_errstr(code));
    }
    Database database(std::move(connection));
    // Debian's SQLite writes zeros over all that is deleted, so that to drop megabytes is to write megabytes. FAST:
    // only where a page is written anyhow. It reads no file, and so cannot fail for one that is damaged.
    TSR_TRY(database.execute("PRAGMA secure_delete = FAST"));
    return database;
}

Result<> Database::execute(const std::string& sql) {
    if (sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
        return errorOf(connection_.get());
    }
    return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
    sqlite3_stmt* raw = nullptr;
    const char* rest = nullptr;
    if (sqlite3_prepare_v2(connection_.get(), sql.data(), static_cast<int>(sql.size()), &raw, &rest) != SQLITE_OK) {
        return errorOf(connection_.get());
    }
    Statement statement(connection_.get(), StatementHandle(raw));
    const std::string_view behind = sql.substr(static_cast<std::size_t>(rest - sql.data()));
    if (behind.find_first_not_of(" \t\r\n;") != std::string_view::npos) {
        return fail(ErrorCode::kInvalidArgument, "there is more than one statement in the text");
    }
    return statement;
}

}  // namespace tessera::store::sqlite
