#pragma once

/// A node's endpoints, put together. The store's node and the key outlive it.

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
                  server::StoreNode& store);

    endpoints::Endpoints& endpoints() { return *endpoints_; }

  private:
    std::unique_ptr<endpoints::Store> store_;
    std::unique_ptr<endpoints::Endpoints> endpoints_;
};

}  // namespace tessera::node
