/// Who a session acts for: what the node attaches is read back, and no SQL sets, keeps, loses or takes it.

#include "nodeservice/identity/context_signer.h"
#include "tests/support/temporary_postgres.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <poll.h>

#include <ctime>
#include <memory>

namespace tessera {
namespace {

using identity::ContextSigner;
using postgres::Connection;
using testing::HasSubstr;

constexpr const char* kAnn =
    R"({"subject": "ann", "claims": {"email": "ann@example.org", "realm": {"roles": ["a", "b"]}}, "actors": ["lake"]})";
constexpr const char* kBob = R"({"subject": "bob", "claims": {"email": "bob@example.org"}, "actors": []})";
constexpr const char* kEmail = "SELECT tessera.claim('email')";

/// A server that knows one node's key, and `reader`, a login role that owns nothing.
class Identity : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        signer_ = std::make_unique<ContextSigner>(std::move(*ContextSigner::create()));
        auto started = TemporaryPostgres::start({.with_extension = true,
                                                 .settings = {{"shared_preload_libraries", "tessera_fdw"},
                                                              {"tessera.identity_key", signer_->publicKey()}}});
        ASSERT_TRUE(started) << started.error().describe();
        server_ = std::make_unique<TemporaryPostgres>(std::move(*started));
        const auto made = server_->execute(
            "CREATE EXTENSION tessera_fdw; CREATE ROLE reader LOGIN PASSWORD 'r'; CREATE ROLE other LOGIN PASSWORD 'o';"
            "CREATE TABLE facts AS SELECT i AS id, 'ann@example.org'::text AS owner FROM generate_series(1, 20000) i;"
            "GRANT SELECT ON facts TO reader; ANALYZE facts; CREATE EXTENSION dblink;"
            "GRANT CREATE ON SCHEMA public TO reader");
        ASSERT_TRUE(made) << made.error().describe();
    }

    static void TearDownTestSuite() {
        server_.reset();
        signer_.reset();
    }

    static Result<Connection> connect(const std::string& options = "") {
        postgres::ConnectionSettings settings = server_->settings();
        settings.user = "reader";
        settings.password = "r";
        if (!options.empty()) {
            settings.more["options"] = options;
        }
        return Connection::open(settings);
    }

    void SetUp() override {
        auto opened = connect();
        ASSERT_TRUE(opened) << opened.error().describe();
        session_ = std::make_unique<Connection>(std::move(*opened));
    }

    void attach(const char* context) {
        const auto done = signer_->attach(*session_, context);
        ASSERT_TRUE(done) << done.error().describe();
    }

    std::string value(const std::string& sql) { return value(*session_, sql); }

    static std::string value(Connection& connection, const std::string& sql) {
        auto result = connection.queryValue(sql);
        EXPECT_TRUE(result) << sql << "\n" << result.error().describe();
        return result ? result->value_or("NULL") : "";
    }

    inline static std::unique_ptr<ContextSigner> signer_;
    inline static std::unique_ptr<TemporaryPostgres> server_;
    std::unique_ptr<Connection> session_;
};

TEST_F(Identity, IsReadBack) {
    EXPECT_EQ(value("SELECT tessera.identity()"), "NULL");
    EXPECT_EQ(value("SELECT tessera.claim('email')"), "NULL");
    attach(kAnn);
    EXPECT_EQ(value(kEmail), "ann@example.org");
    EXPECT_EQ(value("SELECT tessera.claim('realm', 'roles', '1')"), "b");
    EXPECT_EQ(value("SELECT tessera.claims() ->> 'email'"), "ann@example.org");
    EXPECT_EQ(value("SELECT tessera.user_id()"), "ann");
    EXPECT_EQ(value("SELECT tessera.actor_chain()"), "{lake}");
    EXPECT_EQ(value("SELECT tessera.require(tessera.claim('email') LIKE 'ann%', 'only for Ann')"), "t");
    const auto refused = session_->query("SELECT tessera.require(tessera.claim('age') = '5', 'only for the young')");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().sqlstate, "42501");
    EXPECT_THAT(refused.error().message, HasSubstr("only for the young"));
    // The node may put another in its place, and take it away.
    attach(kBob);
    EXPECT_EQ(value(kEmail), "bob@example.org");
    ASSERT_TRUE(signer_->detach(*session_));
    EXPECT_EQ(value("SELECT tessera.identity()"), "NULL");
}

