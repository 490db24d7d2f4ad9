#include "nodeservice/daemon/node_endpoints.h"

#include <utility>

namespace tessera::node {

namespace {

/// The store as jobs see it is also what endpoints want of it.
class EndpointStore final : public endpoints::Store {
  public:
    explicit EndpointStore(server::StoreNode& node) : node_(node), store_(node.makeJobStore()) {}

    Result<bool> apply(const endpoints::Batch& batch) override {
        auto applied = store_->apply(batch);
        if (!applied && applied.error().message.find(endpoints::kExpectationFailed) != std::string::npos) {
            return false;
        }
        return applied;
    }

    Result<std::vector<endpoints::Row>> query(const store::SqlStatement& statement) override {
        return store_->query(statement);
    }

    std::uint64_t applied() override { return node_.status().applied; }

  private:
    server::StoreNode& node_;
    std::unique_ptr<jobs::JobStore> store_;
};

}  // namespace

NodeEndpoints::NodeEndpoints(std::string node, const identity::NodeKey& key,
                             const std::vector<identity::Issuer>& others, server::StoreNode& store)
    : store_(std::make_unique<EndpointStore>(store)),
      endpoints_(std::make_unique<endpoints::Endpoints>(node, *store_, endpoints::Signatures(node, key, others))) {}

}  // namespace tessera::node
