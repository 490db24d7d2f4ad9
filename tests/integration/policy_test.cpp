/// Row policies and column masks on foreign and local tables: nobody sees a hidden row, by a result or by an error.

#include "common/strings.h"
#include "nodeservice/identity/context_signer.h"
#include "tests/support/temporary_postgres.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <memory>
#include <thread>

namespace tessera {
namespace {

using identity::ContextSigner;
using postgres::Connection;
using testing::HasSubstr;
using testing::Not;

/// A node whose tables src.items (foreign), local and parts (partitioned, with a foreign part) have 10000 rows each, of
/// the tenants 'a' (9999 of them) and 'b' (only id 7); `reader` is signed in as tenant a.
class Policy : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        signer_ = std::make_unique<ContextSigner>(std::move(*ContextSigner::create()));
        node_ = start({.with_extension = true,
                       .settings = {{"shared_preload_libraries", "tessera_fdw"},
                                    {"tessera.identity_key", signer_->publicKey()}}});
        source_ = start({});
        ASSERT_TRUE(node_ && source_);
        const std::string rows =
            "SELECT i AS id, CASE i WHEN 7 THEN 'b' ELSE 'a' END AS tenant, 'secret ' || i AS note, i * 1.5 AS amount "
            "FROM generate_series(1, 10000) i";
        run(*source_, "CREATE TABLE items AS " + rows + "; CREATE TABLE part AS " + rows + "; ANALYZE");
        run(*node_,
            "CREATE EXTENSION tessera_fdw; CREATE ROLE reader LOGIN PASSWORD 'r'; CREATE SCHEMA src;"
            "CREATE SERVER crm FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'postgres', host '127.0.0.1', port "
            "'" +
                std::to_string(source_->port()) +
                "', dbname 'postgres');"
                "CREATE USER MAPPING FOR PUBLIC SERVER crm OPTIONS (user 'postgres', password " +
                quoteLiteral(TemporaryPostgres::kPassword) +
                "); IMPORT FOREIGN SCHEMA public FROM SERVER crm INTO src");
        run(*node_, "CREATE TABLE local AS " + rows);
        run(*node_,
            "ALTER TABLE local ADD PRIMARY KEY (id);"
            "CREATE TABLE parts (id int, tenant text, note text, amount numeric) PARTITION BY LIST (tenant)");
        run(*node_, "ALTER TABLE parts ATTACH PARTITION src.part DEFAULT");
        run(*node_,
            "CREATE TABLE child (id int REFERENCES local); GRANT SELECT, INSERT ON child TO reader;"
            "CREATE VIEW owners_view AS SELECT * FROM src.items; CREATE VIEW local_view AS SELECT * FROM local;"
            "CREATE VIEW invokers_view WITH (security_invoker) AS SELECT * FROM src.items;"
            "CREATE VIEW barrier_view WITH (security_barrier) AS SELECT * FROM owners_view;"
            "CREATE FUNCTION old_items() RETURNS SETOF src.items LANGUAGE sql STABLE AS 'SELECT * FROM src.items';"
            "CREATE FUNCTION new_items() RETURNS SETOF src.items LANGUAGE sql STABLE BEGIN ATOMIC SELECT * FROM "
            "src.items; END;"
            "CREATE FUNCTION definer() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM "
            "src.items';"
            "GRANT USAGE ON SCHEMA src TO reader; GRANT CREATE ON SCHEMA public TO reader");
        run(*node_,
            "GRANT SELECT ON src.part TO reader; GRANT ALL ON local, parts, owners_view, local_view, "
            "invokers_view, barrier_view, src.items TO reader");
        run(*node_, "ANALYZE src.items");
        run(*node_, "ANALYZE local");
    }

    static void TearDownTestSuite() {
        node_.reset();
        source_.reset();
        signer_.reset();
    }

    static std::unique_ptr<TemporaryPostgres> start(const TemporaryPostgresOptions& options) {
        auto started = TemporaryPostgres::start(options);
        EXPECT_TRUE(started) << started.error().describe();
        return started ? std::make_unique<TemporaryPostgres>(std::move(*started)) : nullptr;
    }

    static void run(const TemporaryPostgres& server, const std::string& sql) {
        const auto done = server.execute(sql);
        ASSERT_TRUE(done) << sql << "\n" << done.error().describe();
    }

    void SetUp() override {
        admin("DELETE FROM tessera.policy; DELETE FROM tessera.mask");
        for (const char* table : {"src.items", "local", "parts"}) {
            admin(std::string("SELECT tessera.create_policy('") + table +
                  "', 'own', $$tenant = (SELECT tessera.claim('tenant'))$$)");
        }
        session_ = std::make_unique<Connection>(open());
    }

    static Connection open(const std::string& tenant = "a") {
        postgres::ConnectionSettings settings = node_->settings();
        settings.user = "reader";
        settings.password = "r";
        auto opened = Connection::open(settings);
        EXPECT_TRUE(opened);
        EXPECT_TRUE(signer_->attach(*opened, R"({"subject":"ann","claims":{"tenant":")" + tenant + R"("}})"));
        return std::move(*opened);
    }

    static void admin(const std::string& sql) { run(*node_, sql); }

    /// The value, or "SQLSTATE message".
    std::string ask(const std::string& sql) { return ask(*session_, sql); }

