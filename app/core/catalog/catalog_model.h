#pragma once

/// The catalog as a tree: mesh → node → source → schema → table → columns, keys, statistics. A node without sources has
/// its schemas directly below it. Each level is asked for when it is first shown
/// (fetchMore), without waiting; until it is there a row says "Loading…", after a while for how long, and if it cannot
/// be had a row says why, until retry(). GUI thread only. Knows no widgets: icons and colours are the view's, by role.

#include "app/core/catalog/catalog_node.h"
#include "app/core/mesh/mesh.h"
#include "app/core/thread/owner_thread.h"

#include <QAbstractItemModel>
#include <QTimer>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <vector>

namespace tessera::app {

class CatalogModel : public QAbstractItemModel {
    Q_OBJECT

  public:
    enum Role {
        kKindRole = Qt::UserRole,
        /// CatalogNode::detail.
        kDetailRole,
        /// Of a failure: what to do, or empty.
        kHintRole,
        kIsKeyRole,
    };

    /// A table's place, as a query needs it.
    struct TablePlace {
        QString node;
        QString schema;
        QString table;

        bool operator==(const TablePlace&) const = default;
    };

    /// A row that waits longer says for how long.
    static constexpr std::chrono::milliseconds kPatience{5000};

    explicit CatalogModel(QObject* parent = nullptr, std::chrono::milliseconds patience = kPatience);
    ~CatalogModel() override;

    void setMesh(const Mesh& mesh);

    /// Asks again for what failed: of a failure row, or of the row above it.
    void retry(const QModelIndex& index);
    /// Forgets the children of the row, so that they are asked for anew.
    void refresh(const QModelIndex& index);

    CatalogKind kindOf(const QModelIndex& index) const;
    /// The table of a table's row, or of one below it.
    std::optional<TablePlace> tablePlaceOf(const QModelIndex& index) const;
    /// The name of the mesh's node the row is in; empty for the mesh itself.
    QString nodeNameOf(const QModelIndex& index) const;

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& child) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    bool hasChildren(const QModelIndex& parent = {}) const override;
    bool canFetchMore(const QModelIndex& parent) const override;
    void fetchMore(const QModelIndex& parent) override;
    QVariant data(const QModelIndex& index, int role) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    QStringList mimeTypes() const override;
    /// The names of the rows as SQL says them, one after the other with commas: tables with their schema.
    QMimeData* mimeData(const QModelIndexList& indexes) const override;

  Q_SIGNALS:
    /// Whether any answer of the mesh's node is waited for.
    void waitingChanged(const QString& node, bool is_waiting);

  private:
    using Children = std::vector<std::unique_ptr<CatalogNode>>;

    CatalogNode* nodeOf(const QModelIndex& index) const;
    QModelIndex indexOf(const CatalogNode* node) const;
    void request(CatalogNode& node);
    void requestFacts(CatalogNode& node, const std::shared_ptr<client::NodeClient>& client);
    template <class T>
    client::Callback<T> answerTo(CatalogNode& node, Children (*build)(const T&));
    void finish(std::uint64_t request_id, Result<Children> children);
    void replaceChildren(CatalogNode& node, Children children);
    void tellWaiting();
    void tellHowLong();
    QString loadingText(const CatalogNode& loading) const;

    std::unique_ptr<CatalogNode> root_;
    /// Rows that wait for an answer; an answer whose row has gone finds nothing here.
    std::map<std::uint64_t, CatalogNode*> waiting_;
    /// As was told by waitingChanged().
    std::set<QString> waiting_nodes_;
    std::uint64_t next_request_id_ = 1;
    const std::chrono::milliseconds patience_;
    QTimer tick_;
    OwnerThread owner_thread_;
};

/// Quoted where SQL needs it.
QString identifier(const QString& name);
/// "schema.table", likewise.
QString qualifiedName(const QString& schema, const QString& table);

/// A row count as short as a tree can show: "950", "12 k", "3.1 M".
QString compactCount(double count);

}  // namespace tessera::app
