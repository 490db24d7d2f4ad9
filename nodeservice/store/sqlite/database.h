#pragma once

/// A connection to a SQLite database of the store's own, and statements on it. One thread at a time.

#include "common/handle.h"
#include "common/result.h"

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace tessera::store::sqlite {

/// Bytes that are no text.
struct Blob {
    std::string bytes;

    bool operator==(const Blob&) const = default;
};

using Value = std::variant<std::monostate, std::int64_t, double, std::string, Blob>;

using Connection = Handle<sqlite3, sqlite3_close_v2>;
using StatementHandle = Handle<sqlite3_stmt, sqlite3_finalize>;

class Statement {
  public:
    Statement(sqlite3* connection, StatementHandle handle) : connection_(connection), handle_(std::move(handle)) {}

    Result<> bind(int position, const Value& value);

    /// True: there is a row.
    Result<bool> step();

    /// Binds from 1 on, and runs to the end.
    Result<> run(std::initializer_list<Value> values);

    void reset();

    std::int64_t integer(int column) const { return sqlite3_column_int64(handle_.get(), column); }

    std::uint64_t number(int column) const { return static_cast<std::uint64_t>(integer(column)); }

    std::string_view bytes(int column) const;
    Value value(int column) const;

    sqlite3_stmt* get() const { return handle_.get(); }

  private:
    sqlite3* connection_;
    StatementHandle handle_;
};

class Database {
  public:
    /// Creates the file if there is none. `vfs`: the name of a registered one, or null.
    static Result<Database> open(const std::filesystem::path& path, const char* vfs = nullptr);

    Result<> execute(const std::string& sql);
    /// One statement; more behind it is refused, not left out.
    Result<Statement> prepare(std::string_view sql);

    sqlite3* get() const { return connection_.get(); }

  private:
    explicit Database(Connection connection) : connection_(std::move(connection)) {}

    Connection connection_;
};

/// What SQLite last said of the connection: damage is kDataLoss, a full disk kResourceExhausted, a fault of the machine
/// kUnavailable, and what the statement itself is to blame for kInvalidArgument.
Error errorOf(sqlite3* connection);

/// Whether the result depends on the machine it happened on, and not on statement and data alone.
bool isMachineFault(int code);

inline Value number(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

}  // namespace tessera::store::sqlite
