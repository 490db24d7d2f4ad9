#include "common/handle.h"
#include "common/strings.h"
#include "tests/conformance/source.h"
#include "tests/support/temporary_directory.h"

#include <duckdb.h>

#include <algorithm>

namespace tessera::conformance {
namespace {

KnownTable makeKnownTable() {
    const Cell null;
    return {"known",
            "",
            {{"id", "integer", TSR_TYPE_INT32, {"1", "2", "3", "4"}},
             {"flag", "boolean", TSR_TYPE_BOOL, {"t", "f", null, "t"}},
             {"tiny", "smallint", TSR_TYPE_INT16, {"-128", "127", null, "0"}},
             {"small", "smallint", TSR_TYPE_INT16, {"-32768", "32767", null, "0"}},
             {"int", "integer", TSR_TYPE_INT32, {"-2147483648", "2147483647", null, "0"}},
             {"big", "bigint", TSR_TYPE_INT64, {"-9223372036854775808", "9223372036854775807", null, "0"}},
             {"huge", "numeric(20,0)", TSR_TYPE_DECIMAL, {"0", "18446744073709551615", null, "1"}},
             {"single", "real", TSR_TYPE_FLOAT32, {"3.4028234663852886e+38", "-Infinity", null, "NaN"}},
             {"double", "double precision", TSR_TYPE_FLOAT64, {"1.7976931348623157e+308", "0.1", null, "Infinity"}},
             {"exact",
              "numeric(38,10)",
              TSR_TYPE_DECIMAL,
              {"-1234567890123456789012345678.0000000001", "0.0000000000", null, "0.5000000000"}},
             {"money", "numeric(9,2)", TSR_TYPE_DECIMAL, {"1234567.90", "0.00", null, "-0.01"}},
             {"words", "text", TSR_TYPE_TEXT, {"", "Žluť 🐎 '\"\\%_\n\t$1", null, longText(1024 * 1024)}},
             {"Wörter \"a\"", "text", TSR_TYPE_TEXT, {"", "trailing  ", null, "ß"}},
             {"bytes", "bytea", TSR_TYPE_BYTES, {"\\x", "\\x00ff5c", null, "\\x27"}},
             {"day", "date", TSR_TYPE_DATE, {"-infinity", "4714-11-24 BC", null, "9999-12-31"}},
             {"clock", "time without time zone", TSR_TYPE_TIME, {"00:00:00", "12:34:56", null, "23:59:59.999999"}},
             {"moment",
              "timestamp without time zone",
              TSR_TYPE_TIMESTAMP,
              {"infinity", "4714-11-24 00:00:00 BC", null, "2024-02-29 23:59:59.999999"}},
             {"instant",
              "timestamp with time zone",
              TSR_TYPE_TIMESTAMPTZ,
              {"-infinity", "2001-12-31 23:59:59.5+00", null, "2024-03-10 02:30:00+00"}},
             {"key",
              "uuid",
              TSR_TYPE_UUID,
              {"00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", null,
               "ffffffff-ffff-ffff-ffff-ffffffffffff"}},
             {"list", "json", TSR_TYPE_LITERAL, {"[1,null,3]", "[]", null, "[2]"}}}};
}

constexpr const char* kDeclared[] = {"INTEGER",      "BOOLEAN",   "TINYINT",     "SMALLINT", "INTEGER",
                                     "BIGINT",       "UBIGINT",   "FLOAT",       "DOUBLE",   "DECIMAL(38,10)",
                                     "DECIMAL(9,2)", "VARCHAR",   "VARCHAR",     "BLOB",     "DATE",
                                     "TIME",         "TIMESTAMP", "TIMESTAMPTZ", "UUID",     "INTEGER[]"};

std::string literalOf(const KnownColumn& column, const Cell& cell) {
    if (!cell) {
        return "NULL";
    }
    if (column.type == TSR_TYPE_BYTES) {
        return "unhex(" + quoteLiteral(cell->substr(2)) + ")";
    }
    // DuckDB writes the era in brackets.
    std::string text = *cell;
    if (text.ends_with(" BC")) {
        text.replace(text.size() - 3, 3, " (BC)");
        if (const std::size_t clock = text.find(" 00:00:00"); clock != std::string::npos) {
            text = text.substr(0, clock) + " (BC) 00:00:00";
        }
    }
    return quoteLiteral(text);
}

/// A directory with Parquet files, which a DuckDB of the test's own writes.
class FilesSource : public Source {
  public:
    FilesSource() : known_(makeKnownTable()) {}

