#pragma once

/// Asks every node of the mesh how it is and what runs there, again and again while somebody looks. A node that is slow
/// or gone holds up none of the others: each has at most one round of questions under way. GUI thread; never waits.

#include "app/core/activity/activity.h"
#include "app/core/mesh/mesh.h"
#include "app/core/session/rows_query.h"
#include "app/core/thread/owner_thread.h"

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>
#include <memory>
#include <optional>
#include <vector>

namespace tessera::app {

struct NodeState {
    enum class Health { kUnknown, kUp, kDown };

    QString name;
    QString address;
    /// As whom the person is known there.
    QString user;
    Health health = Health::kUnknown;
    /// Why it is down; why what runs there is not known.
    Error error;
    client::NodeInfo info;
    /// Of the last answer.
    std::optional<qint64> latency_ms;
    NodeActivity activity;
    std::vector<ServerTraffic> traffic;
};

class MeshWatch : public QObject {
    Q_OBJECT

  public:
    /// Each round is a few statements of the person's on every node, which its audit trail has, too.
    static constexpr int kInterval_ms = 5000;

    explicit MeshWatch(QObject* parent = nullptr);
    ~MeshWatch() override;

    void setMesh(std::shared_ptr<const Mesh> mesh);

    /// Asks now, and again and again until stop().
    void start();
    void stop();
    /// Asks all nodes that are not being asked.
    void refresh();

    bool isRunning() const { return timer_.isActive(); }

    const std::vector<NodeState>& nodes() const { return states_; }

    /// Cancels what a session runs; cancelEnded() says how it went.
    void cancel(const QString& node, int pid);

  Q_SIGNALS:
    /// Other nodes than before: all is new.
    void meshChanged();
    void nodeChanged(int node);
    /// `problem` is empty when the session was told to stop.
    void cancelEnded(const QString& node, int pid, const QString& problem);

  private:
    struct Asking {
        std::unique_ptr<client::PendingCall> call;
        std::unique_ptr<RowsQuery> activity;
        std::unique_ptr<RowsQuery> traffic;
        QElapsedTimer clock;
        bool is_described = true;
    };

    void ask(std::size_t node);
    void onDescribed(std::size_t node, Result<client::NodeInfo> info);
    void onActivity(std::size_t node, Result<RowsQuery::Rows> rows);

    std::shared_ptr<const Mesh> mesh_;
    /// Answers to a mesh that was left are dropped.
    std::uint64_t generation_ = 0;
    std::vector<NodeState> states_;
    std::vector<Asking> asking_;
    QTimer timer_;
    OwnerThread owner_thread_;
};

}  // namespace tessera::app
