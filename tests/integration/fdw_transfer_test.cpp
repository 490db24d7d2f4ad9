/// How rows come from a PostgreSQL: as the tuples of a binary COPY, decoded from one into Arrow, or one by one.
/// Whichever way, the values must be those of a local table, to the bit, or the error must be clear.

#include "common/strings.h"
#include "tests/support/proc_file.h"
#include "tests/support/temporary_postgres.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace tessera {
namespace {

using postgres::Connection;
using testing::HasSubstr;
using testing::Not;

/// Extremes of every type, NULLs, and lengths around those at which a form changes. % is the schema.
constexpr const char* kValues = R"sql(
    CREATE TABLE %.every_type AS SELECT i AS id,
        (ARRAY[0, 1, -1, 32767, -32768])[1 + i % 5]::int2 AS i2,
        (ARRAY[0, -1, 2147483647, -2147483648])[1 + i % 4] AS i4,
        (ARRAY[0, -1, 9223372036854775807, -9223372036854775808])[1 + i % 4] AS i8,
        (ARRAY['0', '-0', 'NaN', 'Infinity', '-Infinity', '1e-45', '3.4028235e38'])[1 + i % 7]::float4 AS f4,
        (ARRAY['0', '-0', 'NaN', 'Infinity', '-Infinity', '5e-324', '0.1'])[1 + i % 7]::float8 AS f8,
        (ARRAY[true, false, NULL])[1 + i % 3] AS b,
        (ARRAY['-infinity', 'infinity', '4713-01-01 BC', '5874897-12-31', '2000-01-01'])[1 + i % 5]::date AS d,
        (ARRAY['00:00', '24:00', '23:59:59.999999'])[1 + i % 3]::time AS t,
        (ARRAY['-infinity', 'infinity', '4713-01-01 00:00:00 BC', '294246-12-31', '1999-12-31 23:59:59.999999'])[1 + i % 5]::timestamp AS ts,
        (ARRAY['-infinity', 'infinity', '4713-01-01 00:00:00Z BC', '294246-12-31Z', '2024-03-31 01:30Z'])[1 + i % 5]::timestamptz AS tz,
        timestamp '2024-01-01' + i * interval '1.234567 s' AS plain_ts,
        (timestamp '2024-01-01' + i * interval '1.234567 s')::timestamp(3) AS ts3,
        ('00:00'::time + i * interval '1.234567 s')::time(0) AS t0,
        md5(i::text)::uuid AS u,
        left(repeat('až🐎', 200), i) AS txt,
        left(repeat('ž', 300), i)::varchar(300) AS vc,
        left('žluťoučký kůň', i % 11)::char(10) AS c,
        decode(repeat('00ff', i), 'hex') AS bin,
        (i * 12345.678)::numeric(12,2) AS money,
        CASE WHEN i % 7 > 0 THEN 'tag ' || i END AS tag,
        jsonb_build_object('i', i, 't', repeat('x', i)) AS j,
        (ARRAY[i, NULL, -i]) AS a,
        make_interval(days => i, secs => i * 0.1) AS iv,
        ('10.0.0.0'::inet + i) AS ip
        FROM generate_series(0, 400) i;
    CREATE TABLE %.numbers AS SELECT row_number() OVER (ORDER BY e, d, s, r) AS id, n, round(n, 2) AS n2,
        CASE WHEN abs(n) < 100000 THEN round(n, 3)::numeric(9,3) END AS narrow FROM (
            SELECT e, d, s, r, CASE WHEN r < 0 THEN (s || d || 'e' || e)::numeric ELSE round((s || d || 'e' || e)::numeric, r) END AS n
            FROM generate_series(-300, 300, 7) e, unnest(ARRAY['0', '1', '5', '120', '9999', '10000', '12345678',
                '99999999999', '1000000010000', '31415926535897932384626433832795']) d,
                unnest(ARRAY['', '-']) s, unnest(ARRAY[-1, 0, 3, 64, 70]) r) x;
    INSERT INTO %.numbers VALUES (-1, 'NaN', 'NaN', 'NaN'), (-2, 'Infinity', '-Infinity', NULL), (-3, '-Infinity', 0.00, 0);
    ANALYZE %.every_type, %.numbers)sql";

