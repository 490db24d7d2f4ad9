#pragma once

/// A node with tables, people of different rights, and an author of endpoints.

#include "nodeservice/client/endpoints_client.h"
#include "tests/support/curl.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/temporary_node.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tessera {

inline constexpr std::chrono::seconds kPatience{60};

inline constexpr const char* kInit = R"sql(
CREATE SCHEMA IF NOT EXISTS sales;
CREATE TABLE IF NOT EXISTS sales.orders(id bigint PRIMARY KEY, country text NOT NULL, state text, total numeric(10,2) NOT NULL,
  ordered_at timestamptz, notes jsonb);
INSERT INTO sales.orders SELECT i, (ARRAY['United States', 'France', 'Deutschland'])[i % 3 + 1], nullif((ARRAY['new', 'paid', ''])[i % 3 + 1], ''),
  i * 1.25, CASE WHEN i % 7 > 0 THEN '2026-01-01 00:00Z'::timestamptz + (i / 2) * interval '1 hour' END, '{"a": [1]}'
  FROM generate_series(1, 300) i ON CONFLICT DO NOTHING;
ALTER TABLE sales.orders ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS at_home ON sales.orders;
CREATE POLICY at_home ON sales.orders USING (current_user <> 'french' OR country = 'France');
GRANT USAGE ON SCHEMA sales TO tester, caller, french;
GRANT ALL ON sales.orders TO tester, caller, french;
CREATE TABLE IF NOT EXISTS sales.buyers(id bigint PRIMARY KEY, name text NOT NULL, email text);
CREATE TABLE IF NOT EXISTS sales.purchases(id bigint PRIMARY KEY, buyer bigint, total numeric);
CREATE TABLE IF NOT EXISTS sales.items(purchase bigint, name text PRIMARY KEY);
INSERT INTO sales.buyers VALUES (1, 'Ada', 'ada@example.org'), (2, 'Bob', NULL) ON CONFLICT DO NOTHING;
INSERT INTO sales.purchases VALUES (10, 1, 1.50), (11, 1, 9007199254740993), (12, 3, 4) ON CONFLICT DO NOTHING;
INSERT INTO sales.items VALUES (10, 'pen'), (10, 'ink') ON CONFLICT DO NOTHING;
CREATE TABLE IF NOT EXISTS sales.visits(id uuid PRIMARY KEY, place text);
GRANT ALL ON sales.buyers, sales.purchases, sales.items, sales.visits TO tester, caller;
CREATE EXTENSION IF NOT EXISTS tessera_fdw;
CREATE OR REPLACE FUNCTION sales.administer(command text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN EXECUTE command; END';
REVOKE ALL ON FUNCTION sales.administer FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sales.administer TO tester;
CREATE OR REPLACE FUNCTION sales.meddle() RETURNS bigint LANGUAGE sql VOLATILE AS 'DELETE FROM sales.orders RETURNING 1::bigint';
)sql";

inline constexpr const char* kOrders = R"sql(/*
endpoint: orders-by-country
documentation: Orders of a country, the newest first.
parameters:
  - {name: country, type: text, required: true, max_length: 20, documentation: Where to}
  - {name: least, type: numeric, default: 0, min: 0, max: 1000000}
  - {name: states, list: true, enum: [new, paid, sent]}
page: {key: [ordered_at desc, id], size: 10, max: 100}
sort: [total, state]
*/
SELECT id, country, state, total, ordered_at, notes
FROM sales.orders  -- ':country' here is none
WHERE country = :country AND total >= :least AND (:states IS NULL OR state = ANY(:states))
)sql";

class EndpointsTest : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        auto node = TemporaryNode::prepare(
            {.name = "solo",
             .yaml = "endpoints: {authors: [tester], readers: [caller]}\ninit: init\n",
             .users = "{name: caller, password: c}, {name: french, password: f}, {name: stranger, password: s}"});
        ASSERT_TRUE(node) << node.error().describe();
        node_ = std::make_unique<TemporaryNode>(std::move(*node));
        std::filesystem::create_directory(node_->folder() / "init");
        writeFile(node_->folder() / "init" / "sales.sql", kInit);
        const auto launched = node_->launch();
        ASSERT_TRUE(launched) << launched.error().describe();
        ASSERT_THAT(node_->httpGet("/metrics"), testing::HasSubstr("tessera_init_failed 0\n")) << node_->log();
        ASSERT_EQ(applied(kOrders), "");
    }

    static void TearDownTestSuite() { node_.reset(); }

    static std::shared_ptr<client::EndpointsClient> author(const std::string& user = TemporaryNode::kUser,
                                                           const std::string& password = TemporaryNode::kPassword) {
        auto made =
            client::EndpointsClient::create({"solo", "127.0.0.1:" + std::to_string(node_->port()), user, password});
        EXPECT_TRUE(made) << made.error().describe();
        return made.value_or(nullptr);
    }

    /// What is wrong, or nothing.
    static std::string applied(const std::string& text, bool allows_breaking = false) {
        const auto done = author()->apply({{"x.sql", text}}, false, allows_breaking);
        if (!done) {
            return done.error().describe();
        }
        std::string problems;
        for (const Error& problem : done->problems) {
            problems += problem.describe() + "\n";
        }
        return problems;
    }

    static HttpAnswer call(const std::string& path, const std::string& who = "caller:c",
                           const std::vector<std::string>& more = {}) {
        return runCurl("http://127.0.0.1:" + std::to_string(node_->port()) + "/api/v1/endpoints" + path,
                       "user = \"" + who + "\"\n", more);
    }

    /// A text with its first `old` replaced.
    static std::string with(std::string text, const std::string& old, const std::string& now) {
        const std::size_t at = text.find(old);
        EXPECT_NE(at, std::string::npos) << old;
        return at == std::string::npos ? text : text.replace(at, old.size(), now);
    }

    static std::string testerLogin() { return std::string("tester:") + TemporaryNode::kPassword; }

    static std::vector<std::string> idsOf(const nlohmann::json& answer) {
        std::vector<std::string> ids;
        for (const nlohmann::json& item : answer["items"]) {
            ids.push_back(item["id"].get<std::string>());
        }
        return ids;
    }

    static void change(const std::string& sql) {
        auto connection = node_->connect();
        ASSERT_TRUE(connection) << connection.error().describe();
        const auto done = connection->execute(sql);
        ASSERT_TRUE(done) << done.error().describe();
    }

    /// As the superuser.
    static void administer(const std::string& sql) { change("SELECT sales.administer($$" + sql + "$$)"); }

    inline static std::unique_ptr<TemporaryNode> node_;
};

}  // namespace tessera
