/// Changes through foreign tables against the same changes on a local table: contents, returned rows, counts,
/// SQLSTATEs, after every statement, through savepoints that are released and rolled back. Random statements, by seed;
/// replay with TESSERA_SEED=n. TESSERA_WRITE_STATEMENTS=n runs more of them.

#include "common/strings.h"
#include "tests/correctness/sources.h"
#include "tests/support/temporary_postgres.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

namespace tessera::correctness {
namespace {

using postgres::Connection;

/// The table in the source's own words; the last columns are generated and have a default.
std::string createTable(const std::string& dialect) {
    if (dialect == "mysql") {
        return "CREATE TABLE w (id INT PRIMARY KEY, n BIGINT, t TEXT CHARACTER SET utf8mb4, v VARCHAR(10) CHARACTER "
               "SET "
               "utf8mb4 NOT NULL DEFAULT 'none', d DATE, f DOUBLE, b TINYINT(1), x DECIMAL(10,2), y BLOB, "
               "g BIGINT GENERATED ALWAYS AS (n * 2) STORED)";
    }
    if (dialect == "sqlite") {
        return "CREATE TABLE w (id INTEGER PRIMARY KEY, n BIGINT, t TEXT, v TEXT NOT NULL DEFAULT 'none' CHECK "
               "(length(v) "
               "<= 10), d DATE, f DOUBLE, b BOOLEAN, x INTEGER, y BLOB, g BIGINT GENERATED ALWAYS AS (n * 2) STORED)";
    }
    return "CREATE TABLE public.w (id int PRIMARY KEY, n bigint, t text, v varchar(10) NOT NULL DEFAULT 'none', d "
           "date, f "
           "float8, b bool, x numeric(10,2), y bytea, g bigint GENERATED ALWAYS AS (n * 2) STORED)";
}

class Writes : public testing::TestWithParam<std::string> {
  protected:
    void SetUp() override {
        auto source = makeSource(GetParam());
        ASSERT_TRUE(source) << source.error().describe();
        source_ = std::move(*source);
        auto node = TemporaryPostgres::start({.with_extension = true});
        ASSERT_TRUE(node) << node.error().describe();
        node_ = std::make_unique<TemporaryPostgres>(std::move(*node));
        for (auto* connection : {&foreign_, &local_}) {
            auto opened = node_->connect();
            ASSERT_TRUE(opened) << opened.error().describe();
            *connection = std::make_unique<Connection>(std::move(*opened));
        }
        must(*foreign_, "CREATE EXTENSION tessera_fdw; CREATE SCHEMA src; CREATE SCHEMA loc; CREATE SCHEMA own;" +
                            source_->importStatements() +
                            (GetParam() == "sqlite" ? ";ALTER SERVER source OPTIONS (ADD read_only 'false')" : ""));
        must(*foreign_, "SELECT tessera.remote_execute('source', " + quoteLiteral(createTable(GetParam())) + ")");
        // To join with.
        const std::string joined = GetParam() == "postgres" ? "public.z" : "z";
        for (const std::string& sql : {"CREATE TABLE " + joined + " (id int, n bigint, v varchar(10))",
                                       "INSERT INTO " + joined +
                                           " VALUES (0, 3, 'zero'), (3, 5, 'x'), (7, NULL, 'y'), (12, 8, 'a'), (13, 9, "
                                           "'b'), (30, -1, ''), (41, 2, 'q'), (59, 1, 'end')"}) {
            must(*foreign_, "SELECT tessera.remote_execute('source', " + quoteLiteral(sql) + ")");
        }
        const std::string schema = GetParam() == "mysql" ? "test" : GetParam() == "sqlite" ? "main" : "public";
        must(*foreign_, "IMPORT FOREIGN SCHEMA " + schema + " LIMIT TO (w, z) FROM SERVER source INTO own");
        must(*foreign_, "CREATE TABLE loc.w (id int PRIMARY KEY, n bigint, t text, v " +
                            std::string(GetParam() == "sqlite" ? "text CHECK (length(v) <= 10)" : "varchar(10)") +
                            " NOT NULL DEFAULT 'none', d date, f float8, b bool, x " +
                            (GetParam() == "sqlite" ? "bigint" : "numeric(10,2)") +
                            ", y bytea, g bigint GENERATED ALWAYS AS (n * 2) STORED);"
                            "CREATE TABLE loc.k (k int, s text); INSERT INTO loc.k SELECT i, 'k' || i FROM "
                            "generate_series(0, 60, 3) i");
        must(*foreign_, "CREATE TABLE loc.z AS SELECT * FROM own.z");
        must(*foreign_, "SET search_path = own, loc; SET client_min_messages = error");
        must(*local_, "SET search_path = loc; SET client_min_messages = error");
    }

