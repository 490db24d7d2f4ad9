/// Endpoints over a table whose shards lie at three nodes: asked at any of them, with all there, and with one killed or
/// stopped. No time is asserted.

#include "nodeservice/client/endpoints_client.h"
#include "tests/support/curl.h"
#include "tests/support/mesh_nodes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tessera {
namespace {

using nlohmann::json;
using testing::AnyOf;
using testing::Eq;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kOfKey =
    "/* {endpoint: of-key, timeout_ms: 10000, parameters: [{name: customer, type: integer, required: true}]} */ "
    "SELECT count(*) AS orders, sum(amount) AS amount FROM sales.orders WHERE customer = :customer";
constexpr const char* kTotals =
    "/* {endpoint: totals, timeout_ms: 10000} */ SELECT count(*) AS orders, avg(amount) AS mean, count(DISTINCT "
    "customer) "
    "AS customers FROM sales.orders";
constexpr const char* kFails =
    "/* {endpoint: fails, parameters: [{name: customer, type: integer, required: true}]} */ SELECT sum(amount / "
    "(customer - :customer)) AS amount FROM sales.orders WHERE customer = :customer";
constexpr const char* kKept =
    "/* {endpoint: kept, cache: {seconds: 3600}} */ SELECT gen_random_uuid() AS id, count(*) AS orders FROM "
    "sales.orders";

constexpr const char* kPartial =
    "/* {endpoint: partial, fallback: partial, timeout_ms: 10000} */ SELECT count(*) AS orders, sum(amount) AS amount "
    "FROM "
    "sales.orders";
constexpr const char* kPartialOfKey =
    "/* {endpoint: partial-of-key, fallback: partial, timeout_ms: 10000, parameters: [{name: customer, type: integer, "
    "required: true}]} */ SELECT count(*) AS orders FROM sales.orders WHERE customer = :customer";
constexpr const char* kPartialRows =
    "/* {endpoint: partial-rows, fallback: partial, timeout_ms: 10000, page: {key: [id], size: 5}} */ SELECT o.id, "
    "n.amount FROM sales.orders o LEFT JOIN sales.orders n ON n.customer = o.customer AND n.id = o.id";
constexpr const char* kPartialKept =
    "/* {endpoint: partial-kept, fallback: partial, timeout_ms: 10000, cache: {seconds: 3600}} */ SELECT count(*) AS "
    "orders "
    "FROM sales.orders";
constexpr const char* kPartialStale =
    "/* {endpoint: partial-stale, fallback: partial, timeout_ms: 10000, cache: {seconds: 1, stale_seconds: 3600}} */ "
    "SELECT "
    "count(*) AS orders FROM sales.orders";

/// The shard of node a has a copy at node c; that of node b has none.
class EndpointMesh : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        const std::string columns =
            " (id bigint NOT NULL, customer int NOT NULL, amount numeric(12,2), PRIMARY KEY (customer, id));";
        mesh_ = std::make_unique<MeshNodes>(
            "CREATE TABLE orders" + columns + "CREATE TABLE copy" + columns + "CREATE TABLE others" + columns,
            MeshNodes::Files{}, Nodes::Links::kNone,
            "endpoints: {authors: [" + std::string(TemporaryNode::kUser) + "]}\n",
            "GRANT CREATE ON SCHEMA public TO tester");
        EXPECT_EQ(ask(0,
                      "SELECT tessera.create_sharded_table('sales.orders', 'hash (customer)', '[{\"at\": "
                      "\"a/crm.orders\", \"replicas\": [\"c/crm.copy\"]}, \"b/crm.orders\", \"c/crm.orders\"]', key => "
                      "'{customer, id}', writers => '{tester}')"),
                  "NULL\n");
        EXPECT_THAT(ask(1, "INSERT INTO sales.orders SELECT i, i % 97, i FROM generate_series(1, 3000) i"), Eq(""));
        EXPECT_TRUE(waitUntil(
            [] {
                return ask(1, "SELECT count(*) FROM tessera.shard_replicas WHERE state = 'in step'") == "1\n" &&
                       rowsIn("c", "copy") == rowsIn("a", "orders");
            },
            2 * kPatience));
        publish({{"key.sql", kOfKey},
                 {"totals.sql", kTotals},
                 {"fails.sql", kFails},
                 {"kept.sql", kKept},
                 {"partial.sql", kPartial},
                 {"partial-of-key.sql", kPartialOfKey},
                 {"partial-rows.sql", kPartialRows},
                 {"partial-kept.sql", kPartialKept},
                 {"partial-stale.sql", kPartialStale}});
        for (const char* node : {"a", "b", "c"}) {
            customers_[node] = std::stoi(rowsIn(node, "orders", "min(customer)"));
        }
    }

    static void TearDownTestSuite() { mesh_.reset(); }

    /// At node b.
    static void publish(const std::vector<client::EndpointFile>& files) {
        const auto author = client::EndpointsClient::create(
            {"b", "127.0.0.1:" + std::to_string(mesh_->at(1).port()), TemporaryNode::kUser, TemporaryNode::kPassword});
        ASSERT_TRUE(author) << author.error().describe();
        const auto applied = (*author)->apply(files, false, false);
        ASSERT_TRUE(applied) << applied.error().describe();
        ASSERT_TRUE(applied->problems.empty()) << applied->problems.front().describe();
    }

    /// All nodes have heard what was changed of what people may see, at each of them: what they keep from now on is
    /// kept.
    static void settleRights() {
        for (std::size_t at = 0; at < kMembers; ++at) {
            EXPECT_EQ(ask(at, "CREATE OR REPLACE VIEW public.settled AS SELECT 1 AS one"), "");
        }
        for (std::size_t at = 0; at < kMembers; ++at) {
            EXPECT_TRUE(waitUntil([at] { return rightsTold(at) == rightsChanged(at); }, kPatience))
                << Nodes::nameOf(at);
        }
        // Who knows an endpoint knows what was told before it was published.
        static int number = 0;
        const std::string name = "settled-" + std::to_string(++number);
        publish({{name + ".sql", "/* {endpoint: " + name + "} */ SELECT 1 AS one"}});
        for (std::size_t at = 0; at < kMembers; ++at) {
            EXPECT_EQ(call(at, name).status, 200) << Nodes::nameOf(at);
        }
    }

    /// How often the node has told the others that people may see something else there.
    static std::string rightsTold(std::size_t node) {
        const auto rows = tessera::ask(
            *clientOf(mesh_->at(1)), "SELECT changes FROM endpoint_rights WHERE node = '" + Nodes::nameOf(node) + "'");
        return rows && !rows->empty() ? rows->front() : std::string();
    }

    /// How often they may.
    static std::string rightsChanged(std::size_t node) {
        std::uint64_t changes = 0;
        std::ifstream clock(mesh_->at(node).dataDirectory() / "policy.clock", std::ios::binary);
        clock.read(reinterpret_cast<char*>(&changes), sizeof changes);
        return std::to_string(changes);
    }

    static std::string ask(std::size_t node, const std::string& sql) {
        auto at = mesh_->at(node).connect();
        return at ? answerOf(*at, sql) : at.error().message;
    }

    static std::string rowsIn(const std::string& node, const std::string& table, const std::string& what = "count(*)") {
        postgres::Connection source = mesh_->direct("crm_" + node);
        return answerOf(source, "SELECT " + what + " FROM " + table);
    }

    static HttpAnswer call(std::size_t node, const std::string& path) {
        return runCurl("http://127.0.0.1:" + std::to_string(mesh_->at(node).port()) + "/api/v1/endpoints/" + path,
                       std::string("user = \"") + TemporaryNode::kUser + ":" + TemporaryNode::kPassword + "\"\n");
    }

    /// Of a key whose rows lie in the shard of this node.
    static std::string keyOf(const std::string& node) {
        return "of-key?customer=" + std::to_string(customers_.at(node));
    }

    static bool isWhole(const HttpAnswer& answer, const HttpAnswer& before) {
        return answer.status == 200 && answer.body == before.body;
    }

    /// The node and its PostgreSQL, with all their processes.
    static std::vector<pid_t> processesOf(std::size_t node) {
        std::vector<pid_t> all = {mesh_->at(node).pid()};
        for (std::size_t i = 0; i < all.size(); ++i) {
            for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(all[i]) + "/task")) {
                std::ifstream children(task.path() / "children");
                for (pid_t child = 0; children >> child;) {
                    all.push_back(child);
                }
            }
        }
        return all;
    }

    /// At a node that is there, while a's is not: its shard's copy is read, the others' shards as ever.
    static void expectAnswersWithout(const std::map<std::string, HttpAnswer>& before) {
        for (const std::size_t at : {std::size_t{1}, std::size_t{2}}) {
            // At first it is not known; whoever asks then is told, and nobody gets less than all.
            EXPECT_TRUE(waitUntil(
                [&] {
                    const HttpAnswer answer = call(at, "totals");
                    EXPECT_THAT(answer.status, AnyOf(200, 503, 504)) << answer.body;
                    EXPECT_TRUE(answer.status != 200 || isWhole(answer, before.at("totals"))) << answer.body;
                    EXPECT_TRUE(answer.status == 200 || answer.asJson()["detail"].is_string()) << answer.body;
                    return answer.header("Tessera-Fallback") == "replica";
                },
                kPatience));
            // More often than PostgreSQL plans a prepared statement anew.
            for (int i = 0; i < 8; ++i) {
                const HttpAnswer of_copy = call(at, keyOf("a"));
                EXPECT_TRUE(isWhole(of_copy, before.at("a"))) << of_copy.status << of_copy.body;
                EXPECT_EQ(of_copy.header("Tessera-Fallback"), "replica") << "it may be older, and says so";
                for (const char* node : {"b", "c"}) {
                    const HttpAnswer other = call(at, keyOf(node));
                    EXPECT_TRUE(isWhole(other, before.at(node))) << other.status << other.body;
                    EXPECT_EQ(other.header("Tessera-Fallback"), "");
                }
            }
        }
    }

    /// The only one of an answer.
    static json rowOf(const HttpAnswer& answer) {
        EXPECT_EQ(answer.status, 200) << answer.body;
        return answer.status == 200 ? answer.asJson()["items"][0] : json::object();
    }

    static std::string ordersIn(const HttpAnswer& answer) { return rowOf(answer).value("orders", answer.body); }

    static void expectPartial(const HttpAnswer& answer, const std::string& orders) {
        EXPECT_EQ(ordersIn(answer), orders);
        EXPECT_EQ(answer.header("Tessera-Fallback"), "partial");
        EXPECT_EQ(answer.header("Tessera-Partial"), "shard=\"1 of sales.orders\"");
        EXPECT_EQ(answer.header("Cache-Control"), "no-store");
        EXPECT_EQ(answer.header("ETag"), "");
    }

    static void expectWhole(const HttpAnswer& answer, const std::string& orders) {
        EXPECT_EQ(ordersIn(answer), orders);
        EXPECT_EQ(answer.header("Tessera-Fallback"), "");
        EXPECT_EQ(answer.header("Tessera-Partial"), "");
    }

    static std::map<std::string, HttpAnswer> answers() {
        // The keys of the node that published are fetched while it is there.
        for (const std::size_t at : {std::size_t{0}, std::size_t{1}}) {
            EXPECT_EQ(call(at, "totals").status, 200) << Nodes::nameOf(at);
        }
        std::map<std::string, HttpAnswer> all = {{"totals", call(2, "totals")}};
        for (const char* node : {"a", "b", "c"}) {
            all.emplace(node, call(2, keyOf(node)));
        }
        return all;
    }

    /// Where a node is back everything is answered by its own rows again.
    static void expectAllBack(const std::map<std::string, HttpAnswer>& before) {
        for (std::size_t at = 0; at < kMembers; ++at) {
            EXPECT_TRUE(waitUntil(
                [&] {
                    const HttpAnswer answer = call(at, "totals");
                    return isWhole(answer, before.at("totals")) && answer.header("Tessera-Fallback").empty();
                },
                kPatience))
                << Nodes::nameOf(at);
        }
    }

    inline static std::unique_ptr<MeshNodes> mesh_;
    /// By node: one of its shard.
    inline static std::map<std::string, int> customers_;
};

