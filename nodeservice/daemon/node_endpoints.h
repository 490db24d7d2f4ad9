#pragma once

/// A node's endpoints, put together. The store's node, the key and the clock outlive it.

#include "common/thread.h"
#include "nodeservice/daemon/policy_clock.h"
#include "nodeservice/endpoints/service/endpoints.h"
#include "nodeservice/server/store_node.h"

#include <memory>
#include <string>
#include <vector>

namespace tessera::node {

class NodeEndpoints {
  public:
    /// `node`: this one's name. `others`: the nodes whose signatures are trusted beside its own.
    NodeEndpoints(std::string node, const identity::NodeKey& key, const std::vector<identity::Issuer>& others,
                  server::StoreNode& store, const PolicyClock& clock, endpoints::Endpoints::Tampered tampered);

    endpoints::Endpoints& endpoints() { return *endpoints_; }

  private:
    /// Tells the other nodes, which may keep answers of this one's rows, when the clock goes on.
    void watchRights();

    const PolicyClock& clock_;
    std::unique_ptr<endpoints::Store> store_;
    std::unique_ptr<endpoints::Endpoints> endpoints_;
    StoppableThread watch_;
};

}  // namespace tessera::node
