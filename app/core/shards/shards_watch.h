#pragma once

/// Asks every node of the mesh what it knows of sharded tables, again and again while somebody looks; more often while
/// a shard moves. A node that is slow or gone holds up none of the others. GUI thread; never waits.

#include "app/core/mesh/mesh.h"
#include "app/core/shards/shard_map.h"

#include <QObject>
#include <QTimer>
#include <memory>
#include <optional>
#include <vector>

namespace tessera::app {

class ShardsWatch : public QObject {
    Q_OBJECT

  public:
    static constexpr int kInterval_ms = 5000;
    static constexpr int kIntervalOfMoves_ms = 1000;

    explicit ShardsWatch(QObject* parent = nullptr);

    void setMesh(std::shared_ptr<const Mesh> mesh);

    /// Asks now, and again and again until stop().
    void start();
    void stop();
    void refresh();

    bool isRunning() const { return timer_.isActive(); }

    /// Has every node answered, or failed to?
    bool isComplete() const;

    const ShardPicture& picture() const { return picture_; }

    /// Of the nodes that did not answer, with their names.
    std::vector<std::pair<QString, Error>> problems() const;

    /// One that has a shard map and answered; null when there is none. Each of them may be asked for changes.
    const MeshNode* answering() const;

    const std::shared_ptr<const Mesh>& mesh() const { return mesh_; }

  Q_SIGNALS:
    void changed();

  private:
    struct Asked {
        std::unique_ptr<RowsQuery> query;
        std::optional<ShardAnswer> answer;
        /// Older nodes have no shard map, which is an answer, too.
        bool has_map = false;
        Error error;
    };

    void ask(std::size_t node);
    void onAnswer(std::size_t node, const Result<RowsQuery::Rows>& rows);

    std::shared_ptr<const Mesh> mesh_;
    std::vector<Asked> asked_;
    ShardPicture picture_;
    QTimer timer_;
};

}  // namespace tessera::app
