#include "app/core/results/query_export.h"

#include "app/core/testing/fake_node_client.h"

#include <gtest/gtest.h>

#include <QTemporaryDir>
#include <fstream>
#include <future>
#include <sstream>

namespace tessera::app {
namespace {

class QueryExportTest : public testing::Test {
  protected:
    std::future<Result<std::uint64_t>> start(const char* file, ExportFormat format) {
        path_ = folder_.filePath(QLatin1String(file)).toStdString();
        auto started = std::async(std::launch::async, [this, format] {
            client::QueryRequest request;
            request.sql = "select * from t";
            request.parameters = {{"7", "integer"}};
            return exportQuery(*node_, std::move(request), {format, "t"}, path_, control_);
        });
        while (!has_started_) {
            std::this_thread::yield();
        }
        return started;
    }

    std::string written() const {
        std::ostringstream text;
        text << std::ifstream(path_).rdbuf();
        return text.str();
    }

    /// Says when the statement is there, which another thread starts.
    class Node final : public client::StatementExecutor {
      public:
        explicit Node(QueryExportTest& test) : test_(test) {}

        std::unique_ptr<client::RunningQuery> execute(client::QueryRequest request,
                                                      std::shared_ptr<client::QueryObserver> observer) override {
            auto running = test_.fake_.execute(std::move(request), std::move(observer));
            test_.has_started_ = true;
            return running;
        }

      private:
        QueryExportTest& test_;
    };

    FakeNodeClient fake_{"lake"};
    std::atomic<bool> has_started_ = false;
    std::unique_ptr<client::StatementExecutor> node_ = std::make_unique<Node>(*this);
    QTemporaryDir folder_;
    std::filesystem::path path_;
    TaskControl control_;
};

TEST_F(QueryExportTest, RowsGoStraightIntoTheFile) {
    auto result = start("a.csv", ExportFormat::kCsv);
    EXPECT_EQ(fake_.statement().request.parameters.front().text, "7");
    fake_.statement().sendColumns({"x", "y"});
    fake_.statement().sendRows(2, {{"1", std::nullopt}, {"2", "a,b"}});
    fake_.statement().complete("SELECT 2", 2);
    const auto rows = result.get();
    ASSERT_TRUE(rows) << rows.error().describe();
    EXPECT_EQ(*rows, 2U);
    EXPECT_EQ(control_.done(), 2U);
    EXPECT_EQ(fake_.statement().released, 1);
    EXPECT_NE(written().find("2,\"a,b\""), std::string::npos) << written();
}

TEST_F(QueryExportTest, EveryFormatIsAFileInTheEnd) {
    for (const auto& [name, format] : {std::pair("a.parquet", ExportFormat::kParquet),
                                       {"a.xlsx", ExportFormat::kXlsx},
                                       {"a.json", ExportFormat::kJson},
                                       {"a.sql", ExportFormat::kInsert}}) {
        has_started_ = false;
        auto result = start(name, format);
        fake_.statement().sendColumns({"x"});
        fake_.statement().sendRows(1, {{"one"}});
        fake_.statement().complete("SELECT 1", 1);
        const auto rows = result.get();
        ASSERT_TRUE(rows) << name << ": " << rows.error().describe();
        EXPECT_GT(written().size(), 5U) << name;
        EXPECT_FALSE(std::filesystem::exists(path_.string() + ".partial")) << name;
    }
}

TEST_F(QueryExportTest, AStopAndAnErrorLeaveNoFile) {
    auto stopped = start("a.csv", ExportFormat::kCsv);
    fake_.statement().sendColumns({"x"});
    fake_.statement().sendRows(1, {{"1"}});
    control_.cancel();
    EXPECT_EQ(stopped.get().error().code, ErrorCode::kCancelled);
    EXPECT_TRUE(fake_.statement().is_destroyed);
    EXPECT_FALSE(std::filesystem::exists(path_));

    has_started_ = false;
    TaskControl fresh;
    auto failed = std::async(std::launch::async, [&] {
        return exportQuery(*node_, {}, {ExportFormat::kParquet, "t"}, path_, fresh);
    });
    while (!has_started_) {
        std::this_thread::yield();
    }
    fake_.statement().sendColumns({"x"});
    fake_.statement().sendRows(1, {{"1"}});
    fake_.statement().failWith(Error::make(ErrorCode::kUnavailable, "the node is stopping"));
    EXPECT_EQ(failed.get().error().message, "the node is stopping");
    EXPECT_TRUE(std::filesystem::is_empty(path_.parent_path()));
}

}  // namespace
}  // namespace tessera::app