TEST_F(EndpointMesh, EveryNodeGivesTheSame) {
    const json totals = rowOf(call(0, "totals"));
    EXPECT_EQ(totals.value("orders", ""), "3000");
    EXPECT_EQ(totals.value("mean", "").substr(0, 6), "1500.5");
    EXPECT_EQ(totals.value("customers", ""), "97");
    for (std::size_t at = 0; at < kMembers; ++at) {
        EXPECT_EQ(rowOf(call(at, "totals")), totals) << Nodes::nameOf(at);
        for (const char* node : {"a", "b", "c"}) {
            const HttpAnswer answer = call(at, keyOf(node));
            const std::string expected =
                rowsIn(node, "orders WHERE customer = " + std::to_string(customers_.at(node)), "count(*), sum(amount)");
            const json row = rowOf(answer);
            EXPECT_EQ(row.value("orders", "") + "|" + row.value("amount", "") + "\n", expected);
            EXPECT_EQ(answer.header("Tessera-Fallback"), "");
        }
    }
}

/// What was published at b is no unknown name at the others, not even where they have just looked for it.
TEST_F(EndpointMesh, WhatIsPublishedIsThereForTheFirstCallersOfOtherNodes) {
    for (int i = 0; i < 5; ++i) {
        const std::string name = "fresh-" + std::to_string(i);
        EXPECT_EQ(call(0, name).status, 404);
        EXPECT_EQ(call(2, name).status, 404);
        publish({{name + ".sql", "/* {endpoint: " + name + "} */ SELECT 1 AS one"}});
        EXPECT_EQ(call(0, name).status, 200);
        EXPECT_EQ(call(2, name).status, 200);
    }
}