TEST_F(Identity, SqlCannotSetIt) {
    for (const bool attached : {false, true}) {
        if (attached) {
            attach(kAnn);
        }
        for (const std::string& attack : std::vector<std::string>{
                 "SET tessera.identity = '{\"claims\": {\"email\": \"eve\"}}'", "SET LOCAL tessera.identity = '{}'",
                 "SELECT set_config('tessera.identity', '{}', false)",
                 "SELECT set_config('tessera.identity', '{}', true)",
                 "WITH x AS MATERIALIZED (SELECT set_config('tessera.identity', '{}', false)) SELECT * FROM x",
                 "DO $$ BEGIN PERFORM set_config('tessera.identity', '{}', false); END $$",
                 "DO $$ BEGIN EXECUTE 'SET tessera.identity = ''{}'''; END $$",
                 "CREATE FUNCTION pg_temp.f() RETURNS text LANGUAGE sql SET tessera.identity = '{}' AS $$ SELECT "
                 "tessera.claim('email') $$",
                 "ALTER ROLE reader SET tessera.identity = '{}'", "RESET tessera.identity",
                 // What is now, for ever: in a function's or a role's settings it would be others' as well.
                 "CREATE FUNCTION pg_temp.f() RETURNS text LANGUAGE sql SET tessera.identity FROM CURRENT AS $$ SELECT "
                 "tessera.claim('email') $$",
                 "ALTER ROLE reader SET tessera.identity FROM CURRENT", "SET LOCAL tessera.identity TO DEFAULT",
                 "SELECT set_config('tessera.identity', current_setting('tessera.identity'), false)",
                 "SELECT set_config('tessera.identity', NULL, false)",
                 "BEGIN; SET LOCAL \"Tessera.Identity\" = '{}'; COMMIT", "SET tessera.identity TO DEFAULT",
                 "SHOW tessera.identity", "SELECT tessera.attach('{}', '\\x00')",
                 "SELECT tessera.challenge(), tessera.attach('{}', decode(repeat('00', 64), 'hex'))",
                 "SELECT tessera.detach(decode(repeat('00', 64), 'hex'))", "SET SESSION AUTHORIZATION other",
                 "SET ROLE other", "SELECT set_config('role', 'other', false)",
                 "UPDATE pg_settings SET setting = '{}' WHERE name = 'tessera.identity' RETURNING 1/0"}) {
            const auto done = session_->query(attack);
            // The last one finds no row to update.
            EXPECT_TRUE(!done || done->values.empty()) << attack;
            EXPECT_EQ(value("SELECT tessera.claim('email')"), attached ? "ann@example.org" : "NULL") << attack;
        }
    }
}

TEST_F(Identity, OutlivesWhatEndsOrdinarySettings) {
    attach(kAnn);
    for (const char* attempt : {"RESET ALL", "DISCARD ALL", "RESET ROLE", "RESET SESSION AUTHORIZATION"}) {
        ASSERT_TRUE(session_->execute(attempt)) << attempt;
        EXPECT_EQ(value(kEmail), "ann@example.org") << attempt;
    }
}

TEST_F(Identity, NotEvenTheSuperuserSetsIt) {
    auto superuser = server_->connect();
    ASSERT_TRUE(superuser);
    for (const char* attack :
         {"SET tessera.identity = '{}'", "ALTER ROLE reader SET tessera.identity = '{}'",
          "ALTER SYSTEM SET tessera.identity = '{}'", "ALTER DATABASE postgres SET tessera.identity = '{}'",
          "ALTER SYSTEM SET tessera.identity_key = 'x'", "SET tessera.identity_key = ''",
          "CREATE FUNCTION borrowed() RETURNS text LANGUAGE sql SET tessera.identity = '{}' AS $$ SELECT 'x' $$"}) {
        EXPECT_FALSE(superuser->execute(attack)) << attack;
    }
    // Nor does it keep one of its own for whoever calls a function, signs in as a role, or comes to a database.
    ASSERT_TRUE(signer_->attach(*superuser, kBob));
    for (const char* attack :
         {"CREATE FUNCTION borrowed() RETURNS text LANGUAGE sql SET tessera.identity FROM CURRENT AS $$ SELECT 'x' $$",
          "ALTER ROLE reader SET tessera.identity FROM CURRENT",
          "ALTER DATABASE postgres SET tessera.identity FROM CURRENT"}) {
        EXPECT_FALSE(superuser->execute(attack)) << attack;
    }
    // Granting the right to set the parameter changes nothing but that its holder may give the identity up.
    ASSERT_TRUE(superuser->execute("GRANT SET ON PARAMETER tessera.identity TO reader"));
    attach(kAnn);
    EXPECT_FALSE(session_->execute("SET tessera.identity = '{}'"));
    EXPECT_FALSE(session_->query("SELECT set_config('tessera.identity', '{\"claims\":{}}', false)"));
    EXPECT_FALSE(session_->execute(
        "CREATE FUNCTION pg_temp.borrowed() RETURNS text LANGUAGE sql SET tessera.identity FROM CURRENT AS $$ SELECT "
        "tessera.claim('email') $$"));
    EXPECT_FALSE(session_->execute("ALTER ROLE reader SET tessera.identity FROM CURRENT"));
    ASSERT_TRUE(superuser->execute("REVOKE SET ON PARAMETER tessera.identity FROM reader"));
    EXPECT_EQ(value(kEmail), "ann@example.org");
}

