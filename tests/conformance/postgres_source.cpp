#include "common/strings.h"
#include "tests/conformance/source.h"
#include "tests/support/temporary_postgres.h"

#include <algorithm>
#include <csignal>

namespace tessera::conformance {
namespace {

KnownTable makeKnownTable() {
    const Cell null;
    return {
        "known",
        "one column of each type",
        {{"id", "integer", TSR_TYPE_INT32, {"1", "2", "3", "4"}, true, 1},
         {"flag", "boolean", TSR_TYPE_BOOL, {"t", "f", null, "t"}},
         {"small", "smallint", TSR_TYPE_INT16, {"-32768", "32767", null, "0"}},
         {"int", "integer", TSR_TYPE_INT32, {"-2147483648", "2147483647", null, "0"}},
         {"big", "bigint", TSR_TYPE_INT64, {"-9223372036854775808", "9223372036854775807", null, "0"}},
         {"single", "real", TSR_TYPE_FLOAT32, {"3.4028234663852886e+38", "-Infinity", null, "NaN"}},
         {"double", "double precision", TSR_TYPE_FLOAT64, {"1.7976931348623157e+308", "-0", "5e-324", "Infinity"}},
         {"exact",
          "numeric",
          TSR_TYPE_DECIMAL,
          {"-12345678901234567890123456789012345678901234567890.00012000", "NaN", null, "-Infinity"}},
         {"money", "numeric(10,2)", TSR_TYPE_DECIMAL, {"12345678.90", "0.00", null, "-0.01"}},
         {"words", "text", TSR_TYPE_TEXT, {"", "Žluť 🐎 '\"\\%_\n\t$1", null, longText(1024 * 1024)}},
         {"Wörter \"a\"", "character varying(20)", TSR_TYPE_TEXT, {"", "trailing  ", null, "ß"}},
         {"padded", "character(5)", TSR_TYPE_TEXT, {"ab   ", "     ", null, "é    "}},
         {"label", "name", TSR_TYPE_TEXT, {"pg_class", "", null, "Ž"}},
         {"bytes", "bytea", TSR_TYPE_BYTES, {"\\x", "\\x00ff5c", null, "\\x27"}},
         {"day", "date", TSR_TYPE_DATE, {"-infinity", "4714-11-24 BC", null, "5874897-12-31"}},
         {"clock", "time without time zone", TSR_TYPE_TIME, {"00:00:00", "24:00:00", null, "23:59:59.999999"}},
         {"moment",
          "timestamp without time zone",
          TSR_TYPE_TIMESTAMP,
          {"infinity", "4714-11-24 00:00:00 BC", null, "294246-12-31 23:59:59.999999"}},
         {"instant",
          "timestamp with time zone",
          TSR_TYPE_TIMESTAMPTZ,
          {"-infinity", "2001-12-31 23:59:59.5+00", null, "2024-03-10 02:30:00+00"}},
         {"key",
          "uuid",
          TSR_TYPE_UUID,
          {"00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", null,
           "ffffffff-ffff-ffff-ffff-ffffffffffff"}},
         {"span", "interval", TSR_TYPE_LITERAL, {"1 year 2 mons -3 days +04:05:06.7", "00:00:00", null, "-00:00:01"}},
         {"document", "jsonb", TSR_TYPE_LITERAL, {"{\"a\": [1, null]}", "\"\"", null, "{}"}},
         {"list", "integer[]", TSR_TYPE_LITERAL, {"{1,NULL,3}", "{}", null, "{{1},{2}}"}}}};
}

class PostgresSource : public Source {
  public:
    PostgresSource(TemporaryPostgres server, std::string connector)
        : server_(std::move(server)), connector_(std::move(connector)), known_(makeKnownTable()) {}