/// Names, parameters, types and versions, whoever is asked for them.
TEST_F(EndpointMesh, EveryNodeTellsTheSameSignatures) {
    publish({{"same.sql",
              "/* {endpoint: same, parameters: [{name: customer, type: integer, required: true}]} */ SELECT id, amount "
              "FROM sales.orders WHERE customer = :customer"}});
    for (const char* format : {"openapi", "ts", "json-schema"}) {
        std::vector<std::string> told;
        for (std::size_t node = 0; node < kMembers; ++node) {
            EXPECT_EQ(call(node, "same?customer=1").status, 200);
            const auto asked = client::EndpointsClient::create({Nodes::nameOf(node),
                                                                "127.0.0.1:" + std::to_string(mesh_->at(node).port()),
                                                                TemporaryNode::kUser, TemporaryNode::kPassword});
            ASSERT_TRUE(asked) << asked.error().describe();
            const auto exported = (*asked)->exportAs(format, {});
            ASSERT_TRUE(exported) << exported.error().describe();
            told.push_back(*exported);
        }
        EXPECT_THAT(told[0], AnyOf(HasSubstr("same"), HasSubstr("SameParameters")));
        EXPECT_EQ(told[1], told[0]);
        EXPECT_EQ(told[2], told[0]);
    }
}

