/// Joins of two sharded tables by what neither is sharded by, shared out among nodes: the same rows as of plain tables.

#include "tests/support/mesh_nodes.h"
#include "tests/support/seed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace tessera {
namespace {

using postgres::Connection;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kForced = "SET tessera.repartition_joins = force";

class ShardRepartition : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        const std::string sql =
            "CREATE TABLE orders (id bigint NOT NULL, customer int NOT NULL, product int, small smallint, amount "
            "numeric(12,2), code text, ref uuid, day date, at timestamp, seen timestamptz, worth numeric, weight "
            "float8, PRIMARY KEY (customer, id)); CREATE TABLE parts (part int NOT NULL PRIMARY KEY, product bigint, "
            "small smallint, label text, code varchar(20), ref uuid, day date, at timestamp, seen timestamptz, worth "
            "numeric(8,4), weight float8); CREATE TABLE regions (region int NOT NULL PRIMARY KEY, title text); CREATE "
            "TABLE notes (note bigint, code text);";
        // Of a source that is no PostgreSQL: the same rows as the plain table's.
        std::string notes[] = {"note,code\n", "note,code\n"};
        for (int i = 1; i <= 60; ++i) {
            notes[i <= 30 ? 0 : 1] += std::to_string(i) + ",Ké" + std::to_string(i % 45) + "\n";
        }
        mesh_ = std::make_unique<MeshNodes>(
            sql, MeshNodes::Files{{0, {{"notes.csv", notes[0]}}}, {2, {{"notes.csv", notes[1]}}}}, Nodes::Links::kNone,
            "",
            "CREATE OR REPLACE FUNCTION public.administer(sql text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS "
            "'BEGIN EXECUTE sql; END'; GRANT EXECUTE ON FUNCTION public.administer TO PUBLIC");
        ASSERT_TRUE(mesh_->server().execute(sql, "plain"));
        for (const char* made :
             {"create_sharded_table('sales.orders', 'hash (customer)', '[\"a/crm.orders\", \"b/crm.orders\", "
              "\"c/crm.orders\"]', key => '{customer, id}', writers => '{tester}')",
              "create_sharded_table('sales.parts', 'range (part)', '[{\"at\": \"b/crm.parts\", \"to\": [150]}, "
              "{\"at\": \"c/crm.parts\", \"from\": [150]}]', key => '{part}', writers => '{tester}')",
              "create_sharded_table('sales.notes', 'range (note)', '[{\"at\": \"a/files.notes\", \"to\": [31]}, "
              "{\"at\": \"c/files.notes\", \"from\": [31]}]')",
              "create_reference_table('sales.regions', 'a/crm.regions', '{}', key => '{region}', writers => "
              "'{tester}')"}) {
            ASSERT_EQ(ask(0, std::string("SELECT tessera.") + made), "NULL\n");
        }
        // Keys below zero, beyond the prime, that follow a pattern, that are NULL, and that only one side has.
        const std::string key = " (i % 61 - 20) * CASE WHEN i % 3 = 0 THEN 1000004 ELSE 2 END ";
        fill("orders SELECT i, i % 97, CASE WHEN i % 7 > 0 THEN" + key +
             "END, CASE WHEN i % 11 > 0 THEN i % 40 - 15 END, i / 4.0, CASE WHEN i % 13 > 0 THEN 'Ké' || i % 41 END, "
             "md5((i % 53)::text)::uuid, CASE i % 43 WHEN 0 THEN 'infinity' ELSE date '1999-12-01' + i % 43 END, "
             "timestamp '1999-12-30 12:00' + i % 47 * interval '1 hour', timestamptz '2026-10-24 20:00+00' + i % 31 * "
             "interval '1 hour', CASE WHEN i % 9 > 0 THEN (i % 50 - 9) / 4.0 END, i % 5 FROM generate_series(1, 1500) "
             "i");
        fill("parts SELECT i, CASE WHEN i % 8 > 0 THEN" + key +
             "+ CASE WHEN i % 5 = 0 THEN 5000000000 ELSE 0 END END, CASE WHEN i % 6 > 0 THEN i % 50 - 20 END, 'label ' "
             "|| i % 9, CASE WHEN i % 10 > 0 THEN 'Ké' || i % 60 END, md5((i % 71)::text)::uuid, CASE i % 61 WHEN 0 "
             "THEN 'infinity' ELSE date '1999-12-01' + i % 61 END, timestamp '1999-12-30 12:00' + i % 55 * interval '1 "
             "hour', timestamptz '2026-10-24 20:00+00' + i % 37 * interval '1 hour', (i % 60 - 9) / 4.0, i % 5 FROM "
             "generate_series(1, 300) i");
        ASSERT_TRUE(mesh_->server().execute("INSERT INTO notes SELECT i, 'Ké' || i % 45 FROM generate_series(1, 60) i",
                                            "plain"));
        fill("regions SELECT i, 'region ' || i % 4 FROM generate_series(0, 60) i");
        for (std::size_t node = 0; node < kMembers; ++node) {
            ASSERT_TRUE(mesh_->server().execute("ANALYZE", MeshNodes::databaseOf(node)));
            ASSERT_TRUE(
                waitUntil([&] { return ask(node, "SELECT count(*) FROM sales.regions") == "61\n"; }, kPatience));
            ask(node, "ANALYZE sales.orders; ANALYZE sales.parts; ANALYZE sales.notes");
        }
    }

    static void TearDownTestSuite() { mesh_.reset(); }

    static std::string ask(std::size_t node, const std::string& sql) {
        Connection at = mesh_->connect(node);
        return answerOf(at, sql);
    }

    static void fill(const std::string& rows) {
        Connection at = mesh_->connect(0);
        ASSERT_THAT(answerAgain(at, "INSERT INTO sales." + rows), Not(HasSubstr("error")));
        ASSERT_TRUE(mesh_->server().execute("INSERT INTO " + rows, "plain"));
    }

    static std::string plan(std::size_t node, const std::string& sql, const std::string& set = kForced) {
        Connection at = mesh_->connect(node);
        EXPECT_TRUE(at.execute(set));
        return answerOf(at, "EXPLAIN (VERBOSE) " + sql);
    }

    inline static std::unique_ptr<MeshNodes> mesh_;
};

