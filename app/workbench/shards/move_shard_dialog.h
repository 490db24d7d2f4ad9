// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Where a shard is to go: a table of any node, and how fast. It stays open until the node has begun, and says what the
/// node has against it. GUI thread; never waits.

#include "app/core/mesh/mesh.h"
#include "app/core/shards/shard_map.h"

#include <QDialog>
#include <memory>

class QCheckBox;
class QComboBox;
class QPlainTextEdit;
class QPushButton;
class QSpinBox;

namespace tessera::workbench {

class NoteLabel;

class MoveShardDialog : public QDialog {
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
    void updateState();
    void begin();
    QString target() const;
    app::ShardMoveOrder order() const;

    const QString table_;
    const int shard_;
    const QString from_;
    /// All places of the table, which are none for this shard.
    QStringList taken_;
    const std::shared_ptr<const app::Mesh> mesh_;
    const std::shared_ptr<client::NodeClient> asked_;
    app::RowsQuery places_;
    app::RowsQuery moving_;

    QComboBox* node_;
    QComboBox* place_;
    NoteLabel* place_note_;
    QSpinBox* speed_;
    QCheckBox* keep_;
    QPlainTextEdit* statement_;
    NoteLabel* note_;
    QPushButton* move_;
};

}  // namespace tessera::workbench