TEST_F(Identity, DoesNotComeWithTheConnection) {
    EXPECT_FALSE(connect("-c tessera.identity={}"));
    EXPECT_FALSE(connect("-c tessera.identity_key=00"));
    postgres::ConnectionSettings settings = server_->settings();
    settings.more["options"] = "-c tessera.identity={}";
    EXPECT_FALSE(Connection::open(settings)) << "the superuser";
}

TEST_F(Identity, IsRolledBackWithItsTransaction) {
    attach(kAnn);
    ASSERT_TRUE(session_->execute("BEGIN"));
    attach(kBob);
    EXPECT_EQ(value(kEmail), "bob@example.org");
    ASSERT_TRUE(session_->execute("ROLLBACK"));
    EXPECT_EQ(value(kEmail), "ann@example.org");
    ASSERT_TRUE(session_->execute("BEGIN; SAVEPOINT s"));
    attach(kBob);
    ASSERT_TRUE(session_->execute("ROLLBACK TO SAVEPOINT s; COMMIT"));
    EXPECT_EQ(value(kEmail), "ann@example.org");
}

TEST_F(Identity, IsTheSameInParallelWorkers) {
    attach(kAnn);
    ASSERT_TRUE(
        session_->execute("SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET "
                          "min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2; SET "
                          "parallel_leader_participation = off"));
    const std::string sql = "SELECT count(*) FROM facts WHERE owner = tessera.claim('email')";
    auto plan = session_->query("EXPLAIN " + sql);
    ASSERT_TRUE(plan);
    std::string text;
    for (const auto& row : plan->values) {
        text += row[0].value_or("") + "\n";
    }
    EXPECT_THAT(text, HasSubstr("Parallel Seq Scan"));
    EXPECT_EQ(value(sql), "20000");
}

TEST_F(Identity, ASignatureServesOnce) {
    const std::string challenge = value("SELECT tessera.challenge()");
    const auto signature = signer_->signAttach(challenge, kAnn);
    ASSERT_TRUE(signature);
    ASSERT_TRUE(session_->query("SELECT tessera.attach($1, $2)", {kAnn, *signature}));
    ASSERT_TRUE(signer_->detach(*session_));
    EXPECT_FALSE(session_->query("SELECT tessera.attach($1, $2)", {kAnn, *signature})) << "replayed";
    // Not after a new challenge either, nor with another context, nor to detach.
    (void)value("SELECT tessera.challenge()");
    EXPECT_FALSE(session_->query("SELECT tessera.attach($1, $2)", {kAnn, *signature})) << "another challenge";
    const auto for_ann = signer_->signAttach(value("SELECT tessera.challenge()"), kAnn);
    EXPECT_FALSE(session_->query("SELECT tessera.attach($1, $2)", {kBob, *for_ann})) << "another context";
    EXPECT_FALSE(session_->query("SELECT tessera.attach($1, $2)", {kAnn, *for_ann})) << "a second attempt";
    const auto to_attach = signer_->signAttach(value("SELECT tessera.challenge()"), "");
    EXPECT_FALSE(session_->query("SELECT tessera.detach($1)", {*to_attach}));
    EXPECT_EQ(value("SELECT tessera.identity()"), "NULL");
}