TEST_F(ShardRepartition, IsDoneAndAggregatedByTheNodesOfTheShards) {
    const std::string sql =
        "SELECT p.label, count(*), sum(o.amount) FROM sales.orders o JOIN sales.parts p USING (product) GROUP BY 1";
    for (std::size_t node = 0; node < kMembers; ++node) {
        const std::string shown = plan(node, sql);
        // Node a has no shard of the parts, but one of the orders.
        EXPECT_EQ(count(shown, "Async Foreign Scan"), 2U) << shown;
        EXPECT_EQ(count(shown, "Partial aggregate on"), 2U) << shown;
        for (const char* part : {"part 1 of 2 of sales.orders, as it is there o", "part 2 of 2 of sales.orders, as it",
                                 "part 1 of 2 of sales.parts, as it is", "part 2 of 2 of sales.parts, as it is"}) {
            EXPECT_EQ(count(shown, part), 1U) << shown;
        }
        EXPECT_EQ(count(shown, "Link: from the shards of sales.orders to "), 2U) << shown;
        EXPECT_THAT(shown, AllOf(HasSubstr("% '1000003'::int8"), HasSubstr("to here, expected")));
    }
    EXPECT_EQ(count(plan(0, sql, "SET tessera.repartition_joins = off"), "part 1 of 2"), 0U);
}

/// Of keys that are no integers nodes compute the number, and not their sources.
TEST_F(ShardRepartition, SharesOutWhatIsNoInteger) {
    for (const std::string key : {"code", "ref", "day", "at", "seen", "worth"}) {
        const std::string sql =
            "SELECT count(*), sum(o.id), min(p.part) FROM sales.orders o JOIN sales.parts p USING (" + key +
            ") WHERE p.part < 120";
        const std::string shown = plan(0, sql);
        EXPECT_EQ(count(shown, "part 2 of 2 of sales.parts"), 1U) << shown;
        EXPECT_THAT(shown, HasSubstr("tessera.key_number(")) << key;
        Connection plain = mesh_->direct("plain");
        const std::string expected = answerOf(plain, plainOf(sql));
        for (std::size_t node = 0; node < kMembers; ++node) {
            Connection at = mesh_->connect(node);
            ASSERT_TRUE(at.execute(kForced));
            EXPECT_EQ(answerOf(at, sql), expected) << key;
        }
    }
    // Where an integer is compared as well, it is by that.
    EXPECT_EQ(count(plan(0, "SELECT * FROM sales.orders o JOIN sales.parts p USING (code, product)"), "key_number"),
              0U);
    Connection source = mesh_->direct("crm_a");
    EXPECT_EQ(answerOf(source, "SELECT to_regproc('tessera.key_number')"), "NULL\n");
}

