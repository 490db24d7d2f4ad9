/// Joins of a local table with one at a source, by sending keys there: the rows must be those of a join of two local
/// copies, whatever the source thinks of blanks, case, NULLs and numbers.
///
/// Replay with the seed that a failure prints: TESSERA_SEED=n.

#include "plugins/sdk/dialect/dialect.h"
#include "tests/correctness/sources.h"
#include "tests/support/temporary_postgres.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace tessera::correctness {
namespace {

using postgres::Connection;
using testing::HasSubstr;
using testing::Not;

class AcrossSources : public testing::TestWithParam<const char*> {
  protected:
    static void SetUpTestSuite() {}

    static void TearDownTestSuite() {
        connection_.reset();
        node_.reset();
        source_.reset();
    }

    void SetUp() override {
        if (!source_ || source_->dialect() != GetParam()) {
            TearDownTestSuite();
            start();
        }
        must("RESET ALL");
    }

    static void start() {
        auto source = makeSource(GetParam());
        ASSERT_TRUE(source) << source.error().describe();
        source_ = std::move(*source);
        auto node = TemporaryPostgres::start({.with_extension = true});
        ASSERT_TRUE(node) << node.error().describe();
        node_ = std::make_unique<TemporaryPostgres>(std::move(*node));
        auto connection = node_->connect();
        ASSERT_TRUE(connection) << connection.error().describe();
        connection_ = std::make_unique<Connection>(std::move(*connection));
        must("CREATE EXTENSION tessera_fdw; CREATE SCHEMA src; CREATE SCHEMA copy;" + source_->importStatements());
        must("CREATE TABLE copy.t AS SELECT * FROM src.t; CREATE TABLE copy.u AS SELECT * FROM src.u; ANALYZE");
    }

    static void must(const std::string& sql) {
        const auto done = connection_->execute(sql);
        ASSERT_TRUE(done) << sql << "\n" << done.error().describe();
    }

    /// The rows as a set, or the error's SQLSTATE as the only one.
    static std::vector<std::vector<std::optional<std::string>>> outcome(const std::string& sql) {
        auto rows = connection_->query(sql);
        if (!rows) {
            return {{"error " + rows.error().sqlstate + " " + rows.error().message}};
        }
        std::sort(rows->values.begin(), rows->values.end());
        return std::move(rows->values);
    }

    static std::string plan(const std::string& sql, const std::string& options = "VERBOSE, COSTS OFF") {
        std::string text;
        for (const auto& row : outcomeInOrder("EXPLAIN (" + options + ") " + sql)) {
            text += row[0].value_or("") + "\n";
        }
        return text;
    }

    static std::vector<std::vector<std::optional<std::string>>> outcomeInOrder(const std::string& sql) {
        auto rows = connection_->query(sql);
        EXPECT_TRUE(rows) << sql << "\n" << rows.error().describe();
        return rows ? std::move(rows->values) : std::vector<std::vector<std::optional<std::string>>>{};
    }

    /// "$" is the schema of the remote tables, or of their copies.
    static std::string inSchema(std::string sql, const std::string& schema) {
        for (std::size_t at = sql.find('$'); at != std::string::npos; at = sql.find('$')) {
            sql.replace(at, 1, schema + ".");
        }
        return sql;
    }

    static void onlyBindJoins() {
        must(
            "SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_nestloop = off; SET jit = off; "
            "SET tessera.ship_rows = off");
    }

    /// Only bind joins for the remote tables, with batches of several sizes.
    void compare(const std::string& sql) {
        must("RESET ALL");
        const auto expected = outcome(inSchema(sql, "copy"));
        const bool is_statement =
            expected.empty() || expected[0].empty() || !expected[0][0] || expected[0][0]->rfind("error 42", 0) != 0;
        ASSERT_TRUE(is_statement) << "no valid statement: " << sql;
        onlyBindJoins();
        const std::string remote = inSchema(sql, "src");
        for (const char* keys : {"1", "7", "1000"}) {
            must(std::string("SET tessera.bind_keys = ") + keys);
            EXPECT_EQ(outcome(remote), expected) << "bind_keys " << keys << "; TESSERA_SEED=" << seed() << "\n"
                                                 << remote << "\n"
                                                 << plan(remote);
        }
    }

    void compareBound(const std::string& sql) {
        compare(sql);
        EXPECT_THAT(plan(inSchema(sql, "src")), HasSubstr("Bind Join")) << sql;
    }

