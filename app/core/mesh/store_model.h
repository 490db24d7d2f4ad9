#pragma once

/// The stores' members as a table. A member that is told again stays the same row, so that a view keeps its selection
/// and does not flicker. GUI thread.

#include "app/core/mesh/store_members.h"

#include <QAbstractTableModel>
#include <vector>

namespace tessera::app {

class StoreModel : public QAbstractTableModel {
    Q_OBJECT

  public:
    enum Column {
        kMember,
        kRole,
        kState,
        kLeader,
        kTerm,
        kLastIndex,
        kCommitted,
        kApplied,
        kLag,
        kInFlight,
        kLatency,
        kColumnCount
    };

    using QAbstractTableModel::QAbstractTableModel;

    void setMembers(const std::vector<StoreMemberRow>& members);

    const StoreMemberRow& memberAt(int row) const { return rows_[static_cast<std::size_t>(row)]; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

  private:
    std::vector<StoreMemberRow> rows_;
};

}  // namespace tessera::app
