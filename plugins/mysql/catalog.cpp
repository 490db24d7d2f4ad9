#include "plugins/mysql/catalog.h"

#include "common/strings.h"
#include "plugins/mysql/types.h"
#include "plugins/sdk/values.h"

#include <algorithm>
#include <map>
#include <set>

namespace tessera::mysql {

namespace {

std::string inTables(const std::string& alias, const std::string& schema, const std::optional<std::string>& only) {
    return alias + "TABLE_SCHEMA = " + quoteLiteral(schema) +
           (only ? " AND " + alias + "TABLE_NAME = " + quoteLiteral(*only) : "");
}

double numberOf(const std::optional<std::string>& text) {
    return text ? sdk::parseFloat(*text).value_or(-1) : -1;
}

Result<> checkSchema(Connection& connection, const std::string& schema) {
    const auto found = TSR_TRY(
        connection.run("SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = " + quoteLiteral(schema)));
    if (found.empty()) {
        Error error = fail(ErrorCode::kNotFound,
                           "the MySQL server at " + connection.options().where() + " has no database '" + schema + "'",
                           "a MySQL database is a schema: check its name, and that the account may see it");
        error.sqlstate = "3F000";
        return error;
    }
    return {};
}

using Keys = std::map<std::pair<std::string, std::string>, int>;

Result<Keys> readPrimaryKeys(Connection& connection, const std::string& schema,
                             const std::optional<std::string>& only) {
    Keys keys;
    for (const TextRow& row : TSR_TRY(connection.run("SELECT TABLE_NAME, COLUMN_NAME, SEQ_IN_INDEX FROM "
                                                     "information_schema.STATISTICS WHERE INDEX_NAME = 'PRIMARY' AND " +
                                                     inTables("", schema, only)))) {
        keys[{row[0].value_or(""), row[1].value_or("")}] = static_cast<int>(numberOf(row[2]));
    }
    return keys;
}

/// MariaDB's JSON is a text with a check that it is JSON; elsewhere there is no such view, or nothing of the kind in
/// it.
std::set<std::pair<std::string, std::string>> readCheckedJson(Connection& connection, const std::string& schema) {
    std::set<std::pair<std::string, std::string>> columns;
    const auto rows = connection.run(
        "SELECT TABLE_NAME, CONSTRAINT_NAME FROM information_schema.CHECK_CONSTRAINTS WHERE LEVEL = 'Column' AND"
        " CHECK_CLAUSE LIKE 'json_valid(%)' AND CONSTRAINT_SCHEMA = " +
        quoteLiteral(schema));
    if (rows) {
        for (const TextRow& row : *rows) {
            columns.emplace(row[0].value_or(""), row[1].value_or(""));
        }
    }
    return columns;
}

class TableReader {
  public:
    TableReader(Connection& connection, const std::string& schema, const std::optional<std::string>& only)
        : connection_(connection), schema_(schema), only_(only) {}

    Result<std::vector<sdk::Table>> read() {
        TSR_TRY(readTables());
        keys_ = TSR_TRY(readPrimaryKeys(connection_, schema_, only_));
        checked_json_ = readCheckedJson(connection_, schema_);
        TSR_TRY(readColumns());
        for (sdk::Table& table : tables_) {
            if (table.columns.empty()) {
                table.skipped = table.comment.empty() ? "it has no columns that the account may see" : table.comment;
            }
        }
        return std::move(tables_);
    }

  private:
    Result<> readTables() {
        for (const TextRow& row : TSR_TRY(connection_.run(
                 "SELECT TABLE_NAME, TABLE_TYPE, TABLE_ROWS, TABLE_COMMENT FROM information_schema.TABLES WHERE"
                 " TABLE_TYPE IN ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED', 'SYSTEM VIEW') AND " +
                 inTables("", schema_, only_) + " ORDER BY TABLE_NAME"))) {
            sdk::Table table;
            table.name = row[0].value_or("");
            const bool is_table = row[1] != "VIEW" && row[1] != "SYSTEM VIEW";
            table.row_count = is_table ? numberOf(row[2]) : -1;
            // A view's comment is the word VIEW, or the reason why it no longer works.
            table.comment = row[3].value_or("") == "VIEW" ? "" : row[3].value_or("");
            table.options = {{"schema_name", schema_}, {"table_name", table.name}};
            places_[table.name] = tables_.size();
            tables_.push_back(std::move(table));
        }
        return {};
    }

