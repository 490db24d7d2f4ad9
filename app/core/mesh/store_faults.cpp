#include "app/core/mesh/store_faults.h"

#include <utility>

namespace tessera::app {

StoreFaults::StoreFaults(FaultsConnector connect, QObject* parent) : QObject(parent), connect_(std::move(connect)) {}

void StoreFaults::setMesh(std::shared_ptr<const Mesh> mesh) {
    tasks_.clear();
    nodes_.clear();
    mesh_ = std::move(mesh);
    Q_EMIT changed();
}

void StoreFaults::look() {
    if (!mesh_) {
        return;
    }
    for (const MeshNode& node : mesh_->nodes) {
        call(node.name, false, [](client::StoreFaultsClient& member) { return member.get(); });
    }
}

void StoreFaults::set(const std::string& node, const client::StoreFaults& faults) {
    call(node, true, [faults](client::StoreFaultsClient& member) { return member.set(faults); });
}

void StoreFaults::elect(const std::string& node) {
    call(node, true, [](client::StoreFaultsClient& member) -> Result<client::StoreFaultsState> {
        TSR_TRY(member.elect());
        return member.get();
    });
}

void StoreFaults::call(const std::string& node, bool is_asked_for, Call work) {
    const MeshNode* known = mesh_ ? mesh_->find(node) : nullptr;
    if (known == nullptr || !known->client) {
        return;
    }
    auto& task = tasks_[node];
    if (!task) {
        task = std::make_unique<BackgroundTask>(this);
    }
    task->start(
        [connect = connect_, address = known->client->address(), work = std::move(work)](TaskControl&) {
            const auto client = connect(address);
            return client ? work(**client) : Result<client::StoreFaultsState>(client.error());
        },
        [this, node, is_asked_for](Result<client::StoreFaultsState> state) {
            if (state) {
                nodes_[node] = std::move(state->faults);
                Q_EMIT changed();
            } else if (is_asked_for) {
                Q_EMIT failed(QString::fromStdString(node), state.error());
            }
        });
}

}  // namespace tessera::app
