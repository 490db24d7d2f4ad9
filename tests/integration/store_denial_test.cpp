/// Three real nodes that hold one store: whom an administrator denies at one of them is denied at all, and running
/// sessions end there; also at those that were down, or cut off, when it was said.

#include "nodeservice/postgres/connection.h"
#include "tests/support/store_nodes.h"
#include "tests/support/token_maker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace tessera {
namespace {

constexpr const char* kIssuer = "https://login.example.org";

/// A person's or user's session at a node.
class Session {
  public:
    explicit Session(const std::string& target) : connection_(PQconnectdb(target.c_str())) {}

    bool runs() const {
        const postgres::ResultHandle result(PQexec(connection_.get(), "SELECT 1"));
        return PQresultStatus(result.get()) == PGRES_TUPLES_OK;
    }

  private:
    postgres::ConnectionHandle connection_;
};

class StoreDenial : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        folder_ = std::make_unique<TemporaryDirectory>();
        key_ = std::make_unique<SigningKey>(SigningKey::p256("k1"));
        writeFile(folder_->path() / "keys.json", jwkSet({key_.get()}));
        writeFile(folder_->path() / "init" / "roles.sql",
                  "GRANT tessera_administrator TO " + std::string(TemporaryNode::kUser) + ";");
        std::filesystem::permissions(folder_->path(), std::filesystem::perms(0755));
        nodes_ = std::make_unique<Nodes>(
            Nodes::Links::kOwn,
            NodesMore{.identity = std::string(", issuers: [{name: corp, issuer: '") + kIssuer + "', jwks_file: '" +
                                  (folder_->path() / "keys.json").string() +
                                  "', algorithms: [ES256], audiences: [mesh]}], "
                                  "roles: [{role: analyst, issuer: corp}]",
                      .sections = "init: '" + (folder_->path() / "init").string() + "'\n",
                      .users = std::string(", {name: loader, password: '") + TemporaryNode::kPassword + "'}"});
        nodes_->start();
        std::string mesh = "mesh: trial\nnodes:\n";
        for (std::size_t i = 0; i < kMembers; ++i) {
            mesh += "  - {name: " + Nodes::nameOf(i) + ", address: '127.0.0.1:" + std::to_string(nodes_->at(i).port()) +
                    "', user: " + TemporaryNode::kUser + ", password: '" + TemporaryNode::kPassword + "'}\n";
        }
        writeFile(folder_->path() / "mesh.yaml", mesh);
    }

    static void TearDownTestSuite() {
        nodes_.reset();
        folder_.reset();
    }

    /// To its success: for a while after refused sign-ins a node turns calls from their address away.
    static ProcessResult tessera(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), TESSERA_BUILD_DIR "/bin/tessera");
        ProcessResult last;
        EXPECT_TRUE(waitUntil(
            [&] {
                auto result = run({.arguments = arguments,
                                   .environment = {{"TESSERA_MESH", (folder_->path() / "mesh.yaml").string()}}},
                                  kPatience);
                last = result ? std::move(*result) : ProcessResult{{-1, 0}, {}, result.error().describe()};
                return last.status.exit_code == 0;
            },
            kPatience))
            << last.error;
        return last;
    }

    static std::string target(std::size_t node, const std::string& user, const std::string& password) {
        return "host=127.0.0.1 dbname=tessera port=" + std::to_string(nodes_->at(node).port()) + " user=" + user +
               " password='" + password + "'";
    }

    static std::string person(std::size_t node, const std::string& subject) {
        const auto now = std::time(nullptr);
        return target(node, "analyst",
                      makeToken({{"iss", kIssuer}, {"aud", "mesh"}, {"sub", subject}, {"exp", now + 300}, {"iat", now}},
                                *key_, "ES256"));
    }

    static std::string loader(std::size_t node) { return target(node, "loader", TemporaryNode::kPassword); }

    static void deny(std::size_t node, std::vector<std::string> whom) {
        std::vector<std::string> arguments = {"deny", "--node", Nodes::nameOf(node), "--reason", "it is over"};
        arguments.insert(arguments.end(), whom.begin(), whom.end());
        tessera(arguments);
    }

    static nlohmann::json listAt(std::size_t node) {
        const ProcessResult listed = tessera({"denied", "--node", Nodes::nameOf(node), "-f", "json"});
        auto list = nlohmann::json::parse(listed.output, nullptr, false);
        EXPECT_TRUE(list.is_array()) << listed.output;
        return list;
    }

    /// Everything that is said anywhere, taken back at this node; until all nodes have heard of it.
    static void allowAll(std::size_t node) {
        const nlohmann::json list = listAt(node);
        EXPECT_FALSE(list.empty());
        for (const auto& entry : list) {
            tessera({"allow", "--node", Nodes::nameOf(node), entry.at("id").dump()});
        }
        for (std::size_t i = 0; i < kMembers; ++i) {
            EXPECT_TRUE(waitUntil([&] { return listAt(i).empty(); }, kPatience)) << listAt(i);
        }
    }

    static bool isLetIn(const std::string& target) { return Session(target).runs(); }

    static bool getsIn(const std::string& target) {
        return waitUntil([&] { return isLetIn(target); }, kPatience);
    }

    /// By the node's list first: a sign-in may also be turned away because too many have failed.
    static bool isKeptOut(std::size_t node, const std::string& subject) {
        return waitUntil(
                   [&] {
                       const nlohmann::json list = listAt(node);
                       return std::any_of(list.begin(), list.end(),
                                          [&](const auto& entry) { return entry.at("subject") == subject; });
                   },
                   kPatience) &&
               waitUntil([&] { return !isLetIn(person(node, subject)); }, kPatience);
    }

    inline static std::unique_ptr<TemporaryDirectory> folder_;
    inline static std::unique_ptr<SigningKey> key_;
    inline static std::unique_ptr<Nodes> nodes_;
};

