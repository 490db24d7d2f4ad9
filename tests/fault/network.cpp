#include "tests/fault/network.h"

namespace tessera::fault {

std::vector<std::uint64_t> Network::route(const Message& message) {
    ++sent_;
    const bool is_lost =
        isCut(message.from, message.to) || random_.chance(loss_) || (loss_every_ != 0 && sent_ % loss_every_ == 0);
    if (is_lost) {
        return {};
    }
    const auto delay = [&] {
        return random_.chance(stragglers_) ? random_.between(high_, straggler_high_) : random_.between(low_, high_);
    };
    std::vector<std::uint64_t> delays = {delay()};
    if (random_.chance(duplicates_)) {
        delays.push_back(delay() * 3);
    }
    return delays;
}

void Network::isolate(NodeId node, const std::vector<NodeId>& all) {
    for (const NodeId other : all) {
        if (other != node) {
            disable(node, other);
            disable(other, node);
        }
    }
}

void Network::segment(const std::vector<std::vector<NodeId>>& groups) {
    for (const auto& group : groups) {
        for (const auto& other : groups) {
            for (const NodeId from : group) {
                for (const NodeId to : other) {
                    if (&group != &other) {
                        disable(from, to);
                    }
                }
            }
        }
    }
}

void Network::heal() {
    disabled_.clear();
    loss_ = 0;
    loss_every_ = 0;
    duplicates_ = 0;
    stragglers_ = 0;
    low_ = 1;
    high_ = 3;
}

}  // namespace tessera::fault
