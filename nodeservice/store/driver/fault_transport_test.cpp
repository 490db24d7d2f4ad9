#include "nodeservice/store/driver/fault_transport.h"

#include "tests/support/wait_until.h"

#include <gtest/gtest.h>

#include <vector>

namespace tessera::store {
namespace {

class Sink final : public Transport {
  public:
    void send(raft::Message message) override {
        const std::lock_guard lock(mutex_);
        sent_.push_back(message.term);
    }

    std::vector<raft::Term> sent() {
        const std::lock_guard lock(mutex_);
        return sent_;
    }

  private:
    std::mutex mutex_;
    std::vector<raft::Term> sent_;
};

raft::Message message(raft::NodeId to, raft::Term term) {
    raft::Message made;
    made.from = 1;
    made.to = to;
    made.term = term;
    return made;
}

class FaultTransportTest : public testing::Test {
  protected:
    using Terms = std::vector<raft::Term>;

    Sink sink_;
    FaultTransport transport_{sink_, 7};
};

TEST_F(FaultTransportTest, WithoutFaultsAllIsSentAndHeard) {
    transport_.send(message(2, 1));
    EXPECT_EQ(sink_.sent(), Terms{1});
    EXPECT_TRUE(transport_.hears(2));
    EXPECT_EQ(transport_.counts().lost + transport_.counts().cut + transport_.counts().late, 0);
}

TEST_F(FaultTransportTest, IsolatedItNeitherSendsNorHears) {
    transport_.set({.is_isolated = true});
    transport_.send(message(2, 1));
    EXPECT_TRUE(sink_.sent().empty());
    EXPECT_FALSE(transport_.hears(2));
    transport_.set({});
    transport_.send(message(2, 2));
    EXPECT_EQ(sink_.sent(), Terms{2});
    EXPECT_TRUE(transport_.hears(2));
}

TEST_F(FaultTransportTest, ACutIsBetweenTwo) {
    transport_.set({.cut = {3}});
    transport_.send(message(3, 1));
    transport_.send(message(2, 2));
    EXPECT_EQ(sink_.sent(), Terms{2});
    EXPECT_FALSE(transport_.hears(3));
    EXPECT_EQ(transport_.counts().cut, 2) << "one that was sent, one that came";
    EXPECT_TRUE(transport_.hears(2));
}

TEST_F(FaultTransportTest, SoManyOfAHundredAreLost) {
    transport_.set({.lost_percent = 30});
    for (raft::Term term = 1; term <= 1000; ++term) {
        transport_.send(message(2, term));
    }
    EXPECT_GT(sink_.sent().size(), 600);
    EXPECT_LT(sink_.sent().size(), 800);
    EXPECT_EQ(transport_.counts().lost, 1000 - sink_.sent().size());
}

TEST_F(FaultTransportTest, LateOnesComeInTheirOrder) {
    transport_.set({.delay = std::chrono::milliseconds(20)});
    const auto begin = std::chrono::steady_clock::now();
    for (raft::Term term = 1; term <= 5; ++term) {
        transport_.send(message(2, term));
    }
    EXPECT_TRUE(waitUntil([this] { return sink_.sent().size() == 5; }, std::chrono::seconds(60)));
    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(20));
    EXPECT_EQ(sink_.sent(), (Terms{1, 2, 3, 4, 5}));
    EXPECT_EQ(transport_.counts().late, 5);
}

TEST_F(FaultTransportTest, WhatIsOnItsWayLateIsNotWaitedFor) {
    transport_.set({.delay = std::chrono::hours(1)});
    transport_.send(message(2, 1));
}

}  // namespace
}  // namespace tessera::store
