#include "plugins/sqlite/catalog.h"

#include "common/strings.h"
#include "plugins/sdk/values.h"
#include "plugins/sqlite/types.h"

#include <algorithm>

namespace tessera::sqlite {

namespace {

/// No row of SQLite takes less than this in its file.
constexpr double kLeastRowBytes = 4;

struct Entry {
    std::string name;
    bool is_view = false;
    bool is_strict = false;
    bool without_rowid = false;
};

std::string textAt(sqlite3_stmt* statement, int column) {
    const unsigned char* text = sqlite3_column_text(statement, column);
    return text != nullptr ? reinterpret_cast<const char*>(text) : "";
}

Result<Statement> prepareFor(Database& database, std::string_view sql, const std::string& name) {
    Statement statement = TSR_TRY(database.prepare(sql));
    sqlite3_bind_text64(statement.get(), 1, name.data(), name.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    return statement;
}

Result<std::vector<Entry>> readEntries(Database& database) {
    const Statement statement = TSR_TRY(database.prepare(
        "SELECT name, type = 'view', strict, wr FROM pragma_table_list "
        "WHERE schema = 'main' AND type IN ('table', 'view', 'virtual') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
        "ORDER BY name"));
    std::vector<Entry> entries;
    while (TSR_TRY(database.step(statement.get()))) {
        entries.push_back({textAt(statement.get(), 0), sqlite3_column_int(statement.get(), 1) != 0,
                           sqlite3_column_int(statement.get(), 2) != 0, sqlite3_column_int(statement.get(), 3) != 0});
    }
    return entries;
}

/// The declared collation of a table's column; empty for BINARY, SQLite's default, and for a view's columns.
std::string collationOf(Database& database, const std::string& table, const std::string& column) {
    const char* collation = nullptr;
    const int code = sqlite3_table_column_metadata(database.handle(), "main", table.c_str(), column.c_str(), nullptr,
                                                   &collation, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK || collation == nullptr || toLowerAscii(collation) == "binary") {
        return {};
    }
    return collation;
}

/// An INTEGER PRIMARY KEY is the row id itself, and so always an integer: such a key has no index of its own.
Result<bool> hasKeyIndex(Database& database, const std::string& table) {
    const Statement statement =
        TSR_TRY(prepareFor(database, "SELECT 1 FROM pragma_index_list(?) WHERE origin = 'pk'", table));
    return database.step(statement.get());
}

Result<std::vector<sdk::Column>> readColumns(Database& database, const Entry& entry) {
    const Statement statement = TSR_TRY(prepareFor(database,
                                                   "SELECT name, type, \"notnull\", pk, hidden, dflt_value FROM "
                                                   "pragma_table_xinfo(?) WHERE hidden <> 1 ORDER BY cid",
                                                   entry.name));
    std::vector<sdk::Column> columns;
    std::vector<std::string> declared;
    int key_columns = 0;
    while (TSR_TRY(database.step(statement.get()))) {
        declared.push_back(textAt(statement.get(), 1));
        sdk::Column column;
        column.name = textAt(statement.get(), 0);
        column.pg_type = pgTypeOfDeclared(declared.back());
        column.not_null = sqlite3_column_int(statement.get(), 2) != 0;
        column.key_position = sqlite3_column_int(statement.get(), 3);
        key_columns += column.key_position > 0 ? 1 : 0;
        if (column.key_position > 0) {
            column.options.emplace_back("key", "true");
        }
        if (sqlite3_column_int(statement.get(), 4) != 0) {
            column.options.emplace_back("generated", "true");
        } else if (column.not_null && sqlite3_column_type(statement.get(), 5) != SQLITE_NULL) {
            column.options.emplace_back("source_default", "true");
        }
        columns.push_back(std::move(column));
    }
    const bool row_id_key =
        key_columns == 1 && !entry.without_rowid && !entry.is_view && !TSR_TRY(hasKeyIndex(database, entry.name));
    for (std::size_t i = 0; i < columns.size(); ++i) {
        sdk::Column& column = columns[i];
        const bool is_row_id = row_id_key && column.key_position == 1;
        column.not_null = column.not_null || is_row_id || (entry.without_rowid && column.key_position > 0);
        if (is_row_id || (entry.is_strict && isEnforced(declared[i]))) {
            column.options.emplace_back("strict", "true");
        }
        if (is_row_id) {
            column.options.emplace_back("source_default", "true");
        }
        if (const std::string collation = collationOf(database, entry.name, column.name); !collation.empty()) {
            column.options.emplace_back("collation", collation);
        }
    }
    return columns;
}

Result<double> analyzedRows(Database& database, const std::string& table) {
    const Statement exists = TSR_TRY(database.prepare("SELECT 1 FROM main.sqlite_schema WHERE name = 'sqlite_stat1'"));
    if (!TSR_TRY(database.step(exists.get()))) {
        return -1;
    }
    // The first number of a row's figures is the count of rows of the index; a partial index has fewer than the table.
    const Statement statement =
        TSR_TRY(prepareFor(database, "SELECT max(CAST(stat AS INTEGER)) FROM main.sqlite_stat1 WHERE tbl = ?", table));
    if (TSR_TRY(database.step(statement.get())) && sqlite3_column_type(statement.get(), 0) == SQLITE_INTEGER) {
        return static_cast<double>(sqlite3_column_int64(statement.get(), 0));
    }
    return -1;
}

Result<double> fileBytes(Database& database) {
    const Statement statement =
        TSR_TRY(database.prepare("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"));
    TSR_TRY(database.step(statement.get()));
    return sqlite3_column_double(statement.get(), 0);
}

/// Row ids are found at both ends of the tree without reading it; gaps make this a bound, and the file's size is
/// another.
Result<double> rowIdSpan(Database& database, const std::string& table) {
    const std::string name = quoteIdentifier(table);
    const Statement statement = TSR_TRY(database.prepare("SELECT (SELECT max(rowid) FROM main." + name +
                                                         "), (SELECT min(rowid) FROM main." + name + ")"));
    TSR_TRY(database.step(statement.get()));
    if (sqlite3_column_type(statement.get(), 0) != SQLITE_INTEGER) {
        return 0;
    }
    const double span = sqlite3_column_double(statement.get(), 0) - sqlite3_column_double(statement.get(), 1) + 1;
    return std::min(span, TSR_TRY(fileBytes(database)) / kLeastRowBytes);
}

Result<double> countRows(Database& database, const Entry& entry) {
    const double analyzed = TSR_TRY(analyzedRows(database, entry.name));
    if (analyzed >= 0 || entry.is_view || entry.without_rowid) {
        return analyzed;
    }
    return rowIdSpan(database, entry.name);
}

}  // namespace

Result<std::vector<sdk::Table>> listTables(Database& database, const std::optional<std::string>& only) {
    std::vector<sdk::Table> tables;
    for (const Entry& entry : TSR_TRY(readEntries(database))) {
        if (only && entry.name != *only) {
            continue;
        }
        sdk::Table table;
        table.name = entry.name;
        table.options = {{"schema_name", "main"}, {"table_name", entry.name}};
        auto columns = readColumns(database, entry);
        if (columns) {
            table.columns = std::move(*columns);
        } else if (columns.error().code == ErrorCode::kCancelled) {
            return std::move(columns).error();
        } else {
            table.skipped = columns.error().message;
        }
        // A virtual table may not have row ids that can be asked for: its size is then not known.
        table.row_count = countRows(database, entry).value_or(-1);
        tables.push_back(std::move(table));
    }
    return tables;
}

Result<TsrStatistics> readStatistics(Database& database, const std::string& table) {
    for (const Entry& entry : TSR_TRY(readEntries(database))) {
        if (entry.name == table) {
            return TsrStatistics{TSR_TRY(countRows(database, entry)), -1};
        }
    }
    Error error = fail(ErrorCode::kNotFound, database.title() + " has no table '" + table + "'");
    error.sqlstate = "42P01";
    return error;
}

Result<std::vector<sdk::ColumnStatistics>> readColumnStatistics(Database& database, const std::string& table) {
    const Statement statement = TSR_TRY(prepareFor(
        database,
        "SELECT c.name, c.pk = 1 OR EXISTS (SELECT 1 FROM pragma_index_list(t.name) l, pragma_index_info(l.name) i "
        "WHERE NOT l.partial AND i.seqno = 0 AND i.name = c.name) FROM pragma_table_list t, pragma_table_xinfo(t.name) "
        "c "
        "WHERE t.schema = 'main' AND t.type = 'table' AND t.name = ?",
        table));
    std::vector<sdk::ColumnStatistics> columns;
    while (TSR_TRY(database.step(statement.get()))) {
        columns.push_back(
            {.name = textAt(statement.get(), 0), .index = sqlite3_column_int(statement.get(), 1) != 0 ? 1 : -1});
    }
    return columns;
}

}  // namespace tessera::sqlite
