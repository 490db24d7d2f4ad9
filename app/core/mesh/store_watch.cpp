#include "app/core/mesh/store_watch.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace tessera::app {

namespace {

using Tell = std::function<void(Result<client::StoreStatus>)>;

constexpr std::chrono::seconds kPause{2};

Result<> followOnce(const StoreConnector& connect, const client::NodeAddress& address, const Tell& tell,
                    const std::stop_token& stop) {
    const std::shared_ptr<client::StoreClient> store = TSR_TRY(connect(address));
    return store->watch(
        std::chrono::milliseconds(StoreWatch::kInterval_ms),
        [&tell](const client::StoreStatus& status) -> Result<> {
            tell(status);
            return {};
        },
        stop);
}

/// What asking again would not change.
bool isLasting(const Error& error) {
    return error.code == ErrorCode::kUnimplemented || error.code == ErrorCode::kPermissionDenied;
}

void followOn(const StoreConnector& connect, const client::NodeAddress& address, const Tell& tell,
              const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any wake;
    while (!stop.stop_requested()) {
        const Result<> ended = followOnce(connect, address, tell, stop);
        const Error error = ended ? fail(ErrorCode::kUnavailable, "the node ended the stream") : ended.error();
        tell(error);
        if (isLasting(error)) {
            return;
        }
        std::unique_lock lock(mutex);
        wake.wait_for(lock, stop, kPause, [] { return false; });
    }
}

}  // namespace

StoreWatch::StoreWatch(StoreConnector connect, QObject* parent)
    : QObject(parent), connect_(std::move(connect)), owner_thread_(this) {
    constexpr int kCheck_ms = 1000;
    timer_.setInterval(kCheck_ms);
    QObject::connect(&timer_, &QTimer::timeout, this, &StoreWatch::findSilent);
}

StoreWatch::~StoreWatch() {
    stop();
}

void StoreWatch::setMesh(std::shared_ptr<const Mesh> mesh) {
    const bool was_running = isRunning();
    stop();
    mesh_ = std::move(mesh);
    nodes_.clear();
    for (const MeshNode& node : mesh_->nodes) {
        nodes_.push_back({QString::fromStdString(node.name)});
    }
    clocks_.assign(nodes_.size(), QElapsedTimer());
    if (was_running) {
        start();
    }
    Q_EMIT changed();
}

void StoreWatch::start() {
    if (isRunning() || !mesh_) {
        return;
    }
    timer_.start();
    for (std::size_t node = 0; node < nodes_.size(); ++node) {
        clocks_[node].start();
        if (mesh_->nodes[node].client) {
            follow(node);
        } else {
            take(node, mesh_->nodes[node].error);
        }
    }
}

void StoreWatch::stop() {
    timer_.stop();
    ++generation_;
    // All are told before the first is waited for.
    for (std::jthread& follower : followers_) {
        follower.request_stop();
    }
    followers_.clear();
}

void StoreWatch::follow(std::size_t node) {
    Tell tell = [this, node, generation = generation_,
                 post = owner_thread_.poster()](Result<client::StoreStatus> news) {
        auto shared = std::make_shared<Result<client::StoreStatus>>(std::move(news));
        post([this, node, generation, shared] {
            if (generation == generation_) {
                take(node, std::move(*shared));
            }
        });
    };
    followers_.emplace_back(
        [connect = connect_, address = mesh_->nodes[node].client->address(),
         tell = std::move(tell)](const std::stop_token& stop) { followOn(connect, address, tell, stop); });
}

void StoreWatch::take(std::size_t node, Result<client::StoreStatus> news) {
    StoreNode& state = nodes_[node];
    clocks_[node].start();
    state.news = news ? StoreNode::News::kLive : StoreNode::News::kFailed;
    if (news) {
        state.error = {};
        state.status = std::move(*news);
    } else {
        state.error = news.error();
    }
    Q_EMIT changed();
}

void StoreWatch::findSilent() {
    bool is_changed = false;
    for (std::size_t node = 0; node < nodes_.size(); ++node) {
        if (nodes_[node].isLive() && clocks_[node].elapsed() > kSilence_ms) {
            nodes_[node].news = StoreNode::News::kSilent;
            is_changed = true;
        }
    }
    if (is_changed) {
        Q_EMIT changed();
    }
}

}  // namespace tessera::app
