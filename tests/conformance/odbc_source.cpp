/// The connector odbc through three drivers of Debian: odbc-postgresql, odbc-mariadb and libsqliteodbc.

#include "common/handle.h"
#include "common/strings.h"
#include "tests/conformance/source.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/temporary_mariadb.h"
#include "tests/support/temporary_postgres.h"

#include <sqlite3.h>

#include <clocale>
#include <csignal>
#include <map>

namespace tessera::conformance {
namespace {

/// A column as the source declares it.
struct Declared {
    KnownColumn known;
    std::string type;
};

class OdbcSource : public Source {
  public:
    std::string connector() const override { return "odbc"; }

    const KnownTable& knownTable() const override { return known_; }

    std::string select(const std::string& table, const std::vector<std::string>& columns) const override {
        std::vector<std::string> items;
        for (const std::string& column : columns) {
            items.push_back(quoteIdentifier(column, quote()));
        }
        return "SELECT " + (items.empty() ? "1" : join(items, ", ")) + " FROM " + place() +
               quoteIdentifier(table, quote());
    }

    std::optional<std::string> selectEqual(const std::string& table, const std::vector<std::string>& columns,
                                           const std::string& filter_column) const override {
        // A parameter of such a type has no counterpart in ODBC, or is compared with another one.
        if (without_parameter_.find("," + filter_column + ",") != std::string::npos) {
            return std::nullopt;
        }
        return select(table, columns) + " WHERE " + quoteIdentifier(filter_column, quote()) + " = ?";
    }

  protected:
    OdbcSource(std::string name, std::string comment, const std::vector<Declared>& columns,
               std::string without_parameter = {})
        : known_{std::move(name), std::move(comment), {}}, without_parameter_("," + without_parameter + ",") {
        for (const Declared& column : columns) {
            known_.columns.push_back(column.known);
            types_.push_back(column.type);
        }
    }

    /// What stands before a table's name.
    virtual std::string place() const = 0;

    virtual char quote() const { return '"'; }

    std::string createStatements() const {
        std::string sql = "CREATE TABLE " + place() + quoteIdentifier(known_.name) + " (";
        for (std::size_t i = 0; i < types_.size(); ++i) {
            sql += (i > 0 ? ", " : "") + quoteIdentifier(known_.columns[i].name) + " " + types_[i];
        }
        sql += ");";
        for (std::size_t row = 0; row < known_.rowCount(); ++row) {
            std::vector<std::string> values;
            for (const KnownColumn& column : known_.columns) {
                values.push_back(literalOf(column, column.values[row]));
            }
            sql += "INSERT INTO " + place() + quoteIdentifier(known_.name) + " VALUES (" + join(values, ", ") + ");";
        }
        return sql;
    }

    virtual std::string literalOf(const KnownColumn& column, const Cell& cell) const {
        if (!cell) {
            return "NULL";
        }
        if (column.type == TSR_TYPE_BOOL) {
            return *cell == "t" ? "1" : "0";
        }
        if (column.type == TSR_TYPE_BYTES) {
            return "x'" + cell->substr(2) + "'";
        }
        if (column.type == TSR_TYPE_TIMESTAMPTZ) {
            return quoteLiteral(cell->substr(0, cell->size() - 3));
        }
        return quoteLiteral(*cell);
    }

    static OptionList serverOptions(const std::string& driver, std::uint16_t port, const std::string& more,
                                    const std::string& user, const std::string& password) {
        return {{"driver", driver},
                {"connection_string", "SERVER=127.0.0.1;PORT=" + std::to_string(port) + ";" + more},
                {"user", user},
                {"password", password}};
    }

    KnownTable known_;

  private:
    std::vector<std::string> types_;
    std::string without_parameter_;
};

const Cell kNull;

class PostgresByOdbc : public OdbcSource {
  public:
    explicit PostgresByOdbc(TemporaryPostgres server)
        : OdbcSource("known table", "", columns(), "single,flag,clock,span,instant,key,moment,day"),
          server_(std::move(server)) {}

    Result<> fill() {
        return server_.execute("SET timezone = 'UTC'; CREATE SCHEMA \"the source\"; " + createStatements() +
                               "ANALYZE \"the source\".\"known table\"");
    }

    OptionList options() const override { return optionsFor(server_.port(), TemporaryPostgres::kPassword); }

    std::string schema() const override { return "the source"; }

    Result<> makeManyRows() override {
        return server_.execute(
            "CREATE TABLE IF NOT EXISTS \"the source\".many AS SELECT i::bigint AS id, lpad(i::text, 100, 'x') AS "
            "filler FROM generate_series(1, " +
            std::to_string(manyRows()) + ") i");
    }

