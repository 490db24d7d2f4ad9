#include "tests/conformance/sqlite_table.h"

#include "common/strings.h"

namespace tessera::conformance {

namespace {

constexpr const char* kDeclared[] = {
    "INTEGER PRIMARY KEY", "BOOLEAN", "INTEGER", "REAL", "DECIMAL(18,4)", "TEXT", "VARCHAR(20)", "BLOB", "DATE", "TIME",
    "TIMESTAMP",           "UUID",    "JSON"};

std::string literalOf(const KnownColumn& column, const Cell& cell) {
    if (!cell) {
        return "NULL";
    }
    switch (column.type) {
        case TSR_TYPE_BOOL:
            return *cell == "t" ? "1" : "0";
        case TSR_TYPE_BYTES:
            return "x'" + cell->substr(2) + "'";
        case TSR_TYPE_INT64:
        case TSR_TYPE_DECIMAL:
            return *cell;
        case TSR_TYPE_FLOAT64:
            return *cell == "-Infinity" ? "-9e999" : *cell;
        default:
            return quoteLiteral(*cell);
    }
}

}  // namespace

KnownTable sqliteKnownTable() {
    const Cell null;
    return {"known table",
            "",
            {{"id", "bigint", TSR_TYPE_INT64, {"1", "2", "3", "4"}, true, 1},
             {"flag", "boolean", TSR_TYPE_BOOL, {"t", "f", null, "t"}},
             {"big", "bigint", TSR_TYPE_INT64, {"-9223372036854775808", "9223372036854775807", null, "0"}},
             {"double", "double precision", TSR_TYPE_FLOAT64, {"1.7976931348623157e+308", "-Infinity", null, "0.1"}},
             {"exact", "numeric", TSR_TYPE_DECIMAL, {"-12345.0625", "123456789012345678", null, "0.5"}},
             {"words", "text", TSR_TYPE_TEXT, {"", "Žluť 🐎 '\"\\%_\n\t$1", null, longText(1024 * 1024)}},
             {"Wörter \"a\"", "text", TSR_TYPE_TEXT, {"", "trailing  ", null, "ß"}},
             {"bytes", "bytea", TSR_TYPE_BYTES, {"\\x", "\\x00ff5c", null, "\\x27"}},
             {"day", "date", TSR_TYPE_DATE, {"2024-02-29", "0001-01-01", null, "9999-12-31"}},
             {"clock", "time without time zone", TSR_TYPE_TIME, {"00:00:00", "12:34:56", null, "23:59:59.999999"}},
             {"moment",
              "timestamp without time zone",
              TSR_TYPE_TIMESTAMP,
              {"2024-02-29 12:34:56.789012", "0001-01-01 00:00:00", null, "9999-12-31 23:59:59"}},
             {"key",
              "uuid",
              TSR_TYPE_UUID,
              {"00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", null,
               "ffffffff-ffff-ffff-ffff-ffffffffffff"}},
             {"document", "json", TSR_TYPE_LITERAL, {"{\"a\": [1, null]}", "\"\"", null, "{}"}}}};
}

std::vector<std::string> sqliteStatements(const KnownTable& table) {
    std::string sql = "CREATE TABLE " + quoteIdentifier(table.name) + " (";
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        sql += (i > 0 ? ", " : "") + quoteIdentifier(table.columns[i].name) + " " + kDeclared[i];
    }
    std::vector<std::string> statements = {sql + ")"};
    for (std::size_t row = 0; row < table.rowCount(); ++row) {
        std::vector<std::string> values;
        for (const KnownColumn& column : table.columns) {
            values.push_back(literalOf(column, column.values[row]));
        }
        statements.push_back("INSERT INTO " + quoteIdentifier(table.name) + " VALUES (" + join(values, ", ") + ")");
    }
    return statements;
}

std::string sqliteSelect(const std::string& table, const std::vector<std::string>& columns) {
    std::vector<std::string> items;
    for (const std::string& column : columns) {
        items.push_back(quoteIdentifier(column));
    }
    return "SELECT " + (items.empty() ? "1" : join(items, ", ")) + " FROM main." + quoteIdentifier(table);
}

}  // namespace tessera::conformance
