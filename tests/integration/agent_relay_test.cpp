// Goal: calls through the agent are as good as direct ones: streams, slow readers, cancels, errors; and other users are
// kept out. Method: the client library with the agent's socket, and strangers.

#include "common/service_user.h"
#include "nodeservice/client/call.h"
#include "tests/integration/agent_fixture.h"
#include "tests/support/raw_stream.h"

#include <unistd.h>

#include <condition_variable>
#include <fstream>
#include <mutex>

namespace tessera {
namespace {

using testing::HasSubstr;

class AgentRelay : public AgentTest {
  protected:
    void SetUp() override {
        AgentTest::SetUp();
        agent_ = signedIn();
    }

    std::shared_ptr<client::NodeClient> client(const std::string& node = "lake") const {
        client::NodeAddress address;
        address.name = node;
        address.agent = client::AgentRoute{agent_->socket().string(), "test", "ann"};
        auto made = client::NodeClient::create(std::move(address));
        return made ? *made : nullptr;
    }

    std::unique_ptr<TemporaryAgent> agent_;
};

/// Counts what comes, and gives nothing back until it is told to.
class SlowReader final : public client::QueryObserver {
  public:
    void onColumns(std::vector<client::ResultColumn>) override {}

    void onBatch(std::shared_ptr<const client::ResultBatch> batch) override {
        const std::lock_guard lock(mutex_);
        ++batches_;
        rows_ += batch->rowCount();
    }

    void onDone(Result<client::Completion> result) override {
        const std::lock_guard lock(mutex_);
        result_ = std::move(result);
    }

    std::size_t batches() {
        const std::lock_guard lock(mutex_);
        return batches_;
    }

    std::size_t rows() {
        const std::lock_guard lock(mutex_);
        return rows_;
    }

    std::optional<Result<client::Completion>> result() {
        const std::lock_guard lock(mutex_);
        return result_;
    }