std::string repeated(const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) {
        all += text;
    }
    return all;
}

std::string inSchema(std::string sql, const std::string& schema) {
    for (std::size_t at = sql.find("%."); at != std::string::npos; at = sql.find("%.", at)) {
        sql.replace(at, 1, schema);
    }
    return sql;
}

/// A node with the values in a schema `own`, and the customer's PostgreSQL with the same, in `public`. The customer is
/// three servers: `tuples` always takes COPY, `rows` never does, `usual` decides.
class FdwTransfer : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        node_ = start({.with_extension = true});
        customer_ = start({});
        ASSERT_TRUE(node_ && customer_);
        const auto there = customer_->execute(inSchema(kValues, "public"));
        ASSERT_TRUE(there) << there.error().describe();
        const auto here = node_->execute("CREATE EXTENSION tessera_fdw; CREATE SCHEMA own;" + inSchema(kValues, "own"));
        ASSERT_TRUE(here) << here.error().describe();
    }

    static void TearDownTestSuite() {
        node_.reset();
        customer_.reset();
    }

    static std::unique_ptr<TemporaryPostgres> start(const TemporaryPostgresOptions& options) {
        auto started = TemporaryPostgres::start(options);
        EXPECT_TRUE(started) << started.error().describe();
        return started ? std::make_unique<TemporaryPostgres>(std::move(*started)) : nullptr;
    }

    void SetUp() override {
        auto opened = node_->connect();
        ASSERT_TRUE(opened) << opened.error().describe();
        connection_ = std::make_unique<Connection>(std::move(*opened));
        must("SET client_min_messages = warning");
        importFrom("postgres");
    }

    void importFrom(const std::string& database) {
        for (const auto& [name, least] :
             {std::pair("tuples", "'0'"), std::pair("rows", "'never'"), std::pair("usual", "'200'")}) {
            must(std::string("DROP SERVER IF EXISTS ") + name + " CASCADE; DROP SCHEMA IF EXISTS " + name +
                 " CASCADE;" + "CREATE SCHEMA " + name + "; CREATE SERVER " + name +
                 " FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'postgres', host '127.0.0.1', port '" +
                 std::to_string(customer_->port()) + "', dbname '" + database + "', copy_min_rows " + least + ");" +
                 "CREATE USER MAPPING FOR CURRENT_USER SERVER " + name + " OPTIONS (user 'postgres', password " +
                 quoteLiteral(TemporaryPostgres::kPassword) + "); IMPORT FOREIGN SCHEMA public FROM SERVER " + name +
                 " INTO " + name);
        }
    }

    void must(const std::string& sql) {
        const auto done = connection_->execute(sql);
        ASSERT_TRUE(done) << sql << "\n" << done.error().describe();
    }

    void customerMust(const std::string& sql, const std::string& database = "postgres") {
        const auto done = customer_->execute(sql, database);
        ASSERT_TRUE(done) << sql << "\n" << done.error().describe();
    }

    std::string value(const std::string& sql) {
        auto result = connection_->queryValue(sql);
        EXPECT_TRUE(result) << sql << "\n" << result.error().describe();
        return result ? result->value_or("NULL") : "";
    }

    Error error(const std::string& sql) {
        auto result = connection_->query(sql);
        EXPECT_FALSE(result) << sql;
        return result ? Error{} : result.error();
    }

    /// The value, or the SQLSTATE of the error.
    std::string outcome(const std::string& sql) {
        auto result = connection_->queryValue(sql);
        return result ? result->value_or("NULL") : "error " + result.error().sqlstate;
    }

    std::string explain(const std::string& sql) {
        std::string text;
        auto rows = connection_->query("EXPLAIN (ANALYZE, VERBOSE, COSTS OFF) " + sql);
        EXPECT_TRUE(rows) << sql << "\n" << rows.error().describe();
        for (const auto& row : rows ? rows->values : decltype(rows->values){}) {
            text += row[0].value_or("") + "\n";
        }
        return text;
    }

    inline static std::unique_ptr<TemporaryPostgres> node_;
    inline static std::unique_ptr<TemporaryPostgres> customer_;
    std::unique_ptr<Connection> connection_;
};