    static void must(Connection& connection, const std::string& sql) {
        const auto done = connection.execute(sql);
        ASSERT_TRUE(done) << sql << "\n" << done.error().describe();
    }

    /// Rows in the order of their texts, the count, or the class of the error.
    static std::string outcome(Connection& connection, const std::string& sql) {
        auto result = connection.query(sql);
        if (!result) {
            // Which constraint failed first, and how a value was too large, sources say in their own ways.
            return "error " + std::string(result.error().sqlState()).substr(0, 2);
        }
        std::vector<std::string> lines;
        for (const auto& row : result->values) {
            std::string line;
            for (const auto& value : row) {
                line += value.value_or("NULL") + "|";
            }
            lines.push_back(std::move(line));
        }
        std::sort(lines.begin(), lines.end());
        return std::to_string(result->affected) + "\n" + join(lines, "\n");
    }

    /// Must the statement read again what it changes, and give rows back? Then it is not made at all.
    bool isRefused(const std::string& sql) {
        must(*foreign_, "SAVEPOINT before");
        const auto result = foreign_->query(sql);
        const bool refused = !result && result.error().message.find("can't be read again") != std::string::npos;
        EXPECT_TRUE(!refused || sql.find("RETURNING") != std::string::npos || sql.starts_with("WITH")) << sql;
        must(*foreign_, "ROLLBACK TO before");
        return refused;
    }

    int pick(int most) { return std::uniform_int_distribution<int>(0, most - 1)(random_); }

    std::string text() {
        static const std::vector<std::string> kTexts = {
            "''",   "'a'",    "'A'",      "'a '",   "'ä'",  "'a\\b'",   "'it''s'", "'\"q\"'",
            "'%_'", "'NULL'", "E'a\\tb'", "E'\\n'", "'🙂'", "'longer'", "'\\N'",   "'0123456789'"};
        return kTexts[static_cast<std::size_t>(pick(static_cast<int>(kTexts.size())))];
    }

    std::string id() { return std::to_string(pick(60)); }

    std::string rowOfValues() {
        static const std::vector<std::string> kNumbers = {"NULL", "0", "-1", "7", "123456789012"};
        static const std::vector<std::string> kDates = {"NULL", "'2024-02-29'", "'1970-01-01'", "'9999-12-31'"};
        static const std::vector<std::string> kFloats = {"NULL", "0.1", "-2.5e-300", "1e15", "3.141592653589793"};
        // SQLite goes on in floating point where a generated column overflows.
        const std::string large = GetParam() == "sqlite" ? "1152921504606846975" : "4611686018427387903";
        const auto any = [&](const std::vector<std::string>& from) {
            return from[static_cast<std::size_t>(pick(static_cast<int>(from.size())))];
        };
        return "(" + id() + ", " + (pick(6) == 0 ? large : any(kNumbers)) + ", " + (pick(5) == 0 ? "NULL" : text()) +
               ", " + text() + ", " + any(kDates) + ", " + any(kFloats) + ", " +
               (pick(3) == 0   ? "NULL"
                : pick(2) == 0 ? "true"
                               : "false") +
               ", " + (pick(4) == 0 ? "NULL" : std::to_string(pick(1000))) + ", " +
               (pick(3) == 0   ? "NULL"
                : pick(2) == 0 ? "'\\x00ff27'"
                               : "'\\x'") +
               ")";
    }