    Result<> fill() const {
        std::string values;
        for (std::size_t row = 0; row < known_.rowCount(); ++row) {
            std::vector<std::string> items;
            for (std::size_t i = 0; i < known_.columns.size(); ++i) {
                items.push_back("CAST(" + literalOf(known_.columns[i], known_.columns[i].values[row]) + " AS " +
                                kDeclared[i] + ")");
            }
            values += (row > 0 ? ", (" : "(") + join(items, ", ") + ")";
        }
        std::vector<std::string> names;
        for (const KnownColumn& column : known_.columns) {
            names.push_back(quoteIdentifier(column.name));
        }
        return write("known", "SELECT * FROM (VALUES " + values + ") AS t(" + join(names, ", ") + ")");
    }

    std::string connector() const override { return "files"; }

    OptionList options() const override { return {{"directory", folder_.path().string()}, {"threads", "2"}}; }

    std::string schema() const override { return "."; }

    const KnownTable& knownTable() const override { return known_; }

    std::string select(const std::string& table, const std::vector<std::string>& columns) const override {
        std::vector<std::string> items;
        for (const std::string& column : columns) {
            items.push_back(quoteIdentifier(column));
        }
        return "SELECT " + (items.empty() ? "1" : join(items, ", ")) + " FROM read_parquet(" +
               quoteLiteral(path(table)) + ")";
    }

    std::optional<std::string> selectEqual(const std::string& table, const std::vector<std::string>& columns,
                                           const std::string& filter_column) const override {
        if (filter_column == "list") {
            return std::nullopt;  // read as JSON, which is no list
        }
        return select(table, columns) + " WHERE " + quoteIdentifier(filter_column) + " = $1";
    }

    Result<> makeManyRows() override {
        if (has_many_rows_) {
            return {};
        }
        TSR_TRY(write("many", "SELECT range AS id, lpad(range::VARCHAR, 100, 'x') AS filler FROM range(1, " +
                                  std::to_string(manyRows() + 1) + ")"));
        has_many_rows_ = true;
        return {};
    }

    std::optional<std::string> longStatement() const override {
        return "SELECT count(*) FROM range(1000000000) a, range(1000000000) b WHERE a.range * b.range = 7";
    }

  private:
    std::string path(const std::string& table) const { return (folder_.path() / (table + ".parquet")).string(); }

    Result<> write(const std::string& table, const std::string& select) const {
        duckdb_database database = nullptr;
        duckdb_connection connection = nullptr;
        duckdb_open(nullptr, &database);
        duckdb_connect(database, &connection);
        duckdb_result result{};
        const std::string sql =
            "SET TimeZone = 'UTC'; COPY (" + select + ") TO " + quoteLiteral(path(table)) + " (FORMAT parquet)";
        Result<> written;
        if (duckdb_query(connection, sql.c_str(), &result) != DuckDBSuccess) {
            written = fail(ErrorCode::kInternal, duckdb_result_error(&result));
        }
        duckdb_destroy_result(&result);
        duckdb_disconnect(&connection);
        duckdb_close(&database);
        return written;
    }

    TemporaryDirectory folder_;
    KnownTable known_;
    bool has_many_rows_ = false;
};

Result<std::unique_ptr<Source>> startFilesSource() {
    auto source = std::make_unique<FilesSource>();
    TSR_TRY(source->fill());
    return std::unique_ptr<Source>(std::move(source));
}

INSTANTIATE_TEST_SUITE_P(Files, ConnectorConformance, testing::Values(SourceFactory{"files", &startFilesSource}));

}  // namespace
}  // namespace tessera::conformance