    static std::string ask(Connection& connection, const std::string& sql) {
        auto rows = connection.query(sql);
        if (!rows) {
            return std::string(rows.error().sqlState()) + " " + rows.error().message;
        }
        return rows->values.empty() ? "none" : rows->values[0][0].value_or("NULL");
    }

    std::string explain(const std::string& sql) {
        std::string text;
        auto rows = session_->query("EXPLAIN (VERBOSE, COSTS OFF) " + sql);
        EXPECT_TRUE(rows) << sql << "\n" << rows.error().describe();
        for (const auto& row : rows ? rows->values : decltype(rows->values){}) {
            text += row[0].value_or("") + "\n";
        }
        return text;
    }

    inline static std::unique_ptr<ContextSigner> signer_;
    inline static std::unique_ptr<TemporaryPostgres> node_;
    inline static std::unique_ptr<TemporaryPostgres> source_;
    std::unique_ptr<Connection> session_;
};

constexpr const char* kEverywhere[] = {"src.items",  "local",         "parts",       "owners_view",
                                       "local_view", "invokers_view", "barrier_view"};

TEST_F(Policy, HidesRowsEverywhere) {
    for (const std::string table : kEverywhere) {
        EXPECT_EQ(ask("SELECT count(*) FROM " + table), "9999") << table;
        EXPECT_EQ(ask("SELECT note FROM " + table + " WHERE id = 7"), "none") << table;
        EXPECT_EQ(ask("SELECT note FROM " + table + " WHERE id = 8"), "secret 8") << table;
        EXPECT_EQ(ask("WITH x AS (SELECT * FROM " + table + ") SELECT count(*) FROM x"), "9999") << table;
        EXPECT_EQ(ask("SELECT (SELECT count(*) FROM " + table + " i WHERE i.id <= o.v) FROM (VALUES (10)) o (v)"), "9")
            << table;
        EXPECT_EQ(ask("SELECT count(*) FROM " + table + " i JOIN " + table + " j USING (id) WHERE id < 20"), "18")
            << table;
        EXPECT_EQ(ask("SELECT max(id) FROM (SELECT * FROM " + table + " WHERE id < 8 UNION ALL SELECT * FROM " + table +
                      " WHERE id = 7) x"),
                  "6")
            << table;
        EXPECT_EQ(ask("SELECT count(*) FROM " + table + " x WHERE x.id = 7 OR true"), "9999") << table;
    }
    auto other = open("b");
    EXPECT_EQ(ask(other, "SELECT string_agg(id::text, ',') FROM src.items"), "7");
    auto nobody = open("");
    EXPECT_EQ(ask(nobody, "SELECT count(*) FROM src.items"), "0");
}

/// A policy may look where the person may not: what it found goes to the source, and no further.
TEST_F(Policy, ExplainDoesNotTellWhatAPolicyFound) {
    admin("CREATE FUNCTION tenant() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER AS $$ SELECT 'a' $$");
    admin("SELECT tessera.create_policy('src.items', 'own', $$tenant = (SELECT public.tenant())$$)");
    const std::string sql = "SELECT count(*) FROM src.items WHERE id > (SELECT 5)";
    EXPECT_EQ(ask(sql), "9994");
    auto rows = session_->query("EXPLAIN (ANALYZE, VERBOSE, COSTS OFF, TIMING OFF) " + sql);
    ASSERT_TRUE(rows) << rows.error().describe();
    std::string text;
    for (const auto& row : rows->values) {
        text += row[0].value_or("") + "\n";
    }
    EXPECT_THAT(text, HasSubstr("Remote Parameters: 2, not shown where policies apply\n"));
    admin("DROP FUNCTION tenant");
}

TEST_F(Policy, WithoutAnIdentityThereAreNoRows) {
    ASSERT_TRUE(signer_->detach(*session_));
    for (const std::string table : kEverywhere) {
        EXPECT_EQ(ask("SELECT count(*) FROM " + table), "0") << table;
    }
}

TEST_F(Policy, ErrorsDoNotTellOfHiddenRows) {
    for (const std::string table : kEverywhere) {
        EXPECT_EQ(ask("SELECT count(*) FROM " + table + " WHERE 10 / (id - 7) > -100"), "9999") << table;
        EXPECT_EQ(ask("SELECT count(*) FROM " + table + " WHERE 10 / (id - 7) > -100 AND id < 100"), "98") << table;
        EXPECT_EQ(ask("SELECT sum(10 / (id - 7)) IS NOT NULL FROM " + table), "t") << table;
        EXPECT_EQ(
            ask("SELECT count(*) FROM " + table + " a JOIN " + table + " b ON 10 / (a.id - 7) = b.id WHERE b.id < 3"),
            "7")
            << table;
        EXPECT_EQ(ask("SELECT count(*) FROM " + table + " a LEFT JOIN " + table +
                      " b ON a.id = b.id AND 10 / (b.id - 7) > 100"),
                  "9999")
            << table;
        EXPECT_EQ(ask("SELECT count(*) FROM (SELECT 10 / (id - 7) AS x FROM " + table + " GROUP BY 1) y"), "11")
            << table;
        // A row that may be seen does raise its error: the conditions above are evaluated.
        EXPECT_THAT(ask("SELECT count(*) FROM " + table + " WHERE 10 / (id - 8) > -100"), HasSubstr("22012")) << table;
    }
}