    Result<> fill() {
        std::string sql = "SET timezone = 'UTC'; CREATE SCHEMA \"the source\"; CREATE TABLE \"the source\".known (";
        for (const KnownColumn& column : known_.columns) {
            sql += quoteIdentifier(column.name) + " " + column.pg_type +
                   (column.key_position == 1 ? " PRIMARY KEY, " : ", ");
        }
        sql.resize(sql.size() - 2);
        sql += "); COMMENT ON TABLE \"the source\".known IS " + quoteLiteral(known_.comment) + ";";
        for (std::size_t row = 0; row < known_.rowCount(); ++row) {
            sql += "INSERT INTO \"the source\".known VALUES (";
            for (const KnownColumn& column : known_.columns) {
                sql += (column.values[row] ? quoteLiteral(*column.values[row]) : "NULL") + ", ";
            }
            sql.resize(sql.size() - 2);
            sql += ");";
        }
        return server_.execute(sql + "ANALYZE \"the source\".known");
    }

    std::string connector() const override { return connector_; }

    OptionList options() const override { return optionsFor(server_.port(), TemporaryPostgres::kPassword); }

    std::string schema() const override { return "the source"; }

    const KnownTable& knownTable() const override { return known_; }

    std::string select(const std::string& table, const std::vector<std::string>& columns) const override {
        std::vector<std::string> items;
        for (const std::string& name : columns) {
            const KnownColumn* const known = findColumn(name);
            // As the host does it for types that have no binary form here.
            items.push_back(quoteIdentifier(name) +
                            (known != nullptr && known->type == TSR_TYPE_LITERAL ? "::text" : ""));
        }
        return "SELECT " + join(items, ", ") + " FROM \"the source\"." + quoteIdentifier(table);
    }

    std::optional<std::string> selectEqual(const std::string& table, const std::vector<std::string>& columns,
                                           const std::string& filter_column) const override {
        return select(table, columns) + " WHERE " + quoteIdentifier(filter_column) + " = CAST($1 AS " +
               findColumn(filter_column)->pg_type + ")";
    }

    Result<> makeManyRows() override {
        return server_.execute(
            "CREATE TABLE IF NOT EXISTS \"the source\".many AS SELECT i::bigint AS id, lpad(i::text, 100, 'x') AS "
            "filler"
            " FROM generate_series(1, " +
            std::to_string(manyRows()) + ") i");
    }

    std::optional<std::string> longStatement() const override { return "SELECT 1::bigint FROM pg_sleep(120)"; }

    std::optional<bool> longStatementRuns() const override {
        auto connection = server_.connect();
        auto count = connection ? connection->queryValue(
                                      "SELECT count(*) FROM pg_stat_activity"
                                      " WHERE state = 'active' AND query = 'SELECT 1::bigint FROM pg_sleep(120)'")
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
        // The back ends end at once and without a word of farewell, but shared memory is given back.
        EXPECT_TRUE(server_.cluster().signal(SIGQUIT));
        return true;
    }

  private:
    static OptionList optionsFor(std::uint16_t port, const std::string& password) {
        return {{"host", TemporaryPostgres::kHost},
                {"port", std::to_string(port)},
                {"dbname", "postgres"},
                {"user", TemporaryPostgres::kUser},
                {"password", password}};
    }

    const KnownColumn* findColumn(const std::string& name) const {
        const auto found = std::find_if(known_.columns.begin(), known_.columns.end(),
                                        [&](const KnownColumn& column) { return column.name == name; });
        return found == known_.columns.end() ? nullptr : &*found;
    }

    TemporaryPostgres server_;
    const std::string connector_;
    KnownTable known_;
};

Result<std::unique_ptr<Source>> start(const std::string& connector) {
    auto source = std::make_unique<PostgresSource>(
        TSR_TRY(TemporaryPostgres::start({.settings = {{"max_prepared_transactions", "4"}}})), connector);
    TSR_TRY(source->fill());
    return std::unique_ptr<Source>(std::move(source));
}

Result<std::unique_ptr<Source>> startPostgresSource() {
    return start("postgres");
}

/// To the connector a node is what its PostgreSQL is.
Result<std::unique_ptr<Source>> startNodeSource() {
    return start("node");
}

INSTANTIATE_TEST_SUITE_P(Postgres, ConnectorConformance,
                         testing::Values(SourceFactory{"postgres", &startPostgresSource}));

INSTANTIATE_TEST_SUITE_P(Node, ConnectorConformance, testing::Values(SourceFactory{"node", &startNodeSource}));

}  // namespace
}  // namespace tessera::conformance