TEST_F(FdwTransfer, EveryTypeIsTheLocalOneToTheBit) {
    for (const char* table : {"every_type", "numbers"}) {
        for (const char* schema : {"tuples", "rows", "usual"}) {
            const std::string pairs =
                std::string(" FROM own.") + table + " l FULL JOIN " + schema + "." + table + " s USING (id)";
            EXPECT_EQ(value("SELECT count(*)" + pairs), value(std::string("SELECT count(*) FROM own.") + table));
            EXPECT_EQ(value("SELECT string_agg(id::text, ',')" + pairs + " WHERE l IS NULL OR s IS NULL OR l *<> s"),
                      "NULL")
                << schema << "." << table;
        }
    }
}

TEST_F(FdwTransfer, TheServersTakeTheirWays) {
    const auto lastStatement = [&](const char* schema, const char* sql) {
        value(inSchema(sql, schema));
        return customer_->connect()
            .value()
            .queryValue(
                "SELECT query FROM pg_stat_activity WHERE application_name = 'tessera' AND pid <> "
                "pg_backend_pid() ORDER BY query_start DESC LIMIT 1")
            .value()
            .value_or("");
    };
    const char* many = "SELECT count(i4) FROM %.every_type WHERE random() >= 0";
    const char* one = "SELECT i4 FROM %.every_type WHERE id = 7";
    must("ANALYZE tuples.every_type; ANALYZE rows.every_type; ANALYZE usual.every_type");
    EXPECT_THAT(lastStatement("tuples", many), HasSubstr("TO STDOUT (FORMAT binary)"));
    EXPECT_THAT(lastStatement("tuples", one), HasSubstr("TO STDOUT (FORMAT binary)"));
    EXPECT_THAT(lastStatement("rows", many), testing::StartsWith("SELECT \"i4\""));
    EXPECT_THAT(lastStatement("usual", many), HasSubstr("TO STDOUT (FORMAT binary)"));
    EXPECT_THAT(lastStatement("usual", one), testing::StartsWith("SELECT \"i4\""));
}

TEST_F(FdwTransfer, TupleValuesServeAsAnyOthers) {
    // Sorted, hashed, grouped, kept in tuple stores and written to tables.
    for (const char* sql : {"SELECT md5(string_agg(txt || vc || c || coalesce(tag, '-'), '|' ORDER BY txt COLLATE "
                            "\"C\", id)) FROM %.every_type",
                            "SELECT md5(string_agg(h, ',' ORDER BY h)) FROM (SELECT DISTINCT md5(bin) || u::text AS h "
                            "FROM %.every_type OFFSET 0) x",
                            "SELECT md5(string_agg(n::text, ',' ORDER BY n, id)) FROM %.numbers WHERE n * 2 >= n + 1",
                            "SELECT sum(a.money) + count(b.id) FROM %.every_type a, %.every_type b WHERE a.u = b.u AND "
                            "lower(a.vc) = lower(b.vc)"}) {
        EXPECT_EQ(value(inSchema(sql, "tuples")), value(inSchema(sql, "own"))) << sql;
    }
    must(
        "CREATE TEMP TABLE kept AS SELECT * FROM tuples.every_type; CREATE TEMP TABLE kept_numbers AS SELECT * FROM "
        "tuples.numbers");
    EXPECT_EQ(value("SELECT count(*) FROM kept k, own.every_type l WHERE k.id = l.id AND k *= l"), "401");
    EXPECT_EQ(value("SELECT count(*) FROM kept_numbers k, own.numbers l WHERE k.id = l.id AND k *<> l"), "0");
}