/// The time limit of challenges is made so short that each is over at once.
TEST_F(Identity, ASignatureThatComesLateServesNothing) {
    auto admin = Connection::open(server_->settings());
    ASSERT_TRUE(admin) << admin.error().describe();
    ASSERT_TRUE(admin->execute("SET tessera.challenge_life = 0"));
    const std::string challenge = value(*admin, "SELECT tessera.challenge()");
    const auto signature = signer_->signAttach(challenge, kAnn);
    const auto late = admin->query("SELECT tessera.attach($1, $2)", {kAnn, *signature});
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().sqlstate, "28000");
    ASSERT_TRUE(admin->execute("RESET tessera.challenge_life"));
    EXPECT_FALSE(admin->query("SELECT tessera.attach($1, $2)", {kAnn, *signature})) << "it is over for good";
    EXPECT_EQ(value(*admin, "SELECT tessera.identity()"), "NULL");
    ASSERT_TRUE(signer_->attach(*admin, kAnn)) << "the session can be signed in by another";
    EXPECT_FALSE(admin->execute("SET tessera.challenge_life = '31 s'"));
    EXPECT_FALSE(session_->execute("SET tessera.challenge_life = '10 s'")) << "not the person's to change";
}

TEST_F(Identity, ASignatureServesNoOtherSession) {
    auto other = connect();
    ASSERT_TRUE(other);
    const auto signature = signer_->signAttach(value("SELECT tessera.challenge()"), kAnn);
    (void)value(*other, "SELECT tessera.challenge()");
    EXPECT_FALSE(other->query("SELECT tessera.attach($1, $2)", {kAnn, *signature}));
    EXPECT_EQ(value(*other, "SELECT tessera.identity()"), "NULL");
}

TEST_F(Identity, AnotherNodesSignatureIsNone) {
    const auto stranger = ContextSigner::create();
    ASSERT_TRUE(stranger);
    EXPECT_FALSE(stranger->attach(*session_, kAnn));
    EXPECT_EQ(value("SELECT tessera.identity()"), "NULL");
}

TEST_F(Identity, OtherSessionsDoNotSeeIt) {
    attach(kAnn);
    auto other = connect();
    ASSERT_TRUE(other);
    EXPECT_EQ(value(*other, kEmail), "NULL");
    EXPECT_EQ(
        value(*other,
              "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%ann@example%' AND pid <> pg_backend_pid()"),
        "0");
    EXPECT_EQ(value(*other, "SELECT count(*) FROM pg_settings WHERE name = 'tessera.identity'"), "0");
    // Nor does a way round through the server itself carry it along.
    EXPECT_EQ(value("SELECT email FROM public.dblink('host=127.0.0.1 port=" + std::to_string(server_->port()) +
                    " dbname=postgres user=reader password=r', 'SELECT tessera.claim(''email'')') AS t (email text)"),
              "NULL");
}

TEST_F(Identity, ItsReadersCannotBeReplaced) {
    attach(kAnn);
    // A function of the same name in front of the search path is not what qualified names find.
    ASSERT_TRUE(
        session_->execute("CREATE FUNCTION pg_temp.claim(VARIADIC path text[]) RETURNS text LANGUAGE sql AS "
                          "'SELECT ''eve'''; SET search_path = pg_temp, public"));
    EXPECT_EQ(value(kEmail), "ann@example.org");
    EXPECT_FALSE(
        session_->execute("CREATE OR REPLACE FUNCTION tessera.claims() RETURNS jsonb LANGUAGE sql AS "
                          "'SELECT ''{}''::jsonb'"));
    // Nor are the operators that they use.
    ASSERT_TRUE(
        session_->execute("CREATE FUNCTION public.eve(jsonb, text[]) RETURNS text LANGUAGE sql IMMUTABLE AS "
                          "'SELECT ''eve'''; CREATE OPERATOR public.#>> (leftarg = jsonb, rightarg = text[], "
                          "function = public.eve); SET search_path = public, pg_catalog"));
    EXPECT_EQ(value(kEmail), "ann@example.org");
    ASSERT_TRUE(session_->execute("DROP FUNCTION public.eve CASCADE"));
}

TEST_F(Identity, Ends) {
    const auto late =
        signer_->attach(*session_, R"({"subject": "ann", "claims": {"email": "ann"}, "expires": 1000000000})");
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().sqlstate, "28000");
    EXPECT_THAT(late.error().message, HasSubstr("has expired"));
    attach(R"({"subject": "ann", "claims": {"email": "ann"}, "expires": 32503680000})");
    EXPECT_EQ(value(kEmail), "ann");
}

