/// What changes between or under statements, as PostgreSQL's own tests of postgres_fdw look at it: the source's tables,
/// the foreign tables' options, rows that another session changes, children of a table, plans that were kept.

#include "common/strings.h"
#include "tests/correctness/mesh.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace tessera::correctness {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Changes : public testing::TestWithParam<const char*> {
  protected:
    void SetUp() override {
        auto started = Mesh::start(GetParam());
        ASSERT_TRUE(started) << started.error().describe();
        mesh_ = std::make_unique<Mesh>(std::move(*started));
        if (GetParam() == std::string("sqlite")) {
            must("ALTER SERVER source OPTIONS (ADD read_only 'false')");
        }
        remote("CREATE TABLE @w (id INTEGER PRIMARY KEY, n INTEGER, s VARCHAR(20))");
        remote("INSERT INTO @w VALUES (1, 10, 'one'), (2, 20, 'two'), (3, 30, NULL)");
        const std::string schema = GetParam() == std::string("mysql")    ? "test"
                                   : GetParam() == std::string("sqlite") ? "main"
                                                                         : "public";
        must("IMPORT FOREIGN SCHEMA " + schema + " LIMIT TO (w) FROM SERVER source INTO src");
        must("CREATE TABLE copy.w AS SELECT * FROM src.w; CREATE TABLE lo (id int, k int, v int); ANALYZE copy.w");
    }

    void must(const std::string& sql) {
        const auto done = mesh_->execute(sql);
        ASSERT_TRUE(done) << sql << "\n" << done.error().describe();
    }

    /// "@w" is the table w of the source.
    void remote(std::string sql) {
        if (const std::size_t at = sql.find('@'); at != std::string::npos) {
            sql.replace(at, 1, GetParam() == std::string("postgres") ? "public." : "");
        }
        must("SELECT tessera.remote_execute('source', " + quoteLiteral(sql) + ")");
    }

    std::string value(const std::string& sql) {
        const auto rows = mesh_->query(sql);
        if (!rows) {
            return "error " + rows.error().sqlstate + ": " + rows.error().message;
        }
        std::string text;
        for (const Row& row : rows->values) {
            for (const auto& cell : row) {
                text += cell.value_or("NULL") + "|";
            }
        }
        return text;
    }

    /// An error that a person can act on, which leaves the session as it was.
    void expectError(const std::string& sql, const testing::Matcher<std::string>& matcher) {
        const std::string seen = value(sql);
        EXPECT_THAT(seen, StartsWith("error ")) << sql;
        EXPECT_THAT(seen, Not(StartsWith("error XX"))) << sql;
        EXPECT_THAT(seen, Not(StartsWith("error 08"))) << sql;
        EXPECT_THAT(seen, matcher) << sql;
        EXPECT_EQ(value("SELECT count(*) FROM src.t"), "160|") << "after " << sql;
    }

    void renameColumn(const std::string& column, const std::string& name) {
        // An import from PostgreSQL has named them all.
        const std::string verb = GetParam() == std::string("postgres") ? "SET" : "ADD";
        must("ALTER FOREIGN TABLE src.w ALTER COLUMN " + column + " OPTIONS (" + verb + " column_name " +
             quoteLiteral(name) + ")");
    }

    std::unique_ptr<Mesh> mesh_;
};

TEST_P(Changes, ARemoteColumnIsDropped) {
    must("PREPARE p (int) AS SELECT n FROM src.w WHERE id = $1");
    for (int i = 0; i < 7; ++i) {
        EXPECT_EQ(value("EXECUTE p(2)"), "20|");
    }
    remote("ALTER TABLE @w DROP COLUMN n");
    expectError("EXECUTE p(2)", HasSubstr("n"));
    expectError("SELECT * FROM src.w", HasSubstr("n"));
    expectError("SELECT id FROM src.w WHERE n > 5", HasSubstr("n"));
    expectError("SELECT sum(n) FROM src.w", HasSubstr("n"));
    expectError("INSERT INTO src.w (id, n) VALUES (9, 9)", HasSubstr("n"));
    expectError("UPDATE src.w SET n = 1", HasSubstr("n"));
    // The columns that are still there are what they were.
    EXPECT_EQ(value("SELECT id, s FROM src.w ORDER BY id"), "1|one|2|two|3|NULL|");
    EXPECT_EQ(value("SELECT count(*) FROM src.w WHERE s = 'two'"), "1|");
    must("ALTER FOREIGN TABLE src.w DROP COLUMN n");
    EXPECT_EQ(value("SELECT * FROM src.w ORDER BY 1"), "1|one|2|two|3|NULL|");
    EXPECT_EQ(value("INSERT INTO src.w VALUES (4, 'four') RETURNING s"), "four|");
}

