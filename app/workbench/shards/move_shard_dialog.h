// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Where a shard is to go: a table of any node, and how fast.

#include "app/core/mesh/mesh.h"
#include "app/core/shards/shard_map.h"
#include "app/workbench/shards/order_dialog.h"

#include <memory>

class QCheckBox;
class QComboBox;
class QPlainTextEdit;
class QPushButton;
class QSpinBox;

namespace tessera::workbench {

class MoveShardDialog : public OrderDialog {
    Q_OBJECT

  public:
    /// `asked`: the node that is told.
    MoveShardDialog(const app::ShardedTableState& table, const app::ShardState& shard,
                    std::shared_ptr<const app::Mesh> mesh, std::shared_ptr<client::NodeClient> asked, QWidget* parent);

  Q_SIGNALS:
    /// It is on its way.
    void moved(const QString& to);

  private:
    void readPlaces();
    void showPlaces(const Result<app::RowsQuery::Rows>& rows);
    void updateState() override;
    void begin();
    QString target() const;
    app::ShardMoveOrder order() const;

    const QString table_;
    const int shard_;
    const QString from_;
    /// All places of the table, which are none for this shard.
    QStringList taken_;
    const std::shared_ptr<const app::Mesh> mesh_;
    app::RowsQuery places_;

    QComboBox* node_;
    QComboBox* place_;
    NoteLabel* place_note_;
    QSpinBox* speed_;
    QCheckBox* keep_;
    QPlainTextEdit* statement_;
    QPushButton* move_;
};

}  // namespace tessera::workbench