    bool takesKeys(const std::string& type) const {
        const dialect::Dialect& dialect = *dialect::find(source_->dialect()).value();
        const std::string name = type.rfind("numeric", 0) == 0   ? "numeric"
                                 : type.rfind("varchar", 0) == 0 ? "varchar"
                                 : type == "integer"             ? "int4"
                                 : type == "smallint"            ? "int2"
                                 : type == "bigint"              ? "int8"
                                                                 : type;
        const dialect::TypeRule* rule = dialect::typeRule(dialect, name);
        const std::set<std::string> kinds = {"int2", "int4", "int8", "numeric", "text", "varchar", "uuid"};
        const bool is_date = name == "date" || name == "timestamp";
        return rule != nullptr && !rule->param.empty() && (kinds.contains(name) || (is_date && dialect.every_date));
    }

    inline static std::unique_ptr<Source> source_;
    inline static std::unique_ptr<TemporaryPostgres> node_;
    inline static std::unique_ptr<Connection> connection_;
};

TEST_P(AcrossSources, BindsKeysOfEveryTypeInEveryKindOfJoin) {
    int bound = 0;
    for (const HostileColumn& column : source_->table().columns()) {
        const std::string on = "l." + column.name + " = r." + column.name;
        const std::vector<std::string> statements = {
            "SELECT l.id, r.id FROM copy.t l JOIN $u r ON " + on,
            "SELECT l.id, r.id, r.txt FROM copy.u l LEFT JOIN $t r ON " + on,
            "SELECT l.id FROM copy.t l WHERE EXISTS (SELECT 1 FROM $u r WHERE " + on + ")",
            "SELECT l.id FROM copy.t l WHERE NOT EXISTS (SELECT 1 FROM $u r WHERE " + on + ")",
        };
        for (const std::string& sql : statements) {
            if (takesKeys(column.type)) {
                compareBound(sql);
                ++bound;
            } else {
                compare(sql);
            }
        }
        compare("SELECT r.id FROM $t r WHERE r." + column.name + " IN (SELECT " + column.name + " FROM copy.u)");
        compare("SELECT l.id FROM copy.t l WHERE l." + column.name + " NOT IN (SELECT r." + column.name +
                " FROM $u r WHERE r." + column.name + " IS NOT NULL)");
    }
    EXPECT_GE(bound, 16);
}

TEST_P(AcrossSources, BindsKeysOfUnlikeTypesAndOfExpressions) {
    for (const char* on : {"l.i2 = r.i4", "l.i4 = r.i2", "l.i8 = r.i4", "l.i4 = r.i8", "l.i8 = r.i2", "l.vc = r.txt",
                           "l.txt = r.vc", "l.i4 + 1 = r.i4"}) {
        compareBound(std::string("SELECT l.id, r.id FROM copy.t l JOIN $u r ON ") + on);
        compareBound(std::string("SELECT l.id, r.id FROM copy.t l LEFT JOIN $u r ON ") + on);
    }
}

TEST_P(AcrossSources, ChecksAllConditionsOfTheJoin) {
    for (const char* on :
         {"l.i4 = r.i4 AND l.txt = r.txt", "l.i4 = r.i4 AND l.id < r.id", "l.txt = r.txt AND r.b",
          "l.txt = r.txt AND upper(r.vc) = upper(l.vc)", "l.i4 = r.i4 AND l.b IS DISTINCT FROM r.b",
          "l.i4 = r.i4 AND (l.i2 > r.i2 OR r.vc IS NULL)", "l.i4 = r.i4 AND l.b", "l.i4 = r.i4 AND l.i2 = r.i2"}) {
        const std::string condition = on;
        compareBound("SELECT l.id, r.id FROM copy.t l JOIN $u r ON " + condition);
        compareBound("SELECT l.id, r.id FROM copy.t l LEFT JOIN $u r ON " + condition);
        compareBound("SELECT l.id, r.id FROM copy.t l LEFT JOIN $u r ON " + condition + " WHERE r.id IS NULL OR r.b");
        compareBound("SELECT l.id FROM copy.t l WHERE EXISTS (SELECT 1 FROM $u r WHERE " + condition + ")");
        compareBound("SELECT l.id FROM copy.t l WHERE NOT EXISTS (SELECT 1 FROM $u r WHERE " + condition + ")");
    }
}

TEST_P(AcrossSources, BindsKeysOfJoinsAndFiltersBelow) {
    compareBound(
        "SELECT l.id, r.id FROM copy.t l JOIN (SELECT a.id, a.i4 FROM $u a JOIN $t b ON a.id = b.id) r ON l.i4 = r.i4");
    compareBound("SELECT l.id, r.id FROM copy.t l JOIN $u r ON l.i4 = r.i4 WHERE r.i8 > 0 AND l.b");
    compareBound("SELECT l.id, r.id FROM copy.t l JOIN $u r ON l.txt = r.txt WHERE r.vc = upper(r.vc)");
    compareBound("SELECT r.i4, count(*), sum(l.id) FROM copy.t l JOIN $u r ON l.i4 = r.i4 GROUP BY r.i4");
    compareBound("SELECT l.id, r FROM copy.u l LEFT JOIN $t r ON l.i4 = r.i4");
    compareBound("SELECT l.id, a.id, b.id FROM copy.u l LEFT JOIN $t a ON l.i4 = a.i4 LEFT JOIN $u b ON l.txt = b.txt");
}

/// A condition without columns is checked by a node above the inner scan, which takes no keys then.
TEST_P(AcrossSources, LeavesConditionsWithoutColumnsAlone) {
    compare(
        "SELECT l.id, r.id FROM copy.t l LEFT JOIN (SELECT * FROM $t x WHERE NULL::bool IN (SELECT y.b FROM $u y)) r "
        "ON l.i4 = r.i4");
    compare("SELECT l.id, r.id FROM copy.t l JOIN (SELECT * FROM $t WHERE random() >= 0) r ON l.i4 = r.i4");
    compare(
        "SELECT l.id, r.id FROM copy.t l JOIN (SELECT x.* FROM $t x JOIN $u y ON x.id = y.id WHERE (SELECT count(*) "
        "FROM $u) > 0) r ON l.i4 = r.i4");
}

TEST_P(AcrossSources, RunsAgainForEveryOuterRow) {
    compare(
        "SELECT o.id, (SELECT count(r.id) FROM copy.u l JOIN $t r ON l.i4 = r.i4 WHERE l.id <> o.id) FROM copy.u o");
    compare(
        "SELECT o.id, x.n FROM copy.u o, LATERAL (SELECT sum(r.id) AS n FROM copy.t l LEFT JOIN $u r ON l.i4 = r.i4 "
        "AND r.id > o.id) x");
    compare(
        "SELECT o.id, x.n FROM copy.u o, LATERAL (SELECT r.id AS n FROM copy.t l JOIN $u r ON l.i4 = r.i4 "
        "WHERE o.b ORDER BY 1 LIMIT 2) x");
}

TEST_P(AcrossSources, LooksUpSingleKeys) {
    must(
        "SET enable_hashjoin = off; SET enable_mergejoin = off; SET tessera.enable_bind_join = off; SET jit = off;"
        "SET enable_material = off; SET enable_memoize = off;"
        "ALTER SERVER source OPTIONS (ADD fdw_startup_cost '0', ADD fdw_tuple_cost '1000')");
    for (const char* sql :
         {"SELECT l.id, r.id FROM copy.t l JOIN $u r ON l.i4 = r.i4",
          "SELECT l.id, r.id FROM copy.t l LEFT JOIN $u r ON l.txt = r.txt AND l.id > r.id",
          "SELECT l.id, r.id FROM copy.t l JOIN $u r ON l.i4 = r.i4 AND upper(l.vc) = upper(r.vc)",
          "SELECT l.id, (SELECT max(r.id) FROM $u r WHERE r.vc = l.vc) FROM copy.t l",
          "SELECT l.id, r.n FROM copy.t l, LATERAL (SELECT count(*) AS n FROM $u WHERE i8 = l.i8) r"}) {
        const auto expected = outcome(inSchema(sql, "copy"));
        const std::string remote = inSchema(sql, "src");
        EXPECT_EQ(outcome(remote), expected) << "TESSERA_SEED=" << seed() << "\n" << remote << "\n" << plan(remote);
        EXPECT_THAT(plan(remote), Not(HasSubstr("Bind Join")));
    }
    const std::string text = plan("SELECT l.id, r.id FROM copy.t l LEFT JOIN src.u r ON l.i4 = r.i4");
    const std::string statement = text.substr(std::min(text.find(" WHERE "), text.size()));
    EXPECT_TRUE(statement.find('?') != std::string::npos || statement.find("$1") != std::string::npos) << text;
    must("ALTER SERVER source OPTIONS (DROP fdw_startup_cost, DROP fdw_tuple_cost)");
    const auto refused = connection_->execute("ALTER SERVER source OPTIONS (ADD fdw_tuple_cost '-1')");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("\"fdw_tuple_cost\" must be a number that is not negative"));
}

