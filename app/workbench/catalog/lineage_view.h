// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// A table's lineage, drawn, and below it who uses the table. Read when it is first looked at. GUI thread.

#include "app/core/catalog/lineage.h"

#include <QWidget>
#include <memory>

class QLabel;
class QStackedWidget;
class QTreeView;

namespace tessera::workbench {

class EmptyState;
class GraphView;

class LineageView : public QWidget {
    Q_OBJECT

  public:
    LineageView(std::shared_ptr<const app::Mesh> mesh, app::CatalogModel::TablePlace place, QWidget* parent = nullptr);

    /// Reads it again, if it was read.
    void refresh();

    GraphView& graph() { return *graph_; }

  Q_SIGNALS:
    /// The person wants to know more of this table.
    void detailsRequested(const tessera::app::CatalogModel::TablePlace& place);

  protected:
    void showEvent(QShowEvent* event) override;

  private:
    void show(const app::Lineage& lineage);
    void open(const QString& id);

    const std::shared_ptr<const app::Mesh> mesh_;
    const app::CatalogModel::TablePlace place_;
    bool is_wanted_ = false;
    app::LineageReader reader_;
    QStackedWidget* stack_;
    EmptyState* empty_;
    GraphView* graph_;
    QTreeView* users_;
    QLabel* users_title_;
    QLabel* note_;
};

}  // namespace tessera::workbench
