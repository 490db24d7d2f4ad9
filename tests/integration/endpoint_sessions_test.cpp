/// How calls of endpoints use sessions of the node's PostgreSQL: who shares one, what is left in it, and what is too
/// long or goes wrong. No time is asserted.

#include "nodeservice/client/endpoints_client.h"
#include "tests/support/curl.h"
#include "tests/support/temporary_node.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <set>

namespace tessera {
namespace {

using nlohmann::json;

class EndpointSessionsTest : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        auto node = TemporaryNode::start({.name = "solo",
                                          .yaml = "endpoints: {authors: [tester]}\n",
                                          .users = "{name: caller, password: c}, {name: french, password: f}"});
        ASSERT_TRUE(node) << node.error().describe();
        node_ = std::make_unique<TemporaryNode>(std::move(*node));
    }

    static void TearDownTestSuite() { node_.reset(); }

    /// What is wrong, or nothing.
    static std::string applied(const std::string& text) {
        const auto author = client::EndpointsClient::create(
            {"solo", "127.0.0.1:" + std::to_string(node_->port()), TemporaryNode::kUser, TemporaryNode::kPassword});
        EXPECT_TRUE(author) << author.error().describe();
        const auto done = (*author)->apply({{"x.sql", text}}, false, true);
        return !done ? done.error().describe() : done->problems.empty() ? "" : done->problems.front().describe();
    }

    static HttpAnswer call(const std::string& path, const std::string& who = "caller:c",
                           const std::vector<std::string>& more = {}) {
        return runCurl("http://127.0.0.1:" + std::to_string(node_->port()) + "/api/v1/endpoints" + path,
                       "user = \"" + who + "\"\n", more);
    }

    static void change(const std::string& sql) {
        auto connection = node_->connect();
        ASSERT_TRUE(connection) << connection.error().describe();
        const auto done = connection->execute(sql);
        ASSERT_TRUE(done) << done.error().describe();
    }

    inline static std::unique_ptr<TemporaryNode> node_;
};

/// Calls share sessions of their person, with statements prepared; what a call leaves there, the next does not find.
TEST_F(EndpointSessionsTest, ACallFindsNothingOfTheOneBefore) {
    ASSERT_EQ(applied("/* {endpoint: leave} */ SELECT pg_backend_pid() AS pid, set_config('my.mark', 'x', false) AS a, "
                      "set_config('role', 'none', false) AS b, pg_advisory_lock(77)::text AS c"),
              "");
    ASSERT_EQ(applied("/* {endpoint: look} */ SELECT pg_backend_pid() AS pid, current_user::text AS who, "
                      "coalesce(current_setting('my.mark', true), '') AS mark, (SELECT count(*) FROM pg_locks WHERE "
                      "locktype = 'advisory') AS locks, (SELECT count(*) FROM pg_cursors WHERE name <> '') AS cursors, "
                      "current_setting('transaction_read_only') AS read_only"),
              "");
    const auto ask = [](const std::string& path, const std::string& who) {
        return call(path, who).asJson()["items"][0];
    };
    std::set<int> pids;
    for (int i = 0; i < 4; ++i) {
        pids.insert(ask("/leave", "caller:c")["pid"].get<int>());
        const json seen = ask("/look", "caller:c");
        EXPECT_TRUE(pids.contains(seen["pid"].get<int>())) << "the session is kept: " << seen;
        EXPECT_EQ(seen["who"], "caller");
        EXPECT_EQ(seen["mark"], "");
        EXPECT_EQ(seen["locks"], "0");
        EXPECT_EQ(seen["cursors"], "0");
        EXPECT_EQ(seen["read_only"], "on");
        const json other = ask("/look", "french:f");
        EXPECT_FALSE(pids.contains(other["pid"].get<int>())) << "it is nobody else's";
        EXPECT_EQ(other["who"], "french");
    }
}

TEST_F(EndpointSessionsTest, CallsGoOnWhenWhatWasPreparedIsStale) {
    change(
        "CREATE TABLE public.stale(a int); INSERT INTO public.stale VALUES (1); GRANT SELECT ON public.stale TO "
        "caller; CREATE FUNCTION public.forget() RETURNS text LANGUAGE plpgsql AS 'BEGIN EXECUTE ''DEALLOCATE ALL''; "
        "RETURN 1; END'");
    ASSERT_EQ(applied("/* {endpoint: stale} */ SELECT * FROM public.stale"), "");
    ASSERT_EQ(applied("/* {endpoint: forget} */ SELECT public.forget() AS a"), "");
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(call("/stale").asJson()["items"][0]["a"], 1);
    }
    change("ALTER TABLE public.stale ALTER a TYPE text");
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(call("/stale").asJson()["items"][0]["a"], "1") << "another type than what was prepared";
        EXPECT_EQ(call("/forget").status, 200);
    }
    change("DROP TABLE public.stale; DROP FUNCTION public.forget()");
    const HttpAnswer gone = call("/stale");
    EXPECT_EQ(gone.asJson().value("sqlstate", ""), "42P01") << gone.body;
}

/// What is long in time or bytes goes on in a thread of its own; what goes wrong is said; both leave others alone.
TEST_F(EndpointSessionsTest, LongAnswersAndFailuresComeAsShortOnesDo) {
    ASSERT_EQ(applied("/* {endpoint: rows, parameters: [{name: n, type: integer, required: true}, {name: by, type: "
                      "integer, default: 1}]} */ SELECT i, i / :by AS j, repeat('x', 90) AS x, "
                      "CASE WHEN i = 1 THEN pg_sleep(:n % 2 * 0.2)::text END AS slept FROM generate_series(1, :n) i"),
              "");
    for (const int n : {1, 600, 1500, 20'001}) {
        const HttpAnswer answer = call("/rows?n=" + std::to_string(n));
        ASSERT_EQ(answer.status, 200) << n << answer.body.substr(0, 500);
        const json items = answer.asJson()["items"];
        ASSERT_EQ(items.size(), static_cast<std::size_t>(n));
        EXPECT_EQ(items.back()["i"], n);
        const HttpAnswer wrong = call("/rows?by=0&n=" + std::to_string(n));
        EXPECT_EQ(wrong.asJson().value("sqlstate", ""), "22012") << wrong.body.substr(0, 500);
        EXPECT_EQ(call("/rows?n=2").asJson()["items"].size(), 2U);
        const HttpAnswer packed = call("/rows?format=csv&n=" + std::to_string(n), "caller:c", {"--compressed"});
        EXPECT_EQ(std::count(packed.body.begin(), packed.body.end(), '\n'), n + 1);
    }
}

/// Many at once, of whom only one reads the store.
TEST_F(EndpointSessionsTest, WhatWasPublishedIsThereForTheFirstCallers) {
    for (const std::string name : {"fresh-a", "fresh-b", "fresh-c"}) {
        ASSERT_EQ(applied("/* {endpoint: " + name + "} */ SELECT 1 AS a"), "");
        std::vector<std::future<int>> callers(8);
        for (auto& caller : callers) {
            caller = std::async(std::launch::async, [&name] { return call("/" + name).status; });
        }
        std::for_each(callers.begin(), callers.end(), [](auto& caller) { EXPECT_EQ(caller.get(), 200); });
    }
}

}  // namespace
}  // namespace tessera
