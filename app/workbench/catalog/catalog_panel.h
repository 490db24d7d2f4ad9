// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The catalog at the window's left: the tree, and for a row that failed what to do about it. A double click on a table
/// asks for its page, Shift+Enter for its query; nothing here runs one. Rows can be dragged into an editor. GUI thread.

#include "app/core/catalog/catalog_model.h"

#include <QPersistentModelIndex>
#include <QStringList>
#include <QWidget>

class QAction;
class QLabel;
class QTreeView;

namespace tessera::workbench {

class CatalogPanel : public QWidget {
    Q_OBJECT

  public:
    explicit CatalogPanel(QWidget* parent = nullptr);

    void setMesh(const app::Mesh& mesh);

    app::CatalogModel& model() { return model_; }

    QTreeView& tree() { return *tree_; }

    /// Opens the tree down to a table, as its rows arrive, and puts the focus there when it is to.
    void reveal(const QString& node, const QString& schema, const QString& table, bool takes_focus = true);

  Q_SIGNALS:
    /// The person wants to know more of this table.
    void detailsRequested(const tessera::app::CatalogModel::TablePlace& place);
    /// The person wants to see rows of this table: `sql` selects some of them on `node`.
    void queryRequested(const QString& node, const QString& sql);

  private:
    void onDoubleClicked(const QModelIndex& index);
    void onCurrentChanged();
    void showMenu(const QPoint& point);
    void requestQuery(const app::CatalogModel::TablePlace& place);
    void revealNext();

    app::CatalogModel model_;
    QTreeView* tree_;
    QAction* query_;
    QWidget* failure_;
    QLabel* failure_text_;
    /// The names still to be opened, below `revealed_`; empty when nothing is being revealed.
    QStringList to_reveal_;
    QPersistentModelIndex revealed_;
    bool reveal_takes_focus_ = true;
};

/// The statement that shows some rows of a table, its names quoted where PostgreSQL needs it.
QString selectStatement(const app::CatalogModel::TablePlace& place);

}  // namespace tessera::workbench
