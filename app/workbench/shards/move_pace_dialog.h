// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// How fast a shard that is on its way goes from now on, or how fast the rows that it has left behind are deleted.

#include "app/core/shards/shard_map.h"
#include "app/workbench/shards/order_dialog.h"

class QPlainTextEdit;
class QPushButton;
class QSpinBox;

namespace tessera::workbench {

class MovePaceDialog : public OrderDialog {
    Q_OBJECT

  public:
    /// `shard` is on its way; `asked`: the node that is told.
    MovePaceDialog(const QString& table, const app::ShardState& shard, std::shared_ptr<client::NodeClient> asked,
                   QWidget* parent);

    int rowsPerSecond() const;

  private:
    void updateState() override;
    void begin();

    const QString table_;
    const int shard_;
    QSpinBox* speed_;
    QPlainTextEdit* statement_;
    QPushButton* set_;
};

}  // namespace tessera::workbench
