// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Sorts and filters rows of jobs, runs and steps, and shows how they are by an icon and a colour beside their words.
/// GUI thread.

#include <QSortFilterProxyModel>

namespace tessera::workbench {

class TonedRows : public QSortFilterProxyModel {
    Q_OBJECT

  public:
    explicit TonedRows(QAbstractItemModel* source, QObject* parent = nullptr);

    QVariant data(const QModelIndex& index, int role) const override;
};

}  // namespace tessera::workbench