TEST_F(Policy, ReachesTheSourceAsAParameter) {
    const std::string plan = explain("SELECT count(*) FROM src.items WHERE id < 100");
    EXPECT_THAT(plan, HasSubstr("\"tenant\" = $1"));
    EXPECT_THAT(plan, HasSubstr("< 100"));  // leakproof
    EXPECT_THAT(plan, HasSubstr("count(*)"));
    EXPECT_THAT(plan, Not(HasSubstr("Filter:")));
    const std::string leaking = explain("SELECT note FROM src.items WHERE 10 / (id - 7) > -100");
    EXPECT_THAT(leaking, HasSubstr("\"tenant\" = $1"));
    EXPECT_THAT(leaking, HasSubstr("Filter: ((10 /"));
    EXPECT_THAT(leaking, HasSubstr("Not Pushed: it could tell of rows that a policy hides"));
    // What follows the policy's choice goes to the source all the same.
    EXPECT_THAT(explain("SELECT sum(10 / (id - 7)) FROM src.items"), HasSubstr("sum("));
}

TEST_F(Policy, HoldsInFunctionsCopyCursorsAndPreparedStatements) {
    EXPECT_THAT(ask("SELECT count(*) FROM old_items()"), HasSubstr("42501"));
    EXPECT_THAT(ask("SELECT count(*) FROM new_items()"), HasSubstr("42501"));
    EXPECT_EQ(ask("SELECT definer()"), "9999");
    ASSERT_TRUE(
        session_->execute("PREPARE p (int) AS SELECT count(*) FROM src.items WHERE id = $1; SET plan_cache_mode "
                          "= force_generic_plan"));
    for (int i = 0; i < 7; ++i) {
        EXPECT_EQ(ask("EXECUTE p (7)"), "0");
        EXPECT_EQ(ask("EXECUTE p (8)"), "1");
    }
    ASSERT_TRUE(
        session_->execute("BEGIN; DECLARE c SCROLL CURSOR FOR SELECT id FROM src.items WHERE id IN (6, 7, 8) "
                          "ORDER BY id; MOVE 1 IN c"));
    EXPECT_EQ(ask("FETCH 1 FROM c"), "8");
    ASSERT_TRUE(session_->execute("ROLLBACK"));
    ASSERT_TRUE(session_->execute("CREATE TEMP TABLE mine AS SELECT * FROM src.items"));
    EXPECT_EQ(ask("SELECT count(*) FROM mine"), "9999");
    ASSERT_TRUE(
        session_->execute("DO $$ DECLARE n bigint; BEGIN SELECT count(*) INTO n FROM src.items WHERE id = 7; IF "
                          "n > 0 THEN RAISE 'seen'; END IF; END $$"));
    EXPECT_EQ(ask("SELECT count(*) FROM local TABLESAMPLE BERNOULLI (100)"), "9999");
    EXPECT_EQ(ask("SELECT count(*) FROM local WHERE ctid IS NOT NULL AND id = 7"), "0");
}

TEST_F(Policy, HoldsInPlansThatAreKept) {
    ASSERT_TRUE(session_->execute("SET plan_cache_mode = force_generic_plan"));
    for (const std::string table : kEverywhere) {
        ASSERT_TRUE(session_->execute("PREPARE below (int) AS SELECT count(*) FROM " + table + " WHERE id < $1"));
        ASSERT_TRUE(session_->execute("PREPARE one (int) AS SELECT note FROM " + table + " WHERE id = $1"));
        ASSERT_TRUE(
            session_->execute("PREPARE leak (int) AS SELECT count(*) FROM " + table + " WHERE 10 / (id - $1) > -100"));
        EXPECT_THAT(explain("EXECUTE below (10)"), HasSubstr("$1")) << table;
        // The plan stays, whoever the session is for.
        for (const std::string tenant : {"a", "b", "", "a"}) {
            ASSERT_TRUE(signer_->attach(*session_, R"({"subject":"ann","claims":{"tenant":")" + tenant + R"("}})"));
            EXPECT_EQ(ask("EXECUTE below (10)"), tenant == "a" ? "8" : tenant == "b" ? "1" : "0") << table << tenant;
            EXPECT_EQ(ask("EXECUTE one (7)"), tenant == "b" ? "secret 7" : "none") << table << tenant;
            EXPECT_EQ(ask("EXECUTE one (8)"), tenant == "a" ? "secret 8" : "none") << table << tenant;
        }
        EXPECT_EQ(ask("EXECUTE leak (7)"), "9999") << table;
        ASSERT_TRUE(signer_->detach(*session_));
        EXPECT_EQ(ask("EXECUTE below (10)"), "0") << table;
        ASSERT_TRUE(signer_->attach(*session_, R"({"subject":"ann","claims":{"tenant":"a"}})"));
        ASSERT_TRUE(session_->execute("DEALLOCATE ALL"));
    }
}

/// Once a change is committed, no statement runs that was planned without it.
TEST_F(Policy, AChangeWaitsForWhatRunsUnderTheOneBefore) {
    auto watching = Connection::open(node_->settings());
    ASSERT_TRUE(watching) << watching.error().describe();
    for (const std::string table : {"src.items", "local", "parts"}) {
        ASSERT_TRUE(session_->execute("BEGIN; DECLARE rows CURSOR FOR SELECT count(*) FROM " + table));
        std::thread changing(
            [&] { admin("SELECT tessera.create_policy('" + table + "', 'none', 'false', permissive => false)"); });
        EXPECT_TRUE(waitUntil([&] {
            return ask(*watching, "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '" + table +
                                      "'::regclass") == "1";
        })) << table;
        EXPECT_EQ(ask("FETCH rows"), "9999") << table;
        ASSERT_TRUE(session_->execute("COMMIT"));
        changing.join();
        EXPECT_EQ(ask("SELECT count(*) FROM " + table), "0") << table;
    }
}

