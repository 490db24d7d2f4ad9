#include "nodeservice/store/raft/membership.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace tessera::store::raft {

namespace {

std::uint64_t reachedByMajority(const std::set<NodeId>& nodes, const std::function<std::uint64_t(NodeId)>& value_of) {
    if (nodes.empty()) {
        return 0;
    }
    std::vector<std::uint64_t> values;
    values.reserve(nodes.size());
    for (const NodeId node : nodes) {
        values.push_back(value_of(node));
    }
    std::sort(values.begin(), values.end(), std::greater<>());
    return values[nodes.size() / 2];
}

std::string encodeSet(const std::set<NodeId>& nodes) {
    std::string text;
    for (const NodeId node : nodes) {
        text += (text.empty() ? "" : ",") + std::to_string(node);
    }
    return text;
}

bool decodeSet(std::string_view text, std::set<NodeId>& nodes) {
    const char* at = text.data();
    const char* end = at + text.size();
    while (at < end) {
        NodeId node = kNoNode;
        const auto [next, error] = std::from_chars(at, end, node);
        if (error != std::errc() || node == kNoNode || (next < end && *next != ',') || next + 1 == end) {
            return false;
        }
        nodes.insert(node);
        at = next < end ? next + 1 : end;
    }
    return true;
}

}  // namespace

std::set<NodeId> Membership::all() const {
    std::set<NodeId> nodes = voters;
    nodes.insert(outgoing.begin(), outgoing.end());
    nodes.insert(learners.begin(), learners.end());
    return nodes;
}

std::uint64_t Membership::reachedByQuorum(const std::function<std::uint64_t(NodeId)>& value_of) const {
    const std::uint64_t reached = reachedByMajority(voters, value_of);
    return isJoint() ? std::min(reached, reachedByMajority(outgoing, value_of)) : reached;
}

Membership Membership::afterJoint() const {
    Membership membership{voters, {}, learners, {}};
    membership.learners.insert(demoted.begin(), demoted.end());
    return membership;
}

bool Membership::isQuorum(const std::function<bool(NodeId)>& says) const {
    return reachedByQuorum([&](NodeId node) -> std::uint64_t { return says(node) ? 1 : 0; }) == 1;
}

std::string Membership::encode() const {
    return encodeSet(voters) + ";" + encodeSet(outgoing) + ";" + encodeSet(learners) + ";" + encodeSet(demoted);
}

Result<Membership> Membership::decode(std::string_view text) {
    Membership membership;
    const std::array<std::set<NodeId>*, 4> sets = {&membership.voters, &membership.outgoing, &membership.learners,
                                                   &membership.demoted};
    std::string_view rest = text;
    for (std::size_t i = 0; i < sets.size(); ++i) {
        const std::size_t end = i + 1 < sets.size() ? rest.find(';') : rest.size();
        if (end == std::string_view::npos || !decodeSet(rest.substr(0, end), *sets[i])) {
            return fail(ErrorCode::kDataLoss, "not a membership of a replicated store: '" + std::string(text) + "'");
        }
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return membership;
}

}  // namespace tessera::store::raft
