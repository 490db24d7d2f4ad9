#include "common/strings.h"
#include "tests/conformance/source.h"
#include "tests/support/temporary_mariadb.h"

#include <algorithm>

namespace tessera::conformance {
namespace {

KnownTable makeKnownTable() {
    const Cell null;
    const bool has_uuid = !TemporaryMariaDb::isMysql();
    return {"known table",
            "one column of each type",
            {{"id", "integer", TSR_TYPE_INT32, {"1", "2", "3", "4"}, true, 1},
             {"flag", "boolean", TSR_TYPE_BOOL, {"t", "f", null, "t"}},
             {"tiny", "smallint", TSR_TYPE_INT16, {"-128", "127", null, "0"}},
             {"small", "smallint", TSR_TYPE_INT16, {"-32768", "32767", null, "0"}},
             {"int", "integer", TSR_TYPE_INT32, {"-2147483648", "2147483647", null, "0"}},
             {"unsigned", "bigint", TSR_TYPE_INT64, {"0", "4294967295", null, "1"}},
             {"big", "bigint", TSR_TYPE_INT64, {"-9223372036854775808", "9223372036854775807", null, "0"}},
             {"huge", "numeric(20,0)", TSR_TYPE_DECIMAL, {"0", "18446744073709551615", null, "9223372036854775808"}},
             {"single", "real", TSR_TYPE_FLOAT32, {"0.5", "-1.5", null, "1024"}},
             {"double", "double precision", TSR_TYPE_FLOAT64, {"1.7976931348623157e+308", "0.1", null, "-2.5e-300"}},
             {"exact",
              "numeric(65,30)",
              TSR_TYPE_DECIMAL,
              {"-12345678901234567890123456789012345.123456789012345678901234567891",
               "0.000000000000000000000000000001", null, "0.000000000000000000000000000000"}},
             {"words", "text", TSR_TYPE_TEXT, {"", "Žluť 🐎 '\"\\%_\n\t$1", null, longText(1024 * 1024)}},
             {"Wörter \"a\"", "character varying(20)", TSR_TYPE_TEXT, {"", "trailing  ", null, "ß"}},
             {"choice", "text", TSR_TYPE_TEXT, {"a", "B b", null, "a"}},
             {"bytes", "bytea", TSR_TYPE_BYTES, {"\\x", "\\x00ff5c", null, "\\x27"}},
             {"bits", "bit(10)", TSR_TYPE_LITERAL, {"0000000000", "1111111111", null, "0000000101"}},
             {"day", "date", TSR_TYPE_DATE, {"2024-02-29", "1000-01-01", null, "9999-12-31"}},
             {"clock", "time without time zone", TSR_TYPE_TIME, {"00:00:00", "24:00:00", null, "23:59:59.999999"}},
             {"moment",
              "timestamp without time zone",
              TSR_TYPE_TIMESTAMP,
              {"2024-02-29 12:34:56.789012", "1000-01-01 00:00:00", null, "9999-12-31 23:59:59.999999"}},
             {"instant",
              "timestamp with time zone",
              TSR_TYPE_TIMESTAMPTZ,
              {"2024-03-10 02:30:00+00", "1970-01-01 00:00:01+00", null, "2038-01-19 03:14:07.5+00"}},
             {"year", "smallint", TSR_TYPE_INT16, {"1901", "2155", null, "2024"}},
             {"key",
              has_uuid ? "uuid" : "character varying(36)",
              has_uuid ? TSR_TYPE_UUID : TSR_TYPE_TEXT,
              {"00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", null,
               "ffffffff-ffff-ffff-ffff-ffffffffffff"}},
             {"document", "json", TSR_TYPE_LITERAL, {"{\"a\": [1, null]}", "\"\"", null, "{}"}}}};
}

const char* const kDeclared[] = {"INT PRIMARY KEY",
                                 "BOOLEAN",
                                 "TINYINT",
                                 "SMALLINT",
                                 "INT",
                                 "INT UNSIGNED",
                                 "BIGINT",
                                 "BIGINT UNSIGNED",
                                 "FLOAT",
                                 "DOUBLE",
                                 "DECIMAL(65,30)",
                                 "LONGTEXT COLLATE utf8mb4_nopad_bin",
                                 "VARCHAR(20) COLLATE utf8mb4_nopad_bin",
                                 "ENUM('a', 'B b')",
                                 "VARBINARY(20)",
                                 "BIT(10)",
                                 "DATE",
                                 "TIME(6)",
                                 "DATETIME(6)",
                                 "TIMESTAMP(6) NULL",
                                 "YEAR",
                                 "UUID",
                                 "JSON"};

/// MySQL 8 has neither the type UUID nor MariaDB's collations.
std::string declaredType(std::size_t column) {
    std::string type = kDeclared[column];
    if (TemporaryMariaDb::isMysql()) {
        const std::size_t collation = type.find("utf8mb4_nopad_bin");
        if (collation != std::string::npos) {
            type.replace(collation, std::string::npos, "utf8mb4_0900_as_cs");
        }
        if (type == "UUID") {
            type = "CHAR(36)";
        }
    }
    return type;
}

std::string literalOf(const KnownColumn& column, const Cell& cell) {
    if (!cell) {
        return "NULL";
    }
    if (column.name == "bits") {
        return "b'" + *cell + "'";
    }
    switch (column.type) {
        case TSR_TYPE_BOOL:
            return *cell == "t" ? "1" : "0";
        case TSR_TYPE_BYTES:
            return "x'" + cell->substr(2) + "'";
        case TSR_TYPE_TIMESTAMPTZ:
            return quoteLiteral(cell->substr(0, cell->size() - 3));
        default:
            return quoteLiteral(*cell);
    }
}

class MysqlSource : public Source {
  public:
    explicit MysqlSource(TemporaryMariaDb server) : server_(std::move(server)), known_(makeKnownTable()) {}