    std::string insert() {
        std::string sql = "INSERT INTO w (id, n, t, v, d, f, b, x, y) VALUES " + rowOfValues();
        for (int more = pick(4); more > 0; --more) {
            sql += ", " + rowOfValues();
        }
        return sql;
    }

    std::string statement() {
        const bool returning = pick(2) == 0;
        // MariaDB has no UPDATE … RETURNING.
        const std::string back = returning ? " RETURNING id, n, t, v, g" : "";
        const std::string updated = returning && GetParam() != "mysql" ? " RETURNING w.id, w.n, w.t, w.v, w.g" : "";
        switch (pick(21)) {
            case 0:
            case 1:
            case 2:
                return insert() + back;
            case 3:
                return "INSERT INTO w (id, n) SELECT i, i * 10 FROM generate_series(" + id() + ", 65, 7) i" + back;
            case 4:
                return GetParam() == "mysql" ? insert() : insert() + " ON CONFLICT DO NOTHING" + back;
            case 5:
                return "UPDATE w SET n = n + " + std::to_string(pick(9)) + ", d = NULL WHERE id < " + id() + updated;
            case 6:
                return "UPDATE w SET t = " + text() + ", b = (" + text() + " = 'a') WHERE v = " + text() + updated;
            case 7:
                return "UPDATE w SET t = v, v = left(t, 10) WHERE t IS NOT NULL AND id >= " + id() + updated;
            case 8:
                return "UPDATE w SET v = left(s || v, 10), n = k FROM loc.k WHERE k = id AND k > " + id() +
                       (returning && GetParam() != "mysql" ? " RETURNING w.id, w.v, s" : "");
            case 9:
                return "UPDATE w SET id = id + 1000 WHERE id BETWEEN " + id() + " AND " + id() + updated;
            case 10:
                return "DELETE FROM w WHERE n > " + id() + (returning ? " RETURNING *" : "");
            case 11:
                return "DELETE FROM w USING loc.k WHERE k = id" +
                       std::string(returning ? " RETURNING w.id, w.t, s" : "");
            case 15:
                return "UPDATE w SET n = z.n, v = left(z.v || w.t, 10) FROM z WHERE z.id = w.id AND z.n > " +
                       std::to_string(pick(5)) + updated;
            case 16:
                return "UPDATE w SET t = y.v, d = NULL FROM z JOIN z y ON y.n = z.n + 1 WHERE z.id = w.id" + updated;
            case 17:
                return "UPDATE w SET n = o.n FROM w o WHERE o.id = w.id + 1 AND w.id > " + id() + updated;
            case 18:
                return "DELETE FROM w USING z WHERE z.id = w.id AND z.n > " + std::to_string(pick(9)) +
                       (returning ? " RETURNING w.id, w.t" : "");
            case 19:
                return "DELETE FROM w WHERE " + std::string(pick(2) == 0 ? "NOT " : "") +
                       "EXISTS (SELECT 1 FROM z WHERE z.id = w.id AND z.n IS NOT NULL) AND w.id > " + id() +
                       (returning ? " RETURNING *" : "");
            case 20:
                return "UPDATE w SET n = (SELECT max(z.n) FROM z WHERE z.id <= w.id) WHERE t IS NOT NULL OR id NOT IN "
                       "(SELECT z.id FROM z)" +
                       updated;
            case 12:
                return "UPDATE w SET v = t || t || 'xyz' WHERE id = " + id() + updated;
            case 13:
                return "INSERT INTO w (id, n, t, v) SELECT id + 2000, n, upper(t), v FROM w WHERE id < 100 AND id > " +
                       id() + back;
            default:
                return pick(6) == 0 ? "TRUNCATE w" : "DELETE FROM w WHERE id = " + id() + back;
        }
    }

    /// Both run it; true when they agree.
    bool agree(const std::string& sql) {
        const std::string expected = outcome(*local_, sql);
        const std::string seen = outcome(*foreign_, sql);
        EXPECT_EQ(seen, expected) << sql << "\nTESSERA_SEED=" << seed();
        return seen == expected;
    }

