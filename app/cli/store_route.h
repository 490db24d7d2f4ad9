#pragma once

/// The way to the store's members: the nodes of the mesh that hold it, and which of them leads, found out by asking.
/// One thread.

#include "app/cli/options.h"
#include "common/result.h"
#include "nodeservice/client/store_client.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tessera::cli {

class StoreRoute {
  public:
    /// With a node named: the store that it holds. Without: the mesh's nodes must all hold one.
    static Result<StoreRoute> open(const MeshOptions& mesh);

    struct Answer {
        std::string node;
        Result<client::StoreStatus> status;
        client::NodeAddress address;
    };

    /// Of each node that is known to hold it.
    std::vector<Answer> statuses();

    using Call = std::function<Result<>(client::StoreClient&)>;

    /// The leader itself if it is reached, else any member. Again elsewhere while the answer is that nobody is there,
    /// for as long as `most`: `call` must be one that may come twice.
    Result<> atBest(std::chrono::milliseconds most, const Call& call);
    /// The leader only.
    Result<> atLeader(const Call& call);

  private:
    struct Node {
        client::NodeAddress address;
        std::shared_ptr<client::StoreClient> client;
    };

    Result<> addNode(const client::NodeAddress& address);

    std::vector<Node> nodes_;
    /// Who leads, as far as is known; in nodes_.
    std::string leader_;
};

}  // namespace tessera::cli