TEST_P(AcrossSources, ExplainTellsOfKeysAndRoundTrips) {
    onlyBindJoins();
    must("SET tessera.bind_keys = 10");
    const std::string text = plan("SELECT l.n, r.id FROM generate_series(1, 95) l(n) LEFT JOIN src.t r ON l.n = r.id",
                                  "ANALYZE, VERBOSE, COSTS OFF, TIMING OFF, SUMMARY OFF");
    EXPECT_THAT(text, HasSubstr("Custom Scan (Bind Join)"));
    EXPECT_THAT(text, HasSubstr("Join Type: Left"));
    EXPECT_THAT(text, HasSubstr("Join Cond: (l.n = r.id)"));
    EXPECT_THAT(text, HasSubstr("Keys per Batch: 10"));
    EXPECT_THAT(text, HasSubstr("Round Trips: 10"));
    EXPECT_THAT(text, HasSubstr("Keys Sent: 95"));
}

/// A LIMIT is met by the first keys; the others are never sent.
TEST_P(AcrossSources, SendsNoMoreKeysThanALimitNeeds) {
    onlyBindJoins();
    const std::string text =
        plan("SELECT l.n, r.id FROM generate_series(1, 100000) l(n) JOIN src.t r ON l.n = r.id LIMIT 5",
             "ANALYZE, VERBOSE, COSTS OFF, TIMING OFF, SUMMARY OFF");
    EXPECT_THAT(text, HasSubstr("Round Trips: 1\n"));
    EXPECT_THAT(text, HasSubstr("Keys Sent: 50\n"));
}

