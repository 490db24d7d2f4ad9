#pragma once

/// Follows the replicated store on every node of the mesh (Store.Watch) while somebody looks: one stream for each node,
/// read by a thread of its own, opened again when it broke. GUI thread; waits for no node.

#include "app/core/mesh/mesh.h"
#include "app/core/thread/owner_thread.h"
#include "nodeservice/client/store_client.h"

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace tessera::app {

/// How a node's store is reached; tests have another one than StoreClient::create. Any thread.
using StoreConnector = std::function<Result<std::shared_ptr<client::StoreClient>>(client::NodeAddress)>;

/// What is known of one node's part in a store.
struct StoreNode {
    enum class News {
        kWaiting,
        kLive,
        /// The stream is open and nothing came for kSilence_ms.
        kSilent,
        /// `error` says why.
        kFailed,
    };

    QString name;
    News news = News::kWaiting;
    Error error = {};
    /// The last that came, also when there is no news any more.
    std::optional<client::StoreStatus> status = {};

    bool isLive() const { return news == News::kLive; }
};

class StoreWatch : public QObject {
    Q_OBJECT

  public:
    static constexpr int kInterval_ms = 1000;
    static constexpr int kSilence_ms = 5000;

    explicit StoreWatch(StoreConnector connect, QObject* parent = nullptr);
    ~StoreWatch() override;

    void setMesh(std::shared_ptr<const Mesh> mesh);

    void start();
    void stop();

    bool isRunning() const { return timer_.isActive(); }

    /// In the mesh's order.
    const std::vector<StoreNode>& nodes() const { return nodes_; }

  Q_SIGNALS:
    void changed();

  private:
    void follow(std::size_t node);
    void take(std::size_t node, Result<client::StoreStatus> news);
    void findSilent();

    const StoreConnector connect_;
    std::shared_ptr<const Mesh> mesh_;
    /// News from before the last stop() are dropped.
    std::uint64_t generation_ = 0;
    std::vector<StoreNode> nodes_;
    /// Since the last news of each node.
    std::vector<QElapsedTimer> clocks_;
    QTimer timer_;
    OwnerThread owner_thread_;
    std::vector<std::jthread> followers_;  // last: they use the others
};

}  // namespace tessera::app
