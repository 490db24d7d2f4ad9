#pragma once

/// The statements that run on all nodes, as a table. What is told again stays the same row, so that a view keeps its
/// selection and does not flicker. GUI thread.

#include "app/core/activity/activity.h"

#include <QAbstractTableModel>
#include <vector>

namespace tessera::app {

class ActivityModel : public QAbstractTableModel {
    Q_OBJECT

  public:
    enum Column { kWho, kNode, kSince, kState, kSource, kStatement, kColumnCount };

    enum Role {
        /// What to sort by.
        kSortRole = Qt::UserRole,
        /// The whole text, with its line ends.
        kTextRole,
    };

    using QAbstractTableModel::QAbstractTableModel;

    /// The node's statements, in place of those it had.
    void setStatements(const QString& node, const std::vector<RunningStatement>& statements);
    /// Of every node.
    void clear();

    /// Null for no row.
    const RunningStatement* statementOf(const QModelIndex& index) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

  private:
    std::vector<RunningStatement> rows_;
};

}  // namespace tessera::app