    std::optional<std::string> longStatement() const override { return "SELECT 1::bigint FROM pg_sleep(120)"; }

    std::optional<bool> longStatementRuns() const override {
        auto connection = server_.connect();
        auto count = connection ? connection->queryValue(
                                      "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE "
                                      "'%SELECT 1::bigint FROM pg_sleep(120)%' AND pid <> pg_backend_pid()")
                                : Result<std::optional<std::string>>(connection.error());
        EXPECT_TRUE(count) << count.error().describe();
        return count && *count != "0";
    }

    std::optional<OptionList> optionsWithWrongPassword() const override {
        return optionsFor(server_.port(), "wrong secret");
    }

    std::optional<OptionList> optionsWithPort(std::uint16_t port) const override {
        return optionsFor(port, TemporaryPostgres::kPassword);
    }

    bool kill() override {
        EXPECT_TRUE(server_.cluster().signal(SIGQUIT));
        return true;
    }

  protected:
    std::string place() const override { return "\"the source\"."; }

    std::string literalOf(const KnownColumn& column, const Cell& cell) const override {
        return cell && column.type != TSR_TYPE_BYTES ? quoteLiteral(*cell)
               : cell                                ? quoteLiteral(*cell) + "::bytea"
                                                     : "NULL";
    }

  private:
    static OptionList optionsFor(std::uint16_t port, const std::string& password) {
        return serverOptions("PostgreSQL Unicode", port, "DATABASE=postgres;UseDeclareFetch=1;Fetch=2000",
                             TemporaryPostgres::kUser, password);
    }

    static std::vector<Declared> columns() {
        return {
            {{"id", "integer", TSR_TYPE_INT32, {"1", "2", "3", "4"}, true, 1}, "integer PRIMARY KEY"},
            {{"flag", "boolean", TSR_TYPE_BOOL, {"t", "f", kNull, "t"}}, "boolean"},
            {{"small", "smallint", TSR_TYPE_INT16, {"-32768", "32767", kNull, "0"}}, "smallint"},
            {{"big", "bigint", TSR_TYPE_INT64, {"-9223372036854775808", "9223372036854775807", kNull, "0"}}, "bigint"},
            {{"single", "real", TSR_TYPE_FLOAT32, {"0.5", "-1.5", kNull, "1024"}}, "real"},
            {{"double", "double precision", TSR_TYPE_FLOAT64, {"1.7976931348623157e+308", "0.1", kNull, "-2.5e-300"}},
             "double precision"},
            {{"exact",
              "numeric(38,10)",
              TSR_TYPE_DECIMAL,
              {"-1234567890123456789012345678.1234567891", "0.0000000001", kNull, "0.0000000000"}},
             "numeric(38,10)"},
            {{"words", "text", TSR_TYPE_TEXT, {"", "Žluť 🐎 '\"\\%_\n\t$1", kNull, longText(1024 * 1024)}}, "text"},
            {{"Wörter \"a\"",
              "character varying(20)",
              TSR_TYPE_TEXT,
              {"", "trailing  ", kNull, "🐎🐎🐎🐎🐎🐎🐎🐎🐎🐎🐎🐎🐎🐎🐎🐎🐎🐎🐎🐎"}},
             "varchar(20)"},
            {{"padded", "character(5)", TSR_TYPE_TEXT, {"ab   ", "     ", kNull, "é    "}}, "char(5)"},
            {{"bytes", "bytea", TSR_TYPE_BYTES, {"\\x", "\\x00ff5c", kNull, "\\x27"}}, "bytea"},
            {{"day", "date", TSR_TYPE_DATE, {"2024-02-29", "0001-01-01", kNull, "9999-12-31"}}, "date"},
            {{"clock", "time without time zone", TSR_TYPE_TIME, {"00:00:00", "12:34:56", kNull, "23:59:59.999999"}},
             "time"},
            {{"moment",
              "timestamp without time zone",
              TSR_TYPE_TIMESTAMP,
              {"2024-02-29 12:34:56.789012", "0001-01-01 00:00:00", kNull, "9999-12-31 23:59:59.999999"}},
             "timestamp"},
            {{"instant",
              "timestamp with time zone",
              TSR_TYPE_TIMESTAMPTZ,
              {"2024-03-10 02:30:00+00", "1970-01-01 00:00:01+00", kNull, "2038-01-19 03:14:07.5+00"}},
             "timestamptz"},
            {{"key",
              "uuid",
              TSR_TYPE_UUID,
              {"00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", kNull,
               "ffffffff-ffff-ffff-ffff-ffffffffffff"}},
             "uuid"},
        };
    }

