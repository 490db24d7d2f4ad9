#include "app/core/mesh/store_model.h"

#include <QLocale>
#include <algorithm>

namespace tessera::app {

namespace {

template <class Number>
QString numberText(const std::optional<Number>& number) {
    return number ? QLocale().toString(qulonglong{*number}) : QStringLiteral("–");
}

QString latencyText(const std::optional<std::chrono::microseconds>& latency) {
    constexpr double kMicrosPerMilli = 1000;
    return latency ? StoreModel::tr("%1 ms").arg(
                         QLocale().toString(static_cast<double>(latency->count()) / kMicrosPerMilli, 'f', 1))
                   : QStringLiteral("–");
}

QString roleText(StoreMemberRow::Role role) {
    switch (role) {
        case StoreMemberRow::Role::kLeader:
            return StoreModel::tr("leader");
        case StoreMemberRow::Role::kFollower:
            return StoreModel::tr("follower");
        case StoreMemberRow::Role::kCandidate:
            return StoreModel::tr("candidate");
        case StoreMemberRow::Role::kLearner:
            return StoreModel::tr("learner");
        case StoreMemberRow::Role::kLeaving:
            return StoreModel::tr("leaving");
        case StoreMemberRow::Role::kVoter:
            break;
    }
    return StoreModel::tr("voter");
}

QString textOf(const StoreMemberRow& member, int column) {
    switch (column) {
        case StoreModel::kMember:
            return member.name;
        case StoreModel::kRole:
            return roleText(member.role);
        case StoreModel::kState:
            return member.state;
        case StoreModel::kLeader:
            return member.leader.isEmpty() ? QStringLiteral("–") : member.leader;
        case StoreModel::kTerm:
            return numberText(member.term);
        case StoreModel::kLastIndex:
            return numberText(member.last_index);
        case StoreModel::kCommitted:
            return numberText(member.commit_index);
        case StoreModel::kApplied:
            return numberText(member.applied_index);
        case StoreModel::kLag:
            return numberText(member.lag);
        case StoreModel::kInFlight:
            return member.bytes_in_flight == 0
                       ? numberText(member.messages_in_flight)
                       : QStringLiteral("%1 (%2)").arg(numberText(member.messages_in_flight),
                                                       QLocale().formattedDataSize(qint64(member.bytes_in_flight), 0));
        case StoreModel::kLatency:
            return latencyText(member.latency);
        default:
            return {};
    }
}

QString meaningOf(int column) {
    switch (column) {
        case StoreModel::kLeader:
            return StoreModel::tr("Whom this member takes for the leader");
        case StoreModel::kTerm:
            return StoreModel::tr("Grows with each election");
        case StoreModel::kLastIndex:
            return StoreModel::tr("The last entry of its log that is on disk");
        case StoreModel::kCommitted:
            return StoreModel::tr("Up to where it knows that a majority has the log");
        case StoreModel::kApplied:
            return StoreModel::tr("Up to where its data contain the log");
        case StoreModel::kLag:
            return StoreModel::tr("Entries that are committed in the store and not applied here");
        case StoreModel::kInFlight:
            return StoreModel::tr("Messages with entries that the leader sent it and it has not answered");
        case StoreModel::kLatency:
            return StoreModel::tr("From the leader's heartbeat to its answer, on average");
        default:
            return {};
    }
}

}  // namespace

void StoreModel::setMembers(const std::vector<StoreMemberRow>& members) {
    const bool is_same =
        std::equal(rows_.begin(), rows_.end(), members.begin(), members.end(),
                   [](const StoreMemberRow& a, const StoreMemberRow& b) { return a.name == b.name && a.id == b.id; });
    if (!is_same) {
        beginResetModel();
        rows_ = members;
        endResetModel();
        return;
    }
    for (int row = 0; row < rowCount(); ++row) {
        const StoreMemberRow& now = members[static_cast<std::size_t>(row)];
        if (StoreMemberRow& shown = rows_[static_cast<std::size_t>(row)]; !(shown == now)) {
            shown = now;
            Q_EMIT dataChanged(index(row, 0), index(row, kColumnCount - 1));
        }
    }
}

int StoreModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int StoreModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : kColumnCount;
}

QVariant StoreModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) {
        return {};
    }
    const StoreMemberRow& member = memberAt(index.row());
    switch (role) {
        case Qt::DisplayRole:
            return textOf(member, index.column());
        case Qt::ToolTipRole:
            return index.column() == kMember  ? QVariant(QStringLiteral("#%1 · %2").arg(member.id).arg(member.address))
                   : index.column() == kState ? QVariant(member.state)
                                              : QVariant(meaningOf(index.column()));
        case Qt::AccessibleTextRole: {
            const QString heading = headerData(index.column(), Qt::Horizontal, Qt::DisplayRole).toString();
            return index.column() == kMember ? member.name
                                             : QStringLiteral("%1: %2").arg(heading, textOf(member, index.column()));
        }
        case Qt::TextAlignmentRole:
            return index.column() >= kTerm ? QVariant((Qt::AlignRight | Qt::AlignVCenter).toInt()) : QVariant();
        default:
            return {};
    }
}

QVariant StoreModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) {
        return {};
    }
    if (role == Qt::ToolTipRole) {
        return meaningOf(section);
    }
    if (role == Qt::TextAlignmentRole) {
        return section >= kTerm ? QVariant((Qt::AlignRight | Qt::AlignVCenter).toInt()) : QVariant();
    }
    if (role != Qt::DisplayRole) {
        return {};
    }
    switch (section) {
        case kMember:
            return tr("Member");
        case kRole:
            return tr("Role");
        case kState:
            return tr("State");
        case kLeader:
            return tr("Leader");
        case kTerm:
            return tr("Term");
        case kLastIndex:
            return tr("Last index");
        case kCommitted:
            return tr("Committed");
        case kApplied:
            return tr("Applied");
        case kLag:
            return tr("Lag");
        case kInFlight:
            return tr("In flight");
        case kLatency:
            return tr("Latency");
        default:
            return {};
    }
}

}  // namespace tessera::app
