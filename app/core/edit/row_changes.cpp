#include "app/core/edit/row_changes.h"

#include "app/core/sql/tokens.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tessera::app {

namespace {

/// PostgreSQL has no equality for them; their texts are compared instead.
bool hasEquality(const std::string& type) {
    constexpr std::array kWithout{"json", "xml", "point", "polygon", "path", "line", "box", "lseg", "circle"};
    return std::none_of(kWithout.begin(), kWithout.end(),
                        [&](const char* without) { return type == without || type == std::string(without) + "[]"; });
}

}  // namespace

void RowChanges::put(std::uint64_t row, std::size_t column, std::optional<Cell> cell) {
    if (cell) {
        rows_[row][column] = std::move(*cell);
        return;
    }
    const auto found = rows_.find(row);
    if (found != rows_.end()) {
        found->second.erase(column);
        if (found->second.empty()) {
            rows_.erase(found);
        }
    }
}

void RowChanges::set(std::uint64_t store_row, std::size_t column, const CellValue& before, CellValue after) {
    const Cell* old = find(store_row, column);
    const CellValue origin = old != nullptr ? old->before : before;
    if ((old != nullptr ? old->after : before) == after) {
        return;
    }
    steps_.push_back({store_row, column, old != nullptr ? std::optional(*old) : std::nullopt});
    const bool is_back = after == origin;
    put(store_row, column, is_back ? std::nullopt : std::optional(Cell{origin, std::move(after)}));
}

bool RowChanges::undo() {
    if (steps_.empty()) {
        return false;
    }
    Step step = std::move(steps_.back());
    steps_.pop_back();
    put(step.row, step.column, std::move(step.was));
    return true;
}

void RowChanges::clear() {
    rows_.clear();
    steps_.clear();
}

const RowChanges::Cell* RowChanges::find(std::uint64_t store_row, std::size_t column) const {
    const auto row = rows_.find(store_row);
    if (row == rows_.end()) {
        return nullptr;
    }
    const auto cell = row->second.find(column);
    return cell == row->second.end() ? nullptr : &cell->second;
}

std::size_t RowChanges::cellCount() const {
    std::size_t count = 0;
    for (const auto& [row, cells] : rows_) {
        count += cells.size();
    }
    return count;
}

client::QueryRequest updateOf(const EditTarget& target, const RowChanges::Row& changes,
                              const std::vector<CellValue>& row) {
    client::QueryRequest request;
    const auto parameter = [&](const CellValue& value, const std::string& type) {
        request.parameters.push_back({value, type});
        return "$" + std::to_string(request.parameters.size());
    };
    std::string sets;
    std::string conditions;
    const auto isNow = [&](std::size_t i, const CellValue& value) {
        const EditTarget::Column& column = target.columns[i];
        conditions += conditions.empty() ? "" : " AND ";
        if (hasEquality(column.type)) {
            conditions += quotedIfNeeded(column.name) + (column.is_key ? " = " : " IS NOT DISTINCT FROM ") +
                          parameter(value, column.type);
        } else {
            conditions += quotedIfNeeded(column.name) + "::text IS NOT DISTINCT FROM " + parameter(value, "text");
        }
    };
    for (const auto& [i, cell] : changes) {
        sets += sets.empty() ? "" : ", ";
        sets += quotedIfNeeded(target.columns[i].name) + " = " + parameter(cell.after, target.columns[i].type);
    }
    for (std::size_t i = 0; i < target.columns.size(); ++i) {
        if (target.columns[i].is_key) {
            isNow(i, row[i]);
        }
    }
    for (const auto& [i, cell] : changes) {
        if (!target.columns[i].is_key) {
            isNow(i, cell.before);
        }
    }
    request.sql = "UPDATE " + quotedIfNeeded(target.schema) + "." + quotedIfNeeded(target.table) + " SET " + sets +
                  " WHERE " + conditions;
    return request;
}

}  // namespace tessera::app