/// At node b, about a shard of node a, whose own source fails: what the nodes asked each other is not the caller's.
TEST_F(EndpointMesh, ErrorsTellNoStatements) {
    const HttpAnswer answer = call(1, "fails?customer=" + std::to_string(customers_.at("a")));
    EXPECT_EQ(answer.status, 400) << answer.body;
    EXPECT_THAT(answer.body, HasSubstr("division by zero"));
    EXPECT_THAT(answer.body, Not(HasSubstr("SELECT")));
}

/// What b keeps of a's rows is given no more once people may see something else at a. Nothing tells b but the store.
TEST_F(EndpointMesh, KeptAnswersEndWithWhatPeopleMaySeeAtAnotherNode) {
    settleRights();
    const std::string before = rightsTold(0);
    const HttpAnswer first = call(1, "kept");
    ASSERT_EQ(first.status, 200) << first.body;
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(call(1, "kept").body, first.body) << "nothing has changed";
    }
    EXPECT_EQ(rightsTold(0), before);
    EXPECT_EQ(ask(0, "CREATE VIEW public.seen AS SELECT 1 AS one"), "");
    EXPECT_TRUE(waitUntil([&] { return call(1, "kept").body != first.body; }, kPatience));
    EXPECT_NE(rightsTold(0), before);
    EXPECT_TRUE(waitUntil([] { return call(1, "kept").body == call(1, "kept").body; }, kPatience)) << "kept again";
}

/// A node looks at the shard map again and again, and makes anew only what is missing: making anything is a change of
/// what people may see, with which the answers that all nodes keep would end.
TEST_F(EndpointMesh, LookingAtTheShardMapAgainChangesNothing) {
    const auto madeAt = [](std::size_t at) {
        return ask(at, "SELECT xmin FROM pg_proc WHERE pronamespace = 'tessera_shard'::regnamespace ORDER BY proname");
    };
    const std::string before = madeAt(0);
    EXPECT_THAT(before, Not(Eq("")));
    EXPECT_EQ(ask(1,
                  "SELECT tessera.create_sharded_table('sales.others', 'hash (customer)', '[\"a/crm.others\"]', key => "
                  "'{customer, id}')"),
              "NULL\n");
    EXPECT_TRUE(waitUntil([] { return ask(0, "SELECT count(*) FROM sales.others") == "0\n"; }, kPatience));
    EXPECT_EQ(madeAt(0), before);
}