  private:
    std::mutex mutex_;
    std::size_t batches_ = 0;
    std::size_t rows_ = 0;
    std::optional<Result<client::Completion>> result_;
};

std::size_t residentKilobytes(pid_t process) {
    std::ifstream status("/proc/" + std::to_string(process) + "/status");
    std::string word;
    std::size_t kilobytes = 0;
    while (status >> word) {
        if (word == "VmRSS:") {
            status >> kilobytes;
        }
    }
    return kilobytes;
}

TEST_F(AgentRelay, StreamsLargeResultsWhole) {
    const auto answer = runQuery(*client(), "select i, repeat('x', 100) from generate_series(1, 200000) i");
    ASSERT_TRUE(answer) << answer.error().describe();
    EXPECT_EQ(answer->rows.size(), 200000u);
    EXPECT_EQ(answer->rows.back()[0], "200000");
}

TEST_F(AgentRelay, ASlowReaderSlowsTheNodeDown) {
    const auto node = client();
    const auto reader = std::make_shared<SlowReader>();
    const std::size_t before = residentKilobytes(agent_->pid());
    // 2 GB, if anybody took it.
    const auto running = node->execute({"select repeat('x', 1000) from generate_series(1, 2000000)", {}, 0, 0}, reader);
    ASSERT_TRUE(waitUntil([&] { return reader->batches() == client::RunningQuery::kMaxBatchesInFlight; }, kPatience));
    std::this_thread::sleep_for(std::chrono::seconds(1));
    EXPECT_EQ(reader->batches(), static_cast<std::size_t>(client::RunningQuery::kMaxBatchesInFlight));
    EXPECT_FALSE(reader->result());
    EXPECT_LT(residentKilobytes(agent_->pid()), before + 32 * 1024);
    const std::size_t seen = reader->rows();
    running->release();
    EXPECT_TRUE(waitUntil([&] { return reader->rows() > seen; }, kPatience));
}

/// A service that our clients do not know, and a stream in both directions. Who does not read what is answered can send
/// no more: what waits is at neither side of the agent without bound, and nothing of it is lost.
TEST_F(AgentRelay, AnyServiceStreamsBothWaysAndStandsStillBothWays) {
    ASSERT_TRUE(runQuery(*client(), "select 1"));
    RawStream stream("unix:" + agent_->socket().string(),
                     "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                     {{client::kProfileMetadata, "test"}, {client::kNodeMetadata, "lake"}});
    // {host: 30,000 bytes, file_containing_symbol: "tessera.v1.Query"}
    const std::string request = "\x0a\xb0\xea\x01" + std::string(30000, 'x') + "\x22\x10tessera.v1.Query";
    const std::size_t before = residentKilobytes(agent_->pid());
    constexpr std::size_t kMost = 10000;
    std::size_t sent = 0;
    while (sent < kMost && stream.write(request, std::chrono::seconds(3))) {
        ++sent;
    }
    ASSERT_GT(sent, 0u);
    EXPECT_LT(sent, kMost) << "300 MB, and as much of answers, are somewhere";
    EXPECT_LT(residentKilobytes(agent_->pid()), before + 64 * 1024);
    // Also the one that had no room before.
    std::size_t answered = 0;
    while (answered <= sent) {
        const auto size = stream.read(kPatience);
        ASSERT_TRUE(size) << "after " << answered << " answers of " << sent + 1;
        // The request comes back in it.
        ASSERT_GT(*size, request.size());
        ++answered;
    }
    EXPECT_TRUE(stream.finishWriting(kPatience));
    EXPECT_FALSE(stream.read(kPatience)) << "the node ends it when it is told that nothing follows";
    RecordProperty("sent", static_cast<int>(sent));
}

/// Of a session that is kept open at the node, as the workbench's tabs have it.
TEST_F(AgentRelay, ATransactionIsTheSamePersonsAndSession) {
    class Unconcerned final : public client::SessionObserver {
        void onTransaction(client::TransactionState) override {}

        void onClosed(Error) override {}
    };

    const auto node = client();
    const auto session = node->openSession(std::make_shared<Unconcerned>());
    const auto ask = [&](const std::string& sql) {
        client::QueryRequest request;
        request.sql = sql;
        request.in_transaction = sql != "rollback";
        const auto answer = runQuery(*session, std::move(request));
        return !answer ? answer.error().describe() : answer->rows.empty() ? "" : answer->rows[0][0].value_or("NULL");
    };
    const std::string number = ask("select txid_current()");
    EXPECT_EQ(ask("select tessera.user_id()"), "ann");
    EXPECT_EQ(ask("select txid_current()"), number);
    EXPECT_EQ(ask("rollback"), "");
    EXPECT_NE(ask("select txid_current()"), number);
}

TEST_F(AgentRelay, ACancelReachesTheNode) {
    const auto node = client();
    const auto reader = std::make_shared<SlowReader>();
    const auto running = node->execute({"select pg_sleep(60) /* to be cancelled */", {}, 0, 0}, reader);
    const auto count = [&] {
        const auto answer = runQuery(*node,
                                     "select count(*) from pg_stat_activity where state = 'active' and "
                                     "query like 'select pg_sleep(60) /*%'");
        return answer ? answer->rows.front().front().value_or("") : answer.error().message;
    };
    ASSERT_TRUE(waitUntil([&] { return count() == "1"; }, kPatience)) << count();
    running->cancel();
    EXPECT_TRUE(waitUntil([&] { return reader->result().has_value(); }, kPatience));
    EXPECT_EQ(reader->result()->error().code, ErrorCode::kCancelled);
    EXPECT_TRUE(waitUntil([&] { return count() == "0"; }, kPatience)) << count();
}

TEST_F(AgentRelay, ErrorsComeAsTheNodeGaveThem) {
    const auto failed = runQuery(*client(), "select nope");
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().sqlstate, "42703");
    EXPECT_EQ(failed.error().position, 8);
    const auto unknown = runQuery(*client("laek"), "select 1");
    ASSERT_FALSE(unknown);
    EXPECT_THAT(unknown.error().describe(), HasSubstr("did you mean 'lake'?"));
    const auto info = client::callAndWait<client::NodeInfo>(
        [&, node = client()](auto done) { return node->describeNode(std::move(done)); });
    ASSERT_TRUE(info) << info.error().describe();
    EXPECT_EQ(info->name, "lake");
}

TEST_F(AgentRelay, AnotherUserIsRefused) {
    if (::getuid() != 0) {
        GTEST_SKIP() << "only root can become another user";
    }
    const auto user = serviceUser();
    ASSERT_TRUE(user) << user.error().describe();
    const auto knock = [&] {
        return run({.arguments = {"curl", "--silent", "--show-error", "--max-time", "5", "--http2-prior-knowledge",
                                  "--unix-socket", agent_->socket().string(), "http://localhost/"},
                    .run_as = user->runAs()},
                   kPatience);
    };
    const auto outside = knock();
    ASSERT_TRUE(outside);
    EXPECT_NE(outside->status.exit_code, 0) << "the folder lets others in";
    // Were the folder open, the kernel's word about the other side would still stand.
    for (auto folder = agent_->runtime(); folder != "/tmp" && folder != "/"; folder = folder.parent_path()) {
        std::filesystem::permissions(folder, std::filesystem::perms(0755));
    }
    std::filesystem::permissions(agent_->socket(), std::filesystem::perms(0666));
    const auto inside = knock();
    ASSERT_TRUE(inside);
    EXPECT_NE(inside->status.exit_code, 0);
    EXPECT_TRUE(waitUntil([&] { return agent_->log().find("peer.refused") != std::string::npos; }, kPatience));
    const ProcessResult own = ask(*agent_, "select 1 as a");
    EXPECT_THAT(own.error, HasSubstr("is not a folder of yours alone"));
}

}  // namespace
}  // namespace tessera