/// Shards in files are chosen from as those of a PostgreSQL are.
TEST_F(ShardRepartition, ReadsSourcesOfOtherKinds) {
    const std::string sql =
        "SELECT n.note, count(o.id), sum(o.amount) FROM sales.notes n LEFT JOIN sales.orders o USING (code) GROUP BY 1 "
        "ORDER BY 1";
    EXPECT_EQ(count(plan(1, sql), "part 2 of 2 of sales.notes"), 1U) << plan(1, sql);
    Connection plain = mesh_->direct("plain");
    const std::string expected = answerOf(plain, plainOf(sql));
    for (std::size_t node = 0; node < kMembers; ++node) {
        Connection at = mesh_->connect(node);
        ASSERT_TRUE(at.execute(kForced));
        EXPECT_EQ(answerOf(at, sql), expected);
    }
}

/// What the nodes have read from each other is told by them.
TEST_F(ShardRepartition, ShowsWhatWasMovedOnEveryLink) {
    Connection at = mesh_->connect(0);
    ASSERT_TRUE(at.execute(kForced));
    const auto moved = [&](const std::string& sql) {
        std::string links;
        const std::string shown = answerOf(at, "EXPLAIN (ANALYZE, VERBOSE, COSTS OFF, TIMING OFF) " + sql);
        for (std::size_t begin = 0; (begin = shown.find("Link: ", begin)) != std::string::npos; ++begin) {
            links += shown.substr(begin + 6, shown.find('\n', begin) - begin - 6) + "\n";
        }
        return links;
    };
    // Twice in the same sessions: each tells of itself.
    for (int round = 0; round < 2; ++round) {
        const std::string links = moved("SELECT count(*) FROM sales.orders o FULL JOIN sales.parts p USING (product)");
        std::size_t orders = 0;
        std::size_t parts = 0;
        for (const auto& [table, rows] : {std::pair("orders", &orders), std::pair("parts", &parts)}) {
            for (const char* node : {"b", "c"}) {
                const std::string before = "the shards of sales." + std::string(table) + " to " + node + ", moved ";
                ASSERT_THAT(links, testing::ContainsRegex(before + "[0-9]+ rows, [0-9]+ bytes\n"));
                *rows += std::stoul(links.substr(links.find(before) + before.size()));
            }
        }
        // Each row has gone to one node.
        EXPECT_EQ(orders, 1500U) << links;
        EXPECT_EQ(parts, 300U) << links;
        EXPECT_EQ(count(links, "to here, moved 1 rows"), 2U) << links;
    }
    // Read twice, a table has one line for both.
    const std::string twice =
        moved("SELECT count(*) FROM sales.parts p JOIN sales.parts q USING (code) WHERE p.part < 100");
    EXPECT_EQ(count(twice, "from the shards of sales.parts to b, moved "), 1U) << twice;
    EXPECT_EQ(count(twice, "from the shards"), 2U) << twice;
}

/// Who is shown a part of the rows sees the same part of what is joined, whichever way that would be done.
TEST_F(ShardRepartition, HidesWhatPoliciesHide) {
    const std::string sql =
        "SELECT count(*), sum(o.amount), max(p.part) FROM sales.orders o LEFT JOIN sales.parts p USING (product)";
    Connection plain = mesh_->direct("plain");
    const std::string all = answerOf(plain, plainOf(sql));
    const std::string some = answerOf(
        plain,
        "SELECT count(*), sum(o.amount), max(p.part) FROM orders o LEFT JOIN (SELECT * FROM parts WHERE part % 3 = 0) "
        "p USING (product)");
    ASSERT_NE(all, some);
    const auto at_all = [](const std::string& what) {
        for (std::size_t node = 0; node < kMembers; ++node) {
            EXPECT_EQ(ask(node, "SELECT administer($$SELECT tessera." + what + "$$)"), "\n") << what;
        }
    };
    at_all("create_policy('sales.parts', 'thirds', 'part % 3 = 0', roles => '{reader}')");
    at_all("create_policy('sales.parts', 'all', 'true', roles => '{tester}')");
    for (std::size_t node = 0; node < kMembers; ++node) {
        for (const char* mode : {"off", "auto", "force"}) {
            Connection reads = mesh_->connect(node, "reader", "r");
            Connection owns = mesh_->connect(node);
            for (Connection* one : {&reads, &owns}) {
                ASSERT_TRUE(one->execute(std::string("SET tessera.repartition_joins = ") + mode));
            }
            EXPECT_EQ(answerOf(reads, sql), some) << mode;
            EXPECT_EQ(answerOf(owns, sql), all) << mode;
        }
    }
    at_all("drop_policy('sales.parts', 'thirds')");
    at_all("drop_policy('sales.parts', 'all')");
    EXPECT_THAT(plan(0, sql), HasSubstr("part 1 of 2"));
}