TEST_P(Changes, RemoteColumnsAreAddedAndRenamed) {
    remote("ALTER TABLE @w ADD COLUMN z VARCHAR(5) DEFAULT 'z'");
    EXPECT_EQ(value("SELECT * FROM src.w ORDER BY id"), "1|10|one|2|20|two|3|30|NULL|");
    remote("ALTER TABLE @w RENAME COLUMN s TO s2");
    remote("ALTER TABLE @w RENAME COLUMN z TO s");
    // By name: another column has it now, of the same type.
    EXPECT_EQ(value("SELECT * FROM src.w ORDER BY id"), "1|10|z|2|20|z|3|30|z|");
    renameColumn("s", "s2");
    EXPECT_EQ(value("SELECT * FROM src.w ORDER BY id"), "1|10|one|2|20|two|3|30|NULL|");
}

/// A value is what it is at the source, or an error: never something else.
TEST_P(Changes, ARemoteColumnChangesItsType) {
    const bool has_alter = GetParam() != std::string("sqlite");
    const std::string column = GetParam() == std::string("mysql") ? "MODIFY COLUMN n " : "ALTER COLUMN n TYPE ";
    if (has_alter) {
        remote("ALTER TABLE @w " + column + "BIGINT");
        EXPECT_EQ(value("SELECT id, n FROM src.w ORDER BY id"), "1|10|2|20|3|30|");
        remote("UPDATE @w SET n = 5000000000 WHERE id = 2");
        EXPECT_EQ(value("SELECT n FROM src.w WHERE id = 1"), "10|");
        expectError("SELECT id, n FROM src.w", HasSubstr("n"));
        remote("ALTER TABLE @w " + column + "VARCHAR(20)");
    }
    remote("UPDATE @w SET n = 'many' WHERE id = 2");
    if (has_alter) {
        // As the new type's rows or an error; and what can be read is the source's.
        EXPECT_THAT(value("SELECT n FROM src.w WHERE id = 1"), AnyOf("10|", StartsWith("error ")));
    }
    expectError("SELECT id, n FROM src.w", HasSubstr("n"));
    expectError("SELECT n FROM src.w WHERE id = 2", HasSubstr("n"));
    must("ALTER FOREIGN TABLE src.w ALTER COLUMN n TYPE text");
    EXPECT_EQ(value("SELECT n FROM src.w ORDER BY id"),
              has_alter ? "10|many|30|" : value("SELECT n FROM src.w ORDER BY id"));
}

TEST_P(Changes, ARemoteTableIsDropped) {
    must("PREPARE p AS SELECT count(*) FROM src.w");
    EXPECT_EQ(value("EXECUTE p"), "3|");
    remote("DROP TABLE @w");
    expectError("EXECUTE p", HasSubstr("w"));
    expectError("SELECT * FROM src.w", HasSubstr("w"));
    expectError("INSERT INTO src.w VALUES (1, 1, 'x')", HasSubstr("w"));
    expectError("SELECT * FROM src.w JOIN src.u ON w.id = u.id", HasSubstr("w"));
    remote("CREATE TABLE @w (id INTEGER PRIMARY KEY, n INTEGER, s VARCHAR(20))");
    EXPECT_EQ(value("EXECUTE p"), "0|");
}

