#include "nodeservice/daemon/node_mesh.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace tessera::node {

namespace {

/// The store as jobs see it is also what the map wants of it.
class StoreOfMap final : public mesh::MapStore {
  public:
    explicit StoreOfMap(server::StoreNode& node) : node_(node), store_(node.makeJobStore()) {}

    Result<bool> apply(const mesh::Batch& batch) override {
        auto applied = store_->apply(batch);
        if (!applied && applied.error().message.find(mesh::kExpectationFailed) != std::string::npos) {
            return false;
        }
        return applied;
    }

    Result<std::vector<mesh::Row>> query(const store::SqlStatement& statement) override {
        return store_->query(statement);
    }

    Result<std::vector<mesh::Row>> queryHere(const store::SqlStatement& statement) override {
        return node_.readHere(statement);
    }

    store::AppliedIndex& appliedIndex() override { return node_.appliedIndex(); }

  private:
    server::StoreNode& node_;
    std::unique_ptr<jobs::JobStore> store_;
};

std::string oneLine(std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

std::string failure(const Error& error) {
    return "error " + std::string(error.sqlState()) + "\n" + oneLine(error.message) + "\n" + oneLine(error.hint) +
           "\n" + error.detail;
}

}  // namespace

Result<std::unique_ptr<NodeMesh>> NodeMesh::start(const mesh::Rights& rights, const std::set<std::string>& labels,
                                                  const postgres::ConnectionSettings& database,
                                                  const std::filesystem::path& socket, server::StoreNode& store) {
    std::unique_ptr<NodeMesh> made(new NodeMesh);
    NodeMesh* self = made.get();
    made->store_ = std::make_unique<StoreOfMap>(store);
    made->mesh_ = std::make_unique<mesh::Mesh>(rights, database, *made->store_);
    made->follower_ = std::make_unique<mesh::Follower>(rights.node, labels, database, *made->store_);
    made->mover_ = std::make_unique<mesh::Mover>(rights.node, database, *made->store_);
    made->replicator_ = std::make_unique<mesh::Replicator>(rights.node, database, *made->store_);
    made->fallback_ = std::make_unique<mesh::Fallback>(rights.node, database, *made->store_);
    made->door_ = TSR_TRY(RequestDoor::open({.socket = socket, .name = "mesh-door"},
                                            [self](const std::string& request) { return self->answer(request); }));
    made->follower_->start();
    made->mover_->start();
    made->replicator_->start();
    made->fallback_->start();
    return made;
}

NodeMesh::~NodeMesh() {
    requestStop();
    door_.reset();
    mover_->stop();
    replicator_->stop();
    fallback_->stop();
    follower_->stop();
}

void NodeMesh::requestStop() {
    mesh_->requestStop();
    follower_->requestStop();
    mover_->requestStop();
    replicator_->requestStop();
    fallback_->requestStop();
}

/// "tessera-mesh 1", the role, the action: a line each; the rest is what it is about.
std::string NodeMesh::answer(const std::string& request) {
    constexpr std::string_view kProtocol = "tessera-mesh 1\n";
    const std::size_t role_end = request.find('\n', kProtocol.size());
    const std::size_t action_end = role_end == std::string::npos ? role_end : request.find('\n', role_end + 1);
    if (!request.starts_with(kProtocol) || action_end == std::string::npos) {
        return {};
    }
    const std::string role = request.substr(kProtocol.size(), role_end - kProtocol.size());
    const std::string action = request.substr(role_end + 1, action_end - role_end - 1);
    const auto answered = mesh_->answer(role, action, request.substr(action_end + 1));
    return answered ? "ok\n" + *answered : failure(answered.error());
}

}  // namespace tessera::node
