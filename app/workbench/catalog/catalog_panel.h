// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The catalog at the window's left: a search over all nodes, the tree, and for a row that failed what to do about it.
/// A double click on a table
/// asks for its page, Shift+Enter for its query; nothing here runs one. Rows can be dragged into an editor. GUI thread.

#include "app/core/catalog/catalog_model.h"
#include "app/core/catalog/mesh_names.h"
#include "app/core/catalog/mesh_search.h"

#include <QPersistentModelIndex>
#include <QStringList>
#include <QWidget>

class QAction;
class QLabel;
class QLineEdit;
class QMenu;
class QStackedWidget;
class QTreeView;

namespace tessera::workbench {

class CatalogSearch;

class CatalogPanel : public QWidget {
    Q_OBJECT

  public:
    /// `names`, what is searched, outlives it.
    explicit CatalogPanel(app::MeshNames& names, QWidget* parent = nullptr);

    void setMesh(const app::Mesh& mesh);

    app::CatalogModel& model() { return model_; }

    QTreeView& tree() { return *tree_; }

    QLineEdit& searchField() { return *field_; }

    CatalogSearch& found() { return *found_; }

    /// Asks again for what the node has.
    void refreshNode(const QString& node);

    /// Looks for the text, as if it had been typed into the field.
    void search(const QString& text);

    /// Opens the tree down to a table, as its rows arrive, and puts the focus there when it is to.
    void reveal(const QString& node, const QString& schema, const QString& table, bool takes_focus = true);

  Q_SIGNALS:
    /// The person wants to know more of this table.
    void detailsRequested(const tessera::app::CatalogModel::TablePlace& place);
    /// The person wants to see rows of this table: `sql` selects some of them on `node`.
    void queryRequested(const QString& node, const QString& sql);
    /// What was found by the search, which is no table of the tree alone.
    void foundChosen(const tessera::app::FoundName& found);
    /// The name, quoted as SQL needs it, is to stand at the caret.
    void nameChosen(const QString& name);
    void diagramRequested(const QString& node, const QString& schema);
    void addSourceRequested(const QString& node);

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    void onDoubleClicked(const QModelIndex& index);
    void onCurrentChanged();
    void onSearch(const QString& text);
    void choose(const app::FoundName& found);
    void showMenu(const QPoint& point);
    void addPlaceActions(QMenu& menu, const QModelIndex& index);
    void insertName(const QModelIndex& index);
    void requestQuery(const app::CatalogModel::TablePlace& place);
    void revealNext();
    /// The row of that name directly below, or below a source there.
    QModelIndex rowBelow(const QModelIndex& parent, const QString& name) const;
    void openFewSources(const QModelIndex& parent);

    app::CatalogModel model_;
    QLineEdit* field_;
    QStackedWidget* stack_;
    CatalogSearch* found_;
    QLabel* found_note_;
    QTreeView* tree_;
    QAction* query_;
    QAction* insert_;
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
