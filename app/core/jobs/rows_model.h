#pragma once

/// A table of rows that are told anew again and again, each known by a key: what is told again stays the same row, so
/// that a view keeps its selection and its place. GUI thread.

#include <QAbstractTableModel>
#include <algorithm>
#include <set>
#include <type_traits>
#include <utility>
#include <vector>

namespace tessera::app {

/// `kKey`: the member that is a row's key.
template <class Row, auto kKey>
class RowsModel : public QAbstractTableModel {
  public:
    using QAbstractTableModel::QAbstractTableModel;

    const std::vector<Row>& rows() const { return rows_; }

    /// Null for no row.
    const Row* rowOf(const QModelIndex& index) const {
        return index.isValid() && index.row() < rowCount() ? &rows_[static_cast<std::size_t>(index.row())] : nullptr;
    }

    /// In place of those there are, in this order.
    void setRows(std::vector<Row> rows) {
        removeOthers(rows);
        for (std::size_t place = 0; place < rows.size(); ++place) {
            const auto found = std::find_if(rows_.begin() + at(place), rows_.end(),
                                            [&](const Row& shown) { return shown.*kKey == rows[place].*kKey; });
            const int row = static_cast<int>(place);
            if (found == rows_.end()) {
                beginInsertRows({}, row, row);
                rows_.insert(rows_.begin() + at(place), std::move(rows[place]));
                endInsertRows();
                continue;
            }
            const int from = static_cast<int>(found - rows_.begin());
            if (from != row) {
                beginMoveRows({}, from, from, {}, row);
                std::rotate(rows_.begin() + at(place), found, found + 1);
                endMoveRows();
            }
            rows_[place] = std::move(rows[place]);
        }
        // Texts also change by time alone: how long something has been running.
        if (!rows_.empty()) {
            Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
        }
    }

    int rowCount(const QModelIndex& parent = {}) const override {
        return parent.isValid() ? 0 : static_cast<int>(rows_.size());
    }

  private:
    static auto at(std::size_t place) { return static_cast<std::ptrdiff_t>(place); }

    void removeOthers(const std::vector<Row>& wanted) {
        std::set<std::remove_cvref_t<decltype(std::declval<const Row&>().*kKey)>> keys;
        for (const Row& row : wanted) {
            keys.insert(row.*kKey);
        }
        for (int row = rowCount() - 1; row >= 0; --row) {
            if (!keys.contains(rows_[static_cast<std::size_t>(row)].*kKey)) {
                beginRemoveRows({}, row, row);
                rows_.erase(rows_.begin() + row);
                endRemoveRows();
            }
        }
    }

    std::vector<Row> rows_;
};

}  // namespace tessera::app
