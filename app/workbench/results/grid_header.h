// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The grid's column header: name and, below it, type. Keeps the columns' widths, and is the only QHeaderView: rows
/// have none, because it would cost memory and time for each of them. GUI thread.

#include "app/core/results/result_store.h"

#include <QAbstractTableModel>
#include <QHeaderView>
#include <memory>

namespace tessera::workbench {

/// Columns without rows.
class GridColumnModel : public QAbstractTableModel {
    Q_OBJECT

  public:
    enum Role { kTypeRole = Qt::UserRole, kIsRightAlignedRole, kSortRole };

    using QAbstractTableModel::QAbstractTableModel;

    void setColumns(std::shared_ptr<const app::ResultStore::Columns> columns);

    const app::ResultStore::Columns& columns() const { return *columns_; }

    /// What the headings say about the order: of that column, or of none with -1.
    void setSort(int column, Qt::SortOrder order);

    int sortColumn() const { return sort_column_; }

    Qt::SortOrder sortOrder() const { return sort_order_; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

  private:
    std::shared_ptr<const app::ResultStore::Columns> columns_ = std::make_shared<const app::ResultStore::Columns>();
    int sort_column_ = -1;
    Qt::SortOrder sort_order_ = Qt::AscendingOrder;
};

class GridHeader : public QHeaderView {
    Q_OBJECT

  public:
    static constexpr int kHeight = 40;
    static constexpr int kPadding = 8;

    /// Two headers over one model show frozen columns and the rest.
    GridHeader(QWidget* parent, GridColumnModel* columns);

    GridColumnModel& columns() { return *columns_; }

    /// The width that name and type need.
    int headingWidth(int section) const;

  protected:
    void paintEvent(QPaintEvent* event) override;
    void paintSection(QPainter* painter, const QRect& rect, int section) const override;
    QSize sizeHint() const override;

  private:
    GridColumnModel* columns_;
};

}  // namespace tessera::workbench