/// A schema's new name may be one that policies speak of, and a plan that is kept must hear of it.
TEST_F(Policy, HoldsInASchemaThatTakesAGovernedName) {
    admin(
        "CREATE SCHEMA fresh; CREATE TABLE fresh.facts AS SELECT 1 AS id; GRANT SELECT ON fresh.facts TO reader;"
        "GRANT USAGE ON SCHEMA fresh TO reader");
    admin("INSERT INTO tessera.policy VALUES ('kept', 'facts', 'none', 'all', true, '{public}', 'false', NULL)");
    ASSERT_TRUE(session_->execute("PREPARE facts AS SELECT count(*) FROM fresh.facts"));
    EXPECT_EQ(ask("EXECUTE facts"), "1");
    admin("ALTER SCHEMA fresh RENAME TO kept");
    EXPECT_EQ(ask("SELECT count(*) FROM kept.facts"), "0");
    admin("DROP SCHEMA kept CASCADE");
}

/// Whom a policy concerns is asked again when memberships and roles have changed.
TEST_F(Policy, HoldsInKeptPlansWhenAMembershipEnds) {
    admin("DELETE FROM tessera.policy; CREATE ROLE staff; GRANT staff TO reader");
    ASSERT_TRUE(session_->execute("SET plan_cache_mode = force_generic_plan"));
    for (const std::string table : {"src.items", "local"}) {
        admin("GRANT staff TO reader; SELECT tessera.create_policy('" + table +
              "', 'all', 'true', roles => '{staff}'), tessera.create_policy('" + table + "', 'few', 'id < 3')");
        ASSERT_TRUE(session_->execute("PREPARE kept AS SELECT count(*) FROM " + table));
        EXPECT_EQ(ask("EXECUTE kept"), "10000") << table;
        admin("REVOKE staff FROM reader");
        EXPECT_EQ(ask("EXECUTE kept"), "2") << table;
        admin("ALTER ROLE reader BYPASSRLS");
        EXPECT_EQ(ask("EXECUTE kept"), "10000") << table;
        admin("ALTER ROLE reader NOBYPASSRLS");
        EXPECT_EQ(ask("EXECUTE kept"), "2") << table;
        ASSERT_TRUE(session_->execute("DEALLOCATE kept"));
    }
    admin("DROP ROLE staff");
}

/// The rows of the lists tell one by one that they change; a list that is emptied at once does, too.
TEST_F(Policy, ThoseOfAListThatIsEmptiedEndInKeptPlansAndOpenSessions) {
    admin("DELETE FROM tessera.policy");
    ASSERT_TRUE(session_->execute("SET plan_cache_mode = force_generic_plan"));
    for (const std::string table : {"src.items", "local"}) {
        admin("SELECT tessera.create_policy('" + table + "', 'few', 'id < 3')");
        ASSERT_TRUE(session_->execute("PREPARE kept AS SELECT count(*) FROM " + table));
        EXPECT_EQ(ask("EXECUTE kept"), "2") << table;
        admin("TRUNCATE tessera.policy");
        EXPECT_EQ(ask("EXECUTE kept"), "10000") << table;
        EXPECT_EQ(ask("SELECT count(*) FROM " + table), "10000") << table;
        ASSERT_TRUE(session_->execute("DEALLOCATE kept"));
    }
}

TEST_F(Policy, HoldsInCursorsThatOutliveTheirTransaction) {
    for (const std::string table : kEverywhere) {
        for (const char* kind : {"SCROLL CURSOR", "NO SCROLL CURSOR"}) {
            ASSERT_TRUE(session_->execute("BEGIN; DECLARE held " + std::string(kind) +
                                          " WITH HOLD FOR SELECT id FROM " + table +
                                          " WHERE id BETWEEN 5 AND 9 ORDER BY id; COMMIT"))
                << table;
            for (const char* expected : {"5", "6", "8", "9", "none"}) {
                EXPECT_EQ(ask("FETCH 1 FROM held"), expected) << table << " " << kind;
            }
            ASSERT_TRUE(session_->execute("CLOSE held"));
        }
        EXPECT_THAT(ask("DECLARE held CURSOR WITH HOLD FOR SELECT 10 / (id - 8) FROM " + table), HasSubstr("22012"));
        ASSERT_TRUE(session_->execute("DECLARE held CURSOR WITH HOLD FOR SELECT count(*) FROM " + table +
                                      " WHERE 10 / (id - 7) > -100"));
        EXPECT_EQ(ask("FETCH 1 FROM held"), "9999") << table;
        ASSERT_TRUE(session_->execute("CLOSE held"));
    }
}

