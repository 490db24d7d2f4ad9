/// Three real tessera-node processes behind proxies of our own, with kill -9, SIGSTOP and networks that are cut in
/// every way: see tests/support/store_ordeal.h.

#include "tests/support/store_ordeal.h"

namespace tessera {
namespace {

class StoreFaults : public StoreOrdeal {
  protected:
    void SetUp() override { ASSERT_NO_FATAL_FAILURE(nodes_.start()); }

    ThreeNodes& nodes() override { return nodes_; }

    void toOthers(const std::function<void(std::size_t)>& act, std::size_t member) {
        for (std::size_t other = 0; other < kMembers; ++other) {
            if (other != member) {
                act(other);
            }
        }
    }

    void setLatency(std::size_t member, std::chrono::milliseconds latency) {
        toOthers([&](std::size_t other) { nodes_.setSpeed(member, other, {.latency = latency}); }, member);
    }

    std::vector<Fault> faultsOfLinks() {
        const auto heal = [this](std::size_t /*member*/) { nodes_.heal(); };
        const auto isolate = [this](std::size_t member) { nodes_.isolate(member); };
        const auto mute = [this](std::size_t member) {
            toOthers([&](std::size_t other) { nodes_.cut(member, other); }, member);
        };
        const auto deafen = [this](std::size_t member) {
            toOthers([&](std::size_t other) { nodes_.cut(other, member); }, member);
        };
        const auto part = [this](std::size_t member) {
            nodes_.cut(member, (member + 1) % kMembers);
            nodes_.cut((member + 1) % kMembers, member);
        };
        const auto slow = [this](std::size_t member) { setLatency(member, std::chrono::milliseconds(150)); };
        const auto fast = [this](std::size_t member) { setLatency(member, {}); };
        const auto cutAll = [this](std::size_t /*member*/) {
            for (std::size_t i = 0; i < kMembers; ++i) {
                nodes_.isolate(i);
            }
        };
        return {
            {"the leader is cut off", true, isolate, heal},
            {"a follower is cut off", false, isolate, heal},
            {"nobody hears the leader, which hears all", true, mute, heal},
            {"the leader hears nobody, and is heard", true, deafen, heal},
            {"nobody hears a follower", false, mute, heal},
            {"a follower hears nobody", false, deafen, heal},
            {"the leader and one follower do not hear each other", true, part, heal},
            {"the leader is slow", true, slow, fast},
            {"nobody hears anybody", true, cutAll, heal, false},
        };
    }

  private:
    Nodes nodes_;
};

TEST_F(StoreFaults, NoAcknowledgedWriteIsLostAndNoTwoLeadInATerm) {
    std::vector<Fault> all = faultsOfProcesses();
    const std::vector<Fault> links = faultsOfLinks();
    all.insert(all.end(), links.begin(), links.end());
    goThrough(std::move(all));
}

}  // namespace
}  // namespace tessera
