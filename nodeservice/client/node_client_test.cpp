#include "nodeservice/client/node_client.h"

#include "nodeservice/client/grpc_status.h"
#include "nodeservice/proto/catalog.grpc.pb.h"
#include "nodeservice/proto/query.grpc.pb.h"

#include <gmock/gmock.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <future>
#include <mutex>

namespace tessera::client {
namespace {

using testing::HasSubstr;

constexpr std::chrono::seconds kPatience{20};

v1::ExecuteEvent batchOf(std::int64_t value) {
    v1::ExecuteEvent event;
    event.mutable_batch()->set_row_count(1);
    event.mutable_batch()->add_columns()->set_values(std::string(reinterpret_cast<const char*>(&value), sizeof value));
    return event;
}

/// A node whose statements are small programs: "rows N", "fail", "wait", "malformed".
class FakeQuery final : public v1::Query::Service {
  public:
    grpc::Status Execute(grpc::ServerContext* context, const v1::ExecuteRequest* request,
                         grpc::ServerWriter<v1::ExecuteEvent>* writer) override {
        const auto found = context->client_metadata().find("authorization");
        authorization =
            found == context->client_metadata().end() ? "" : std::string(found->second.data(), found->second.size());
        if (request->sql() == "fail") {
            return toStatus({ErrorCode::kNotFound, "no table", "a hint", "a detail", "42P01", 8});
        }
        v1::ExecuteEvent event;
        event.mutable_started()->set_backend_pid(1);
        writer->Write(event);
        auto& column = *event.mutable_columns()->add_columns();
        column.set_name("n");
        column.set_encoding(v1::COLUMN_ENCODING_INT64);
        writer->Write(event);
        if (request->sql() == "malformed") {
            event = batchOf(1);
            event.mutable_batch()->set_row_count(100);
            writer->Write(event);
        }
        if (request->sql() == "wait") {
            const auto deadline = std::chrono::steady_clock::now() + kPatience;
            while (!context->IsCancelled() && std::chrono::steady_clock::now() < deadline) {
                event.mutable_progress()->set_rows(1);
                writer->Write(event);
                std::this_thread::yield();
            }
            saw_cancel = context->IsCancelled();
            return grpc::Status::CANCELLED;
        }
        int rows = 0;
        if (std::sscanf(request->sql().c_str(), "rows %d", &rows) == 1) {
            for (int i = 0; i < rows; ++i) {
                writer->Write(batchOf(i));
            }
        }
        event.mutable_complete()->set_command_tag("SELECT " + std::to_string(rows));
        event.mutable_complete()->set_row_count(static_cast<std::uint64_t>(rows));
        writer->Write(event);
        return grpc::Status::OK;
    }

    std::string authorization;
    std::atomic<bool> saw_cancel = false;
};

class FakeCatalog final : public v1::Catalog::Service {
  public:
    grpc::Status DescribeNode(grpc::ServerContext*, const v1::DescribeNodeRequest*,
                              v1::NodeDescription* answer) override {
        answer->set_name("lake");
        v1::Source& source = *answer->add_sources();
        source.set_name("flights");
        source.set_error("unreachable");
        return grpc::Status::OK;
    }

    grpc::Status ListTables(grpc::ServerContext* context, const v1::ListTablesRequest*,
                            v1::ListTablesResponse*) override {
        while (!context->IsCancelled()) {
            std::this_thread::yield();
        }
        saw_cancel.set_value();
        return grpc::Status::CANCELLED;
    }

    std::promise<void> saw_cancel;
};

class Recorder final : public QueryObserver {
  public:
    void onColumns(std::vector<ResultColumn> columns) override {
        const std::lock_guard lock(mutex_);
        columns_ = std::move(columns);
    }

    void onBatch(std::shared_ptr<const ResultBatch> batch) override {
        const std::lock_guard lock(mutex_);
        batches_.push_back(std::move(batch));
        changed_.notify_all();
    }

    void onProgress(Progress) override {
        const std::lock_guard lock(mutex_);
        ++progress_;
        changed_.notify_all();
    }

    void onDone(Result<Completion> result) override {
        const std::lock_guard lock(mutex_);
        result_ = std::move(result);
        changed_.notify_all();
    }

    template <class Condition>
    bool waitFor(Condition condition) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, kPatience, [&] { return condition(*this); });
    }

    std::size_t batches() const { return batches_.size(); }

    std::vector<ResultColumn> columns_;
    std::vector<std::shared_ptr<const ResultBatch>> batches_;
    int progress_ = 0;
    std::optional<Result<Completion>> result_;

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
};

class NodeClientTest : public testing::Test {
  protected:
    NodeClientTest() {
        grpc::ServerBuilder builder;
        int port = 0;
        builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
        builder.RegisterService(&query_);
        builder.RegisterService(&catalog_);
        server_ = builder.BuildAndStart();
        auto client = NodeClient::create({"lake", "127.0.0.1:" + std::to_string(port), "ann", "pass:word"});
        EXPECT_TRUE(client);
        client_ = std::move(*client);
    }

    ~NodeClientTest() override { server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(5)); }

    std::unique_ptr<RunningQuery> run(const std::string& sql) { return client_->execute({sql, {}, 0, 0}, recorder_); }

    static bool isDone(const Recorder& recorder) { return recorder.result_.has_value(); }

    FakeQuery query_;
    FakeCatalog catalog_;
    std::unique_ptr<grpc::Server> server_;
    std::shared_ptr<NodeClient> client_;
    std::shared_ptr<Recorder> recorder_ = std::make_shared<Recorder>();
};