/// PostgreSQL samples tables alone; what is foreign it reaches as a partition.
TEST_F(Policy, HoldsInSamples) {
    for (const std::string table : {"local", "parts"}) {
        for (const std::string method : {"BERNOULLI", "SYSTEM"}) {
            const std::string all = table + " TABLESAMPLE " + method + " (100)";
            EXPECT_EQ(ask("SELECT count(*) FROM " + all), "9999") << all;
            EXPECT_EQ(ask("SELECT count(*) FROM " + all + " WHERE id = 7"), "0") << all;
            EXPECT_EQ(ask("SELECT count(*) FROM " + all + " WHERE 10 / (id - 7) > -100"), "9999") << all;
            EXPECT_EQ(ask("SELECT count(*) FROM " + table + " TABLESAMPLE " + method + " (0)"), "0") << all;
        }
        const int half = std::stoi(ask("SELECT count(*) FROM " + table + " TABLESAMPLE BERNOULLI (50) REPEATABLE (3)"));
        EXPECT_TRUE(half > 4000 && half < 6000) << table << " " << half;
        admin("SELECT tessera.create_mask('" + table + "', 'note', $$left(note, 3)$$)");
        EXPECT_EQ(ask("SELECT count(*) FILTER (WHERE note = 'sec') FROM " + table + " TABLESAMPLE BERNOULLI (100)"),
                  "9999")
            << table;
    }
    for (const char* other : {"src.items", "owners_view", "invokers_view"}) {
        EXPECT_THAT(ask(std::string("SELECT * FROM ") + other + " TABLESAMPLE BERNOULLI (100)"),
                    HasSubstr("TABLESAMPLE clause can only be applied to tables"));
    }
}

/// The lines that a COPY … TO STDOUT gives; -1 when it is refused.
int copiedLines(Connection& connection, const std::string& sql) {
    const postgres::ResultHandle begun(PQexec(connection.handle(), sql.c_str()));
    int lines = PQresultStatus(begun.get()) == PGRES_COPY_OUT ? 0 : -1;
    char* line = nullptr;
    while (lines >= 0 && PQgetCopyData(connection.handle(), &line, 0) > 0) {
        EXPECT_EQ(std::string(line).find("secret 7\t"), std::string::npos) << line;
        PQfreemem(line);
        ++lines;
    }
    while (const postgres::ResultHandle rest{PQgetResult(connection.handle())}) {
    }
    return lines;
}

TEST_F(Policy, CopyIsGoverned) {
    for (const std::string table : {"src.items", "local", "parts"}) {
        EXPECT_EQ(copiedLines(*session_, "COPY " + table + " TO STDOUT"), 9999) << table;
        EXPECT_EQ(copiedLines(*session_, "COPY " + table + " (note, id) TO STDOUT"), 9999) << table;
        EXPECT_EQ(copiedLines(*session_, "COPY (SELECT * FROM " + table + ") TO STDOUT"), 9999) << table;
        EXPECT_THAT(ask("COPY " + table + " FROM STDIN"), HasSubstr("0A000")) << table;
    }
    // Who is exempt copies all.
    auto superuser = node_->connect();
    ASSERT_TRUE(superuser);
    const postgres::ResultHandle done(PQexec(superuser->handle(), "COPY local TO '/dev/null'"));
    EXPECT_STREQ(PQcmdTuples(done.get()), "10000");
}

TEST_F(Policy, HoldsInParallelPlans) {
    ASSERT_TRUE(
        session_->execute("SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET "
                          "min_parallel_table_scan_size = 0; SET parallel_leader_participation = off; SET "
                          "enable_indexscan = off; SET enable_bitmapscan = off"));
    EXPECT_THAT(explain("SELECT count(*) FROM local"), HasSubstr("Parallel Seq Scan"));
    EXPECT_EQ(ask("SELECT count(*) FROM local"), "9999");
    EXPECT_EQ(ask("SELECT count(*) FROM local WHERE 10 / (id - 7) > -100"), "9999");
    // What is foreign is read beside the workers.
    const std::string joined = "SELECT count(*) FROM local l JOIN src.items i ON i.id = l.id AND length(l.note) > 0";
    EXPECT_THAT(explain(joined), HasSubstr("Parallel Seq Scan"));
    EXPECT_EQ(ask(joined), "9999");
}

/// Several sessions at the source, each of which reads a part of the table.
TEST_F(Policy, HoldsWhereATableIsReadInParts) {
    ASSERT_TRUE(session_->execute("SET tessera.min_parallel_scan_size = 0; SET tessera.parallel_scans = 3"));
    admin("ALTER SERVER crm OPTIONS (ADD fdw_startup_cost '0')");
    const std::string shown = "SELECT id, note FROM src.items WHERE random() >= 0";
    const std::string plan = explain(shown);
    EXPECT_THAT(plan, HasSubstr("ctid")) << plan;
    int parts = 0;
    for (std::size_t at = plan.find("SELECT"); at != std::string::npos; at = plan.find("SELECT", at + 1)) {
        EXPECT_THAT(plan.substr(at, plan.find('\n', at) - at), HasSubstr("\"tenant\" = $")) << "every part";
        ++parts;
    }
    EXPECT_GE(parts, 2) << plan;
    EXPECT_EQ(ask("SELECT count(*) FROM (" + shown + ") s"), "9999");
    EXPECT_EQ(ask("SELECT count(*) FROM (" + shown + ") s WHERE id = 7"), "0");
    EXPECT_EQ(ask("SELECT count(*) FROM src.items WHERE random() >= 0 AND 10 / (id - 7) > -100"), "9999");
    auto other = open("b");
    ASSERT_TRUE(other.execute("SET tessera.min_parallel_scan_size = 0; SET tessera.parallel_scans = 3"));
    EXPECT_EQ(ask(other, "SELECT string_agg(id::text, ',') FROM src.items WHERE random() >= 0"), "7");
    admin("ALTER SERVER crm OPTIONS (DROP fdw_startup_cost)");
}

