// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// A query plan as a tree of rows: what, where, rows, time, bytes. GUI thread.

#include "app/core/plan/query_plan.h"

#include <QAbstractItemModel>
#include <map>
#include <memory>

namespace tessera::workbench {

class PlanModel : public QAbstractItemModel {
    Q_OBJECT

  public:
    enum Column { kOperation, kWhere, kRows, kTime, kReceived, kColumnCount };

    enum Role {
        /// The part's own time as a part of the whole statement's, from 0 to 1; invalid where nothing was measured.
        kTimePartRole = Qt::UserRole,
        kIsOnSlowestPathRole,
        /// How far the estimate was off, see estimateError().
        kEstimateErrorRole,
    };

    using QAbstractItemModel::QAbstractItemModel;

    /// Shared with whoever shows its details.
    void setPlan(std::shared_ptr<const app::QueryPlan> plan);

    const app::PlanNode* nodeOf(const QModelIndex& index) const;
    QModelIndex indexOf(const app::PlanNode* node) const;

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& child) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

  private:
    struct Place {
        const app::PlanNode* parent = nullptr;
        int row = 0;
    };

    void note(const app::PlanNode& node);
    QString textOf(const app::PlanNode& node, int column) const;

    std::shared_ptr<const app::QueryPlan> plan_;
    std::map<const app::PlanNode*, Place> places_;
};

/// "12 ms", "3.4 s", "0.05 ms"
QString planTimeText(double time_ms);

}  // namespace tessera::workbench
