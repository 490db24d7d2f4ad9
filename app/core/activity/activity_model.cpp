#include "app/core/activity/activity_model.h"

#include <algorithm>

namespace tessera::app {

namespace {

QString whoText(const RunningStatement& statement) {
    QStringList parts{statement.role};
    if (!statement.client.isEmpty()) {
        parts += statement.client;
    }
    return parts.join(QStringLiteral(" · "));
}

QString stateText(const RunningStatement& statement) {
    if (statement.state.isEmpty()) {
        return ActivityModel::tr("not yours to see");
    }
    if (statement.state == QLatin1String("active")) {
        return statement.wait.isEmpty() ? ActivityModel::tr("running")
                                        : ActivityModel::tr("waits (%1)").arg(statement.wait);
    }
    if (statement.state == QLatin1String("idle in transaction")) {
        return ActivityModel::tr("transaction open");
    }
    if (statement.state == QLatin1String("idle in transaction (aborted)")) {
        return ActivityModel::tr("transaction failed");
    }
    return statement.state;
}

QString textOf(const RunningStatement& statement, int column) {
    switch (column) {
        case ActivityModel::kWho:
            return whoText(statement);
        case ActivityModel::kNode:
            return statement.node;
        case ActivityModel::kSince:
            return statement.elapsed_ms ? durationText(*statement.elapsed_ms) : QString();
        case ActivityModel::kState:
            return stateText(statement);
        case ActivityModel::kSource:
            return statement.sources.join(QStringLiteral(", "));
        case ActivityModel::kStatement:
            return statement.text.simplified();
        default:
            return {};
    }
}

}  // namespace

void ActivityModel::setStatements(const QString& node, const std::vector<RunningStatement>& statements) {
    const auto now = [&](int pid) {
        return std::find_if(statements.begin(), statements.end(),
                            [&](const RunningStatement& candidate) { return candidate.pid == pid; });
    };
    for (int row = rowCount() - 1; row >= 0; --row) {
        RunningStatement& shown = rows_[static_cast<std::size_t>(row)];
        if (shown.node != node) {
            continue;
        }
        const auto found = now(shown.pid);
        if (found == statements.end()) {
            beginRemoveRows({}, row, row);
            rows_.erase(rows_.begin() + row);
            endRemoveRows();
        } else if (!(shown == *found)) {
            shown = *found;
            Q_EMIT dataChanged(index(row, 0), index(row, kColumnCount - 1));
        }
    }
    for (const RunningStatement& statement : statements) {
        const bool is_shown = std::any_of(rows_.begin(), rows_.end(), [&](const RunningStatement& shown) {
            return shown.node == node && shown.pid == statement.pid;
        });
        if (!is_shown) {
            beginInsertRows({}, rowCount(), rowCount());
            rows_.push_back(statement);
            endInsertRows();
        }
    }
}

void ActivityModel::clear() {
    beginResetModel();
    rows_.clear();
    endResetModel();
}

const RunningStatement* ActivityModel::statementOf(const QModelIndex& index) const {
    return index.isValid() ? &rows_[static_cast<std::size_t>(index.row())] : nullptr;
}

int ActivityModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int ActivityModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : kColumnCount;
}

QVariant ActivityModel::data(const QModelIndex& index, int role) const {
    const RunningStatement* statement = statementOf(index);
    if (statement == nullptr) {
        return {};
    }
    switch (role) {
        case Qt::DisplayRole:
            return textOf(*statement, index.column());
        case Qt::ToolTipRole:
            return index.column() == kStatement ? statement->text : QVariant();
        case kSortRole:
            return index.column() == kSince ? QVariant(statement->elapsed_ms.value_or(0))
                                            : QVariant(textOf(*statement, index.column()));
        case kTextRole:
            return statement->text;
        default:
            return {};
    }
}

QVariant ActivityModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) {
        return {};
    }
    switch (section) {
        case kWho:
            return tr("Who");
        case kNode:
            return tr("Node");
        case kSince:
            return tr("For");
        case kState:
            return tr("State");
        case kSource:
            return tr("Sources");
        case kStatement:
            return tr("Statement");
        default:
            return {};
    }
}

}  // namespace tessera::app