/// Kept plans follow what has been declared anew.
TEST_P(Changes, KeptPlansAreMadeAgain) {
    must("SET plan_cache_mode = force_generic_plan");
    remote("CREATE TABLE @w2 (id INTEGER PRIMARY KEY, n INTEGER, s VARCHAR(20))");
    remote("INSERT INTO @w2 VALUES (1, 111, 'other')");
    must(
        "PREPARE p (int) AS SELECT w.n, count(u.id) FROM src.w w LEFT JOIN src.u u ON u.id = w.id WHERE w.id = $1 "
        "GROUP BY w.n");
    must("PREPARE q (text) AS UPDATE src.w SET s = $1 WHERE id = 1");
    EXPECT_EQ(value("EXECUTE p(1)"), "10|1|");
    must("EXECUTE q('a')");
    must("ALTER FOREIGN TABLE src.w OPTIONS (SET table_name 'w2')");
    EXPECT_EQ(value("EXECUTE p(1)"), "111|1|");
    must("EXECUTE q('b')");
    EXPECT_EQ(value("SELECT s FROM src.w"), "b|");
    must("ALTER FOREIGN TABLE src.w OPTIONS (SET table_name 'w')");
    EXPECT_EQ(value("SELECT s FROM src.w WHERE id = 1"), "a|");
    must("SET tessera.pushdown = off");
    EXPECT_EQ(value("EXECUTE p(1)"), "10|1|");
    must("RESET tessera.pushdown");
    renameColumn("n", "id");
    EXPECT_EQ(value("EXECUTE p(2)"), "2|1|");
    must("ALTER FOREIGN TABLE src.w OPTIONS (ADD updatable 'false')");
    EXPECT_THAT(value("EXECUTE q('c')"), HasSubstr("does not allow updates"));
}

/// EvalPlanQual: a row that another session has changed is looked at again, together with the foreign rows it had met.
TEST_P(Changes, RowsThatOthersChangeMeanwhileAreCheckedAgain) {
    struct Case {
        const char* waiting;
        const char* change;
    };

    const std::vector<Case> cases = {
        {"UPDATE lo SET v = lo.v + f.n FROM %.w f WHERE f.id = lo.k", "UPDATE lo SET v = v + 1 WHERE id = 1"},
        {"UPDATE lo SET v = lo.v + f.n FROM %.w f WHERE f.id = lo.k", "UPDATE lo SET k = 7 WHERE id = 1"},
        {"UPDATE lo SET v = lo.v + f.n FROM %.w f WHERE f.id = lo.k AND f.n > lo.v",
         "UPDATE lo SET v = 10000 WHERE id = 1"},
        {"UPDATE lo SET v = coalesce(f.n, -1) FROM lo l2 LEFT JOIN %.w f ON f.id = l2.k AND f.s = 'one' WHERE l2.id = "
         "lo.id",
         "UPDATE lo SET v = 2 WHERE id = 1"},
        {"DELETE FROM lo USING %.w f JOIN %.w g ON f.id = g.id WHERE f.id = lo.k AND g.n = lo.v * 10",
         "UPDATE lo SET v = 99 WHERE id = 1"},
        {"UPDATE lo SET v = -5 WHERE EXISTS (SELECT 1 FROM %.w f WHERE f.id = lo.k AND f.n > lo.v)",
         "UPDATE lo SET v = 10000 WHERE id = 1"},
        // Joins at the source: the row is checked again with the rows of both tables that it had met.
        {"UPDATE lo SET v = lo.v + f.n + length(g.s) FROM %.w f JOIN %.w g ON f.id = g.id WHERE f.id = lo.k",
         "UPDATE lo SET v = v + 1 WHERE id = 1"},
        {"UPDATE lo SET v = lo.v + f.n FROM %.w f JOIN %.w g ON f.id = g.id AND g.n >= 10 WHERE f.id = lo.k",
         "UPDATE lo SET k = 7 WHERE id = 1"},
        {"UPDATE lo SET v = lo.v + g.n FROM %.w f JOIN %.w g ON f.id = g.id WHERE f.id = lo.k AND f.n + g.n > lo.v",
         "UPDATE lo SET v = 10000 WHERE id = 1"},
        {"WITH seen AS (SELECT lo.id, lo.v, f.n, g.s FROM lo JOIN %.w f ON f.id = lo.k JOIN %.w g ON g.id = f.id "
         "WHERE f.n * 2 > lo.v FOR UPDATE OF lo) UPDATE lo SET v = seen.v + seen.n FROM seen WHERE seen.id = lo.id",
         "UPDATE lo SET v = 15 WHERE id = 1"},
        {"WITH seen AS (SELECT lo.id, lo.v, f.n FROM lo JOIN %.w f ON f.id = lo.k JOIN %.w g ON g.id = f.id "
         "WHERE f.n * 2 > lo.v FOR SHARE OF lo) UPDATE lo SET v = seen.v + seen.n FROM seen WHERE seen.id = lo.id",
         "UPDATE lo SET v = 10000 WHERE id = 1"},
    };
    /// Without joins here all that can be joined at the source is.
    const std::string pushed = "SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_nestloop = off";
    const auto outcome = [&](const Case& one, const std::string& schema, const std::string& settings) {
        must("TRUNCATE lo; INSERT INTO lo VALUES (1, 1, 1), (2, 2, 2), (3, 9, 3)");
        std::string sql = one.waiting;
        for (std::size_t at = sql.find('%'); at != std::string::npos; at = sql.find('%')) {
            sql.replace(at, 1, schema);
        }
        auto other = mesh_->connect();
        EXPECT_TRUE(other && other->execute(settings));
        must(std::string("BEGIN; ") + one.change);
        std::thread waiting([&] {
            const auto done = other->execute(sql);
            EXPECT_TRUE(done) << sql << "\n" << done.error().describe();
        });
        EXPECT_TRUE(waitUntil([&] {
            return value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == "1|";
        })) << sql;
        must("COMMIT");
        waiting.join();
        return value("SELECT * FROM lo ORDER BY id");
    };
    for (const Case& one : cases) {
        const std::string expected = outcome(one, "copy", "SELECT");
        for (const std::string& settings : {std::string("SELECT"), pushed}) {
            EXPECT_EQ(outcome(one, "src", settings), expected)
                << one.waiting << "; meanwhile " << one.change << "; " << settings;
        }
    }
}