TEST_F(FdwTransfer, NarrowerLocalTypesActTheSameEitherWay) {
    for (const auto& [column, type] : {std::pair("vc", "varchar(5)"),
                                       std::pair("c", "varchar(4)"),
                                       std::pair("c", "char(12)"),
                                       std::pair("txt", "char(400)"),
                                       std::pair("txt", "varchar(3)"),
                                       std::pair("money", "numeric(9,1)"),
                                       std::pair("money", "numeric(5,2)"),
                                       std::pair("money", "numeric(30,10)"),
                                       std::pair("money", "numeric(9,-2)"),
                                       std::pair("plain_ts", "timestamp(2)"),
                                       std::pair("t0", "time(3)"),
                                       std::pair("tz", "timestamptz(0)"),
                                       std::pair("iv", "interval(0)"),
                                       std::pair("i4", "bigint"),
                                       std::pair("i8", "integer"),
                                       std::pair("i2", "numeric(6,1)"),
                                       std::pair("f4", "double precision"),
                                       std::pair("f8", "real"),
                                       std::pair("txt", "bytea"),
                                       std::pair("bin", "text"),
                                       std::pair("u", "text"),
                                       std::pair("d", "timestamp"),
                                       std::pair("ts", "timestamptz"),
                                       std::pair("b", "integer"),
                                       std::pair("j", "json"),
                                       std::pair("tag", "name"),
                                       std::pair("i4", "real"),
                                       std::pair("f4", "integer")}) {
        std::vector<std::string> outcomes;
        for (const char* server : {"tuples", "rows"}) {
            must("DROP FOREIGN TABLE IF EXISTS narrow; CREATE FOREIGN TABLE narrow (id int, x " + std::string(type) +
                 " OPTIONS (column_name '" + column + "')) SERVER " + server + " OPTIONS (table_name 'every_type')");
            outcomes.push_back(outcome("SELECT md5(string_agg(coalesce(x::text, '-'), '|' ORDER BY id)) FROM narrow"));
        }
        EXPECT_EQ(outcomes[0], outcomes[1]) << column << " as " << type;
        EXPECT_FALSE(outcomes[0].starts_with("error XX")) << column << " as " << type << ": " << outcomes[0];
    }
}

TEST_F(FdwTransfer, DatesThatOnlyTuplesCanSay) {
    customerMust(
        "CREATE TABLE late AS SELECT timestamp '294276-12-31 23:59:59.999999' AS ts, timestamptz '294276-12-31 23:59Z' "
        "AS tz");
    importFrom("postgres");
    EXPECT_EQ(value("SELECT ts::text || tz::timestamp FROM tuples.late"),
              "294276-12-31 23:59:59.999999" + value("SELECT (timestamptz '294276-12-31 23:59Z')::timestamp::text"));
    EXPECT_EQ(error("SELECT ts FROM rows.late").sqlstate, "22008");
    customerMust("DROP TABLE late");
}

