/// Three real tessera-node processes in network namespaces, with kill -9, SIGSTOP, cables that are taken out, a bridge
/// that keeps some apart, and slow links that lose packets: see tests/support/store_ordeal.h. Here a partition is what
/// it is in a network: packets vanish, connections find out by themselves. Where no namespaces can be made the test is
/// skipped, and says why.

#include "tests/support/network_nodes.h"
#include "tests/support/store_ordeal.h"

namespace tessera {
namespace {

class StoreNetwork : public StoreOrdeal {
  protected:
    void SetUp() override {
        auto lab = NetworkLab::make(kMembers);
        if (!lab) {
            GTEST_SKIP() << lab.error().describe();
        }
        nodes_ = std::make_unique<NetworkNodes>(std::move(*lab));
        ASSERT_NO_FATAL_FAILURE(nodes_->start());
    }

    ThreeNodes& nodes() override { return *nodes_; }

    static void expectDone(const Result<>& done) { EXPECT_TRUE(done) << done.error().describe(); }

    /// So many that TCP, which waits twice as long each time, is far from its next attempt when the cable is back.
    static constexpr std::size_t kManyWrites = 3000;

    std::vector<Fault> faultsOfCables() {
        NetworkLab& lab = nodes_->lab();
        const auto unplug = [&lab](std::size_t member) { expectDone(lab.unplug(member)); };
        const auto plug = [&lab](std::size_t member) { expectDone(lab.plug(member)); };
        const auto part = [&lab](std::size_t member) { expectDone(lab.keepApart({member, (member + 1) % kMembers})); };
        const auto partAll = [&lab](std::size_t /*member*/) { expectDone(lab.keepApart({0, 1, 2})); };
        const auto join = [&lab](std::size_t /*member*/) { expectDone(lab.joinAll()); };
        return {
            {"the leader's cable is out", true, unplug, plug},
            {"a follower's cable is out", false, unplug, plug},
            {"the leader's cable is out for long", true, unplug, plug, true, kManyWrites},
            {"a follower's cable is out for long", false, unplug, plug, true, kManyWrites},
            {"the leader and one follower are kept apart", true, part, join},
            {"all are kept apart", true, partAll, join, false},
        };
    }

    /// As far as this kernel has them.
    std::vector<Fault> faultsOfShapes() {
        NetworkLab& lab = nodes_->lab();
        std::vector<Fault> all;
        const auto add = [&](const std::string& name, bool is_leaders, const std::string& how) {
            const Result<> possible = lab.shape(0, how);
            if (!possible) {
                EXPECT_EQ(possible.error().code, ErrorCode::kUnavailable) << possible.error().describe();
                std::cout << "left out, \"" << name << "\": " << possible.error().message << "\n";
                return;
            }
            expectDone(lab.shape(0, ""));
            all.push_back({name, is_leaders, [&lab, how](std::size_t member) { expectDone(lab.shape(member, how)); },
                           [&lab](std::size_t member) { expectDone(lab.shape(member, "")); }});
        };
        add("the leader is slow and loses packets", true, "netem delay 50ms 10ms loss 5%");
        add("a follower is slow and loses packets", false, "netem delay 50ms 10ms loss 5%");
        add("the leader's link is thin", true, "tbf rate 2mbit burst 16kb limit 16kb");
        return all;
    }

  private:
    std::unique_ptr<NetworkNodes> nodes_;
};

TEST_F(StoreNetwork, NoAcknowledgedWriteIsLostAndNoTwoLeadInATerm) {
    std::vector<Fault> all = faultsOfProcesses();
    for (const std::vector<Fault>& more : {faultsOfCables(), faultsOfShapes()}) {
        all.insert(all.end(), more.begin(), more.end());
    }
    goThrough(std::move(all));
}

}  // namespace
}  // namespace tessera
