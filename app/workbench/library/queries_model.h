// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Saved queries in their folders; while something is searched for, a flat list of those that have all of its words.
/// Renaming and dragging ask the library, whose news builds the tree anew. GUI thread.

#include "app/core/library/library.h"

#include <QAbstractItemModel>
#include <memory>
#include <vector>

namespace tessera::workbench {

class QueriesModel : public QAbstractItemModel {
    Q_OBJECT

  public:
    /// `library` outlives it.
    explicit QueriesModel(app::Library& library, QObject* parent = nullptr);

    void setFilter(const QString& words);

    /// Null for an index that is none.
    const app::LibraryItem* item(const QModelIndex& index) const;
    QModelIndex indexOf(qint64 id) const;

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& index) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;

    Qt::DropActions supportedDropActions() const override { return Qt::MoveAction; }

    QStringList mimeTypes() const override;
    QMimeData* mimeData(const QModelIndexList& indexes) const override;
    bool dropMimeData(const QMimeData* data, Qt::DropAction action, int row, int column,
                      const QModelIndex& parent) override;

  private:
    struct Node {
        app::LibraryItem item;
        Node* parent = nullptr;
        std::vector<std::unique_ptr<Node>> children;
    };

    void rebuild();
    void addChildren(Node& folder, int depth);
    const Node* nodeOf(const QModelIndex& index) const;
    QModelIndex indexOf(const Node* node) const;
    static const Node* find(const Node& from, qint64 id);

    app::Library& library_;
    QString filter_;
    Node root_;
};

}  // namespace tessera::workbench
