#pragma once

/// Who is in the cluster, and what a majority of it is. A value; pure.

#include "common/result.h"

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace tessera::store::raft {

using NodeId = std::uint64_t;
using Index = std::uint64_t;

inline constexpr NodeId kNoNode = 0;

/// While it is joint (`outgoing` not empty), a decision needs a majority of `voters` and one of `outgoing`: Raft paper
/// §6.
struct Membership {
    std::set<NodeId> voters;
    std::set<NodeId> outgoing;
    /// They get the log and vote on nothing.
    std::set<NodeId> learners;
    /// Those of `outgoing` that become learners when the joint membership ends.
    std::set<NodeId> demoted;

    bool operator==(const Membership&) const = default;

    bool isJoint() const { return !outgoing.empty(); }

    bool isVoter(NodeId node) const { return voters.contains(node) || outgoing.contains(node); }

    bool contains(NodeId node) const { return isVoter(node) || learners.contains(node); }

    std::set<NodeId> all() const;

    /// What a joint membership ends in.
    Membership afterJoint() const;

    /// Whether the nodes for which `says` is true make a quorum.
    bool isQuorum(const std::function<bool(NodeId)>& says) const;

    /// The highest value that a quorum has reached. 0 for a cluster without voters.
    std::uint64_t reachedByQuorum(const std::function<std::uint64_t(NodeId)>& value_of) const;

    /// The data of a membership entry.
    std::string encode() const;
    static Result<Membership> decode(std::string_view text);
};

/// What a change leads to: everyone's part afterwards. Adding, removing, promoting, demoting and replacing are all
/// this.
struct MembershipTarget {
    std::set<NodeId> voters;
    std::set<NodeId> learners;
};

}  // namespace tessera::store::raft