TEST_F(Identity, SessionsWithSourcesEndWithWhoTheyAreFor) {
    ASSERT_TRUE(server_->execute(R"(CREATE SERVER IF NOT EXISTS box FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector
        'memory', tables '{"t": {"columns": [{"name": "id", "type": "integer"}], "rows": 3}}');
        CREATE FOREIGN TABLE IF NOT EXISTS boxed (id integer) SERVER box OPTIONS (table_name 't');
        GRANT SELECT ON boxed TO reader)"));
    const std::string count = "SELECT count(*) FROM tessera.connections()";
    attach(kAnn);
    EXPECT_EQ(value("SELECT count(*) FROM boxed"), "3");
    EXPECT_EQ(value(count), "1");
    attach(kAnn);
    EXPECT_EQ(value(count), "1") << "she is the same";
    EXPECT_EQ(value("SELECT count(*) FROM boxed"), "3");
    ASSERT_TRUE(session_->execute("BEGIN"));
    attach(kBob);
    EXPECT_EQ(value(count), "0");
    EXPECT_EQ(value("SELECT count(*) FROM boxed"), "3");
    ASSERT_TRUE(session_->execute("ROLLBACK"));
    EXPECT_EQ(value(kEmail), "ann@example.org");
    EXPECT_EQ(value(count), "0") << "what was opened for bob is not ann's";
}

TEST_F(Identity, ServersThatDelegateTakeNobodysCredentials) {
    const std::string server =
        "CREATE SERVER there FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'node', host "
        "'127.0.0.1', port '1', delegate 'there'";
    EXPECT_FALSE(server_->execute(server + ", two_phase 'true')"));
    ASSERT_TRUE(server_->execute(server + "); CREATE FOREIGN TABLE far (id integer) SERVER there OPTIONS (table_name "
                                          "'t'); CREATE VIEW lent AS SELECT * FROM far; GRANT SELECT ON far, lent TO "
                                          "reader; CREATE USER MAPPING FOR PUBLIC SERVER there OPTIONS (user 'u', "
                                          "password 'p'); CREATE USER MAPPING FOR reader SERVER there OPTIONS (user "
                                          "'u', password 'p')"));
    for (const char* sql : {"SELECT * FROM far", "SELECT * FROM lent"}) {
        const auto nobody = session_->query(sql);
        ASSERT_FALSE(nobody);
        EXPECT_EQ(nobody.error().sqlstate, "28000") << nobody.error().describe();
    }
    attach(kAnn);
    for (const char* sql : {"SELECT * FROM far", "SELECT * FROM lent"}) {
        const auto refused = session_->query(sql);
        ASSERT_FALSE(refused);
        EXPECT_THAT(refused.error().message, HasSubstr("nobody who could be passed on"))
            << "this server has no node beside it: " << refused.error().describe();
    }
    ASSERT_TRUE(server_->execute("ALTER SERVER there OPTIONS (ADD sslmode 'prefer')"));
    const auto clear = session_->query("SELECT * FROM far");
    ASSERT_FALSE(clear);
    EXPECT_THAT(clear.error().message, HasSubstr("'sslmode' must be verify-full or verify-ca"));
}

TEST_F(Identity, AtItsEndTheSessionEndsAndWhatItRuns) {
    const auto expiring = [] {
        return R"({"subject": "ann", "claims": {}, "expires": )" + std::to_string(std::time(nullptr) + 2) + "}";
    };
    attach(expiring().c_str());
    // The first result is the server's word; the next only says that the connection is gone.
    ASSERT_EQ(PQsendQuery(session_->handle(), "SELECT pg_sleep(600)"), 1);
    const postgres::ResultHandle stopped(PQgetResult(session_->handle()));
    EXPECT_STREQ(PQresultErrorField(stopped.get(), PG_DIAG_SQLSTATE), "28000");
    EXPECT_STREQ(PQresultErrorField(stopped.get(), PG_DIAG_MESSAGE_PRIMARY),
                 "the identity of this session has expired");
    EXPECT_FALSE(session_->query("SELECT 1")) << "the session is gone";

    // An idle one ends as well, and one that was detached in time does not.
    auto idle = connect();
    auto detached = connect();
    ASSERT_TRUE(idle && detached);
    ASSERT_TRUE(signer_->attach(*idle, expiring()));
    ASSERT_TRUE(signer_->attach(*detached, expiring()));
    ASSERT_TRUE(signer_->detach(*detached));
    // The server says so by itself: nobody has asked.
    EXPECT_TRUE(waitUntil([&] {
        pollfd waiting{PQsocket(idle->handle()), POLLIN, 0};
        return ::poll(&waiting, 1, 0) == 1;
    }));
    EXPECT_FALSE(idle->query("SELECT 1"));
    EXPECT_TRUE(detached->query("SELECT 1"));
}

}  // namespace
}  // namespace tessera