/// A key is looked up at its shard's node alone: that others are away is not noticed.
TEST_F(EndpointMesh, AKeyGoesToItsShardAndTheRestToAll) {
    const auto before = answers();
    mesh_->at(1).kill();
    for (const std::size_t at : {std::size_t{0}, std::size_t{2}}) {
        for (int i = 0; i < 8; ++i) {
            for (const char* node : {"a", "c"}) {
                const HttpAnswer answer = call(at, keyOf(node));
                EXPECT_TRUE(isWhole(answer, before.at(node))) << answer.status << answer.body;
                EXPECT_EQ(answer.header("Tessera-Fallback"), "");
            }
            for (const std::string& path : {keyOf("b"), std::string("totals")}) {
                const HttpAnswer answer = call(at, path);
                EXPECT_THAT(answer.status, AnyOf(503, 504)) << answer.body;
                EXPECT_THAT(answer.header("Content-Type"), HasSubstr("application/problem+json"));
                EXPECT_TRUE(answer.asJson()["detail"].is_string()) << answer.body;
            }
        }
    }
    const auto launched = mesh_->at(1).launch();
    ASSERT_TRUE(launched) << launched.error().describe();
    expectAllBack(before);
}

/// Rows of shards that can't be read are left out where that is declared, and nowhere else; each answer says so.
TEST_F(EndpointMesh, RowsOfAShardWithoutACopyAreLeftOutWhereThatIsDeclared) {
    const auto before = answers();
    const std::string of_a = rowsIn("a", "orders WHERE customer = " + std::to_string(customers_.at("a")));
    const std::string there = std::to_string(std::stoi(rowsIn("a", "orders")) + std::stoi(rowsIn("c", "orders")));
    settleRights();
    for (const std::size_t at : {std::size_t{0}, std::size_t{2}}) {
        expectWhole(call(at, "partial"), "3000");
        expectWhole(call(at, "partial-stale"), "3000");
    }
    mesh_->at(1).kill();
    for (const std::size_t at : {std::size_t{0}, std::size_t{2}}) {
        EXPECT_TRUE(waitUntil([&] { return call(at, "partial").header("Tessera-Fallback") == "partial"; }, kPatience));
        // More often than PostgreSQL plans a prepared statement anew.
        for (int i = 0; i < 8; ++i) {
            expectPartial(call(at, "partial"), there);
            expectPartial(call(at, "partial-of-key?customer=" + std::to_string(customers_.at("b"))), "0");
            expectWhole(call(at, "partial-of-key?customer=" + std::to_string(customers_.at("a"))),
                        of_a.substr(0, of_a.size() - 1));
            expectPartial(call(at, "partial-kept"), there);
            EXPECT_THAT(call(at, "totals").status, AnyOf(503, 504)) << "where it is not declared";
            EXPECT_THAT(call(at, keyOf("b")).status, AnyOf(503, 504));
        }
        const HttpAnswer page = call(at, "partial-rows");
        EXPECT_EQ(page.asJson()["items"].size(), 5U) << page.body;
        EXPECT_EQ(page.header("Tessera-Partial"), "shard=\"1 of sales.orders\"");
        // All rows of before, where they are kept, rather than some of now.
        EXPECT_TRUE(
            waitUntil([&] { return call(at, "partial-stale").header("Tessera-Fallback") == "stale"; }, kPatience));
        EXPECT_EQ(ordersIn(call(at, "partial-stale")), "3000");
        EXPECT_EQ(runCurl("http://127.0.0.1:" + std::to_string(mesh_->at(at).port()) + "/api/v1/endpoints/partial",
                          std::string("user = \"") + TemporaryNode::kUser + ":" + TemporaryNode::kPassword + "\"\n",
                          {"-H", "If-None-Match: *"})
                      .status,
                  200);
    }
    const auto launched = mesh_->at(1).launch();
    ASSERT_TRUE(launched) << launched.error().describe();
    expectAllBack(before);
    for (const std::size_t at : {std::size_t{0}, std::size_t{2}}) {
        EXPECT_TRUE(waitUntil([&] { return call(at, "partial").header("Tessera-Fallback").empty(); }, kPatience));
        expectWhole(call(at, "partial"), "3000");
        expectWhole(call(at, "partial-kept"), "3000");
    }
}

