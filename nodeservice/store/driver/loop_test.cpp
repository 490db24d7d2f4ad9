/// Actions one at a time, whoever does them. What is waited for is a condition, never a time.

#include "nodeservice/store/driver/loop.h"

#include "tests/support/wait_until.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace tessera::store {
namespace {

class LoopTest : public testing::Test {
  protected:
    ~LoopTest() override { loop_.stop(); }

    // The turn's; the last two are read by the test as well.
    bool is_running_ = false;
    std::size_t steps_ = 0;
    std::atomic<std::size_t> begun_ = 0;
    std::atomic<bool> is_finished_ = false;
    std::atomic<bool> is_due_ = false;
    std::atomic<bool> is_soon_due_ = false;
    std::vector<Loop::Action> left_;

    Loop loop_{{.begin =
                    [this] {
                        EXPECT_FALSE(std::exchange(is_running_, true));
                        ++begun_;
                    },
                .end =
                    [this] {
                        EXPECT_TRUE(std::exchange(is_running_, false));
                        ++steps_;
                    },
                .due =
                    [this] {
                        return std::chrono::steady_clock::now() +
                               (is_due_        ? std::chrono::nanoseconds(0)
                                : is_soon_due_ ? std::chrono::milliseconds(5)
                                               : std::chrono::nanoseconds(std::chrono::hours(1)));
                    },
                .finish =
                    [this](const std::vector<Loop::Action>& rest) {
                        EXPECT_FALSE(is_running_);
                        for (const Loop::Action& action : rest) {
                            action();
                        }
                        is_finished_ = true;
                    }}};
};

/// The thread sleeps for an hour, and what is posted by another makes something due before that.
TEST_F(LoopTest, WhatIsDueSoonerWakesTheLoop) {
    loop_.start();
    ASSERT_TRUE(waitUntil([&] { return begun_ > 0; }));
    EXPECT_TRUE(loop_.post([&] { is_soon_due_ = true; }));
    const std::size_t before = begun_;
    EXPECT_TRUE(waitUntil([&] { return begun_ > before; }));
    is_soon_due_ = false;
}

TEST_F(LoopTest, WhoPostsDoesItAtOnce) {
    loop_.start();
    ASSERT_TRUE(waitUntil([&] { return begun_ > 0; }));  // due from the beginning
    std::thread::id by;
    // The loop's thread may still have the turn of its first step.
    ASSERT_TRUE(waitUntil([&] {
        std::promise<std::thread::id> done;
        EXPECT_TRUE(loop_.post([&] { done.set_value(std::this_thread::get_id()); }));
        by = done.get_future().get();
        return by == std::this_thread::get_id();
    }));
}

TEST_F(LoopTest, WhatAnActionPostsComesAfterIt) {
    loop_.start();
    std::promise<std::string> done;
    std::string order;
    ASSERT_TRUE(loop_.post([&] {
        EXPECT_TRUE(loop_.post([&] {
            order += "b";
            done.set_value(order);
        }));
        order += "a";
    }));
    EXPECT_EQ(done.get_future().get(), "ab");
}

TEST_F(LoopTest, AnotherThreadDoesWhatThisOneMustNot) {
    loop_.start();
    std::promise<std::thread::id> done;
    ASSERT_TRUE(loop_.postToOthers([&] { done.set_value(std::this_thread::get_id()); }));
    EXPECT_NE(done.get_future().get(), std::this_thread::get_id());
}

TEST_F(LoopTest, WhatIsDueIsDoneThoughNothingComes) {
    is_due_ = true;
    loop_.start();
    EXPECT_TRUE(waitUntil([&] { return begun_ > 100; }));
}

TEST_F(LoopTest, NothingIsLostAndNothingRunsBesideAnother) {
    constexpr int kThreads = 8;
    constexpr int kEach = 5000;
    int done = 0;  // the turn's
    std::array<int, kThreads> last{};
    loop_.start();
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([&, thread] {
            for (int i = 1; i <= kEach; ++i) {
                const auto action = [&, thread, i] {
                    EXPECT_TRUE(is_running_);
                    EXPECT_EQ(std::exchange(last[static_cast<std::size_t>(thread)], i), i - 1);
                    ++done;
                };
                EXPECT_TRUE(i % 7 == 0 ? loop_.postToOthers(action) : loop_.post(action));
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    std::promise<int> all;
    ASSERT_TRUE(loop_.post([&] { all.set_value(done); }));
    EXPECT_EQ(all.get_future().get(), kThreads * kEach);
}

TEST_F(LoopTest, MoreThanTheLimitIsRefused) {
    std::promise<void> go;
    std::promise<void> begun;
    loop_.start();
    std::thread busy([&] {
        EXPECT_TRUE(loop_.post([&] {
            begun.set_value();
            go.get_future().wait();
        }));
    });
    begun.get_future().wait();
    EXPECT_TRUE(loop_.post([] {}, 1));
    EXPECT_FALSE(loop_.post([] {}, 1));
    go.set_value();
    busy.join();
}

TEST_F(LoopTest, StoppedItDoesWhatItTookAndTakesNoMore) {
    loop_.start();
    std::promise<void> go;
    std::promise<void> begun;
    std::atomic<bool> is_done = false;
    std::thread busy([&] {
        EXPECT_TRUE(loop_.post([&] {
            begun.set_value();
            go.get_future().wait();
        }));
    });
    begun.get_future().wait();
    EXPECT_TRUE(loop_.post([&] { is_done = true; }));
    std::thread stopping([&] { loop_.stop(); });
    EXPECT_TRUE(waitUntil([&] { return !loop_.post([] {}); }));
    EXPECT_FALSE(is_finished_);
    go.set_value();
    busy.join();
    stopping.join();
    EXPECT_TRUE(is_finished_);
    EXPECT_TRUE(is_done);
}

}  // namespace
}  // namespace tessera::store
