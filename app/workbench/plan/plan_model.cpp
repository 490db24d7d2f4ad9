// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/plan/plan_model.h"

#include <QLocale>

namespace tessera::workbench {

namespace {

QString countText(double count) {
    return QLocale().toString(count, 'f', 0);
}

QString rowsText(const app::PlanNode& node) {
    return node.rows ? QStringLiteral("%1 → %2").arg(countText(node.estimated_rows), countText(*node.rows))
                     : countText(node.estimated_rows);
}

}  // namespace

QString planTimeText(double time_ms) {
    constexpr double kSecond = 1000;
    constexpr double kWhole = 10;
    if (time_ms >= kSecond) {
        return PlanModel::tr("%1 s").arg(QLocale().toString(time_ms / kSecond, 'f', 2));
    }
    return PlanModel::tr("%1 ms").arg(QLocale().toString(time_ms, 'f', time_ms >= kWhole ? 0 : 2));
}

void PlanModel::setPlan(std::shared_ptr<const app::QueryPlan> plan) {
    beginResetModel();
    plan_ = std::move(plan);
    places_.clear();
    if (plan_) {
        places_[plan_->root.get()] = {};
        note(*plan_->root);
    }
    endResetModel();
}

void PlanModel::note(const app::PlanNode& node) {
    int row = 0;
    for (const auto& child : node.children) {
        places_[child.get()] = {&node, row++};
        note(*child);
    }
}

const app::PlanNode* PlanModel::nodeOf(const QModelIndex& index) const {
    return index.isValid() ? static_cast<const app::PlanNode*>(index.internalPointer()) : nullptr;
}

QModelIndex PlanModel::indexOf(const app::PlanNode* node) const {
    const auto found = places_.find(node);
    return found == places_.end() ? QModelIndex() : createIndex(found->second.row, 0, node);
}

QModelIndex PlanModel::index(int row, int column, const QModelIndex& parent) const {
    if (!plan_ || row < 0 || row >= rowCount(parent) || column < 0 || column >= kColumnCount) {
        return {};
    }
    const app::PlanNode* above = nodeOf(parent);
    return createIndex(row, column,
                       above == nullptr ? plan_->root.get() : above->children[static_cast<std::size_t>(row)].get());
}

QModelIndex PlanModel::parent(const QModelIndex& child) const {
    const auto found = places_.find(nodeOf(child));
    return found == places_.end() || found->second.parent == nullptr ? QModelIndex() : indexOf(found->second.parent);
}

int PlanModel::rowCount(const QModelIndex& parent) const {
    if (parent.column() > 0 || !plan_) {
        return 0;
    }
    const app::PlanNode* above = nodeOf(parent);
    return above == nullptr ? 1 : static_cast<int>(above->children.size());
}

int PlanModel::columnCount(const QModelIndex& /*parent*/) const {
    return kColumnCount;
}

QString PlanModel::textOf(const app::PlanNode& node, int column) const {
    switch (column) {
        case kOperation:
            return node.target.isEmpty() ? node.operation
                                         : QString(node.operation + QStringLiteral("  ") + node.target);
        case kWhere:
            return node.source.isEmpty() ? tr("here") : node.source;
        case kRows:
            return rowsText(node);
        case kTime:
            return node.own_time_ms ? planTimeText(*node.own_time_ms) : QString();
        case kReceived:
            return node.bytes_received ? QLocale().formattedDataSize(static_cast<qint64>(*node.bytes_received), 1,
                                                                     QLocale::DataSizeSIFormat)
                                       : QString();
        default:
            return {};
    }
}

QVariant PlanModel::data(const QModelIndex& index, int role) const {
    const app::PlanNode* node = nodeOf(index);
    if (node == nullptr) {
        return {};
    }
    switch (role) {
        case Qt::DisplayRole:
        case Qt::ToolTipRole:
            return textOf(*node, index.column());
        case Qt::TextAlignmentRole:
            return QVariant(index.column() >= kRows ? Qt::AlignRight | Qt::AlignVCenter
                                                    : Qt::AlignLeft | Qt::AlignVCenter);
        case kTimePartRole: {
            const double whole = plan_->root->time_ms.value_or(0);
            return node->own_time_ms && whole > 0 ? QVariant(*node->own_time_ms / whole) : QVariant();
        }
        case kIsOnSlowestPathRole:
            return node->is_on_slowest_path;
        case kEstimateErrorRole:
            return app::estimateError(*node);
        default:
            return {};
    }
}

QVariant PlanModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) {
        return {};
    }
    switch (section) {
        case kOperation:
            return tr("What");
        case kWhere:
            return tr("Where");
        case kRows:
            return tr("Rows: guess → real");
        case kTime:
            return tr("Own time");
        case kReceived:
            return tr("Received");
        default:
            return {};
    }
}

}  // namespace tessera::workbench