TEST_F(FdwTransfer, AColumnWhoseTypeChangedIsRightOrAnErrorThatNamesIt) {
    customerMust("CREATE TABLE drift AS SELECT i AS id, i AS x, 7 AS y FROM generate_series(1, 1000) i; ANALYZE drift");
    importFrom("postgres");
    EXPECT_EQ(value("SELECT sum(x * 2) FROM tuples.drift WHERE random() >= 0"), "1001000");
    const auto sums = [&](const char* schema) {
        return outcome(std::string("SELECT sum(x) FROM ") + schema + ".drift WHERE random() >= 0");
    };
    for (const auto& [type, expected] :
         {std::pair("bigint", "500500"), std::pair("smallint", "500500"), std::pair("text", "500500"),
          std::pair("real", "error HV004"), std::pair("numeric", "error HV004"), std::pair("date", "error HV004")}) {
        const std::string as = std::string(type) == "date" ? "date '2000-01-01' + x::int" : std::string("x::") + type;
        customerMust(std::string("ALTER TABLE drift ALTER x TYPE ") + type + " USING " + as);
        for (const char* schema : {"tuples", "rows", "usual"}) {
            EXPECT_EQ(sums(schema), expected) << type << " " << schema;
        }
    }
    EXPECT_THAT(error("SELECT x FROM tuples.drift WHERE random() >= 0").message, HasSubstr("column 1 ('x')"));
    // A column that took another's place, and one that is gone.
    customerMust("ALTER TABLE drift DROP x; ALTER TABLE drift ADD x int DEFAULT 5");
    EXPECT_EQ(sums("tuples"), "5000");
    customerMust("ALTER TABLE drift DROP x");
    EXPECT_EQ(error("SELECT x FROM tuples.drift").sqlstate, "42703");
    EXPECT_EQ(value("SELECT sum(y) FROM tuples.drift WHERE random() >= 0"), "7000");
    customerMust("DROP TABLE drift");
}

TEST_F(FdwTransfer, TextThatIsNoTextIsAnError) {
    customerMust("CREATE DATABASE raw TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'");
    customerMust(
        "CREATE TABLE words AS SELECT 'short'::text AS good, 'bad ' || chr(255) AS bad, chr(255)::varchar(9) AS v, "
        "chr(233)::char(3) AS c",
        "raw");
    importFrom("raw");
    for (const char* schema : {"tuples", "rows"}) {
        EXPECT_EQ(value(std::string("SELECT good FROM ") + schema + ".words"), "short");
        for (const char* column : {"bad", "v", "c"}) {
            const Error invalid = error(std::string("SELECT good, ") + column + " FROM " + schema + ".words");
            EXPECT_EQ(invalid.sqlstate, "22021") << schema << " " << column << ": " << invalid.describe();
        }
    }
}

/// Rows that just fit the space that is left, and rows far larger than a batch.
TEST_F(FdwTransfer, RowsOfEverySizeArriveWhole) {
    customerMust(
        "CREATE TABLE sizes AS SELECT i AS id, repeat(chr(97 + i % 26), i) AS t FROM generate_series(1, 20000) i WHERE "
        "i % 3 = 0 OR i BETWEEN 14500 AND 16600;"
        "INSERT INTO sizes SELECT -i, repeat('ab', i * 1000000) FROM generate_series(1, 3) i; ANALYZE sizes");
    importFrom("postgres");
    must("SET tessera.batch_memory = '64kB'");
    for (const char* sql :
         {"SELECT md5(string_agg(md5(t), ',' ORDER BY id)) FROM %.sizes WHERE random() >= 0",
          "SELECT md5(string_agg(md5(t) || id, ',' ORDER BY id DESC)) FROM %.sizes WHERE random() >= 0"}) {
        const auto expected = customer_->connect().value().queryValue(inSchema(sql, "public"));
        ASSERT_TRUE(expected) << expected.error().describe();
        for (const char* schema : {"tuples", "rows"}) {
            EXPECT_EQ(value(inSchema(sql, schema)), expected->value()) << schema;
        }
    }
    customerMust("DROP TABLE sizes");
}