TEST_F(NodeClientTest, StreamsAResultWithCredentials) {
    const auto running = run("rows 3");
    ASSERT_TRUE(recorder_->waitFor(isDone));
    ASSERT_TRUE(*recorder_->result_) << recorder_->result_->error().describe();
    EXPECT_EQ((*recorder_->result_)->command_tag, "SELECT 3");
    EXPECT_EQ(recorder_->columns_.front().name, "n");
    EXPECT_EQ(recorder_->batches_[2]->integer(0, 0), 2);
    EXPECT_EQ(query_.authorization, "Basic YW5uOnBhc3M6d29yZA==");
}

TEST_F(NodeClientTest, StopsReadingAtTheLimitUntilBatchesAreReleased) {
    const auto running = run("rows 10");
    ASSERT_TRUE(recorder_->waitFor([](const Recorder& r) { return r.batches() == RunningQuery::kMaxBatchesInFlight; }));
    for (std::size_t released = 1; released <= 6; ++released) {
        EXPECT_FALSE(recorder_->result_);
        EXPECT_EQ(recorder_->batches(), RunningQuery::kMaxBatchesInFlight + released - 1);
        running->release();
        ASSERT_TRUE(recorder_->waitFor(
            [&](const Recorder& r) { return r.batches() == RunningQuery::kMaxBatchesInFlight + released; }));
    }
    running->release();
    ASSERT_TRUE(recorder_->waitFor(isDone));
    EXPECT_TRUE(*recorder_->result_);
}

TEST_F(NodeClientTest, AnErrorKeepsPositionHintAndSqlState) {
    const auto running = run("fail");
    ASSERT_TRUE(recorder_->waitFor(isDone));
    ASSERT_FALSE(*recorder_->result_);
    const Error& error = recorder_->result_->error();
    EXPECT_EQ(error.code, ErrorCode::kNotFound);
    EXPECT_EQ(error.message + "|" + error.hint + "|" + error.detail + "|" + error.sqlstate,
              "no table|a hint|a detail|42P01");
    EXPECT_EQ(error.position, 8);
}

TEST_F(NodeClientTest, CancelReachesTheNodeAndEndsTheStatementHere) {
    const auto running = run("wait");
    ASSERT_TRUE(recorder_->waitFor([](const Recorder& r) { return r.progress_ > 0; }));
    running->cancel();
    ASSERT_TRUE(recorder_->waitFor(isDone));
    EXPECT_EQ(recorder_->result_->error().code, ErrorCode::kCancelled);
    server_->Shutdown(std::chrono::system_clock::now() + kPatience);
    EXPECT_TRUE(query_.saw_cancel);
}

TEST_F(NodeClientTest, CancelEndsAStatementThatIsPaused) {
    auto running = run("rows 10");
    ASSERT_TRUE(recorder_->waitFor([](const Recorder& r) { return r.batches() == RunningQuery::kMaxBatchesInFlight; }));
    running.reset();
    ASSERT_TRUE(recorder_->waitFor(isDone));
    EXPECT_EQ(recorder_->result_->error().code, ErrorCode::kCancelled);
    EXPECT_EQ(recorder_->batches(), static_cast<std::size_t>(RunningQuery::kMaxBatchesInFlight));
}

TEST_F(NodeClientTest, ABatchThatDoesNotFitItsColumnsIsRefused) {
    const auto running = run("malformed");
    ASSERT_TRUE(recorder_->waitFor(isDone));
    EXPECT_EQ(recorder_->result_->error().code, ErrorCode::kDataLoss);
    EXPECT_EQ(recorder_->batches(), 0u);
}

TEST_F(NodeClientTest, UnaryCallsAnswer) {
    const auto info = callAndWait<NodeInfo>([&](auto done) { return client_->describeNode(std::move(done)); });
    ASSERT_TRUE(info) << info.error().describe();
    EXPECT_EQ(info->name, "lake");
    EXPECT_EQ(info->sources.front().error, "unreachable");
}

TEST_F(NodeClientTest, AnAbandonedCallIsCancelledAndNeverCalledBack) {
    auto called = std::make_shared<std::atomic<bool>>(false);
    auto call = client_->listTables("s", [called](const Result<std::vector<TableInfo>>&) { *called = true; });
    call.reset();
    // The call may have been cancelled before it left; then the server never hears of it.
    catalog_.saw_cancel.get_future().wait_for(std::chrono::milliseconds(200));
    server_->Shutdown(std::chrono::system_clock::now() + kPatience);
    EXPECT_FALSE(*called);
}

TEST(NodeClient, AnUnreachableNodeIsNamed) {
    // Port 1 on loopback: nobody listens there on any machine that runs tests.
    const auto client = NodeClient::create({"lake", "127.0.0.1:1", "ann", "x"});
    ASSERT_TRUE(client);
    const auto info = callAndWait<NodeInfo>([&](auto done) { return (*client)->describeNode(std::move(done)); });
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().code, ErrorCode::kUnavailable);
    EXPECT_THAT(info.error().message, HasSubstr("cannot reach node 'lake' at 127.0.0.1:1: Connection refused"));
    EXPECT_THAT(info.error().hint, HasSubstr("is tessera-node running"));
}

TEST(NodeClient, OnlyLoopbackIsSpokenTo) {
    for (const char* address : {"example.org:7410", "10.0.0.1:7410", "127.0.0.1.example.org:7410"}) {
        const auto client = NodeClient::create({"n", address, "ann", "x"});
        ASSERT_FALSE(client) << address;
        EXPECT_THAT(client.error().hint, HasSubstr("loopback"));
    }
    EXPECT_TRUE(NodeClient::create({"n", "localhost:7410", "ann", "x"}));
}

}  // namespace
}  // namespace tessera::client
