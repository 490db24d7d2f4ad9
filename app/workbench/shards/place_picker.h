// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The tables of sources that the mesh's nodes have, to choose from: a tree of nodes with a filter. Each node is asked
/// once; one that does not answer says so. GUI thread; never waits.

#include "app/core/mesh/mesh.h"
#include "app/core/shards/shard_map.h"

#include <QWidget>
#include <memory>
#include <vector>

class QLineEdit;
class QTreeWidget;
class QTreeWidgetItem;

namespace tessera::workbench {

class PlacePicker : public QWidget {
    Q_OBJECT

  public:
    /// `taken`: those that are shards already, "a/crm.orders".
    PlacePicker(std::shared_ptr<const app::Mesh> mesh, QStringList taken, QWidget* parent = nullptr);

    QTreeWidget& tree() { return *tree_; }

  Q_SIGNALS:
    void chosen(const QString& node, const QString& place);

  protected:
    void changeEvent(QEvent* event) override;

  private:
    void applyColors();
    void showPlaces(QTreeWidgetItem* item, const Result<app::RowsQuery::Rows>& rows);
    void filter(const QString& words);
    void chooseSelected();

    const QStringList taken_;
    std::vector<std::unique_ptr<app::RowsQuery>> queries_;
    QLineEdit* filter_;
    QTreeWidget* tree_;
};

}  // namespace tessera::workbench