TEST_F(FdwTransfer, AnErrorWithinTheTuplesIsAnErrorAndLeavesTheSessionUsable) {
    customerMust(
        "CREATE VIEW broken AS SELECT id, repeat('x', 100) AS pad, 1 / (id - 90000) AS x FROM generate_series(1, "
        "100000) id");
    importFrom("postgres");
    const Error broken = error("SELECT count(pad || x) FROM tuples.broken WHERE random() >= 0");
    EXPECT_EQ(broken.sqlstate, "22012");
    EXPECT_THAT(broken.message, HasSubstr("source \"tuples\""));
    // Left in the middle, several times.
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(value("SELECT count(*) FROM (SELECT pad FROM tuples.broken WHERE random() >= 0 LIMIT 5) x"), "5");
    }
    must("BEGIN; DECLARE a CURSOR FOR SELECT id FROM tuples.broken; DECLARE b CURSOR FOR SELECT id FROM tuples.broken");
    EXPECT_EQ(value("FETCH 1 FROM a"), "1");
    EXPECT_EQ(value("FETCH 1 FROM b"), "1");
    must("MOVE 50000 IN a");
    EXPECT_EQ(value("FETCH 1 FROM a"), "50002");
    EXPECT_EQ(value("FETCH 1 FROM b"), "2");
    must("COMMIT");
    customerMust("DROP VIEW broken");
}

/// In a transaction that has written, all scans of a source share one session: one that is being read gives it up.
TEST_F(FdwTransfer, ARowInUseOutlivesTheSessionThatItCameOn) {
    customerMust("CREATE TABLE touched (id int PRIMARY KEY); INSERT INTO touched VALUES (1)");
    importFrom("postgres");
    must(
        "BEGIN; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_material = off;"
        "UPDATE tuples.touched SET id = 2");
    const char* join =
        "SELECT count(*) || md5(string_agg(x.txt || x.vc || x.u || x.money || y.txt, ',' ORDER BY x.id, y.id)) FROM "
        "%.every_type x, (SELECT * FROM %.every_type WHERE random() >= 0 OFFSET 0) y WHERE length(x.vc) = length(y.vc) "
        "AND x.id % 100 = 77 AND random() >= 0";
    EXPECT_EQ(value(inSchema(join, "tuples")), value(inSchema(join, "own")));
    must(
        "DECLARE a CURSOR FOR SELECT txt FROM tuples.every_type WHERE random() >= 0 ORDER BY id;"
        "DECLARE b CURSOR FOR SELECT vc FROM tuples.every_type WHERE random() >= 0 AND id > 300");
    must("MOVE 5 IN b");
    must("UPDATE tuples.touched SET id = 3");
    EXPECT_EQ(value("FETCH 1 FROM b"), value("SELECT vc FROM own.every_type WHERE id = 306"));
    must("ROLLBACK");
    EXPECT_EQ(value("SELECT id FROM tuples.touched"), "1");
    customerMust("DROP TABLE touched");
}

TEST_F(FdwTransfer, LookUpsArePreparedAndSurviveChangesOfTheirTable) {
    customerMust("CREATE TABLE keyed AS SELECT i AS id, i * 7 AS x FROM generate_series(1, 100) i");
    importFrom("postgres");
    must("SET plan_cache_mode = force_generic_plan; PREPARE look(int) AS SELECT x FROM usual.keyed WHERE id = $1");
    const auto look = [&](int id) { return outcome("EXECUTE look(" + std::to_string(id) + ")"); };
    const auto prepared = [&] {
        return value("SELECT x FROM usual.own_statements WHERE x LIKE '%keyed%' AND x NOT LIKE '%pg_prep%' LIMIT 1");
    };
    must(
        "CREATE FOREIGN TABLE usual.own_statements (x text) SERVER usual OPTIONS (query 'SELECT statement AS x FROM "
        "pg_prepared_statements')");
    EXPECT_EQ(look(1), "7");
    EXPECT_EQ(look(2), "14");
    EXPECT_THAT(prepared(), HasSubstr("\"keyed\""));
    EXPECT_THAT(explain("EXECUTE look(3)"), HasSubstr("Round Trips: 1\n"));
    customerMust("ALTER TABLE keyed ALTER x TYPE bigint");
    EXPECT_EQ(look(4), "28");
    EXPECT_EQ(look(5), "35");
    EXPECT_EQ(look(6), "42");
    customerMust("ALTER TABLE keyed ALTER x TYPE text USING 'seven'");
    EXPECT_EQ(look(7), "error 22P02");
    customerMust("ALTER TABLE keyed DROP x");
    EXPECT_EQ(look(8), "error 42703");
    customerMust("ALTER TABLE keyed ADD x int DEFAULT 9");
    EXPECT_EQ(look(9), "9");
    // More statements than a session keeps prepared.
    must(
        "DO $do$ DECLARE found int; BEGIN FOR turn IN 1..2 LOOP FOR i IN 1..150 LOOP EXECUTE format('SELECT x FROM "
        "usual.keyed WHERE id = $1 AND x <> %s', i + 10) INTO STRICT found USING 1; ASSERT found = 9; END LOOP; END "
        "LOOP; END $do$");
    EXPECT_LE(std::stoi(value("SELECT count(*) FROM (SELECT x FROM usual.own_statements OFFSET 0) p")), 64);
    must("DROP SCHEMA usual CASCADE");
    customerMust("DROP TABLE keyed");
}