    Result<> readColumns() {
        const auto rows = TSR_TRY(
            connection_.run("SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, NUMERIC_PRECISION, NUMERIC_SCALE, "
                            "CHARACTER_MAXIMUM_LENGTH,"
                            " IS_NULLABLE, COLLATION_NAME, COLUMN_COMMENT, EXTRA, COLUMN_DEFAULT FROM "
                            "information_schema.COLUMNS WHERE " +
                            inTables("", schema_, only_) + " ORDER BY TABLE_NAME, ORDINAL_POSITION"));
        for (const TextRow& row : rows) {
            if (const auto place = places_.find(row[0].value_or("")); place != places_.end()) {
                tables_[place->second].columns.push_back(columnOf(row));
            }
        }
        return {};
    }

    sdk::Column columnOf(const TextRow& row) const {
        const auto text = [&row](std::size_t i) { return row[i].value_or(""); };
        const ConnectOptions& options = connection_.options();
        sdk::Column column;
        column.name = text(1);
        column.pg_type = checked_json_.contains({text(0), column.name})
                             ? "json"
                             : pgTypeOf({toLowerAscii(text(2)), toLowerAscii(text(3)), text(4), text(5), text(6)},
                                        options.tinyint1_is_bool);
        // Zero dates that are read as nulls come from columns that are declared not to have any.
        const bool may_be_zero = options.zero_dates == ZeroDates::kNull &&
                                 (column.pg_type == "date" || column.pg_type.starts_with("timestamp"));
        column.not_null = text(7) == "NO" && !may_be_zero;
        if (row[8]) {
            column.options.emplace_back("collation", *row[8]);
        }
        column.comment = text(9);
        const std::string extra = toLowerAscii(text(10));
        if (extra.find(" generated") != std::string::npos) {
            column.options.emplace_back("generated", "true");
        } else if (text(7) == "NO" && (row[11] || extra.find("auto_increment") != std::string::npos)) {
            column.options.emplace_back("source_default", "true");
        }
        if (const auto key = keys_.find({text(0), column.name}); key != keys_.end()) {
            column.key_position = key->second;
            column.options.emplace_back("key", "true");
        }
        return column;
    }

    Connection& connection_;
    const std::string& schema_;
    const std::optional<std::string>& only_;
    Keys keys_;
    std::set<std::pair<std::string, std::string>> checked_json_;
    std::vector<sdk::Table> tables_;
    std::map<std::string, std::size_t> places_;
};

}  // namespace

Result<std::vector<sdk::Table>> listTables(Connection& connection, const std::string& schema,
                                           const std::optional<std::string>& only) {
    TSR_TRY(checkSchema(connection, schema));
    return TableReader(connection, schema, only).read();
}

Result<TsrStatistics> readStatistics(Connection& connection, const std::string& schema, const std::string& table) {
    const auto rows = TSR_TRY(connection.run("SELECT TABLE_ROWS, DATA_LENGTH FROM information_schema.TABLES WHERE " +
                                             inTables("", schema, table)));
    if (rows.empty()) {
        Error error = fail(ErrorCode::kNotFound, "the MySQL server at " + connection.options().where() +
                                                     " has no table '" + schema + "." + table + "'");
        error.sqlstate = "42P01";
        return error;
    }
    return TsrStatistics{numberOf(rows[0][0]), numberOf(rows[0][1])};
}

Result<std::vector<sdk::ColumnStatistics>> readColumnStatistics(Connection& connection, const std::string& schema,
                                                                const std::string& table) {
    const auto rows = TSR_TRY(connection.run(
        "SELECT c.COLUMN_NAME, max(s.CARDINALITY), max(s.COLUMN_NAME IS NOT NULL) FROM information_schema.TABLES t "
        "JOIN information_schema.COLUMNS c ON c.TABLE_SCHEMA = t.TABLE_SCHEMA AND c.TABLE_NAME = t.TABLE_NAME "
        "LEFT JOIN information_schema.STATISTICS s ON s.TABLE_SCHEMA = c.TABLE_SCHEMA AND s.TABLE_NAME = c.TABLE_NAME "
        "AND s.COLUMN_NAME = c.COLUMN_NAME AND s.SEQ_IN_INDEX = 1 AND s.INDEX_TYPE IN ('BTREE', 'HASH') "
        "WHERE t.TABLE_TYPE = 'BASE TABLE' AND " +
        inTables("t.", schema, table) + " GROUP BY c.COLUMN_NAME"));
    std::vector<sdk::ColumnStatistics> columns;
    for (const TextRow& row : rows) {
        columns.push_back({.name = row[0].value_or(""),
                           .distinct = std::max(numberOf(row[1]), 0.0),
                           .index = numberOf(row[2]) > 0 ? 1 : -1});
    }
    return columns;
}

}  // namespace tessera::mysql