TEST_F(StoreDenial, EndsSessionsAtEveryNodeUntilOneAllows) {
    std::vector<std::unique_ptr<Session>> anns;
    std::vector<std::unique_ptr<Session>> bobs;
    std::vector<std::unique_ptr<Session>> loaders;
    for (std::size_t i = 0; i < kMembers; ++i) {
        anns.push_back(std::make_unique<Session>(person(i, "ann")));
        bobs.push_back(std::make_unique<Session>(person(i, "bob")));
        loaders.push_back(std::make_unique<Session>(loader(i)));
        ASSERT_TRUE(anns[i]->runs() && bobs[i]->runs() && loaders[i]->runs());
    }
    deny(1, {"--subject", "ann", "--issuer", kIssuer});
    const auto said = std::chrono::steady_clock::now();
    for (const auto& ann : anns) {
        EXPECT_TRUE(waitUntil([&] { return !ann->runs(); }, kPatience));
    }
    const auto took = std::chrono::steady_clock::now() - said;
    std::cout << "her sessions at three nodes had ended after "
              << std::chrono::duration_cast<std::chrono::milliseconds>(took).count() << " ms\n";
    deny(2, {"--user", "loader"});
    for (const auto& one : loaders) {
        EXPECT_TRUE(waitUntil([&] { return !one->runs(); }, kPatience));
    }
    for (std::size_t i = 0; i < kMembers; ++i) {
        EXPECT_TRUE(bobs[i]->runs());
        EXPECT_FALSE(isLetIn(person(i, "ann")));
        EXPECT_FALSE(isLetIn(loader(i)));
        EXPECT_FALSE(runQuery(*nodes_->at(i).client("loader"), "SELECT 1"));
        const auto list = listAt(i);
        ASSERT_EQ(list.size(), 2U) << list;
        EXPECT_EQ(list[0].at("subject"), "ann");
        EXPECT_EQ(list[0].at("reason"), "it is over");
        EXPECT_EQ(list[0].at("denied_by"), TemporaryNode::kUser);
        EXPECT_EQ(list[0].at("node"), i == 1 ? nlohmann::json() : nlohmann::json("b"));
    }
    allowAll(0);
    for (std::size_t i = 0; i < kMembers; ++i) {
        EXPECT_TRUE(getsIn(person(i, "ann")));
        EXPECT_TRUE(getsIn(loader(i)));
    }
}

TEST_F(StoreDenial, IsHeardOfByANodeThatWasDown) {
    nodes_->at(2).kill();
    deny(0, {"--subject", "ann"});
    const auto again = nodes_->at(2).launch();
    ASSERT_TRUE(again) << again.error().describe();
    EXPECT_TRUE(isKeptOut(2, "ann"));
    allowAll(2);
    EXPECT_TRUE(getsIn(person(0, "ann")));
}

/// Who cannot reach the others is obeyed where they are, and everywhere as soon as they can.
TEST_F(StoreDenial, HoldsWhereItIsSaidAndLaterEverywhere) {
    const std::size_t alone = nodes_->awaitLeader();
    const std::size_t other = (alone + 1) % kMembers;
    const std::size_t third = (alone + 2) % kMembers;
    nodes_->isolate(alone);
    nodes_->awaitLeader(alone);
    deny(alone, {"--subject", "ann"});
    deny(other, {"--subject", "bob"});
    EXPECT_TRUE(isKeptOut(alone, "ann"));
    EXPECT_TRUE(isKeptOut(third, "bob"));
    EXPECT_TRUE(getsIn(person(other, "ann"))) << "nobody can have told";
    EXPECT_TRUE(getsIn(person(alone, "bob")));
    nodes_->heal();
    for (std::size_t i = 0; i < kMembers; ++i) {
        EXPECT_TRUE(isKeptOut(i, "ann"));
        EXPECT_TRUE(isKeptOut(i, "bob"));
    }
    allowAll(third);
}

/// What somebody writes into a member's file by hand does not keep others' words from being heard.
TEST_F(StoreDenial, RubbishInTheStoreIsLeftAlone) {
    deny(0, {"--subject", "ann"});
    EXPECT_TRUE(isKeptOut(1, "ann"));
    const std::string rubbish =
        "INSERT INTO denial(key, subject, denied_at) VALUES ('no key', 'x', 'never'), "
        "('7d9fb7b0-91b5-4c4b-8f0a-0f5a3c9d3b11', NULL, '2026-01-01'), "
        "('7d9fb7b0-91b5-4c4b-8f0a-0f5a3c9d3b12', 'x', 'never')";
    const auto by_sql =
        untilReached<client::StoreWritten>([&] { return clientOf(nodes_->at(0))->execute({{rubbish}}, kPatience); });
    ASSERT_FALSE(by_sql);
    EXPECT_THAT(by_sql.error().message, testing::HasSubstr("'tessera deny'"));
    nodes_->at(1).stop();
    const auto written = runChecked(
        {.arguments = {"sqlite3", (nodes_->at(1).dataDirectory() / "store" / "data.db").string(), rubbish}}, kPatience);
    ASSERT_TRUE(written) << written.error().describe();
    ASSERT_TRUE(nodes_->at(1).launch());
    EXPECT_TRUE(waitUntil([&] { return nodes_->at(1).log().find("identity.denial_unusable") != std::string::npos; },
                          kPatience));
    deny(2, {"--subject", "bob"});
    EXPECT_TRUE(isKeptOut(1, "bob"));
    EXPECT_FALSE(isLetIn(person(1, "ann")));
    allowAll(1);
}

}  // namespace
}  // namespace tessera
