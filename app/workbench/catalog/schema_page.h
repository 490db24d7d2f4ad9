// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// A schema's tables and their keys as a diagram, in a tab, from the node's names. GUI thread; the diagram is made by a
/// worker.

#include "app/core/catalog/catalog_model.h"
#include "app/core/catalog/mesh_names.h"
#include "app/core/catalog/schema_keys.h"
#include "app/core/thread/background_task.h"

#include <QWidget>

class QCheckBox;
class QLabel;
class QStackedWidget;

namespace tessera::workbench {

class EmptyState;
class GraphView;

class SchemaPage : public QWidget {
    Q_OBJECT

  public:
    /// `names` outlives it.
    SchemaPage(QString node, QString schema, app::MeshNames& names, QWidget* parent = nullptr);

    const QString& node() const { return node_; }

    const QString& schema() const { return schema_; }

    GraphView& graph() { return *graph_; }

  Q_SIGNALS:
    void detailsRequested(const tessera::app::CatalogModel::TablePlace& place);

  private:
    void read();
    void show(const app::SchemaKeys& keys);

    const QString node_;
    const QString schema_;
    app::MeshNames& names_;
    QLabel* summary_;
    QCheckBox* all_columns_;
    QStackedWidget* stack_;
    EmptyState* empty_;
    GraphView* graph_;
    app::BackgroundTask making_;
};

}  // namespace tessera::workbench