TEST_F(FdwTransfer, ASemicolonNeverBeginsAStatementOfItsOwn) {
    customerMust("CREATE TABLE victims (t text); INSERT INTO victims VALUES ('a;b'), ('c')");
    importFrom("postgres");
    EXPECT_EQ(value("SELECT t FROM tuples.victims WHERE t = 'a;b'"), "a;b");
    EXPECT_EQ(value("SELECT string_agg(t, ',' ORDER BY t) FROM tuples.victims WHERE random() >= 0"), "a;b,c");
    for (const char* query : {"SELECT 1 AS t) x LIMIT 0; DROP TABLE public.victims; SELECT * FROM (SELECT 1 AS t",
                              "SELECT 1 AS t) x) AS d LIMIT 0; DROP TABLE public.victims; --"}) {
        must("DROP FOREIGN TABLE IF EXISTS trap; CREATE FOREIGN TABLE trap (t text) SERVER tuples OPTIONS (query " +
             quoteLiteral(query) + ")");
        EXPECT_EQ(error("SELECT * FROM trap WHERE random() >= 0").sqlstate, "42601");
    }
    EXPECT_EQ(value("SELECT count(*) FROM tuples.victims"), "2");
    // A comment at the end hides nothing of what follows.
    must(
        "DROP FOREIGN TABLE trap; CREATE FOREIGN TABLE trap (t text) SERVER tuples OPTIONS (query E'SELECT t FROM "
        "public.victims -- all\\n')");
    EXPECT_EQ(value("SELECT count(*) FROM (SELECT t FROM trap OFFSET 0) x"), "2");
    customerMust("DROP TABLE victims");
}

TEST_F(FdwTransfer, RowsWithoutColumnsAreCounted) {
    EXPECT_EQ(value("SELECT count(*) FROM tuples.every_type WHERE random() >= 0"), "401");
    EXPECT_EQ(value("SELECT count(*) FROM (SELECT FROM tuples.every_type LIMIT 7) x"), "7");
}

TEST_F(FdwTransfer, ExplainSaysWhatCameAndHowLongItTook) {
    const std::string tuples = explain("SELECT id, txt FROM tuples.every_type");
    for (const char* line : {"Rows Received: 401\n", "Bytes Received: ", "Round Trips: 1\n", "Source Wait: "}) {
        EXPECT_THAT(tuples, HasSubstr(line));
    }
    // One run for each of the three rows outside.
    const std::string again = explain(
        "SELECT (SELECT count(*) FROM usual.every_type WHERE id = g AND random() >= 0) FROM generate_series(1, 3) g");
    EXPECT_THAT(again, HasSubstr("Rows Received: 3\n"));
    EXPECT_THAT(again, HasSubstr("Round Trips: 4\n"));  // the second prepares the statement
}

