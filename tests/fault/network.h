#pragma once

/// The bus between simulated nodes: what happens to a message is decided when it is sent. Deterministic by its seed.

#include "nodeservice/store/raft/types.h"
#include "tests/fault/random.h"

#include <functional>
#include <set>
#include <utility>
#include <vector>

namespace tessera::fault {

using store::raft::Message;
using store::raft::NodeId;

class Network {
  public:
    explicit Network(std::uint64_t seed) : random_(seed) {}

    /// After how many milliseconds the message arrives; none: it is lost; two: it arrives twice.
    std::vector<std::uint64_t> route(const Message& message);

    /// Messages take from `low` to `high` milliseconds; the wider apart, the more they overtake each other.
    void setLatency(std::uint64_t low, std::uint64_t high) {
        low_ = low;
        high_ = high;
    }

    void setLoss(double probability) { loss_ = probability; }

    /// Every n-th message is lost; 0: none.
    void setLossEvery(std::uint64_t n) { loss_every_ = n; }

    void setDuplicates(double probability) { duplicates_ = probability; }

    /// Some messages take up to this long.
    void setStragglers(double probability, std::uint64_t high) {
        stragglers_ = probability;
        straggler_high_ = high;
    }

    /// The link in this one direction.
    void disable(NodeId from, NodeId to) { disabled_.insert({from, to}); }

    void enable(NodeId from, NodeId to) { disabled_.erase({from, to}); }

    /// Nothing reaches the node or leaves it.
    void isolate(NodeId node, const std::vector<NodeId>& all);

    /// Only nodes of the same group reach each other.
    void segment(const std::vector<std::vector<NodeId>>& groups);

    /// All links work, and nothing is lost or doubled.
    void heal();

    /// False drops the message. It may be changed.
    std::function<bool(Message&)> intercept;

    bool isCut(NodeId from, NodeId to) const { return disabled_.contains({from, to}); }

  private:
    Random random_;
    std::uint64_t low_ = 1;
    std::uint64_t high_ = 3;
    double loss_ = 0;
    std::uint64_t loss_every_ = 0;
    std::uint64_t sent_ = 0;
    double duplicates_ = 0;
    double stragglers_ = 0;
    std::uint64_t straggler_high_ = 0;
    std::set<std::pair<NodeId, NodeId>> disabled_;
};

}  // namespace tessera::fault