/// The same in a session that says so; nothing is changed by part of the rows.
TEST_F(EndpointMesh, SessionsGoOnWithoutMissingShardsIfTheySaySo) {
    const auto before = answers();
    const std::string there = std::to_string(std::stoi(rowsIn("a", "orders")) + std::stoi(rowsIn("c", "orders")));
    mesh_->at(1).kill();
    auto session = mesh_->at(0).connect();
    ASSERT_TRUE(session) << session.error().describe();
    std::vector<std::string> warnings;
    PQsetNoticeReceiver(
        session->handle(),
        [](void* heard, const PGresult* result) {
            static_cast<std::vector<std::string>*>(heard)->push_back(
                std::string(PQresultErrorField(result, PG_DIAG_SQLSTATE)) + " " +
                PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
        },
        &warnings);
    const auto ask_here = [&](const std::string& sql) {
        warnings.clear();
        return answerOf(*session, sql);
    };
    const std::string count = "SELECT count(*) FROM sales.orders";
    EXPECT_EQ(ask_here("SET tessera.missing_shards = skip"), "");
    ASSERT_TRUE(waitUntil([&] { return ask_here(count) == there + "\n"; }, kPatience)) << ask_here(count);
    EXPECT_EQ(ask_here(count), there + "\n");
    EXPECT_THAT(warnings, testing::ElementsAre(HasSubstr("01T02 shard 1 of sales.orders is missing: node 'b' can't be "
                                                         "reached since")));
    EXPECT_THAT(ask_here("EXPLAIN " + count), HasSubstr("Missing: shard 1 of sales.orders"));
    EXPECT_THAT(warnings, testing::IsEmpty()) << "nothing was read";
    // In every shape of a plan: grouped, joined, sorted, as a subquery.
    EXPECT_EQ(ask_here("SELECT sum(n) FROM (SELECT customer, count(*) AS n FROM sales.orders GROUP BY customer) g"),
              there + "\n");
    EXPECT_EQ(
        ask_here("SELECT count(*), count(n.id) FROM sales.orders o LEFT JOIN sales.orders n USING (customer, id)"),
        there + "|" + there + "\n");
    EXPECT_EQ(warnings.size(), 1U) << "once a shard";
    EXPECT_EQ(ask_here("SELECT count(*) FROM (SELECT id FROM sales.orders ORDER BY id LIMIT 7) f"), "7\n");
    EXPECT_EQ(ask_here("SELECT count(*) FROM generate_series(1, 3) i WHERE NOT EXISTS (SELECT FROM sales.orders WHERE "
                       "customer = " +
                       std::to_string(customers_.at("b")) + ")"),
              "3\n");
    EXPECT_EQ(warnings.size(), 1U);
    EXPECT_EQ(ask_here("SELECT count(*) > 0 FROM sales.orders WHERE customer = " + std::to_string(customers_.at("a"))),
              "t\n");
    EXPECT_THAT(warnings, testing::IsEmpty()) << "that shard is there";
    EXPECT_EQ(ask_here("CREATE TEMP TABLE taken (n bigint)"), "");
    EXPECT_THAT(ask_here("INSERT INTO taken SELECT count(*) FROM sales.orders"),
                HasSubstr("nothing is changed by the rows of the other shards alone"));
    EXPECT_THAT(ask_here("UPDATE sales.orders SET amount = 0"), HasSubstr("error"));
    EXPECT_EQ(ask_here("SET tessera.missing_shards = error"), "");
    EXPECT_THAT(ask_here(count), HasSubstr("error 08"));
    const auto launched = mesh_->at(1).launch();
    ASSERT_TRUE(launched) << launched.error().describe();
    expectAllBack(before);
    EXPECT_EQ(ask_here("SET tessera.missing_shards = skip"), "");
    EXPECT_TRUE(waitUntil([&] { return ask_here(count) == "3000\n" && warnings.empty(); }, kPatience));
}

TEST_F(EndpointMesh, AnswersComeFromTheCopyOfANodeThatWasKilled) {
    const auto before = answers();
    mesh_->at(0).kill();
    expectAnswersWithout(before);
    const auto launched = mesh_->at(0).launch();
    ASSERT_TRUE(launched) << launched.error().describe();
    expectAllBack(before);
}

/// Its connections stay, and nothing comes.
TEST_F(EndpointMesh, AnswersComeFromTheCopyOfANodeThatHangs) {
    const auto before = answers();
    const std::vector<pid_t> stopped = processesOf(0);
    EXPECT_GT(stopped.size(), 5U) << "its PostgreSQL, too";
    for (const pid_t process : stopped) {
        ::kill(process, SIGSTOP);
    }
    expectAnswersWithout(before);
    for (const pid_t process : stopped) {
        ::kill(process, SIGCONT);
    }
    expectAllBack(before);
}

}  // namespace
}  // namespace tessera
