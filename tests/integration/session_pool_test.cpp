/// Sessions that the gateway keeps for reuse: only the same person gets one, and finds nothing of who had it before.

#include "tests/support/node_test.h"
#include "tests/support/raw_client.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <atomic>
#include <ctime>
#include <filesystem>
#include <future>
#include <set>

namespace tessera {
namespace {

using testing::HasSubstr;

using Client = SessionClient;

class GatewayPoolTest : public NodeTest {
  protected:
    static void SetUpTestSuite() {
        startNode(
            {.yaml = "gateway: {pooled_sessions: 8, pooled_session_seconds: 15}" + identityYaml(), .listen = kTls});
    }

    static std::string tester(const std::string& more = {}) { return targetOfTester(more); }

    static std::string tokenOf(const std::string& subject, const std::string& tenant = "t") {
        return NodeTest::tokenOf(subject, {{"tenant", tenant}});
    }

    static std::string person(const std::string& token) {
        return target("user=analyst sslmode=require password=" + token);
    }

    static int pooled() { return static_cast<int>(metric("tessera_pooled_sessions")); }

    /// Connects, runs the statements, leaves properly. Returns the backend's process id, once the session is back or
    /// gone.
    static int leave(const std::string& target, const std::vector<std::string>& statements) {
        int pid = 0;
        {
            const Client client(target);
            pid = client.pid();
            for (const std::string& sql : statements) {
                client.ask(sql);
            }
        }
        // As the same role, which sees its own sessions only.
        const Client other(target + " application_name=looker");
        EXPECT_TRUE(waitUntil(
            [&] {
                return other.ask("SELECT count(*) FROM pg_stat_activity WHERE pid = " + std::to_string(pid) +
                                 " AND (state <> 'idle' OR query NOT LIKE '%pg_my_temp_schema%')") == "0";
            },
            kPatience));
        return pid;
    }
};

TEST_F(GatewayPoolTest, TheSamePersonGetsACleanSession) {
    const std::string ann = person(tokenOf("ann"));
    const int pid = leave(ann, {"SET work_mem = '7MB'", "SET search_path = pg_catalog", "PREPARE p AS SELECT 1",
                                "CREATE TEMP TABLE t (n int)", "LISTEN news", "SELECT pg_advisory_lock(7)",
                                "DECLARE c CURSOR WITH HOLD FOR SELECT 1", "SELECT set_config('my.mark', 'x', false)"});
    ASSERT_TRUE(waitUntil([] { return pooled() >= 1; }, kPatience));
    const Client again(ann);
    EXPECT_EQ(again.pid(), pid);
    EXPECT_EQ(again.ask("SHOW work_mem"), "4MB");
    EXPECT_EQ(again.ask("SHOW search_path"), "\"$user\", public");
    EXPECT_EQ(again.ask("SELECT count(*) FROM pg_prepared_statements"), "0");
    EXPECT_EQ(again.ask("SELECT count(*) FROM pg_cursors"), "0");
    EXPECT_EQ(again.ask("SELECT count(*) FROM pg_listening_channels()"), "0");
    EXPECT_THAT(again.ask("SELECT * FROM t"), HasSubstr("does not exist"));
    EXPECT_EQ(again.ask("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), "0");
    EXPECT_EQ(again.ask("SELECT coalesce(current_setting('my.mark', true), '')"), "");
    EXPECT_EQ(again.ask("SELECT tessera.user_id()"), "ann");
    // What libpq was told at the start is true of it.
    EXPECT_STREQ(PQparameterStatus(again.get(), "server_encoding"), "UTF8");
    // Its cancel key is its own.
    ASSERT_EQ(PQsendQuery(again.get(), "SELECT pg_sleep(60)"), 1);
    const Handle<PGcancel, PQfreeCancel> cancel(PQgetCancel(again.get()));
    char error[256] = "";
    ASSERT_TRUE(waitUntil([&] {
        return Client(ann + " application_name=looker")
                   .ask("SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'") == "1";
    }));
    ASSERT_EQ(PQcancel(cancel.get(), error, sizeof error), 1);
    const postgres::ResultHandle result(PQgetResult(again.get()));
    EXPECT_STREQ(PQresultErrorField(result.get(), PG_DIAG_SQLSTATE), "57014");
}

TEST_F(GatewayPoolTest, NobodyElseGetsIt) {
    const std::string token = tokenOf("carol");
    const int pid = leave(person(token), {"SELECT 1"});
    // Another person, the same with other claims, another role, other start-up parameters.
    EXPECT_NE(Client(person(tokenOf("dave"))).pid(), pid);
    EXPECT_NE(Client(person(tokenOf("carol", "other"))).pid(), pid);
    EXPECT_NE(Client(tester()).pid(), pid);
    EXPECT_NE(Client(person(token) + " application_name=x").pid(), pid);
    EXPECT_NE(Client(person(token) + " options='-c work_mem=5MB'").pid(), pid);
    EXPECT_EQ(Client(person(token)).pid(), pid);
}

TEST_F(GatewayPoolTest, InDoubtItIsClosed) {
    const auto is_closed_after = [](const std::vector<std::string>& statements) {
        const std::string target = tester("application_name=doubt" + std::to_string(statements.size()) +
                                          std::to_string(std::hash<std::string>()(statements.back()) % 1000));
        const int pid = leave(target, statements);
        return Client(tester()).ask("SELECT count(*) FROM pg_stat_activity WHERE pid = " + std::to_string(pid)) == "0";
    };
    EXPECT_FALSE(is_closed_after({"SELECT 1"}));
    EXPECT_TRUE(is_closed_after({"BEGIN"}));
    EXPECT_TRUE(is_closed_after({"BEGIN", "bogus"}));
    EXPECT_TRUE(is_closed_after({"SELECT 1", "COPY (SELECT generate_series(1, 10000000)) TO STDOUT"}));
    // A client that vanishes without a word, with an answer under way or without.
    int pid = 0;
    {
        const Client client(tester("application_name=vanishes"));
        pid = client.pid();
        ::shutdown(PQsocket(client.get()), SHUT_RDWR);
    }
    EXPECT_TRUE(waitUntil([&] {
        return Client(tester()).ask("SELECT count(*) FROM pg_stat_activity WHERE pid = " + std::to_string(pid)) == "0";
    }));
    // A cancelled one: the next client must not be hit by a cancel that comes late.
    {
        const Client client(tester("application_name=cancelled"));
        pid = client.pid();
        const Handle<PGcancel, PQfreeCancel> cancel(PQgetCancel(client.get()));
        char error[256] = "";
        ASSERT_EQ(PQcancel(cancel.get(), error, sizeof error), 1);
        client.ask("SELECT 1");
    }
    EXPECT_NE(Client(tester("application_name=cancelled")).pid(), pid);
}

TEST_F(GatewayPoolTest, ManyPeopleInTurnStayWhoTheyAre) {
    std::vector<std::string> tokens;
    for (int i = 0; i < 6; ++i) {
        tokens.push_back(tokenOf("person" + std::to_string(i)));
    }
    std::atomic<int> wrong = 0;
    std::vector<std::future<void>> threads;
    for (int thread = 0; thread < 3; ++thread) {
        threads.push_back(std::async(std::launch::async, [&, thread] {
            for (int i = 0; i < 40; ++i) {
                const int who = (i * 7 + thread) % 6;
                const std::string name = "person" + std::to_string(who);
                const Client client(person(tokens[static_cast<std::size_t>(who)]));
                wrong += client.ask("SELECT tessera.user_id()") == name ? 0 : 1;
                wrong += client.ask("SELECT coalesce(current_setting('my.mark', true), '')").empty() ? 0 : 1;
                client.ask("SELECT set_config('my.mark', '" + name + "', false)");
                client.ask("PREPARE mine AS SELECT 1");
            }
        }));
    }
    threads.clear();
    EXPECT_EQ(wrong, 0);
}

TEST_F(GatewayPoolTest, KeptForAWhileAndNotMoreThanAllowed) {
    {
        std::vector<std::unique_ptr<Client>> many;
        for (int i = 0; i < 12; ++i) {
            many.push_back(std::make_unique<Client>(tester("application_name=many" + std::to_string(i))));
        }
    }
    EXPECT_TRUE(waitUntil([] { return pooled() == 8; }, kPatience));
    EXPECT_TRUE(waitUntil([] { return pooled() == 0; }, kPatience));
}

}  // namespace
}  // namespace tessera
