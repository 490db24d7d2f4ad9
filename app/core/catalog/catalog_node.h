#pragma once

/// One row of the catalog tree. Owned by its parent, and so in the end by CatalogModel; its address is its identity in
/// the model's indexes. GUI thread only.

#include "common/error.h"
#include "nodeservice/client/node_client.h"

#include <QString>
#include <chrono>
#include <memory>
#include <vector>

namespace tessera::app {

enum class CatalogKind {
    kMesh,
    kNode,
    /// A foreign server of the node, or the node itself.
    kSource,
    kSchema,
    kTable,
    kView,
    kForeignTable,
    kMaterializedView,
    kColumn,
    /// Of a table: its constraints and indexes, and one of them.
    kKeys,
    kKey,
    /// Of a table: what the node has counted of it, and one of these numbers.
    kStatistics,
    kStatistic,
    /// "Loading…" under a row whose children are on their way.
    kLoading,
    /// Why the children could not be had.
    kFailure,
    /// Says that there are no children.
    kNothing,
};

/// Whether rows of it are tables in SQL: they have columns and can be selected from.
constexpr bool isTableKind(CatalogKind kind) {
    return kind == CatalogKind::kTable || kind == CatalogKind::kView || kind == CatalogKind::kForeignTable ||
           kind == CatalogKind::kMaterializedView;
}

/// Of pg_class.relkind; what it does not know is a table.
inline CatalogKind catalogKindOf(const QString& relkind) {
    switch (relkind.isEmpty() ? ' ' : relkind.front().toLatin1()) {
        case 'v':
            return CatalogKind::kView;
        case 'm':
            return CatalogKind::kMaterializedView;
        case 'f':
            return CatalogKind::kForeignTable;
        default:
            return CatalogKind::kTable;
    }
}

struct CatalogNode {
    enum class Load { kNever, kUnloaded, kLoading, kLoaded, kFailed };

    CatalogKind kind = CatalogKind::kMesh;
    QString name;
    /// Short and grey at the row's right: a row count, a type, a source.
    QString detail;
    QString tooltip;
    CatalogNode* parent = nullptr;
    int row = 0;
    /// kNever: it has no children, or they were given.
    Load load = Load::kNever;
    /// While kLoading.
    std::chrono::steady_clock::time_point asked_at;
    Error error;
    std::vector<std::unique_ptr<CatalogNode>> children;
    /// The request under way for the children; destroying it cancels it.
    std::unique_ptr<client::PendingCall> call;
    /// Only of kNode rows.
    std::shared_ptr<client::NodeClient> client;
    /// Only of kColumn rows.
    bool is_key = false;

    /// The row itself or the nearest one above it of that kind; null when there is none.
    const CatalogNode* enclosing(CatalogKind wanted) const {
        const CatalogNode* node = this;
        while (node != nullptr && node->kind != wanted) {
            node = node->parent;
        }
        return node;
    }
};

}  // namespace tessera::app
