/// Three real tessera-node processes that hold one store: what was acknowledged survives kill -9, a stopped process and
/// a cut network. No time is asserted; how long the store could not be written is recorded.

#include "tests/support/store_writers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace tessera {
namespace {

using client::StoreClient;
using client::StoreConsistency;
using client::StoreStatus;
using client::StoreValue;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

class StoreNodes : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        nodes_ = std::make_unique<Nodes>();
        nodes_->start();
    }

    static void TearDownTestSuite() { nodes_.reset(); }

    static void makeTable(const std::string& table) {
        const auto made = untilReached<client::StoreWritten>([&] {
            return clientOf(nodes_->at(0))
                ->execute({{"CREATE TABLE IF NOT EXISTS " + table + "(value TEXT)"}}, kPatience);
        });
        ASSERT_TRUE(made) << made.error().describe();
    }

    /// Every acknowledged write is there once, on every member; nobody holds anything else.
    static void expectAll(Writers& writers, const std::string& table) {
        writers.stop();
        const std::set<std::string> written = writers.values();
        for (std::size_t i = 0; i < kMembers; ++i) {
            const auto rows = ask(*clientOf(nodes_->at(i)), "SELECT value FROM " + table);
            ASSERT_TRUE(rows) << Nodes::nameOf(i) << ": " << rows.error().describe();
            EXPECT_EQ(rows->size(), written.size()) << Nodes::nameOf(i);
            EXPECT_EQ(std::set<std::string>(rows->begin(), rows->end()), written) << Nodes::nameOf(i);
        }
        EXPECT_TRUE(waitUntil([&] {
            std::map<std::uint64_t, std::set<std::uint64_t>> hashes;
            for (std::size_t i = 0; i < kMembers; ++i) {
                const auto status = clientOf(nodes_->at(i))->status();
                if (status) {
                    hashes[status->applied_index].insert(status->hash);
                }
            }
            return hashes.size() == 1 && hashes.begin()->second.size() == 1;
        })) << "the members' states differ";
        RecordProperty("longest_pause_ms", static_cast<int>(writers.longestPause().count()));
        std::cout << "written " << written.size() << ", longest pause " << writers.longestPause().count() << " ms\n";
    }

    inline static std::unique_ptr<Nodes> nodes_;
};

TEST_F(StoreNodes, RightsAreTheConfigurations) {
    makeTable("rights");
    const auto reader = clientOf(nodes_->at(1), "reader", "r");
    EXPECT_TRUE(ask(*reader, "SELECT count(*) FROM rights"));
    const auto written = reader->execute({{"INSERT INTO rights VALUES ('x')"}}, kPatience);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::kPermissionDenied) << written.error().describe();
    EXPECT_THAT(written.error().hint, HasSubstr("store.writers"));
    EXPECT_FALSE(ask(*clientOf(nodes_->at(1), "stranger", "s"), "SELECT 1"));
    const auto wrong = clientOf(nodes_->at(1), "reader", "wrong")->status();
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code, ErrorCode::kUnauthenticated);
    EXPECT_FALSE(reader->transferLeadership(0));
}

TEST_F(StoreNodes, StatusNamesTheMembers) {
    const auto status = statusOf(nodes_->at(2));
    ASSERT_TRUE(status) << status.error().describe();
    EXPECT_EQ(status->member.node, "c");
    EXPECT_EQ(status->voters.size(), kMembers);
    EXPECT_EQ(status->fault, "");
    EXPECT_THAT(nodes_->at(2).httpGet("/metrics"), HasSubstr("tessera_store_applied_index"));
}

TEST_F(StoreNodes, AcknowledgedWritesSurviveKill9OfTheLeader) {
    makeTable("killed");
    Writers writers(*nodes_, "killed");
    ASSERT_TRUE(writers.awaitMore(30));
    const std::size_t leader = nodes_->awaitLeader();
    nodes_->at(leader).kill();
    EXPECT_TRUE(writers.awaitMore(30));
    nodes_->awaitLeader(leader);
    const auto again = nodes_->at(leader).launch();
    ASSERT_TRUE(again) << again.error().describe();
    EXPECT_TRUE(writers.awaitMore(30));
    expectAll(writers, "killed");
}

