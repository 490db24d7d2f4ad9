/// A version of an endpoint that somebody has changed in the store, whose file and log they can write.

#include "nodeservice/client/endpoints_client.h"
#include "nodeservice/client/store_client.h"
#include "tests/support/curl.h"
#include "tests/support/temporary_node.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace tessera {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

constexpr std::chrono::seconds kPatience{60};

/// What the node has written down with this command.
std::vector<json> auditOf(const TemporaryNode& node, const std::string& command) {
    std::vector<json> found;
    std::istringstream lines(readFile(node.dataDirectory() / "log" / "audit.jsonl"));
    for (std::string line; std::getline(lines, line);) {
        json entry = json::parse(line, nullptr, false);
        if (entry.is_object() && entry["command"] == command) {
            found.push_back(std::move(entry));
        }
    }
    return found;
}

/// Whoever can change the store's tables brings no SQL into an endpoint.
TEST(EndpointTampering, AVersionThatWasTamperedWithIsNotServed) {
    auto node = TemporaryNode::start(
        {.name = "other",
         .yaml = "endpoints: {authors: [tester]}\nstore: {administrators: [tester]}\naudit: {statements: true}\n"});
    ASSERT_TRUE(node) << node.error().describe();
    const client::NodeAddress address{"other", "127.0.0.1:" + std::to_string(node->port()), TemporaryNode::kUser,
                                      TemporaryNode::kPassword};
    const auto endpoints = *client::EndpointsClient::create(address);
    ASSERT_TRUE(endpoints->apply({{"x.sql", "/* {endpoint: one} */ SELECT 'as published' AS a"}}, false, false));
    const auto ask = [&] {
        return runCurl("http://127.0.0.1:" + std::to_string(node->port()) + "/api/v1/endpoints/one",
                       std::string("user = \"tester:") + TemporaryNode::kPassword + "\"\n");
    };
    EXPECT_THAT(ask().body, HasSubstr("as published"));
    // By SQL nobody comes so far; in the member's file, somebody with the machine does.
    const auto by_sql =
        (*client::StoreClient::create(address))->execute({{"UPDATE endpoint_version SET source = 'x'"}}, kPatience);
    ASSERT_FALSE(by_sql);
    EXPECT_THAT(by_sql.error().message, HasSubstr("'tessera endpoint'"));
    node->stop();
    const auto tampered =
        runChecked({.arguments = {"sqlite3", (node->dataDirectory() / "store" / "data.db").string(),
                                  "DROP TRIGGER endpoint_version_stays; "
                                  "UPDATE endpoint_version SET source = replace(source, 'published', 'tampered!')"}},
                   kPatience);
    ASSERT_TRUE(tampered) << tampered.error().describe();
    ASSERT_TRUE(node->launch());
    HttpAnswer answer;
    EXPECT_TRUE(waitUntil(
        [&] {
            answer = ask();
            return answer.status == 500;
        },
        kPatience))
        << answer.body;
    EXPECT_THAT(answer.body, AllOf(HasSubstr("not what the node 'other' signed"), Not(HasSubstr("tampered!"))));
    EXPECT_THAT(node->log(), HasSubstr("endpoints.refused"));
    std::vector<json> told;
    EXPECT_TRUE(waitUntil(
        [&] {
            told = auditOf(*node, "REFUSE ENDPOINT");
            return !told.empty();
        },
        kPatience));
    ASSERT_THAT(told, SizeIs(1)) << "once, however often it is asked for";
    EXPECT_EQ(told[0]["role"], "other");
    EXPECT_EQ(told[0]["protocol"], "node");
    EXPECT_EQ(told[0]["sqlstate"], "XX001");
    EXPECT_THAT(told[0]["text"].get<std::string>(),
                AllOf(HasSubstr("one version 1"), HasSubstr("not what the node 'other' signed")));
    // Nor after a start; and published again, it is served.
    node->stop();
    ASSERT_TRUE(node->launch());
    EXPECT_EQ(ask().status, 500);
    const auto again = endpoints->apply({{"x.sql", "/* {endpoint: one} */ SELECT 'as published' AS a"}}, false, false);
    ASSERT_TRUE(again) << again.error().describe();
    EXPECT_THAT(ask().body, HasSubstr("as published"));
}

}  // namespace
}  // namespace tessera
