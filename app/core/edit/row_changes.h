#pragma once

/// Cells of a result that somebody has changed and that the table does not have yet: what they were, what they are to
/// be, and the statement for each row. A value; GUI thread.

#include "app/core/edit/edit_target.h"
#include "nodeservice/client/types.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tessera::app {

using CellValue = std::optional<std::string>;

class RowChanges {
  public:
    struct Cell {
        CellValue before;
        CellValue after;

        bool operator==(const Cell&) const = default;
    };

    /// By the result's column.
    using Row = std::map<std::size_t, Cell>;

    /// The cell is to be that; as it was takes the change back. `before` counts at the first change.
    void set(std::uint64_t store_row, std::size_t column, const CellValue& before, CellValue after);
    /// Takes the last set() back; false when there is none.
    bool undo();
    void clear();

    /// Null where nothing was changed.
    const Cell* find(std::uint64_t store_row, std::size_t column) const;

    /// By the store's row.
    const std::map<std::uint64_t, Row>& rows() const { return rows_; }

    bool isEmpty() const { return rows_.empty(); }

    std::size_t cellCount() const;

  private:
    struct Step {
        std::uint64_t row;
        std::size_t column;
        std::optional<Cell> was;
    };

    void put(std::uint64_t row, std::size_t column, std::optional<Cell> cell);

    std::map<std::uint64_t, Row> rows_;
    std::vector<Step> steps_;
};

/// UPDATE of the one row with this key, if the changed cells still are what they were; `row` has all cells as they were
/// read.
client::QueryRequest updateOf(const EditTarget& target, const RowChanges::Row& changes,
                              const std::vector<CellValue>& row);

}  // namespace tessera::app