TEST_F(Policy, ChangesAreChecked) {
    EXPECT_EQ(ask("UPDATE local SET note = 'x' WHERE id = 7 RETURNING 1"), "none");
    EXPECT_THAT(ask("UPDATE local SET tenant = 'b' WHERE id = 8"), HasSubstr("42501"));
    EXPECT_THAT(ask("INSERT INTO local VALUES (20001, 'b')"), HasSubstr("42501"));
    EXPECT_EQ(ask("INSERT INTO local VALUES (20001, 'a') RETURNING id"), "20001");
    EXPECT_EQ(ask("DELETE FROM local WHERE id = 7 RETURNING 1"), "none");
    EXPECT_EQ(ask("DELETE FROM local WHERE id = 20001 RETURNING 1"), "1");
    EXPECT_THAT(ask("INSERT INTO local VALUES (8, 'a') ON CONFLICT (id) DO UPDATE SET note = 'x'"), HasSubstr("0A000"));
    EXPECT_THAT(ask("MERGE INTO local USING (VALUES (7)) v (id) ON local.id = v.id WHEN MATCHED THEN DELETE"),
                HasSubstr("0A000"));
    for (const char* change :
         {"UPDATE src.items SET note = 'x'", "DELETE FROM src.items", "INSERT INTO src.items VALUES (1, 'a', '', 0)"}) {
        EXPECT_THAT(ask(change), HasSubstr("0A000")) << change;
    }
    // Foreign keys are checked against all rows.
    EXPECT_EQ(ask("INSERT INTO child VALUES (7) RETURNING id"), "7");
    EXPECT_THAT(ask("INSERT INTO child VALUES (70000)"), HasSubstr("23503"));
}

TEST_F(Policy, CommandsRolesAndKinds) {
    admin(
        "DELETE FROM tessera.policy; SELECT tessera.create_policy('src.items', 'small', 'id <= 10'), "
        "tessera.create_policy('src.items', 'ten', 'id % 10 = 0'), tessera.create_policy('src.items', 'not', 'id <> "
        "9', "
        "permissive => false), tessera.create_policy('src.items', 'nobody', 'true', roles => '{pg_monitor}'), "
        "tessera.create_policy('local', 'see', 'true', command => 'select'), tessera.create_policy('local', 'change', "
        "'id = 5', command => 'update')");
    EXPECT_EQ(ask("SELECT count(*) FROM src.items"), "1008");
    EXPECT_EQ(ask("SELECT count(*) FROM local"), "10000");
    EXPECT_EQ(ask("SELECT count(*) FROM (SELECT 1 FROM local FOR UPDATE) x"), "1");
    EXPECT_EQ(ask("WITH x AS (UPDATE local SET note = note RETURNING 1) SELECT count(*) FROM x"), "1");
    EXPECT_EQ(ask("WITH x AS (DELETE FROM local RETURNING 1) SELECT count(*) FROM x"), "0");
    EXPECT_THAT(ask("INSERT INTO local VALUES (30000, 'a')"), HasSubstr("42501"));
    // Only restrictive ones: nothing is permitted.
    admin("DELETE FROM tessera.policy WHERE permissive AND relation_name = 'items'");
    EXPECT_EQ(ask("SELECT count(*) FROM src.items"), "0");
    admin("SELECT tessera.drop_policy('src.items', 'not')");
    EXPECT_EQ(ask("SELECT count(*) FROM src.items"), "10000") << "plans follow at once";
}

/// What may be seen and what may be written are two things, and so are the commands.
TEST_F(Policy, WhatMayBeWrittenHasAnExpressionOfItsOwn) {
    admin(
        "DELETE FROM tessera.policy; SELECT tessera.create_policy('local', 'see', 'id <= 10', command => 'select'), "
        "tessera.create_policy('local', 'add', check_expression => $$tenant = (SELECT tessera.claim('tenant'))$$, "
        "command => 'insert'), tessera.create_policy('local', 'change', 'id = 5', $$note <> 'forbidden'$$, 'update'), "
        "tessera.create_policy('local', 'remove', 'id = 6', command => 'delete')");
    ASSERT_TRUE(session_->execute("BEGIN"));
    EXPECT_EQ(ask("WITH x AS (INSERT INTO local VALUES (50001, 'a') RETURNING 1) SELECT count(*) FROM local"), "10");
    EXPECT_EQ(ask("WITH x AS (UPDATE local SET note = 'x' RETURNING id) SELECT string_agg(id::text, ',') FROM x"), "5");
    EXPECT_EQ(ask("WITH x AS (DELETE FROM local RETURNING id) SELECT string_agg(id::text, ',') FROM x"), "6");
    ASSERT_TRUE(session_->execute("ROLLBACK"));
    for (const char* change :
         {"INSERT INTO local VALUES (50001, 'b')", "UPDATE local SET note = 'forbidden'",
          // What is written must be seen, where the statement looks.
          "INSERT INTO local VALUES (50001, 'a') RETURNING id", "UPDATE local SET id = 50001 WHERE id = 5"}) {
        EXPECT_THAT(ask(change), HasSubstr("42501")) << change;
    }
    // A restrictive one binds beside those that permit.
    admin(
        "SELECT tessera.create_policy('local', 'not', check_expression => $$note <> 'taken'$$, command => 'insert', "
        "permissive => false)");
    EXPECT_THAT(ask("INSERT INTO local VALUES (50001, 'a', 'taken')"), HasSubstr("42501"));
    EXPECT_EQ(ask("SELECT count(*) FROM local"), "10");
}

