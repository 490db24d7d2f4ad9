#pragma once

/// The nodes of a mesh that may be asked for what all of them know from their store.

#include "app/cli/node_choice.h"
#include "app/cli/options.h"
#include "nodeservice/client/agent_client.h"
#include "nodeservice/client/mesh_file.h"

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace tessera::cli {

/// `Client`: a class of nodeservice/client with create(NodeAddress). One thread's.
template <class Client>
class AnyNode {
  public:
    static Result<AnyNode> open(const MeshOptions& options) {
        const client::MeshFile mesh = TSR_TRY(client::findMesh({options.mesh_file, options.profile}));
        AnyNode nodes;
        for (const client::NodeAddress& address : TSR_TRY(chooseNodes(mesh, options.node))) {
            nodes.clients_.push_back(TSR_TRY(Client::create(address)));
        }
        return nodes;
    }

    /// Again elsewhere while the node cannot be reached: `call` must be one that may come twice.
    template <class Call>
    auto ask(Call call) -> decltype(call(std::declval<Client&>())) {
        auto answer = call(*clients_.at(at_));
        for (std::size_t tried = 1; tried < clients_.size() && !answer && isAway(answer.error()); ++tried) {
            at_ = (at_ + 1) % clients_.size();
            answer = call(*clients_.at(at_));
        }
        return answer;
    }

  private:
    static bool isAway(const Error& error) { return error.code == ErrorCode::kUnavailable; }

    std::vector<std::shared_ptr<Client>> clients_;
    std::size_t at_ = 0;
};

}  // namespace tessera::cli
