#include "nodeservice/endpoints/serve/statement.h"

#include "common/strings.h"

#include <algorithm>

namespace tessera::endpoints {

namespace {

/// Of NULLs: behind all else, or before it where the greatest come first, as PostgreSQL's indexes have them.
class StatementWriter {
  public:
    StatementWriter(const Published& endpoint, const Call& call) : endpoint_(endpoint), call_(call) {
        made_.parameters = call.values;
    }

    Statement write() {
        const Definition& definition = endpoint_.definition;
        const bool is_whole = call_.fields.size() == endpoint_.columns.size();
        if (definition.writes || (is_whole && !definition.paging)) {
            made_.sql = endpoint_.compiled;
            return std::move(made_);
        }
        std::string list;
        for (const std::size_t field : call_.fields) {
            list += (list.empty() ? "" : ", ") + nameOf(endpoint_.columns[field].name);
        }
        for (const SortKey& key : call_.order) {
            list += ", (" + nameOf(key.column) + ")::text";
        }
        made_.sql = "SELECT " + list + " FROM (\n" + endpoint_.compiled + "\n) AS e";
        if (definition.paging) {
            made_.cursor_columns = call_.order.size();
            // One after the other: each may bind parameters.
            made_.sql += where();
            made_.sql += orderBy();
            made_.sql += " LIMIT " + bind(std::to_string(call_.limit + 1), "bigint");
        }
        return std::move(made_);
    }

  private:
    static std::string nameOf(const std::string& column) { return "e." + quoteIdentifier(column); }

    const ResultColumn& columnOf(const std::string& name) const {
        return *std::find_if(endpoint_.columns.begin(), endpoint_.columns.end(),
                             [&](const ResultColumn& one) { return one.name == name; });
    }

    std::string bind(std::optional<std::string> value, const std::string& type) {
        made_.parameters.push_back(std::move(value));
        return "($" + std::to_string(made_.parameters.size()) + "::" + type + ")";
    }

    std::string orderBy() const {
        std::string text;
        for (const SortKey& key : call_.order) {
            text += (text.empty() ? " ORDER BY " : ", ") + nameOf(key.column) + (key.is_descending ? " DESC" : "");
        }
        return text;
    }

    /// The rows behind the cursor's: those that are behind in the first key, or equal in it and behind in the second, …
    std::string where() {
        if (!call_.after) {
            return {};
        }
        std::string alternatives;
        std::string equal;
        std::string bound;
        for (std::size_t i = 0; i < call_.order.size(); ++i) {
            const SortKey& key = call_.order[i];
            const ResultColumn& column = columnOf(key.column);
            const std::string name = nameOf(key.column);
            const auto& value = call_.after->at(i);
            const std::string parameter = value ? bind(value, column.type) : std::string();
            std::string behind;
            if (value) {
                behind = name + (key.is_descending ? " < " : " > ") + parameter;
                if (!key.is_descending && !column.is_not_null) {
                    behind = "(" + behind + " OR " + name + " IS NULL)";
                }
            } else if (key.is_descending) {
                behind = name + " IS NOT NULL";
            }
            if (i == 0 && value && (key.is_descending || column.is_not_null)) {
                // Says nothing new, but an index can begin here.
                bound = name + (key.is_descending ? " <= " : " >= ") + parameter + " AND ";
            }
            if (!behind.empty()) {
                alternatives += (alternatives.empty() ? "" : " OR ") + ("(" + equal + behind + ")");
            }
            equal += name + (value ? " = " + parameter : " IS NULL") + " AND ";
        }
        return " WHERE " + bound + "(" + (alternatives.empty() ? "false" : alternatives) + ")";
    }

    const Published& endpoint_;
    const Call& call_;
    Statement made_;
};

}  // namespace

Statement statementOf(const Published& endpoint, const Call& call) {
    return StatementWriter(endpoint, call).write();
}

}  // namespace tessera::endpoints