TEST_F(Policy, AreNotThePersonsToChange) {
    for (const char* attack :
         {"SELECT tessera.drop_policy('src.items', 'own')", "DELETE FROM tessera.policy", "TRUNCATE tessera.policy",
          "SELECT tessera.create_policy('src.items', 'all', 'true')", "DROP TABLE tessera.policy",
          "SELECT * FROM tessera.policy", "SET session_replication_role = replica"}) {
        EXPECT_THAT(ask(attack), HasSubstr("42501")) << attack;
    }
    EXPECT_EQ(ask("SELECT count(*) FROM src.items"), "9999");
    ASSERT_TRUE(session_->execute("SET row_security = off"));
    EXPECT_THAT(ask("SELECT count(*) FROM src.items"), HasSubstr("42501"));
    EXPECT_THAT(ask("SELECT count(*) FROM src.part"), Not(HasSubstr("42501"))) << "which has no policy";
}

TEST_F(Policy, StatisticsOfGovernedTablesAreHidden) {
    EXPECT_EQ(ask("SELECT count(*) FROM pg_stats WHERE tablename IN ('items', 'local')"), "0");
}

/// A function that is not leakproof would see values of the statistics while the statement is planned.
TEST_F(Policy, EstimatesDoNotTellOfHiddenRows) {
    const std::string rows =
        " AS SELECT i AS id, CASE i % 2 WHEN 0 THEN 'a' ELSE 'b' END AS tenant FROM generate_series(1, 1000) i";
    run(*source_, "CREATE TABLE halves" + rows + "; ANALYZE halves");
    admin("IMPORT FOREIGN SCHEMA public LIMIT TO (halves) FROM SERVER crm INTO src; CREATE TABLE halves" + rows);
    admin("ANALYZE src.halves");
    admin(
        "ANALYZE halves; GRANT SELECT ON src.halves, halves TO reader;"
        "CREATE FUNCTION sees(text, text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE COST 0.0001 AS "
        "$$BEGIN IF $1 = 'b' THEN RAISE 'seen'; END IF; RETURN $1 = $2; END$$;"
        "CREATE OPERATOR === (FUNCTION = sees, LEFTARG = text, RIGHTARG = text, RESTRICT = eqsel, JOIN = eqjoinsel)");
    for (const std::string table : {"src.halves", "halves"}) {
        const std::string condition = "EXPLAIN SELECT * FROM " + table + " WHERE tenant === 'x'";
        EXPECT_THAT(ask(condition), HasSubstr("seen")) << "without a policy its values are looked at";
        admin("SELECT tessera.create_policy('" + table + "', 'own', $$tenant = (SELECT tessera.claim('tenant'))$$)");
        EXPECT_THAT(ask(condition), Not(HasSubstr("seen"))) << table;
        EXPECT_THAT(ask("EXPLAIN SELECT * FROM " + table + " x JOIN " + table + " y ON x.tenant === y.tenant"),
                    Not(HasSubstr("seen")))
            << table;
        EXPECT_EQ(ask("SELECT count(*) FROM " + table + " WHERE tenant === 'a'"), "500") << table;
        // The planner knows all the same how many rows have the claim's tenant: one of two values.
        EXPECT_THAT(ask("EXPLAIN SELECT * FROM " + table), HasSubstr("rows=500 ")) << table;
    }
    EXPECT_EQ(ask("SELECT count(*) FROM pg_stats WHERE tablename = 'halves'"), "0");
    admin("DROP OPERATOR === (text, text); DROP FUNCTION sees; DROP TABLE halves; DROP FOREIGN TABLE src.halves");
}

/// Where a policy of the source hides all rows from the user who analyses.
TEST_F(Policy, TablesWithPoliciesAtTheSourceHaveTheirTrueSize) {
    run(*source_,
        "CREATE TABLE ruled AS SELECT i AS id, 'a' AS tenant FROM generate_series(1, 5000) i; ANALYZE ruled;"
        "CREATE TABLE bare (id int); ANALYZE bare;"
        "ALTER TABLE ruled ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON ruled USING (tenant = "
        "current_setting('app.tenant', true)); CREATE ROLE ruled LOGIN PASSWORD 'r'; GRANT SELECT ON ruled, bare TO "
        "ruled");
    admin(
        "CREATE SERVER ruled FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'postgres', host '127.0.0.1', port '" +
        std::to_string(source_->port()) +
        "', dbname 'postgres'); CREATE USER MAPPING FOR PUBLIC SERVER ruled OPTIONS (user 'ruled', password 'r');"
        "CREATE SCHEMA ruled; IMPORT FOREIGN SCHEMA public LIMIT TO (ruled, bare) FROM SERVER ruled INTO ruled");
    admin("ANALYZE ruled.ruled");
    admin("ANALYZE ruled.bare");
    auto watching = Connection::open(node_->settings());
    ASSERT_TRUE(watching) << watching.error().describe();
    EXPECT_EQ(ask(*watching, "SELECT count(*) FROM ruled.ruled"), "0");
    EXPECT_THAT(ask(*watching, "EXPLAIN SELECT * FROM ruled.ruled"), HasSubstr("rows=5000 "));
    EXPECT_EQ(ask(*watching, "SELECT reltuples FROM pg_class WHERE oid = 'ruled.bare'::regclass"), "0");
    admin("DROP SERVER ruled CASCADE; DROP SCHEMA ruled");
}

