#pragma once

/// Faults on purpose at the members of a test cluster's store: which nodes take them, what disturbs each now, and how
/// that is changed. GUI thread; waits for no node.

#include "app/core/mesh/mesh.h"
#include "app/core/thread/background_task.h"
#include "nodeservice/client/store_faults_client.h"

#include <QObject>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tessera::app {

/// How a node's faults are reached; tests have another one than StoreFaultsClient::create. Any thread.
using FaultsConnector = std::function<Result<std::shared_ptr<client::StoreFaultsClient>>(client::NodeAddress)>;

class StoreFaults : public QObject {
    Q_OBJECT

  public:
    explicit StoreFaults(FaultsConnector connect, QObject* parent = nullptr);

    void setConnector(FaultsConnector connect) { connect_ = std::move(connect); }

    void setMesh(std::shared_ptr<const Mesh> mesh);

    /// Asks each node. Most are of no test cluster, and are not heard of again.
    void look();

    /// Of the nodes that take faults, by name: what disturbs them.
    const std::map<std::string, client::StoreFaults>& nodes() const { return nodes_; }

    /// In the place of what disturbs the node now.
    void set(const std::string& node, const client::StoreFaults& faults);
    /// Forces an election.
    void elect(const std::string& node);

  Q_SIGNALS:
    void changed();
    void failed(const QString& node, const tessera::Error& error);

  private:
    using Call = std::function<Result<client::StoreFaultsState>(client::StoreFaultsClient&)>;

    void call(const std::string& node, bool is_asked_for, Call work);

    FaultsConnector connect_;
    std::shared_ptr<const Mesh> mesh_;
    std::map<std::string, client::StoreFaults> nodes_;
    /// By node; last, as they use the others.
    std::map<std::string, std::unique_ptr<BackgroundTask>> tasks_;
};

}  // namespace tessera::app