/// Joins at the source in statements that lock: whole rows come with them, and only the joined rows are locked there.
TEST_P(Changes, JoinsOfLockedRowsAreDoneAtTheSource) {
    const bool is_postgres = GetParam() == std::string("postgres");
    must(
        "INSERT INTO lo VALUES (1, 1, 1), (2, 2, 2), (3, 9, 3); ANALYZE src.w, lo;"
        "SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_nestloop = off");
    const std::string both = "SELECT f.id, g.n, g.s, f FROM $w f JOIN $w g ON f.id + 1 = g.id WHERE f.s = 'one' ";

    struct Case {
        std::string sql;
        const char* lock;  /// as the remote statement ends; nullptr: the join is done here
    };

    const std::vector<Case> cases = {
        {both + "FOR UPDATE", is_postgres                          ? " FOR UPDATE OF r1, r2\n"
                              : GetParam() == std::string("mysql") ? " FOR UPDATE\n"
                                                                   : "\n"},
        {both + "FOR SHARE", is_postgres                          ? " FOR SHARE OF r1, r2\n"
                             : GetParam() == std::string("mysql") ? " LOCK IN SHARE MODE\n"
                                                                  : "\n"},
        {both + "FOR UPDATE OF g", is_postgres                          ? " FOR UPDATE OF r2\n"
                                   : GetParam() == std::string("mysql") ? nullptr
                                                                        : "\n"},
        {both + "FOR UPDATE OF g FOR SHARE OF f", nullptr},
        {"SELECT lo.id, f.n, g.s FROM lo JOIN $w f ON f.id = lo.k JOIN $w g ON g.id = f.id WHERE f.n < 30 FOR UPDATE "
         "OF lo",
         "\n"},
        {"SELECT f.id, g.n FROM $w f LEFT JOIN $w g ON f.id = g.n FOR UPDATE OF f", nullptr},
    };
    for (const Case& one : cases) {
        EXPECT_EQ(value(Mesh::inSchema(one.sql, "src")), value(Mesh::inSchema(one.sql, "copy"))) << one.sql;
        const std::string plan = mesh_->plan(one.sql);
        if (one.lock == nullptr) {
            EXPECT_THAT(plan, Not(HasSubstr("Relations: "))) << one.sql;
        } else {
            EXPECT_THAT(plan, HasSubstr("INNER JOIN")) << one.sql;
            const std::size_t remote = plan.find("Remote SQL: ");
            const std::string statement = plan.substr(remote, plan.find('\n', remote) + 1 - remote);
            EXPECT_TRUE(statement.ends_with(one.lock)) << statement;
        }
    }
    if (GetParam() == std::string("sqlite")) {
        return;  /// it locks no rows
    }
    auto other = mesh_->connect();
    ASSERT_TRUE(other);
    const auto isFree = [&](int id) {
        const auto locked = other->execute("SELECT * FROM tessera.remote_query('source', 'SELECT id FROM " +
                                           std::string(is_postgres ? "public.w" : "w") +
                                           " WHERE id = " + std::to_string(id) + " FOR UPDATE NOWAIT') AS r (id int)");
        EXPECT_TRUE(locked || locked.error().sqlstate == "55P03") << locked.error().describe();
        return bool(locked);
    };
    must("BEGIN; " + Mesh::inSchema(both, "src") + "FOR UPDATE");
    EXPECT_FALSE(isFree(1));
    EXPECT_FALSE(isFree(2));
    EXPECT_EQ(isFree(3), is_postgres) << "InnoDB locks whatever it has read";
    must("COMMIT");
    EXPECT_TRUE(isFree(1) && isFree(2) && isFree(3));
    must("RESET ALL; SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_nestloop = off");
    EXPECT_THAT(mesh_->plan("INSERT INTO lo SELECT f.id, g.n, 7 FROM $w f JOIN $w g ON f.id + 1 = g.id"),
                HasSubstr("INNER JOIN"));
    EXPECT_THAT(
        mesh_->plan("UPDATE lo SET v = lo.v + f.n FROM $w f JOIN $w g ON f.id = g.id AND g.n > 0 WHERE f.id = lo.k"),
        HasSubstr("INNER JOIN"));
}