/// Sharded alike, they are joined shard by shard; by what has no number that is the same everywhere they are not
/// shared out.
TEST_F(ShardRepartition, IsNotDoneWhereItCanNot) {
    for (const char* sql : {"SELECT * FROM sales.orders o JOIN sales.orders q USING (customer)",
                            "SELECT * FROM sales.orders o JOIN sales.parts p ON p.product < o.product",
                            "SELECT * FROM sales.orders o JOIN sales.parts p USING (weight)",
                            "SELECT * FROM sales.orders o JOIN sales.regions r ON r.region = o.product",
                            "SELECT * FROM sales.orders o JOIN sales.parts p ON p.product = o.product + 1"}) {
        EXPECT_EQ(count(plan(0, sql), "part 1 of"), 0U) << sql;
    }
}

/// Nodes that read for a session see nothing of its transaction.
TEST_F(ShardRepartition, SeesWhatItsTransactionSees) {
    const std::string sql =
        "SELECT count(*), sum(o.amount) FROM sales.orders o JOIN sales.parts p USING (product) WHERE p.label = 'new'";
    Connection at = mesh_->connect(0);
    Connection plain = mesh_->direct("plain");
    ASSERT_TRUE(
        at.execute(std::string(kForced) + "; SET plan_cache_mode = force_generic_plan; PREPARE kept AS " + sql));
    for (int round = 0; round < 2; ++round) {
        ASSERT_EQ(answerOf(at, "EXECUTE kept"), "0|NULL\n");
        ASSERT_THAT(plan(0, sql), HasSubstr("part 1 of 2"));
        ASSERT_TRUE(at.execute("BEGIN"));
        ASSERT_THAT(answerOf(at, "UPDATE sales.parts SET label = 'new' WHERE part < 200"), Not(HasSubstr("error")));
        const std::string expected =
            answerOf(plain, "SELECT count(*), sum(amount) FROM orders JOIN parts USING (product) WHERE part < 200");
        EXPECT_EQ(answerOf(at, sql), expected);
        EXPECT_EQ(answerOf(at, "EXECUTE kept"), expected);
        ASSERT_TRUE(at.execute("ROLLBACK"));
    }
    ASSERT_TRUE(at.execute("BEGIN ISOLATION LEVEL REPEATABLE READ"));
    EXPECT_EQ(count(answerOf(at, "EXPLAIN (VERBOSE) " + sql), "part 1 of 2"), 0U);
    EXPECT_EQ(answerOf(at, sql), "0|NULL\n");
    ASSERT_TRUE(at.execute("ROLLBACK"));
}