TEST_F(StoreNodes, ALeaderThatStoodStillDoesNotAnswerFromThePast) {
    makeTable("paused");
    Writers writers(*nodes_, "paused");
    ASSERT_TRUE(writers.awaitMore(10));
    const std::size_t leader = nodes_->awaitLeader();
    const pid_t pid = nodes_->at(leader).pid();
    ASSERT_EQ(::kill(pid, SIGSTOP), 0);
    nodes_->awaitLeader(leader);
    EXPECT_TRUE(writers.awaitMore(30));
    const std::size_t known = writers.values().size();
    ASSERT_EQ(::kill(pid, SIGCONT), 0);
    const auto seen = ask(*clientOf(nodes_->at(leader)), "SELECT count(*) FROM paused");
    ASSERT_TRUE(seen) << seen.error().describe();
    EXPECT_GE(std::stoul(seen->at(0)), known);
    expectAll(writers, "paused");
}

TEST_F(StoreNodes, AcknowledgedWritesSurviveACutNetwork) {
    makeTable("parted");
    Writers writers(*nodes_, "parted");
    ASSERT_TRUE(writers.awaitMore(10));
    const std::size_t leader = nodes_->awaitLeader();
    nodes_->isolate(leader);
    nodes_->awaitLeader(leader);
    EXPECT_TRUE(writers.awaitMore(30));
    // Who is cut off cannot know what the others do, and does not say otherwise.
    const auto alone = clientOf(nodes_->at(leader))
                           ->query({"SELECT count(*) FROM parted"}, StoreConsistency::kLinearizable, milliseconds(500),
                                   {[](const auto&, std::uint64_t) { return Result<>(); },
                                    [](std::vector<StoreValue>) { return Result<>(); }});
    EXPECT_FALSE(alone);
    EXPECT_TRUE(ask(*clientOf(nodes_->at(leader)), "SELECT count(*) FROM parted", StoreConsistency::kNone));
    nodes_->heal();
    EXPECT_TRUE(writers.awaitMore(30));
    expectAll(writers, "parted");
}

/// The program, with a mesh of all three.
class StoreCli : public StoreNodes {
  protected:
    StoreCli() {
        std::string text = "mesh: trial\nnodes:\n";
        for (std::size_t i = 0; i < kMembers; ++i) {
            text += "  - {name: " + Nodes::nameOf(i) + ", address: '127.0.0.1:" + std::to_string(nodes_->at(i).port()) +
                    "', user: " + TemporaryNode::kUser + ", password: '" + TemporaryNode::kPassword + "'}\n";
        }
        writeFile(mesh_, text);
    }

    ProcessResult tessera(std::vector<std::string> arguments, const std::string& input = {}) const {
        arguments.insert(arguments.begin(), {TESSERA_BUILD_DIR "/bin/tessera", "store"});
        auto result = run({.arguments = std::move(arguments),
                           .environment = {{"TESSERA_MESH", mesh_.string()}},
                           .standard_input = input},
                          kPatience);
        EXPECT_TRUE(result) << result.error().describe();
        return result ? *result : ProcessResult{};
    }

    TemporaryDirectory folder_;
    const std::filesystem::path mesh_ = folder_.path() / "mesh.yaml";
};

TEST_F(StoreCli, SqlGoesToWhoeverLeads) {
    const ProcessResult made = tessera(
        {"sql", "-"}, "CREATE TABLE cli(a, b);\nINSERT INTO cli VALUES (1, 'x;y'), (2.5, NULL), (x'00ff', 'z');");
    EXPECT_EQ(made.status.exit_code, 0) << made.error;
    EXPECT_THAT(made.error, HasSubstr("3 rows changed"));
    const ProcessResult rows = tessera({"sql", "--format", "csv", "SELECT * FROM cli ORDER BY rowid"});
    EXPECT_EQ(rows.status.exit_code, 0) << rows.error;
    EXPECT_EQ(rows.output, "a,b\n1,x;y\n2.5,\nx'00ff',z\n");
    const ProcessResult wrong = tessera({"sql", "SELECT * FROM nowhere"});
    EXPECT_EQ(wrong.status.exit_code, 1);
    EXPECT_THAT(wrong.error, HasSubstr("no such table: nowhere"));
    const std::size_t leader = nodes_->awaitLeader();
    nodes_->at(leader).kill();
    const ProcessResult after =
        tessera({"sql", "--timeout", "60s", "INSERT INTO cli VALUES (4, 4); SELECT count(*) FROM cli"});
    EXPECT_EQ(after.status.exit_code, 0) << after.error;
    EXPECT_THAT(after.output, HasSubstr("4"));
    const auto again = nodes_->at(leader).launch();
    ASSERT_TRUE(again) << again.error().describe();
}