TEST_F(Policy, APartitionsOwnPolicyIsNotBypassedThroughItsParent) {
    admin("DELETE FROM tessera.policy; SELECT tessera.create_policy('src.part', 'own', 'false')");
    EXPECT_EQ(ask("SELECT count(*) FROM src.part"), "0");
    EXPECT_THAT(ask("SELECT count(*) FROM parts"), HasSubstr("42501"));
}

TEST_F(Policy, MayAskOtherTables) {
    admin(
        "CREATE TABLE IF NOT EXISTS allowed (id int); TRUNCATE allowed; INSERT INTO allowed VALUES (3), (4); GRANT "
        "SELECT ON allowed TO reader; CREATE OR REPLACE VIEW allowed_view AS SELECT id FROM allowed; GRANT SELECT ON "
        "allowed_view TO reader; DELETE FROM tessera.policy; SELECT tessera.create_policy('src.items', 'own', 'EXISTS "
        "(SELECT FROM public.allowed_view a WHERE a.id = items.id)'), tessera.create_policy('public.allowed', 'own', "
        "'id = 4')");
    EXPECT_EQ(ask("SELECT string_agg(id::text, ',') FROM src.items"), "4");
    admin("SELECT tessera.create_policy('public.allowed', 'own', 'EXISTS (SELECT FROM src.items)')");
    EXPECT_THAT(ask("SELECT count(*) FROM src.items"), HasSubstr("lead back to itself"));
}

TEST_F(Policy, MistakesAreNotTaken) {
    for (const char* mistake : {"nothing = 1", "id", "count(*) > 1", "true; DROP TABLE local", ""}) {
        EXPECT_FALSE(
            node_->execute(std::string("SELECT tessera.create_policy('src.items', 'bad', $$") + mistake + "$$)"))
            << mistake;
    }
    EXPECT_FALSE(node_->execute("SELECT tessera.create_policy('owners_view', 'bad', 'true')"));
    EXPECT_FALSE(node_->execute("SELECT tessera.create_mask('src.items', 'nothing', 'NULL')"));
    EXPECT_FALSE(node_->execute("SELECT tessera.create_mask('src.items', 'id', $$'x'::text$$)"));
}

TEST_F(Policy, MasksReplaceColumns) {
    admin(
        "SELECT tessera.create_mask('src.items', 'note', $$left(note, 3) || '…'$$), tessera.create_mask('local', "
        "'note', "
        "$$CASE WHEN tessera.claim('tenant') = 'b' THEN note END$$), tessera.create_mask('parts', 'amount', 'NULL')");
    EXPECT_EQ(ask("SELECT note FROM src.items WHERE id = 8"), "sec…");
    EXPECT_EQ(ask("SELECT count(*) FROM src.items WHERE note = 'secret 8'"), "0");
    EXPECT_EQ(ask("SELECT count(*) FROM src.items WHERE note = 'sec…'"), "9999");
    EXPECT_EQ(ask("SELECT count(DISTINCT note) FROM owners_view"), "1");
    EXPECT_EQ(ask("SELECT i FROM src.items i WHERE id = 8"), "(8,a,sec…,12.0)");
    EXPECT_EQ(ask("SELECT to_jsonb(i) ->> 'note' FROM src.items i WHERE id = 8"), "sec…");
    EXPECT_EQ(
        ask("SELECT count(*) FROM src.items a LEFT JOIN src.items b ON a.id = b.id AND b.id < 8 WHERE b.note IS NULL"),
        "9993");
    EXPECT_EQ(ask("SELECT count(note) FROM local"), "0");
    EXPECT_EQ(ask("SELECT count(*) || '/' || count(amount) FROM parts"), "9999/0");
    EXPECT_EQ(ask("SELECT count(*) FROM src.items WHERE 10 / (id - 7) > -100"), "9999");
    EXPECT_EQ(ask("SELECT count(*) FROM src.items WHERE 10 / (length(note) - 9) > -100"), "9999");
    EXPECT_THAT(ask("SELECT ctid FROM local"), HasSubstr("0A000"));
    EXPECT_THAT(ask("SELECT note FROM local FOR UPDATE"), HasSubstr("0A000"));
    EXPECT_THAT(ask("UPDATE local SET id = id WHERE note = 'secret 8'"), HasSubstr("0A000"));
    EXPECT_THAT(ask("DELETE FROM local WHERE note = 'secret 8'"), HasSubstr("0A000"));
    EXPECT_THAT(ask("INSERT INTO local VALUES (40000, 'a') RETURNING note"), HasSubstr("0A000"));
    auto other = open("b");
    EXPECT_EQ(ask(other, "SELECT note FROM local"), "secret 7");
    // A mask without a row policy.
    admin("DELETE FROM tessera.policy");
    EXPECT_EQ(ask("SELECT count(*) FROM src.items WHERE note = 'sec…'"), "10000");
}

}  // namespace
}  // namespace tessera
