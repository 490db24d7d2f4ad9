#include "common/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace tessera {
namespace {

TEST(WorkerPool, RunsEverythingItAcceptedBeforeItStops) {
    std::atomic<int> done = 0;
    {
        WorkerPool pool("test", 3, 100);
        for (int i = 0; i < 50; ++i) {
            ASSERT_TRUE(pool.trySubmit([&] { ++done; }));
        }
    }
    EXPECT_EQ(done, 50);
}

TEST(WorkerPool, RefusesWhatDoesNotFit) {
    WorkerPool pool("test", 2, 1);
    std::promise<void> gate;
    const std::shared_future<void> open = gate.get_future().share();
    for (int i = 0; i < 2; ++i) {
        std::promise<void> started;
        ASSERT_TRUE(pool.trySubmit([open, &started] {
            started.set_value();
            open.wait();
        }));
        started.get_future().wait();
    }
    EXPECT_TRUE(pool.trySubmit([] {}));
    EXPECT_FALSE(pool.trySubmit([] {}));
    gate.set_value();
    pool.stop();
    EXPECT_FALSE(pool.trySubmit([] {}));
}

}  // namespace
}  // namespace tessera
