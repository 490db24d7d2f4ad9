// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// What a rebalancing, or the draining of a node, would move, as the node plans it; and only then, if the person wants
/// it, that it is done.

#include "app/core/shards/shard_plan.h"
#include "app/workbench/shards/order_dialog.h"

#include <memory>

class QCheckBox;
class QLabel;
class QPlainTextEdit;
class QPushButton;
class QSpinBox;
class QTreeView;

namespace tessera::workbench {

class ShardPlanDialog : public OrderDialog {
    Q_OBJECT

  public:
    /// `asked`: the node that plans and is told.
    ShardPlanDialog(app::ShardsOrder order, std::shared_ptr<client::NodeClient> asked, QWidget* parent);

  Q_SIGNALS:
    /// The moves are on their way.
    void begun(const app::ShardsOrder& order, const app::ShardPlan& plan);

  private:
    void buildFields();
    void plan();
    static QString totalText(const app::ShardPlan& plan);
    void showPlan(const Result<app::RowsQuery::Rows>& rows);
    void updateState() override;
    void begin();

    bool isDrain() const { return order_.kind == app::ShardsOrder::Kind::kDrain; }

    app::ShardsOrder order_;
    app::RowsQuery planning_;
    std::optional<app::ShardPlan> plan_;

    QLabel* what_;
    QTreeView* moves_;
    QLabel* total_;
    QSpinBox* speed_;
    QCheckBox* keep_;
    QPlainTextEdit* statement_;
    QPushButton* begin_;
};

}  // namespace tessera::workbench