/// A table in parts, side by side, is the table: below joins, groups, orders, limits, and run again and again.
TEST_P(AcrossSources, PartsOfATableAreTheTable) {
    must(
        "ANALYZE src.t; ANALYZE src.u; SET tessera.min_parallel_scan_size = 0; SET tessera.parallel_scans = 3; SET "
        "enable_hashjoin = off; SET enable_mergejoin = off; SET tessera.enable_bind_join = off");
    must("ALTER SERVER source OPTIONS (ADD fdw_startup_cost '0')");
    EXPECT_EQ(plan("SELECT * FROM src.t WHERE random() >= 0").find("ctid") != std::string::npos,
              std::string(GetParam()) == "postgres")
        << plan("SELECT * FROM src.t WHERE random() >= 0", "VERBOSE");
    for (const std::string shape : {
             "SELECT * FROM $t WHERE random() >= 0",
             "SELECT count(*), min(id), max(id) FROM $t WHERE random() >= 0",
             "SELECT id FROM $t WHERE random() >= 0 ORDER BY id DESC LIMIT 7",
             "SELECT a.id, b.id FROM $t a LEFT JOIN $u b ON a.id = b.id AND random() >= 0",
             "SELECT g, (SELECT count(*) FROM $t a WHERE a.id > g AND random() >= 0) FROM generate_series(1, 9) g",
             "SELECT id FROM $t WHERE id % 3 = 1 UNION ALL SELECT id FROM $u WHERE random() >= 0",
             "SELECT * FROM $t a WHERE NOT EXISTS (SELECT FROM $u b WHERE b.id = a.id + 1 AND random() >= 0)",
         }) {
        EXPECT_EQ(outcome(inSchema(shape, "src")), outcome(inSchema(shape, "copy"))) << shape;
    }
    must("BEGIN; DECLARE c CURSOR FOR SELECT id FROM src.t WHERE random() >= 0; FETCH 3 FROM c; COMMIT");
    must("ALTER SERVER source OPTIONS (DROP fdw_startup_cost)");
}

INSTANTIATE_TEST_SUITE_P(Dialects, AcrossSources, testing::Values("postgres", "mysql", "sqlite", "duckdb"),
                         [](const auto& instance) { return std::string(instance.param); });

}  // namespace
}  // namespace tessera::correctness