    TemporaryPostgres server_;
};

class MariaDbByOdbc : public OdbcSource {
  public:
    explicit MariaDbByOdbc(TemporaryMariaDb server)
        : OdbcSource("known table", "one column of each type", columns(), "single,key"), server_(std::move(server)) {}

    Result<> fill() {
        std::string sql = createStatements();
        TSR_TRY(execute("CREATE DATABASE \"the source\"; " + sql + "ALTER TABLE " + place() +
                        "\"known table\" COMMENT " + quoteLiteral(known_.comment)));
        return {};
    }

    OptionList options() const override { return optionsFor(server_.port(), TemporaryMariaDb::kPassword); }

    std::string schema() const override { return "the source"; }

    Result<> makeManyRows() override {
        return execute(
            "CREATE TABLE IF NOT EXISTS \"the source\".many AS SELECT seq AS id, lpad(seq, 100, 'x') AS filler FROM "
            "seq_1_to_" +
            std::to_string(manyRows()));
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

    bool driverHoldsResults() const override { return true; }

    bool kill() override {
        server_.kill();
        return true;
    }

  protected:
    std::string place() const override { return "\"the source\"."; }

  private:
    static OptionList optionsFor(std::uint16_t port, const std::string& password) {
        return serverOptions("MariaDB Unicode", port, "FORWARDONLY=1;OPTION=2", TemporaryMariaDb::kUser, password);
    }

    static std::vector<Declared> columns() {
        return {
            {{"id", "integer", TSR_TYPE_INT32, {"1", "2", "3", "4"}, true, 1}, "INT PRIMARY KEY"},
            {{"tiny", "smallint", TSR_TYPE_INT16, {"-128", "127", kNull, "0"}}, "TINYINT"},
            {{"unsigned", "bigint", TSR_TYPE_INT64, {"0", "4294967295", kNull, "1"}}, "INT UNSIGNED"},
            {{"big", "bigint", TSR_TYPE_INT64, {"-9223372036854775808", "9223372036854775807", kNull, "0"}}, "BIGINT"},
            {{"huge", "numeric(20,0)", TSR_TYPE_DECIMAL, {"0", "18446744073709551615", kNull, "9223372036854775808"}},
             "BIGINT UNSIGNED"},
            {{"single", "real", TSR_TYPE_FLOAT32, {"0.5", "-1.5", kNull, "1024"}}, "FLOAT"},
            {{"double", "double precision", TSR_TYPE_FLOAT64, {"1.7976931348623157e+308", "0.1", kNull, "-2.5e-300"}},
             "DOUBLE"},
            {{"exact",
              "numeric(38,10)",
              TSR_TYPE_DECIMAL,
              {"-1234567890123456789012345678.1234567891", "0.0000000001", kNull, "0.0000000000"}},
             "DECIMAL(38,10)"},
            {{"words", "text", TSR_TYPE_TEXT, {"", "Žluť 🐎 '\"\\%_\n\t$1", kNull, longText(1024 * 1024)}},
             "LONGTEXT COLLATE utf8mb4_nopad_bin"},
            {{"Wörter \"a\"",
              "character varying(20)",
              TSR_TYPE_TEXT,
              {"", "trailing  ", kNull, "🐎🐎🐎🐎🐎🐎🐎🐎🐎🐎🐎🐎🐎🐎🐎🐎🐎🐎🐎🐎"}},
             "VARCHAR(20) COLLATE utf8mb4_nopad_bin"},
            {{"bytes", "bytea", TSR_TYPE_BYTES, {"\\x", "\\x00ff5c", kNull, "\\x27"}}, "VARBINARY(20)"},
            {{"day", "date", TSR_TYPE_DATE, {"2024-02-29", "1000-01-01", kNull, "9999-12-31"}}, "DATE"},
            {{"moment",
              "timestamp without time zone",
              TSR_TYPE_TIMESTAMP,
              {"2024-02-29 12:34:56.789012", "1000-01-01 00:00:00", kNull, "9999-12-31 23:59:59.999999"}},
             "DATETIME(6)"},
            {{"instant",
              "timestamp with time zone",
              TSR_TYPE_TIMESTAMPTZ,
              {"2024-03-10 02:30:00+00", "1970-01-01 00:00:01+00", kNull, "2038-01-19 03:14:07.5+00"}},
             "TIMESTAMP(6) NULL"},
        };
    }

    Result<> execute(const std::string& sql) const {
        TSR_TRY(server_.execute(
            "SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES', time_zone = '+00:00';" + sql));
        return {};
    }

    TemporaryMariaDb server_;
};

class SqliteByOdbc : public OdbcSource {
  public:
    SqliteByOdbc() : OdbcSource("known table", "", columns()) {}

