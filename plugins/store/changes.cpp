#include "plugins/store/changes.h"

#include "common/strings.h"
#include "plugins/sqlite/values.h"
#include "plugins/store/row_change.h"

#include <algorithm>
#include <optional>
#include <type_traits>

namespace tessera::store_tables {

namespace {

using store_link::Statement;
using store_link::Value;

/// What one entry of the log takes, with room for what stands around it.
constexpr std::size_t kMostBytes = std::size_t{7} << 20U;
constexpr std::size_t kMostStatements = 100'000;
/// Of one INSERT; SQLite takes 32,766 parameters.
constexpr std::size_t kMostRowsTogether = 500;
constexpr std::size_t kMostParameters = 30'000;

/// In the error of a guard.
constexpr std::string_view kChanged = "tessera: rows were changed meanwhile";

/// An error with kChanged in it unless the statement before has found so many rows. changes() is no constant, so that
/// SQLite fails when it comes to this, not when it begins.
std::string guard() {
    return "SELECT CASE WHEN changes() = ? THEN 1 ELSE json_extract('{}', '" + std::string(kChanged) +
           ": ' || changes()) END";
}

Value toValue(const sqlite::Stored& stored) {
    return std::visit(
        [](const auto& held) -> Value {
            using T = std::decay_t<decltype(held)>;
            if constexpr (std::is_same_v<T, sqlite::BlobView>) {
                return store_link::Bytes{std::string(held.bytes)};
            } else if constexpr (std::is_same_v<T, std::string_view>) {
                return std::string(held);
            } else {
                return held;
            }
        },
        stored);
}

Result<std::vector<Value>> valuesOf(std::span<const TsrParam> params) {
    std::vector<Value> values;
    values.reserve(params.size());
    for (const TsrParam& param : params) {
        const sqlite::Stored stored = TSR_TRY(sqlite::storedForm(param));
        values.push_back(toValue(stored));
    }
    return values;
}

Value columnValue(sqlite3_stmt* row, int column) {
    const auto bytes = [&](const void* data) {
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(row, column));
        return data == nullptr ? std::string() : std::string(static_cast<const char*>(data), size);
    };
    switch (sqlite3_column_type(row, column)) {
        case SQLITE_INTEGER:
            return static_cast<std::int64_t>(sqlite3_column_int64(row, column));
        case SQLITE_FLOAT:
            return sqlite3_column_double(row, column);
        case SQLITE_TEXT:
            return bytes(sqlite3_column_text(row, column));
        case SQLITE_BLOB:
            return store_link::Bytes{bytes(sqlite3_column_blob(row, column))};
        default:
            return std::monostate();
    }
}

void bind(sqlite3_stmt* statement, int index, const Value& value) {
    std::visit(
        [&](const auto& held) {
            using T = std::decay_t<decltype(held)>;
            if constexpr (std::is_same_v<T, std::monostate>) {
                sqlite3_bind_null(statement, index);
            } else if constexpr (std::is_same_v<T, std::int64_t>) {
                sqlite3_bind_int64(statement, index, held);
            } else if constexpr (std::is_same_v<T, double>) {
                sqlite3_bind_double(statement, index, held);
            } else if constexpr (std::is_same_v<T, std::string>) {
                sqlite3_bind_text64(statement, index, held.data(), held.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
            } else {
                sqlite3_bind_blob64(statement, index, held.bytes.data(), held.bytes.size(), SQLITE_TRANSIENT);
            }
        },
        value);
}

std::size_t weightOf(const Value& value) {
    if (const auto* text = std::get_if<std::string>(&value)) {
        return text->size() + 9;
    }
    const auto* blob = std::get_if<store_link::Bytes>(&value);
    return (blob != nullptr ? blob->bytes.size() : 8) + 9;
}

/// A row as it was read.
struct SeenRows {
    std::size_t count = 0;
    /// Of the first.
    std::vector<std::pair<std::string, Value>> columns;
};

Result<SeenRows> look(sqlite::Database& database, const RowChange& change, const std::vector<Value>& values) {
    const std::string sql = "SELECT * FROM " + std::string(change.relation) + " WHERE " + std::string(change.condition);
    const sqlite::Statement row = TSR_TRY(database.prepare(sql));
    for (std::size_t i = change.head_parameters; i < values.size(); ++i) {
        bind(row.get(), static_cast<int>(i - change.head_parameters) + 1, values[i]);
    }
    SeenRows seen;
    while (TSR_TRY(database.step(row.get()))) {
        for (int i = 0; seen.count == 0 && i < sqlite3_column_count(row.get()); ++i) {
            seen.columns.emplace_back(sqlite3_column_name(row.get(), i), columnValue(row.get(), i));
        }
        ++seen.count;
    }
    return seen;
}

}  // namespace

Error rowsHaveChanged() {
    Error error = fail(ErrorCode::kAborted, "the replicated store: a row was changed meanwhile by somebody else",
                       "run the transaction again");
    error.sqlstate = "40001";
    return error;
}

Result<> Changes::put(Statement statement) {
    bytes_ += statement.sql.size() + 16;
    for (const Value& value : statement.parameters) {
        bytes_ += weightOf(value);
    }
    if (bytes_ > kMostBytes || statements_.size() >= kMostStatements) {
        Error error =
            fail(ErrorCode::kResourceExhausted,
                 "the replicated store takes " + std::to_string(kMostBytes >> 20U) + " MiB and " +
                     std::to_string(kMostStatements) + " statements in one transaction, and this one has more",
                 "divide it into several");
        error.sqlstate = "54000";
        return error;
    }
    statements_.push_back(std::move(statement));
    return {};
}

Result<std::int64_t> Changes::add(std::string_view sql, std::span<const TsrParam> params) {
    std::vector<Value> values = TSR_TRY(valuesOf(params));
    TSR_TRY(put({std::string(sql), std::move(values)}));
    const bool is_row = sql.starts_with("INSERT INTO \"main\".");
    return is_row ? 1 : -1;
}

Result<std::int64_t> Changes::addRowChange(sqlite::Database& database, std::string_view sql,
                                           std::span<const TsrParam> params) {
    const auto parts = takeApart(sql);
    if (!parts) {
        return add(sql, params);
    }
    const RowChange& change = *parts;
    std::vector<Value> values = TSR_TRY(valuesOf(params));
    SeenRows seen = TSR_TRY(look(database, change, values));
    std::string text = std::string(change.head) + "(" + std::string(change.condition) + ")";
    if (seen.count == 1) {
        for (auto& [name, value] : seen.columns) {
            // Whatever the column's own collation takes for equal, another text is a change.
            text += " AND " + quoteIdentifier(name) + " COLLATE BINARY IS ?";
            values.push_back(std::move(value));
        }
    }
    const auto count = static_cast<std::int64_t>(seen.count);
    TSR_TRY(put({std::move(text), std::move(values)}));
    TSR_TRY(put({guard(), {count}}));
    return count;
}

Result<> Changes::addRows(std::string_view into, std::size_t columns, std::span<const TsrParam> values) {
    if (columns == 0) {
        return put({std::string(into) + " DEFAULT VALUES", {}});
    }
    const std::size_t together = std::max<std::size_t>(1, std::min(kMostRowsTogether, kMostParameters / columns));
    std::string places = "(?";
    for (std::size_t i = 1; i < columns; ++i) {
        places += ", ?";
    }
    places += ")";
    for (std::size_t first = 0; first < values.size(); first += together * columns) {
        const auto part = values.subspan(first, std::min(together * columns, values.size() - first));
        std::string sql = std::string(into) + " VALUES " + places;
        for (std::size_t row = columns; row < part.size(); row += columns) {
            sql += ", " + places;
        }
        std::vector<Value> held = TSR_TRY(valuesOf(part));
        TSR_TRY(put({std::move(sql), std::move(held)}));
    }
    return {};
}

void Changes::release(const std::string& name) {
    const auto found = std::find_if(savepoints_.rbegin(), savepoints_.rend(),
                                    [&](const auto& savepoint) { return savepoint.first == name; });
    if (found != savepoints_.rend()) {
        savepoints_.erase(std::next(found).base(), savepoints_.end());
    }
}

void Changes::rollbackTo(const std::string& name) {
    const auto found = std::find_if(savepoints_.rbegin(), savepoints_.rend(),
                                    [&](const auto& savepoint) { return savepoint.first == name; });
    if (found != savepoints_.rend()) {
        truncate(found->second);
        savepoints_.erase(found.base(), savepoints_.end());
    }
}

void Changes::truncate(std::size_t size) {
    while (statements_.size() > size) {
        bytes_ -= statements_.back().sql.size() + 16;
        for (const Value& value : statements_.back().parameters) {
            bytes_ -= weightOf(value);
        }
        statements_.pop_back();
    }
}

void Changes::clear() {
    statements_.clear();
    savepoints_.clear();
    bytes_ = 0;
}

Result<> Changes::send(const Member& member) {
    auto statements = std::move(statements_);
    clear();
    if (statements.empty()) {
        return {};
    }
    auto written = member.write(std::move(statements));
    const bool is_guards = !written && written.error().message.find(kChanged) != std::string::npos;
    return is_guards ? Result<>(rowsHaveChanged()) : written;
}

Ingest::Ingest(Changes& changes, const sdk::Target& target)
    : changes_(changes), begin_(changes.size()), columns_(target.columns.size()) {
    into_ = "INSERT INTO " + std::string(target.relation);
    std::string names;
    for (const std::string_view column : target.columns) {
        names += (names.empty() ? "" : ", ") + quoteIdentifier(std::string(column));
    }
    into_ += names.empty() ? "" : " (" + names + ")";
}

Ingest::~Ingest() {
    if (!is_finished_) {
        changes_.truncate(begin_);
    }
}

Result<> Ingest::rows(std::span<const TsrParam> values) {
    TSR_TRY(changes_.addRows(into_, columns_, values));
    count_ += columns_ > 0 ? static_cast<std::int64_t>(values.size() / columns_) : 1;
    return {};
}

Result<std::int64_t> Ingest::finish() {
    is_finished_ = true;
    return count_;
}

}  // namespace tessera::store_tables