/// A query of joins by any of the columns, by the seed.
std::string randomQuery(std::mt19937& random) {
    const auto oneOf = [&random](const std::vector<std::string>& texts) { return texts[random() % texts.size()]; };
    const std::string key = oneOf({"product", "product", "small", "code", "ref", "day", "at", "seen", "worth"});
    const std::string on = "p." + key + " = o." + key +
                           oneOf({"", "", " AND p.small <> o.id % 7", " AND o.amount > 100", " AND p.part < 200"});
    std::string from;
    std::string where = oneOf({"true", "true", "o.id % 3 = 1", "o.customer IN (3, 4, 42)", "o.amount > 300"});
    std::vector<std::string> columns = {"o.customer", "o.product", "o.small"};
    if (random() % 3 == 0) {
        from = "sales.orders o";
        where += " AND " + oneOf({"", "NOT "}) + "EXISTS (SELECT FROM sales.parts p WHERE " + on + ")";
    } else {
        const std::string join = oneOf({"JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"});
        // PostgreSQL joins FULL by equality alone.
        from =
            "sales.orders o " + join + " sales.parts p ON " + (join == "FULL JOIN" ? "p." + key + " = o." + key : on);
        where = oneOf({where, "true", "p.label IS NULL", "p.part > 40", "o.id IS NULL"});
        columns.insert(columns.end(), {"p.label", "p.product", "p.part"});
        if (random() % 3 == 0) {
            from += oneOf({" JOIN", " LEFT JOIN"}) + " sales.regions r ON r.region = p.small";
            columns.emplace_back("r.title");
        }
    }
    const std::string rest = " FROM " + from + " WHERE " + where;
    const std::string first = oneOf(columns);
    const std::string second = oneOf(columns);
    switch (random() % 3) {
        case 0:
            return "SELECT o.id, " + first + ", " + second + rest + " ORDER BY 1, 2, 3 LIMIT 300";
        case 1:
            return "SELECT " + first + ", count(*), sum(o.amount), avg(o.id), count(DISTINCT " + second + ")" + rest +
                   " GROUP BY 1 ORDER BY 1";
        default:
            return "SELECT count(*), count(" + first + "), min(" + second + "), sum(o.amount)" + rest;
    }
}

TEST_F(ShardRepartition, GivesWhatPlainTablesGive) {
    std::mt19937 random(testSeed());
    Connection plain = mesh_->direct("plain");
    std::vector<Connection> nodes;
    for (std::size_t node = 0; node < kMembers; ++node) {
        nodes.push_back(mesh_->connect(node));
    }
    std::size_t shared_out = 0;
    for (int i = 0; i < 80; ++i) {
        const std::string sql = randomQuery(random);
        const std::string expected = answerOf(plain, plainOf(sql));
        ASSERT_THAT(expected, Not(HasSubstr("error"))) << sql;
        for (const char* mode : {"off", "auto", "force"}) {
            Connection& at = nodes[random() % kMembers];
            ASSERT_TRUE(at.execute(std::string("SET tessera.repartition_joins = ") + mode));
            EXPECT_EQ(answerAgain(at, sql), expected)
                << mode << ": " << sql << answerOf(at, "EXPLAIN (VERBOSE) " + sql);
            shared_out += count(answerOf(at, "EXPLAIN (VERBOSE) " + sql), "part 1 of 2 of sales.orders");
        }
    }
    EXPECT_GT(shared_out, 30U);
}

/// One of the nodes that join goes away while it reads: an error that names it, and no part of the rows.
TEST_F(ShardRepartition, FailsWhenANodeGoesAwayInTheMiddle) {
    const std::string sql = "SELECT count(*), sum(o.amount) FROM sales.orders o JOIN sales.parts p USING (product)";
    ASSERT_THAT(plan(0, sql), AllOf(HasSubstr("Source: b"), HasSubstr("Source: c"), HasSubstr("part 2 of 2")));
    Connection asked = mesh_->connect(0);
    ASSERT_TRUE(asked.execute(kForced));
    const std::string expected = answerOf(asked, sql);
    ASSERT_THAT(expected, Not(HasSubstr("error")));
    // Whoever reads there waits.
    Connection source = mesh_->direct("crm_c");
    Connection looks = mesh_->direct("crm_c");
    ASSERT_TRUE(source.execute("BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE"));
    auto answer = std::async(std::launch::async, [&] { return answerOf(asked, sql); });
    ASSERT_TRUE(waitUntil(
        [&] {
            return answerOf(looks,
                            "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND relation = "
                            "'orders'::regclass") == "t\n";
        },
        kPatience));
    mesh_->at(1).kill();
    const std::string failed = answer.get();
    EXPECT_THAT(failed, AllOf(StartsWith("error 08"), HasSubstr("'b'")));
    ASSERT_TRUE(source.execute("ROLLBACK"));
    const auto launched = mesh_->at(1).launch();
    ASSERT_TRUE(launched) << launched.error().describe();
    EXPECT_TRUE(waitUntil([&] { return answerOf(asked, sql) == expected; }, kPatience));
}

}  // namespace
}  // namespace tessera