    Result<> fill() {
        std::string sql = "CREATE DATABASE \"the source\"; CREATE TABLE \"the source\".\"known table\" (";
        for (std::size_t i = 0; i < known_.columns.size(); ++i) {
            sql += (i > 0 ? ", " : "") + quoteIdentifier(known_.columns[i].name) + " " + declaredType(i);
        }
        sql += ") COMMENT " + quoteLiteral(known_.comment) + ";";
        for (std::size_t row = 0; row < known_.rowCount(); ++row) {
            std::vector<std::string> values;
            for (const KnownColumn& column : known_.columns) {
                values.push_back(literalOf(column, column.values[row]));
            }
            sql += "INSERT INTO \"the source\".\"known table\" VALUES (" + join(values, ", ") + ");";
        }
        return execute(sql + "ANALYZE TABLE \"the source\".\"known table\"");
    }

    std::string connector() const override { return "mysql"; }

    OptionList options() const override { return optionsFor(server_.port(), TemporaryMariaDb::kPassword); }

    std::string schema() const override { return "the source"; }

    const KnownTable& knownTable() const override { return known_; }

    std::string select(const std::string& table, const std::vector<std::string>& columns) const override {
        std::vector<std::string> items;
        for (const std::string& column : columns) {
            items.push_back(quoteIdentifier(column));
        }
        return "SELECT " + (items.empty() ? "1" : join(items, ", ")) + " FROM \"the source\"." + quoteIdentifier(table);
    }

    std::optional<std::string> selectEqual(const std::string& table, const std::vector<std::string>& columns,
                                           const std::string& filter_column) const override {
        if (filter_column == "bits") {
            return std::nullopt;  // a number to MySQL, and its digits are no number's
        }
        if (filter_column == "document" && TemporaryMariaDb::isMysql()) {
            return std::nullopt;  // a document there, which no text equals
        }
        return select(table, columns) + " WHERE " + quoteIdentifier(filter_column) + " = ?";
    }

    Result<> makeManyRows() override {
        if (has_many_rows_) {
            return {};
        }
        const std::string rows = std::to_string(manyRows());
        const char* limit = TemporaryMariaDb::isMysql() ? "cte_max_recursion_depth" : "max_recursive_iterations";
        TSR_TRY(execute("SET SESSION " + std::string(limit) + " = " + rows +
                        "; CREATE TABLE \"the source\".many AS WITH RECURSIVE n (id) AS (SELECT CAST(1 AS SIGNED) "
                        "UNION ALL SELECT id + 1 "
                        "FROM n WHERE id < " +
                        rows + ") SELECT id, lpad(id, 100, 'x') AS filler FROM n"));
        has_many_rows_ = true;
        return {};
    }

    std::optional<std::string> longStatement() const override { return "SELECT sleep(120)"; }

    std::optional<bool> longStatementRuns() const override {
        const auto count =
            server_.execute("SELECT count(*) FROM information_schema.processlist WHERE info = 'SELECT sleep(120)'");
        EXPECT_TRUE(count) << count.error().describe();
        return count && *count != "0\n" && *count != "0";
    }

    std::optional<OptionList> optionsWithWrongPassword() const override {
        return optionsFor(server_.port(), "wrong secret");
    }

    std::optional<OptionList> optionsWithPort(std::uint16_t port) const override {
        return optionsFor(port, TemporaryMariaDb::kPassword);
    }

    bool kill() override {
        server_.kill();
        return true;
    }

  private:
    static OptionList optionsFor(std::uint16_t port, const std::string& password) {
        return {{"host", TemporaryMariaDb::kHost},
                {"port", std::to_string(port)},
                {"user", TemporaryMariaDb::kUser},
                {"password", password}};
    }

    Result<> execute(const std::string& sql) const {
        TSR_TRY(server_.execute(
            "SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES', time_zone = '+00:00';" + sql));
        return {};
    }

    TemporaryMariaDb server_;
    KnownTable known_;
    bool has_many_rows_ = false;
};

Result<std::unique_ptr<Source>> startMysqlSource() {
    auto source = std::make_unique<MysqlSource>(TSR_TRY(TemporaryMariaDb::start()));
    TSR_TRY(source->fill());
    return std::unique_ptr<Source>(std::move(source));
}

INSTANTIATE_TEST_SUITE_P(Mysql, ConnectorConformance, testing::Values(SourceFactory{"mysql", &startMysqlSource}));

}  // namespace
}  // namespace tessera::conformance
