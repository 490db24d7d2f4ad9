#include "nodeservice/daemon/node_endpoints.h"

#include "common/log.h"

#include <chrono>
#include <optional>
#include <utility>

namespace tessera::node {

namespace {

/// How much later than this node another one hears of it.
constexpr std::chrono::milliseconds kPause{250};

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
                             const std::vector<identity::Issuer>& others, server::StoreNode& store,
                             const PolicyClock& clock, endpoints::Endpoints::Tampered tampered)
    : clock_(clock),
      store_(std::make_unique<EndpointStore>(store)),
      endpoints_(std::make_unique<endpoints::Endpoints>(node, *store_, endpoints::Signatures(node, key, others),
                                                        std::move(tampered))) {
    watch_.start("endpoint-rights", [this] { watchRights(); });
}

void NodeEndpoints::watchRights() {
    std::optional<std::uint64_t> told;
    bool is_told = true;
    while (!watch_.stopsWithin(kPause)) {
        const std::uint64_t now = clock_.now();
        if (told == now) {
            continue;
        }
        const auto done = endpoints_->tellOfRights(now);
        if (done) {
            told = now;
        } else if (is_told) {
            // Tried on: this node may be cut off, and then nobody reads its rows.
            log::warn("endpoints.rights_not_told", {{"reason", done.error().message}});
        }
        is_told = done.has_value();
    }
}

}  // namespace tessera::node
