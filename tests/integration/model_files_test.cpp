/// The store keeps a model's file as it was applied, in all its versions, beside the endpoints that are derived from
/// it.

#include "nodeservice/client/endpoints_client.h"
#include "tests/support/temporary_node.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace tessera {
namespace {

using testing::EndsWith;
using testing::Not;

constexpr const char* kBuyer = R"(model: buyer
version: 1
table: public.buyers
key: [id]
fields:
  - {name: id, type: bigint, not_null: true}
  - {name: name, type: text}
)";

class ModelFilesTest : public testing::Test {
  protected:
    void SetUp() override {
        auto prepared =
            TemporaryNode::prepare({.name = "solo", .yaml = "endpoints: {authors: [tester]}\ninit: @FOLDER@/init\n"});
        ASSERT_TRUE(prepared) << prepared.error().describe();
        node_ = std::make_unique<TemporaryNode>(std::move(*prepared));
        std::filesystem::create_directories(node_->folder() / "init");
        writeFile(node_->folder() / "init" / "1.sql",
                  "CREATE TABLE IF NOT EXISTS public.buyers (id bigint PRIMARY KEY, name text);\n"
                  "GRANT ALL ON public.buyers TO tester;\n");
        const auto launched = node_->launch();
        ASSERT_TRUE(launched) << launched.error().describe();
        auto made = client::EndpointsClient::create(
            {"solo", "127.0.0.1:" + std::to_string(node_->port()), TemporaryNode::kUser, TemporaryNode::kPassword});
        ASSERT_TRUE(made) << made.error().describe();
        author_ = std::move(*made);
    }

    /// What is wrong with it; empty when it was applied.
    std::string apply(const std::string& text) {
        const auto done = author_->apply({{"buyer.yaml", text}}, false, false);
        std::string problems = done ? "" : done.error().describe();
        for (const Error& problem : done ? done->problems : std::vector<Error>()) {
            problems += problem.describe() + "\n";
        }
        return problems;
    }

    client::EndpointDetails file(std::int64_t version) {
        const auto details = author_->get("buyer.yaml", version);
        EXPECT_TRUE(details) << details.error().describe();
        return details.value_or(client::EndpointDetails());
    }

    std::unique_ptr<TemporaryNode> node_;
    std::shared_ptr<client::EndpointsClient> author_;
};

TEST_F(ModelFilesTest, TheFileOfAModelIsKeptInItsVersions) {
    ASSERT_EQ(apply(kBuyer), "");
    const auto models = author_->models();
    ASSERT_TRUE(models) << models.error().describe();
    ASSERT_EQ(models->size(), 1U);
    EXPECT_EQ(models->front().name, "buyer");
    EXPECT_EQ(models->front().author, TemporaryNode::kUser);
    const client::EndpointDetails kept = file(0);
    EXPECT_EQ(kept.text, kBuyer);
    // Applied once more it is the same version; changed it is the next one, and the one before stays.
    ASSERT_EQ(apply(kBuyer), "");
    EXPECT_EQ(file(0).version.version, kept.version.version);
    const std::string changed = std::string("# Who buys here\n") + kBuyer;
    ASSERT_EQ(apply(changed), "");
    EXPECT_EQ(file(0).version.version, kept.version.version + 1);
    EXPECT_EQ(file(0).text, changed);
    EXPECT_EQ(file(kept.version.version).text, kBuyer);
    EXPECT_EQ(file(0).versions.size(), 2U);
    // It is no endpoint.
    const auto endpoints = author_->list();
    ASSERT_TRUE(endpoints) << endpoints.error().describe();
    for (const client::EndpointInfo& one : *endpoints) {
        EXPECT_THAT(one.name, Not(EndsWith(".yaml")));
    }
    const auto called = author_->call({.name = "buyer.yaml"}, {});
    EXPECT_TRUE(!called || called->status == 404) << called->body;
}

}  // namespace
}  // namespace tessera
