#include "plugins/odbc/worker.h"

#include "plugins/sdk/test_support.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <future>
#include <thread>

namespace tessera::odbc {
namespace {

using std::chrono::milliseconds;

TEST(OdbcWorker, RunsJobsOneAfterAnother) {
    const sdk::test::ManualHost host;
    Worker worker;
    int done = 0;
    for (int i = 0; i < 3; ++i) {
        worker.start([&] { ++done; });
        EXPECT_EQ(worker.wait(host, true), Worker::Outcome::kDone);
    }
    EXPECT_EQ(done, 3);
    EXPECT_FALSE(worker.isBusy());
}

TEST(OdbcWorker, BlocksAllSignals) {
    const sdk::test::ManualHost host;
    Worker worker;
    bool blocked = false;
    worker.start([&] {
        sigset_t mask;
        pthread_sigmask(SIG_BLOCK, nullptr, &mask);
        blocked =
            sigismember(&mask, SIGINT) == 1 && sigismember(&mask, SIGUSR1) == 1 && sigismember(&mask, SIGALRM) == 1;
    });
    worker.wait(host, false);
    EXPECT_TRUE(blocked);
}

TEST(OdbcWorker, ComesBackToTheHostWhileADriverBlocks) {
    sdk::test::ManualHost host;
    Worker worker;
    std::promise<void> open;
    worker.start([gate = open.get_future().share()] { gate.wait(); });
    EXPECT_EQ(worker.wait(host, true, Worker::Clock::now() + milliseconds(30)), Worker::Outcome::kTimedOut);
    host.signal = TSR_SIGNAL_ATTENTION;
    EXPECT_EQ(worker.wait(host, true), Worker::Outcome::kAttention);
    EXPECT_EQ(worker.wait(host, false, Worker::Clock::now() + milliseconds(30)), Worker::Outcome::kTimedOut);
    host.signal = TSR_SIGNAL_CANCEL;
    EXPECT_EQ(worker.wait(host, false), Worker::Outcome::kCancelled);
    EXPECT_FALSE(worker.settle(milliseconds(10)));
    open.set_value();
    EXPECT_TRUE(worker.settle(std::chrono::seconds(60)));
}

TEST(OdbcWorker, LeavesADriverBehindThatDoesNotComeBack) {
    std::promise<void> open;
    std::promise<void> ended;
    {
        Worker worker;
        worker.start([gate = open.get_future().share(), &ended] {
            gate.wait();
            ended.set_value();
        });
    }
    open.set_value();
    EXPECT_EQ(ended.get_future().wait_for(std::chrono::seconds(60)), std::future_status::ready);
}

}  // namespace
}  // namespace tessera::odbc
