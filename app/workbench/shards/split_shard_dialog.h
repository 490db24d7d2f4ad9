// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Where one shard becomes two: at a key, by values, or in halves, and at which node both will lie; with what that
/// copies.

#include "app/core/mesh/mesh.h"
#include "app/core/shards/shard_map.h"
#include "app/core/shards/shard_plan.h"
#include "app/workbench/shards/order_dialog.h"

#include <memory>

class QComboBox;
class QFormLayout;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QSpinBox;

namespace tessera::workbench {

class SplitShardDialog : public OrderDialog {
    Q_OBJECT

  public:
    /// `asked`: the node that is told.
    SplitShardDialog(const app::ShardedTableState& table, const app::ShardState& shard, const app::Mesh& mesh,
                     std::shared_ptr<client::NodeClient> asked, QWidget* parent);

  Q_SIGNALS:
    /// It is under way.
    void begun();

  private:
    void addBounds(QFormLayout& form, const app::ShardState& shard);
    QLineEdit* addBound(QFormLayout& form, const char* object_name, const QString& label, const QString& hint);
    void updateState() override;
    void begin();
    app::ShardSplitOrder order() const;

    const app::ShardedTableState table_;
    const int shard_;

    /// Those that the method has.
    QLineEdit* at_ = nullptr;
    QLineEdit* values_ = nullptr;
    QLineEdit* from_ = nullptr;
    QLineEdit* to_ = nullptr;
    QComboBox* node_;
    QSpinBox* speed_;
    QPlainTextEdit* statement_;
    QPushButton* split_;
};

}  // namespace tessera::workbench
