// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// What the catalog's search field found, on all nodes: a flat list instead of the tree, each row a name and below it
/// where it stands and what its comment says. GUI thread; a worker searches.

#include "app/core/catalog/mesh_names.h"
#include "app/core/catalog/mesh_search.h"
#include "app/core/thread/background_task.h"

#include <QAbstractListModel>
#include <QListView>
#include <QStringList>
#include <QStyledItemDelegate>
#include <vector>

namespace tessera::workbench {

class FoundNamesModel : public QAbstractListModel {
    Q_OBJECT

  public:
    enum Role {
        /// Node, schema and table, and the comment.
        kPlaceRole = Qt::UserRole,
        /// A column's type, a function's arguments.
        kDetailRole,
        /// The icon's name; empty for none.
        kIconRole,
    };

    using QAbstractListModel::QAbstractListModel;

    void setFound(std::vector<app::FoundName> found);

    /// Null for no row.
    const app::FoundName* found(const QModelIndex& index) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;

  private:
    std::vector<app::FoundName> found_;
};

class FoundNameDelegate : public QStyledItemDelegate {
    Q_OBJECT

  public:
    static constexpr int kRowHeight = 44;

    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

class CatalogSearch : public QListView {
    Q_OBJECT

  public:
    explicit CatalogSearch(QWidget* parent = nullptr);

    /// `names` outlives it.
    void setNames(app::MeshNames& names);

    void setNodes(QStringList nodes) { nodes_ = std::move(nodes); }

    /// Reads the names of nodes whose names are not known yet.
    void look(const QString& text);

    bool isSearching() const { return search_.isRunning(); }

    const app::FoundName* current() const { return model_.found(currentIndex()); }

  Q_SIGNALS:
    void chosen(const tessera::app::FoundName& found);
    /// How it stands, in words; empty when there is nothing to say.
    void noteChanged(const QString& note);

  private:
    void searchNow();
    void show(std::vector<app::FoundName> found);

    app::MeshNames* names_ = nullptr;
    QStringList nodes_;
    QString text_;
    FoundNamesModel model_;
    app::BackgroundTask search_;
};

}  // namespace tessera::workbench