    Result<> fill() const { return execute(createStatements()); }

    OptionList options() const override { return {{"driver", "SQLite3"}, {"connection_string", "Database=" + path()}}; }

    std::string schema() const override { return "main"; }

    Result<> makeManyRows() override {
        return execute(
            "CREATE TABLE IF NOT EXISTS many (id INTEGER, filler TEXT); DELETE FROM many; WITH RECURSIVE n(i) AS "
            "(SELECT "
            "1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
            std::to_string(manyRows()) + ") INSERT INTO many SELECT i, printf('%0100d', i) FROM n");
    }

  protected:
    std::string place() const override { return ""; }

    char quote() const override { return '`'; }

    std::string literalOf(const KnownColumn& column, const Cell& cell) const override {
        return cell && (column.type == TSR_TYPE_INT64 || column.type == TSR_TYPE_FLOAT64)
                   ? *cell
                   : OdbcSource::literalOf(column, cell);
    }

  private:
    static std::vector<Declared> columns() {
        return {
            {{"id", "bigint", TSR_TYPE_INT64, {"1", "2", "3", "4"}, false, 1}, "INTEGER PRIMARY KEY"},
            {{"big", "bigint", TSR_TYPE_INT64, {"-9223372036854775808", "9223372036854775807", kNull, "0"}}, "BIGINT"},
            {{"double", "double precision", TSR_TYPE_FLOAT64, {"1.5", "0.1", kNull, "-2.5e-300"}}, "DOUBLE"},
            {{"words", "text", TSR_TYPE_TEXT, {"", "Žluť 🐎 '\"\\%_\n\t$1", kNull, longText(1024 * 1024)}}, "TEXT"},
            {{"Wörter \"a\"", "character varying(5)", TSR_TYPE_TEXT, {"", "trailing  ", kNull, "longer than five"}},
             "VARCHAR(5)"},
            {{"bytes", "bytea", TSR_TYPE_BYTES, {"\\x", "\\x00ff5c", kNull, "\\x27"}}, "BLOB"},
            {{"day", "date", TSR_TYPE_DATE, {"2024-02-29", "0001-01-01", kNull, "9999-12-31"}}, "DATE"},
        };
    }

    std::string path() const { return (folder_.path() / "known.db").string(); }

    Result<> execute(const std::string& sql) const {
        sqlite3* opened = nullptr;
        sqlite3_open(path().c_str(), &opened);
        const Handle<sqlite3, sqlite3_close> database(opened);
        if (sqlite3_exec(opened, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
            return fail(ErrorCode::kInternal, sqlite3_errmsg(opened));
        }
        return {};
    }

    TemporaryDirectory folder_;
};

Result<std::unique_ptr<Source>> startPostgres() {
    auto source = std::make_unique<PostgresByOdbc>(TSR_TRY(TemporaryPostgres::start()));
    TSR_TRY(source->fill());
    return std::unique_ptr<Source>(std::move(source));
}

Result<std::unique_ptr<Source>> startMariaDb() {
    auto source = std::make_unique<MariaDbByOdbc>(TSR_TRY(TemporaryMariaDb::start()));
    TSR_TRY(source->fill());
    return std::unique_ptr<Source>(std::move(source));
}

Result<std::unique_ptr<Source>> startSqlite() {
    // As in a database whose locale that is; other drivers may have set another. This driver has no wide characters.
    std::setlocale(LC_ALL, "C");
    auto source = std::make_unique<SqliteByOdbc>();
    TSR_TRY(source->fill());
    return std::unique_ptr<Source>(std::move(source));
}

INSTANTIATE_TEST_SUITE_P(OdbcPostgres, ConnectorConformance, testing::Values(SourceFactory{"odbc", &startPostgres}));
INSTANTIATE_TEST_SUITE_P(OdbcMariaDb, ConnectorConformance, testing::Values(SourceFactory{"odbc", &startMariaDb}));
INSTANTIATE_TEST_SUITE_P(OdbcSqlite, ConnectorConformance, testing::Values(SourceFactory{"odbc", &startSqlite}));

}  // namespace
}  // namespace tessera::conformance
