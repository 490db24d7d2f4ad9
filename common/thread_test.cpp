#include "common/thread.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <future>
#include <string>

namespace tessera {
namespace {

TEST(Thread, HasItsNameAndNoSignals) {
    std::string name;
    bool is_blocked = false;
    // The starter sets the name: the thread is asked once that is done.
    std::promise<void> named;
    std::thread thread = startThread("a-name-of-20-bytes--", [&] {
        named.get_future().wait();
        std::array<char, 16> buffer{};
        pthread_getname_np(pthread_self(), buffer.data(), buffer.size());
        name = buffer.data();
        sigset_t mask;
        pthread_sigmask(SIG_SETMASK, nullptr, &mask);
        is_blocked = sigismember(&mask, SIGTERM) == 1 && sigismember(&mask, SIGCHLD) == 1;
    });
    named.set_value();
    thread.join();
    EXPECT_EQ(name, "a-name-of-20-by");
    EXPECT_TRUE(is_blocked);
    sigset_t mine;
    pthread_sigmask(SIG_SETMASK, nullptr, &mine);
    EXPECT_EQ(sigismember(&mine, SIGTERM), 0) << "the starter's own mask is as before";
}

TEST(StoppableThread, EndsInTheMiddleOfItsPause) {
    std::atomic<int> rounds = 0;
    std::promise<void> began;
    StoppableThread thread;
    thread.start("test", [&] {
        began.set_value();
        while (!thread.stopsWithin(std::chrono::hours(1))) {
            ++rounds;
        }
    });
    began.get_future().wait();
    thread.stop();
    thread.stop();
    EXPECT_EQ(rounds, 0);
    EXPECT_TRUE(thread.stopsWithin({}));
}

TEST(StoppableThread, DoesItsWorkUntilThen) {
    std::promise<void> third;
    int rounds = 0;
    StoppableThread thread;
    thread.start("test", [&] {
        while (!thread.stopsWithin(std::chrono::milliseconds(1))) {
            if (++rounds == 3) {
                third.set_value();
            }
        }
    });
    third.get_future().wait();
    thread.stop();
    EXPECT_GE(rounds, 3);
}

TEST(StoppableThread, MayBeStoppedUnstarted) {
    StoppableThread thread;
    EXPECT_FALSE(thread.stopsWithin({}));
    thread.stop();
    EXPECT_TRUE(thread.stopsWithin(std::chrono::hours(1)));
}

}  // namespace
}  // namespace tessera