    std::unique_ptr<Source> source_;
    std::unique_ptr<TemporaryPostgres> node_;
    std::unique_ptr<Connection> foreign_;
    std::unique_ptr<Connection> local_;
    std::mt19937 random_{seed()};
};

TEST_P(Writes, AgreeWithALocalTable) {
    const char* wanted = std::getenv("TESSERA_WRITE_STATEMENTS");
    const int statements = wanted != nullptr ? std::atoi(wanted) : 400;
    const std::string contents = "SELECT id, n, t, v, d, f, b, x, y, g FROM w";
    int savepoints = 0;
    bool in_transaction = false;
    for (int i = 0; i < statements; ++i) {
        const int step = pick(10);
        bool failed = false;
        if (!in_transaction && step < 6) {
            in_transaction = agree(step == 0 ? "BEGIN ISOLATION LEVEL REPEATABLE READ" : "BEGIN");
        } else if (in_transaction && step == 0) {
            ASSERT_TRUE(agree(pick(3) == 0 ? "ROLLBACK" : "COMMIT"));
            in_transaction = false;
            savepoints = 0;
        } else if (in_transaction && step < 3) {
            ASSERT_TRUE(agree("SAVEPOINT s" + std::to_string(++savepoints)));
        } else if (savepoints > 0 && step < 5) {
            ASSERT_TRUE(agree((pick(2) == 0 ? "ROLLBACK TO s" : "RELEASE s") + std::to_string(1 + pick(savepoints))));
            // Whichever it was, the later ones are gone, or may be named again.
            ASSERT_TRUE(agree("SAVEPOINT s" + std::to_string(++savepoints)));
        }
        const std::string sql = statement();
        const std::string expected = outcome(*local_, sql);
        const std::string seen = outcome(*foreign_, sql);
        ASSERT_EQ(seen, expected) << sql << "\nTESSERA_SEED=" << seed() << " statement " << i << "\n"
                                  << outcome(*foreign_, contents);
        failed = expected.starts_with("error");
        if (failed && in_transaction) {
            ASSERT_TRUE(agree("ROLLBACK"));
            in_transaction = false;
            savepoints = 0;
        }
        ASSERT_TRUE(agree(contents)) << "after " << sql;
    }
    if (in_transaction) {
        ASSERT_TRUE(agree("COMMIT"));
    }
    ASSERT_TRUE(agree(contents));
}

TEST_P(Writes, CopiesAreInWholeOrNotAtAll) {
    std::string rows;
    for (int i = 0; i < 5000; ++i) {
        rows += std::to_string(i) + "\t" + std::to_string(i * 3) + "\ttext " + std::to_string(i) + "\t\\\\N\n";
    }
    for (auto* connection : {foreign_.get(), local_.get()}) {
        const auto copied = connection->copyIn("COPY w (id, n, t, v) FROM STDIN", rows);
        ASSERT_TRUE(copied) << copied.error().describe();
    }
    EXPECT_TRUE(agree("SELECT count(*), sum(n), min(t), max(v) FROM w"));
    // The default of the source for what is not given; the second row of the key fails.
    for (auto* connection : {foreign_.get(), local_.get()}) {
        ASSERT_TRUE(connection->copyIn("COPY w (id) FROM STDIN", "6000\n6001\n"));
        const auto refused = connection->copyIn("COPY w (id) FROM STDIN", "7000\n17\n");
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().sqlState(), "23505");
    }
    EXPECT_TRUE(agree("SELECT id, v FROM w WHERE id >= 6000"));
}

/// UPDATE … FROM and DELETE … USING of tables of one source are one statement there, where it has them.
TEST_P(Writes, JoinsAreDoneAtTheSource) {
    if (GetParam() == "mysql") {
        GTEST_SKIP() << "MySQL's changes of joined tables are not sent";
    }
    const auto plan = [&](const std::string& sql) {
        std::string text;
        const auto lines = foreign_->query("EXPLAIN (VERBOSE, COSTS OFF) " + sql);
        for (const auto& line : lines->values) {
            text += line[0].value_or("") + "\n";
        }
        return text;
    };
    const bool is_postgres = GetParam() == "postgres";
    for (const auto& [sql, words] : std::vector<std::pair<std::string, std::string>>{
             {"UPDATE w SET n = z.n FROM z WHERE z.id = w.id", " FROM "},
             {"UPDATE w SET n = y.n + w.n, d = NULL FROM z LEFT JOIN z y ON y.id = z.id AND y.n > 1 WHERE z.id = w.id "
              "RETURNING w.id, w.n",
              " FROM "},
             {"UPDATE w SET n = 1 WHERE EXISTS (SELECT 1 FROM z WHERE z.id = w.id)", " EXISTS "},
             {"UPDATE w SET n = 1 FROM z WHERE z.id = w.id AND NOT EXISTS (SELECT 1 FROM z y WHERE y.n = w.id)",
              "(NOT EXISTS "},
             {"UPDATE w SET n = (SELECT max(z.n) FROM z WHERE z.id < w.id)", "(SELECT "},
             {"DELETE FROM w WHERE id IN (SELECT z.n FROM z)", " EXISTS "},
             {"DELETE FROM w WHERE id < (SELECT max(z.n) FROM z WHERE z.v = w.v)", "(SELECT "},
             {"DELETE FROM w USING z, z y WHERE z.id = w.id AND y.id = z.n", " USING "}}) {
        // SQLite has no DELETE … USING, and its RETURNING knows no alias.
        if (!is_postgres && (words == " USING " || sql.find("RETURNING") != std::string::npos)) {
            ASSERT_TRUE(agree(sql));
            continue;
        }
        const std::string text = plan(sql);
        EXPECT_TRUE(text.find("  ->  Foreign Update on own.w") != std::string::npos ||
                    text.find("  ->  Foreign Delete on own.w") != std::string::npos)
            << sql << "\n"
            << text;
        EXPECT_NE(text.find(words), std::string::npos) << text;
        ASSERT_TRUE(agree(insert()));
        ASSERT_TRUE(agree(sql));
        ASSERT_TRUE(agree("SELECT id, n, t, v, d FROM w"));
    }
    // What is returned of another table comes with its rows.
    EXPECT_EQ(plan("UPDATE w SET n = z.n FROM z WHERE z.id = w.id RETURNING z.v").find("->  Foreign Update"),
              std::string::npos);
}

/// A change that looks at its own table sees it as it was before, row after row.
TEST_P(Writes, LookAtTheTableAsItWas) {
    std::string rows;
    for (int i = 0; i < 40; ++i) {
        const std::string number = std::to_string(i);
        rows += (i == 0 ? "(" : ", (") + number + ", " + std::to_string(i * 7 % 40) + ", 't" + number + "', 'v" +
                std::to_string(i % 5) + "', date '2024-01-01' + " + number + ")";
    }
    const std::string fill = "DELETE FROM w; INSERT INTO w (id, n, t, v, d) VALUES " + rows;
    int refused = 0;
    for (const std::string sql :
         {"UPDATE w SET (n, t) = (SELECT z.n, z.v FROM z WHERE z.id = w.id)",
          "UPDATE w SET (n, t) = (SELECT z.n, z.v FROM z WHERE z.id >= w.id)",
          "UPDATE w SET (n, t) = (SELECT y.n, y.t FROM w y WHERE y.id = w.id - 1)",
          "UPDATE w SET (n, t) = (SELECT y.n, y.t FROM w y WHERE y.id = w.id + 1) WHERE id < 30",
          "UPDATE w SET (n, d) = (SELECT sum(y.n), min(y.d) FROM w y WHERE y.id < w.id) WHERE id > 5",
          "UPDATE w SET (n, t) = (SELECT max(y.n) + 1, max(y.v) FROM w y WHERE y.v = w.v)",
          "UPDATE w SET (n, t) = ROW(w.n + 1, w.v)", "UPDATE w SET (t, v) = (v, left(t, 10))",
          "UPDATE w SET n = (SELECT count(*) FROM w y WHERE y.n < w.n)",
          "UPDATE w SET n = (SELECT count(*) FROM w y WHERE y.n > w.n)",
          "UPDATE w SET n = o.n FROM w o WHERE o.id = w.id - 1",
          "UPDATE w SET n = o.n + k.k FROM w o, loc.k WHERE o.id = w.id - 1 AND k.k = w.id",
          "UPDATE w SET n = n + 10 WHERE n < (SELECT avg(y.n) FROM w y WHERE y.v = w.v)",
          "UPDATE w SET n = n + 10 WHERE EXISTS (SELECT FROM w y WHERE y.n = w.n + 7)",
          "UPDATE w SET n = x.m FROM (SELECT v, max(n) AS m FROM w GROUP BY v) x WHERE x.v = w.v",
          "DELETE FROM w USING w o WHERE o.id = w.id - 1 AND o.n > 3",
          "DELETE FROM w WHERE id IN (SELECT y.id + 1 FROM w y)",
          "DELETE FROM w WHERE n = (SELECT max(y.n) FROM w y WHERE y.v = w.v)",
          "DELETE FROM w WHERE NOT EXISTS (SELECT FROM w y WHERE y.id = w.id + 1)",
          "INSERT INTO w (id, n, t) SELECT id + 100, n, t FROM w",
          // Rows that the statement's own changes make match, or that match more than once.
          "UPDATE w SET n = n + 1 FROM loc.k WHERE k.k = w.n",
          "UPDATE w SET n = n + 1 FROM (SELECT k FROM loc.k UNION ALL SELECT k FROM loc.k) twice WHERE twice.k = w.id",
          "DELETE FROM w USING (SELECT k FROM loc.k UNION ALL SELECT k FROM loc.k) twice WHERE twice.k = w.id",
          "WITH changed AS (UPDATE w SET n = n + 1 RETURNING id, n) SELECT w.id, w.n, changed.n FROM w JOIN changed ON "
          "changed.id = w.id",
          "WITH gone AS (DELETE FROM w WHERE id < 20) SELECT count(*), sum(n) FROM w",
          "WITH more AS (INSERT INTO w (id, n) SELECT id + 100, n FROM w WHERE id < 3) SELECT count(*), sum(n) FROM w",
          "WITH gone AS (DELETE FROM w WHERE id < 20 RETURNING id, n, t) INSERT INTO w (id, n, t) SELECT id + 200, n, "
          "t "
          "FROM gone"}) {
        // MySQL and MariaDB give nothing back of an UPDATE.
        if (GetParam() == "mysql" && sql.starts_with("WITH changed AS (UPDATE")) {
            continue;
        }
        for (const char* settings :
             {"RESET ALL",
              "SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off; "
              "SET tessera.enable_bind_join = off",
              "SET tessera.pushdown = off",
              "SET tessera.pushdown = off; SET enable_hashjoin = off; SET "
              "enable_mergejoin = off; SET enable_material = off; SET enable_memoize = off"}) {
            // On its own, and where the transaction has changed the source before: only its session shows that.
            for (const bool in_transaction : {false, true}) {
                must(*foreign_, std::string("RESET ALL; ") + settings +
                                    "; SET search_path = own, loc; SET client_min_messages = error");
                for (auto* connection : {foreign_.get(), local_.get()}) {
                    must(*connection, fill);
                    must(*connection, in_transaction ? "BEGIN; UPDATE w SET n = n + 1 WHERE id = 7" : "BEGIN");
                }
                if (in_transaction && isRefused(sql)) {
                    ++refused;
                } else {
                    EXPECT_TRUE(agree(sql)) << settings << (in_transaction ? ", in a transaction" : "");
                    EXPECT_TRUE(agree("SELECT id, n, t, v, d FROM w"))
                        << settings << (in_transaction ? ", in a transaction" : "") << "\n"
                        << sql;
                }
                for (auto* connection : {foreign_.get(), local_.get()}) {
                    must(*connection, "ROLLBACK");
                }
            }
        }
    }
    // Elsewhere the scan is done before the first row comes back, or no row does.
    EXPECT_EQ(refused > 0, GetParam() == "postgres");
}

INSTANTIATE_TEST_SUITE_P(Dialects, Writes, testing::Values("postgres", "mysql", "sqlite"),
                         [](const auto& param) { return param.param; });

}  // namespace
}  // namespace tessera::correctness
