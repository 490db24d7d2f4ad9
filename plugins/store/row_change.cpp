#include "plugins/store/row_change.h"

#include <algorithm>

namespace tessera::store_tables {

namespace {

/// Behind the quoted name, text or bracketed name that begins at `at`; or npos.
std::size_t behindQuoted(std::string_view sql, std::size_t at) {
    const char quote = sql[at];
    for (std::size_t i = at + 1; i < sql.size(); ++i) {
        if (sql[i] != quote) {
            continue;
        }
        if (i + 1 < sql.size() && sql[i + 1] == quote) {
            ++i;
            continue;
        }
        return i + 1;
    }
    return std::string_view::npos;
}

/// Where `word`, with blanks around it, stands outside of quotes and parentheses; npos when it does not. Counts the
/// parameters before it.
std::size_t find(std::string_view sql, std::size_t from, std::string_view word, std::size_t* parameters) {
    int depth = 0;
    for (std::size_t i = from; i < sql.size();) {
        const char c = sql[i];
        if (c == '"' || c == '\'' || c == '`') {
            i = behindQuoted(sql, i);
            if (i == std::string_view::npos) {
                return i;
            }
            continue;
        }
        depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        if (parameters != nullptr && c == '?') {
            ++*parameters;
        }
        if (depth == 0 && sql.substr(i).starts_with(word)) {
            return i;
        }
        ++i;
    }
    return std::string_view::npos;
}

}  // namespace

std::optional<RowChange> takeApart(std::string_view sql) {
    constexpr std::string_view kUpdate = "UPDATE ";
    constexpr std::string_view kDelete = "DELETE FROM ";
    constexpr std::string_view kWhere = " WHERE ";
    const bool is_update = sql.starts_with(kUpdate);
    if (!is_update && !sql.starts_with(kDelete)) {
        return std::nullopt;
    }
    RowChange change;
    const std::size_t where = find(sql, 0, kWhere, &change.head_parameters);
    const std::size_t begin = is_update ? kUpdate.size() : kDelete.size();
    const std::size_t end = is_update ? find(sql, 0, " SET ", nullptr) : where;
    if (where == std::string_view::npos || end == std::string_view::npos || end > where) {
        return std::nullopt;
    }
    change.head = sql.substr(0, where + kWhere.size());
    change.relation = sql.substr(begin, end - begin);
    change.condition = sql.substr(where + kWhere.size());
    return change;
}

}  // namespace tessera::store_tables
