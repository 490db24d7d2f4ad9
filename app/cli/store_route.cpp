#include "app/cli/store_route.h"

#include "app/cli/node_choice.h"
#include "nodeservice/client/agent_client.h"
#include "nodeservice/client/mesh_file.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>
#include <utility>

namespace tessera::cli {

namespace {

constexpr std::chrono::milliseconds kPause{100};

std::set<std::string> namesOf(const client::StoreStatus& status) {
    std::set<std::string> names;
    for (const auto* members : {&status.voters, &status.learners, &status.outgoing}) {
        for (const client::StoreMember& member : *members) {
            names.insert(member.node);
        }
    }
    names.insert(status.member.node);
    return names;
}

}  // namespace

Result<StoreRoute> StoreRoute::open(const MeshOptions& options) {
    const client::MeshFile mesh = TSR_TRY(client::findMesh({options.mesh_file, options.profile}));
    StoreRoute route;
    std::set<std::string> names;
    for (const client::NodeAddress& node : TSR_TRY(chooseNodes(mesh, options.node))) {
        TSR_TRY(route.addNode(node));
    }
    // Who cannot be reached now may be a member all the same; who says that it holds another store is not.
    Error last = fail(ErrorCode::kUnavailable, "no node of the store can be reached");
    for (const Answer& answer : route.statuses()) {
        if (!answer.status) {
            last = answer.status.error();
            continue;
        }
        const std::set<std::string> members = namesOf(*answer.status);
        if (!names.empty() && !names.contains(answer.node)) {
            return fail(ErrorCode::kInvalidArgument, "the nodes of the mesh hold different stores",
                        "choose one with --node");
        }
        names.insert(members.begin(), members.end());
    }
    if (names.empty()) {
        return last;
    }
    if (!options.node.empty()) {
        for (const client::NodeAddress& node : mesh.nodes) {
            if (node.name != options.node && names.contains(node.name)) {
                TSR_TRY(route.addNode(node));
            }
        }
    }
    return route;
}

Result<> StoreRoute::addNode(const client::NodeAddress& address) {
    nodes_.push_back({address, TSR_TRY(client::StoreClient::create(address))});
    return {};
}

std::vector<StoreRoute::Answer> StoreRoute::statuses() {
    std::vector<Answer> answers;
    for (const Node& node : nodes_) {
        answers.push_back({node.address.name, node.client->status(), node.address});
        if (answers.back().status && answers.back().status->role == "leader") {
            leader_ = node.address.name;
        }
    }
    return answers;
}

Result<> StoreRoute::atBest(std::chrono::milliseconds most, const Call& call) {
    const auto deadline = std::chrono::steady_clock::now() + most;
    std::size_t at = 0;
    while (true) {
        const auto leader = std::find_if(nodes_.begin(), nodes_.end(),
                                         [this](const Node& node) { return node.address.name == leader_; });
        const Node& node = leader != nodes_.end() ? *leader : nodes_[at++ % nodes_.size()];
        auto done = call(*node.client);
        if (done || done.error().code != ErrorCode::kUnavailable || std::chrono::steady_clock::now() >= deadline) {
            return done;
        }
        leader_.clear();
        std::this_thread::sleep_for(kPause);
    }
}

Result<> StoreRoute::atLeader(const Call& call) {
    leader_.clear();
    for (const Answer& answer : statuses()) {
        if (answer.status && answer.status->role != "leader" && answer.status->leader.id != 0 && leader_.empty()) {
            // The leader may be no node of this mesh, or away.
            leader_ = answer.status->leader.node;
        }
    }
    const auto leader =
        std::find_if(nodes_.begin(), nodes_.end(), [this](const Node& node) { return node.address.name == leader_; });
    if (leader == nodes_.end()) {
        return fail(ErrorCode::kUnavailable,
                    leader_.empty() ? "the store has no leader now"
                                    : "the store's leader, node '" + leader_ + "', is not in the mesh",
                    leader_.empty() ? "try again; 'tessera store status' says more" : "add it to the mesh file");
    }
    return call(*leader->client);
}

}  // namespace tessera::cli