TEST_F(StoreCli, AdministratorsSeeAndChangeMembers) {
    ASSERT_TRUE(waitUntil([&] {
        const ProcessResult status = tessera({"status", "--format", "csv"});
        return status.status.exit_code == 0 && status.output.find("leader") != std::string::npos;
    }));
    const ProcessResult members = tessera({"members", "list", "--format", "csv"});
    EXPECT_THAT(members.output, HasSubstr("1,a,"));
    EXPECT_TRUE(waitUntil([&] { return tessera({"leader", "transfer"}).status.exit_code == 0; }, kPatience));
    EXPECT_EQ(tessera({"snapshot"}).status.exit_code, 0);
    const auto changed = [&](const std::string& how, const std::string& id, const std::string& part) {
        return waitUntil(
            [&] {
                tessera({"members", how, id});
                const std::string list = tessera({"members", "list", "--format", "csv"}).output;
                const std::size_t line = list.find("\n" + id + ",");
                return line != std::string::npos && list.find(part, line) < list.find('\n', line + 1) &&
                       list.find("leaving") == std::string::npos;
            },
            kPatience);
    };
    const std::string other = nodes_->awaitLeader() == 2 ? "2" : "3";
    EXPECT_TRUE(changed("demote", other, "learner"));
    EXPECT_TRUE(changed("promote", other, "voter"));
    const std::string file = (folder_.path() / "backup.db").string();
    const ProcessResult backup = tessera({"backup", file});
    EXPECT_EQ(backup.status.exit_code, 0) << backup.error;
    EXPECT_EQ(readFile(file).substr(0, 15), "SQLite format 3");
}

TEST_F(StoreNodes, ANodeThatStopsHandsLeadershipOver) {
    makeTable("stopped");
    const std::size_t leader = nodes_->awaitLeader();
    const auto before = statusOf(nodes_->at(leader));
    ASSERT_TRUE(before) << before.error().describe();
    EXPECT_EQ(nodes_->at(leader).stop().exit_code, 0);
    const std::size_t next = nodes_->awaitLeader(leader);
    const auto after = statusOf(nodes_->at(next));
    ASSERT_TRUE(after) << after.error().describe();
    EXPECT_GT(after->term, before->term);
    const auto again = nodes_->at(leader).launch();
    ASSERT_TRUE(again) << again.error().describe();
    const auto seen = ask(*clientOf(nodes_->at(leader)), "SELECT count(*) FROM stopped");
    EXPECT_TRUE(seen) << seen.error().describe();
}

TEST(StoreNode, OneAloneNeedsNoMembers) {
    auto node = TemporaryNode::start({.yaml = "store: {administrators: [tester]}"});
    ASSERT_TRUE(node) << node.error().describe();
    const auto client = clientOf(*node);
    const auto made =
        client->execute({{"CREATE TABLE t(a)"}, {"INSERT INTO t VALUES (?)", {std::int64_t{7}}}}, kPatience);
    ASSERT_TRUE(made) << made.error().describe();
    node->kill();
    ASSERT_TRUE(node->launch());
    const auto rows = ask(*client, "SELECT a FROM t");
    ASSERT_TRUE(rows) << rows.error().describe();
    EXPECT_EQ(*rows, std::vector<std::string>{"7"});
    const auto wrong = client->execute({{"INSERT INTO nowhere VALUES (1)"}}, kPatience);
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code, ErrorCode::kInvalidArgument) << wrong.error().describe();
}

}  // namespace
}  // namespace tessera
