#include "app/core/activity/mesh_watch.h"

#include <utility>

namespace tessera::app {

MeshWatch::MeshWatch(QObject* parent) : QObject(parent), owner_thread_(this) {
    timer_.setInterval(kInterval_ms);
    connect(&timer_, &QTimer::timeout, this, &MeshWatch::refresh);
}

MeshWatch::~MeshWatch() = default;

void MeshWatch::setMesh(std::shared_ptr<const Mesh> mesh) {
    ++generation_;
    mesh_ = std::move(mesh);
    asking_.clear();
    states_.clear();
    for (const MeshNode& node : mesh_->nodes) {
        NodeState state;
        state.name = QString::fromStdString(node.name);
        state.address = QString::fromStdString(node.address);
        state.user = QString::fromStdString(node.user);
        if (!node.client) {
            state.health = NodeState::Health::kDown;
            state.error = node.error;
        }
        states_.push_back(std::move(state));
    }
    asking_.resize(states_.size());
    for (Asking& asking : asking_) {
        asking.activity = std::make_unique<RowsQuery>();
        asking.traffic = std::make_unique<RowsQuery>();
    }
    Q_EMIT meshChanged();
    if (timer_.isActive()) {
        refresh();
    }
}

void MeshWatch::start() {
    if (!timer_.isActive()) {
        timer_.start();
        refresh();
    }
}

void MeshWatch::stop() {
    timer_.stop();
}

void MeshWatch::refresh() {
    for (std::size_t node = 0; node < states_.size(); ++node) {
        const Asking& asking = asking_[node];
        if (asking.is_described && !asking.activity->isRunning() && mesh_->nodes[node].client) {
            ask(node);
        }
    }
}

void MeshWatch::ask(std::size_t node) {
    Asking& asking = asking_[node];
    asking.is_described = false;
    asking.clock.start();
    asking.call = mesh_->nodes[node].client->describeNode(
        [this, node, generation = generation_, post = owner_thread_.poster()](Result<client::NodeInfo> info) {
            auto shared = std::make_shared<Result<client::NodeInfo>>(std::move(info));
            post([this, node, generation, shared] {
                if (generation == generation_) {
                    onDescribed(node, std::move(*shared));
                }
            });
        });
}

void MeshWatch::onDescribed(std::size_t node, Result<client::NodeInfo> info) {
    NodeState& state = states_[node];
    Asking& asking = asking_[node];
    asking.is_described = true;
    asking.call.reset();
    if (!info) {
        state.health = NodeState::Health::kDown;
        state.error = info.error();
        state.latency_ms.reset();
        // What ran there is not known any more.
        state.activity = {};
        state.traffic.clear();
        Q_EMIT nodeChanged(static_cast<int>(node));
        return;
    }
    state.health = NodeState::Health::kUp;
    state.error = {};
    state.info = std::move(*info);
    state.latency_ms = asking.clock.elapsed();
    Q_EMIT nodeChanged(static_cast<int>(node));
    asking.activity->run(mesh_->nodes[node].client, activityRequest(),
                         [this, node](Result<RowsQuery::Rows> rows) { onActivity(node, std::move(rows)); });
}

void MeshWatch::onActivity(std::size_t node, Result<RowsQuery::Rows> rows) {
    NodeState& state = states_[node];
    if (rows) {
        state.activity = readActivity(state.name, *rows);
    } else {
        state.error = rows.error();
        state.activity = {};
    }
    Q_EMIT nodeChanged(static_cast<int>(node));
    if (rows && state.activity.may_read_audit) {
        asking_[node].traffic->run(
            mesh_->nodes[node].client, trafficRequest(), [this, node](const Result<RowsQuery::Rows>& traffic) {
                states_[node].traffic = traffic ? readTraffic(*traffic) : std::vector<ServerTraffic>();
                Q_EMIT nodeChanged(static_cast<int>(node));
            });
    }
}

void MeshWatch::cancel(const QString& node, int pid) {
    const MeshNode* found = mesh_ ? mesh_->find(node.toStdString()) : nullptr;
    if (found == nullptr || !found->client) {
        Q_EMIT cancelEnded(node, pid, tr("node %1 is not in this mesh any more").arg(node));
        return;
    }
    // One for each: a person may cancel several at once.
    auto* query = new RowsQuery(this);
    query->run(found->client, cancelRequest(pid), [this, query, node, pid](const Result<RowsQuery::Rows>& rows) {
        query->deleteLater();
        const bool is_done = rows && !rows->empty() && rows->front().front() == QLatin1String("true");
        Q_EMIT cancelEnded(node, pid,
                           !rows     ? QString::fromStdString(rows.error().message)
                           : is_done ? QString()
                                     : tr("the session has ended already"));
        refresh();
    });
}

}  // namespace tessera::app
