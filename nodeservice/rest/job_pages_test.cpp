#include "nodeservice/rest/job_pages.h"

#include "nodeservice/rest/problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <mutex>

namespace tessera::rest {
namespace {

using testing::HasSubstr;

/// A store without tables, which answers when it is let to.
class SlowStore : public jobs::JobStore {
  public:
    Result<bool> apply(const jobs::Batch& /*batch*/) override { return true; }

    Result<std::vector<jobs::Row>> query(const store::SqlStatement& /*statement*/) override {
        std::unique_lock lock(mutex_);
        ++asked_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return answers_; });
        return std::vector<jobs::Row>{{std::int64_t{0}}};
    }

    /// Whether so many queries have come.
    bool awaitQueries(int count) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(60), [&] { return asked_ >= count; });
    }

    void answer() {
        const std::lock_guard lock(mutex_);
        answers_ = true;
        changed_.notify_all();
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int asked_ = 0;
    bool answers_ = false;
};

/// The store is slow (it elects a leader): calls for jobs leave the node's other threads to others.
TEST(JobPages, FourWaitForTheStoreAndMoreAreTurnedAway) {
    SlowStore store;
    jobs::Jobs jobs(store);
    JobPages pages([&] { return &jobs; }, {"n", {"ann"}, {"olga"}, {}, {}});
    const auto ask = [&](const std::string& method, const std::vector<std::string>& parts, const std::string& role) {
        gateway::HttpRequest request;
        request.method = method;
        return pages.answer(request, parts, role);
    };
    const auto list = [&] { return ask("GET", {"jobs"}, "ann"); };
    std::vector<std::future<Result<nlohmann::ordered_json>>> waiting;
    for (int i = 0; i < 4; ++i) {
        waiting.push_back(std::async(std::launch::async, list));
    }
    EXPECT_TRUE(store.awaitQueries(4));
    const std::vector<Result<nlohmann::ordered_json>> refused = {
        list(),
        ask("POST", {"jobs", "nightly", "runs"}, "olga"),
        ask("DELETE", {"jobs", "nightly", "runs", "1"}, "olga"),
    };
    // Who may not is told so, however much there is to do.
    const auto stranger = ask("GET", {"jobs"}, "eve");
    store.answer();
    for (const auto& one : refused) {
        ASSERT_FALSE(one);
        EXPECT_EQ(problemResponse(one.error()).status, 429);
        EXPECT_THAT(problemResponse(one.error()).body, HasSubstr("too many requests for jobs at once"));
    }
    ASSERT_FALSE(stranger);
    EXPECT_EQ(problemResponse(stranger.error()).status, 403);
    const nlohmann::ordered_json nothing = {{"jobs", nlohmann::ordered_json::array()}};
    for (auto& one : waiting) {
        const auto answer = one.get();
        ASSERT_TRUE(answer) << answer.error().describe();
        EXPECT_EQ(*answer, nothing);
    }
    // Those that were turned away have left no trace.
    for (int i = 0; i < 5; ++i) {
        const auto answer = list();
        ASSERT_TRUE(answer) << answer.error().describe();
    }
}

}  // namespace
}  // namespace tessera::rest