/// A table whose children are foreign and local ones.
TEST_P(Changes, ParentsOfForeignTablesAreReadAndChanged) {
    for (const char* schema : {"src", "copy"}) {
        const std::string s = schema;
        must("CREATE TABLE " + s + ".parent (id int, n int, s varchar(20)); CREATE TABLE " + s +
             ".child () INHERITS (" + s + ".parent); INSERT INTO " + s +
             ".child VALUES (100, 1000, 'child'); INSERT INTO " + s + ".parent VALUES (200, 2000, 'own')");
    }
    // SQLite's integers are imported wider than that.
    must(
        "ALTER FOREIGN TABLE src.w ALTER id TYPE int; ALTER FOREIGN TABLE src.w ALTER n TYPE int;"
        "ALTER FOREIGN TABLE src.w ALTER s TYPE varchar(20); ALTER TABLE copy.w ALTER id TYPE int, ALTER n TYPE int, "
        "ALTER s TYPE varchar(20)");
    must("ALTER FOREIGN TABLE src.w INHERIT src.parent; ALTER TABLE copy.w INHERIT copy.parent");
    const auto both = [&](std::string sql) {
        const std::string foreign = value(Mesh::inSchema(sql, "src"));
        EXPECT_EQ(foreign, value(Mesh::inSchema(sql, "copy"))) << sql;
        EXPECT_EQ(value("SELECT * FROM src.parent ORDER BY id"), value("SELECT * FROM copy.parent ORDER BY id")) << sql;
    };
    both("SELECT sum(n), count(*) FROM $parent");
    both("SELECT p.id, q.n FROM $parent p JOIN $parent q ON q.id = p.id WHERE p.n > 15 ORDER BY 1");
    both("UPDATE $parent SET n = n + 1 WHERE n >= 20");
    both("UPDATE $parent p SET s = coalesce(q.s, 'none') || 'x' FROM $w q WHERE q.n = p.n");
    both("DELETE FROM $parent WHERE id IN (1, 100)");
    both("SELECT id FROM $parent ORDER BY id DESC LIMIT 2");
    must("ALTER FOREIGN TABLE src.w NO INHERIT src.parent");
    EXPECT_EQ(value("SELECT id FROM src.parent ORDER BY id"), "200|");
}

INSTANTIATE_TEST_SUITE_P(Dialects, Changes, testing::Values("postgres", "mysql", "sqlite"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace tessera::correctness