TEST_F(FdwTransfer, ExplainSaysWhatWasSent) {
    must(
        "SET plan_cache_mode = force_generic_plan; PREPARE look(int2, float8, text, bytea, date, timestamptz, uuid, "
        "numeric, boolean, int) AS SELECT id FROM usual.every_type WHERE i2 < $1 OR f8 < $2 OR txt < $3 OR bin < $4 OR "
        "d "
        "< $5 OR tz < $6 OR u = $7 OR money < $8 OR b = $9 OR id = $10 OR id < $10");
    must("SET TimeZone = 'UTC'");
    EXPECT_THAT(explain("EXECUTE look(1, 0.5, 'it''s', '\\x00ff', '2024-02-29', '2024-02-29 12:00Z', "
                        "'5b4f6b1a-0000-0000-0000-000000000001', 12.50, NULL, 7)"),
                HasSubstr("Remote Parameters: 1, 0.5, 'it''s', '\\x00ff', '2024-02-29', '2024-02-29 12:00:00+00', "
                          "'5b4f6b1a-0000-0000-0000-000000000001', 12.50, NULL, 7\n"));
    must("PREPARE longer(text) AS SELECT id FROM usual.every_type WHERE txt = $1");
    EXPECT_THAT(explain("EXECUTE longer(repeat('ž', 100))"),
                HasSubstr("Remote Parameters: '" + repeated("ž", 30) + "'... (200 bytes)\n"));
    // The last of three runs; none was started; keys of a bind join; a change.
    const std::string inner = "SELECT (SELECT txt FROM usual.every_type WHERE id = g) FROM generate_series(1, 3) g";
    EXPECT_THAT(explain(inner), HasSubstr("Remote Parameters: 3\n"));
    EXPECT_THAT(explain(inner + " WHERE g > 3"), Not(HasSubstr("Remote Parameters")));
    must("SET tessera.ship_rows = off; SET enable_hashjoin = off; SET enable_mergejoin = off");
    EXPECT_THAT(explain("SELECT count(*) FROM own.numbers n JOIN usual.every_type e ON e.id = n.id WHERE n.id < 4"),
                HasSubstr("Remote Parameters: '{\"1\",\"2\",\"3\""));
    EXPECT_THAT(explain("UPDATE usual.every_type SET i4 = (SELECT 5) WHERE id = (SELECT -1)"),
                HasSubstr("Remote Parameters: 5, -1\n"));
}

/// 150 MB through a scan that may hold 2.
TEST_F(FdwTransfer, AScanHoldsNoMoreMemoryThanItMay) {
    customerMust(
        "CREATE VIEW much AS SELECT i AS id, repeat('x', 700) AS t, i::numeric AS n, jsonb_build_object('i', i) AS j "
        "FROM generate_series(1, 200000) i");
    importFrom("postgres");
    constexpr long kLimit_kB = 2048;
    for (const char* schema : {"tuples", "rows"}) {
        auto fresh = node_->connect();
        ASSERT_TRUE(fresh) << fresh.error().describe();
        connection_ = std::make_unique<Connection>(std::move(*fresh));
        must("SET tessera.batch_memory = '2MB'");
        const std::string process = value("SELECT pg_backend_pid()");
        const std::string scan = std::string("SELECT count(t || n || j) FROM ") + schema + ".much WHERE random() >= 0";
        EXPECT_EQ(value(scan + " AND id < 3"), "2");  // whatever a first statement loads is there now
        std::ofstream("/proc/" + process + "/clear_refs") << "5";
        const long before = kilobytesOf("/proc/" + process + "/status", "VmRSS");
        EXPECT_EQ(value(scan), "200000");
        const long grown = kilobytesOf("/proc/" + process + "/status", "VmHWM") - before;
        EXPECT_GT(before, 0);
        EXPECT_LE(grown, kLimit_kB) << schema;
        RecordProperty(std::string("grown_kB_") + schema, static_cast<int>(grown));
    }
    customerMust("DROP VIEW much");
}

}  // namespace
}  // namespace tessera
