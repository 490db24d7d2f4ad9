#include "plugins/sdk/ir/sql_writer.h"

namespace tessera::ir {

Rendered SqlWriter::write(const Change& change) {
    std::string table = change.target->table->relation;
    std::string sql;
    if (aliased_) {
        table += " AS r" + std::to_string(change.target->table->id);
    }
    if (change.others != nullptr) {
        rename(*change.others);
    }
    switch (change.kind) {
        case ChangeKind::kInsert:
            sql = "INSERT INTO " + table + " " + insertedValues(change.values);
            sql += change.ignore_conflicts ? dialect_.ignore_conflicts : std::string_view();
            break;
        case ChangeKind::kUpdate:
            sql = "UPDATE " + table + " SET " + assignments(change.values);
            sql += change.others != nullptr ? " FROM " + from(*change.others) : "";
            sql += where(select_);
            break;
        case ChangeKind::kDelete:
            sql = "DELETE FROM " + table;
            sql += change.others != nullptr ? " USING " + from(*change.others) : "";
            sql += where(select_);
            break;
    }
    if (!select_.outputs.empty()) {
        sql += " RETURNING " + outputs(select_, {});
    }
    out_.text = std::move(sql);
    return std::move(out_);
}

std::string SqlWriter::insertedValues(const std::vector<std::pair<std::string, const Expr*>>& values) {
    if (values.empty()) {
        return std::string(dialect_.insert_nothing);
    }
    std::string columns;
    std::string row;
    for (const auto& [column, value] : values) {
        columns += (columns.empty() ? "" : ", ") + dialect::quoteIdentifier(dialect_, column);
        row += row.empty() ? "" : ", ";
        row += write(*value);
    }
    return "(" + columns + ") VALUES (" + row + ")";
}

std::string SqlWriter::assignments(const std::vector<std::pair<std::string, const Expr*>>& values) {
    std::string text;
    for (const auto& [column, value] : values) {
        text += (text.empty() ? "" : ", ") + dialect::quoteIdentifier(dialect_, column) + " = ";
        text += write(*value);
    }
    return text;
}

std::string SqlWriter::value(const Expr& expr) {
    out_.params.push_back(expr.param);
    return fill(dialect_.value, {{"n", std::to_string(out_.params.size())}});
}

std::string SqlWriter::rowId(const Expr& expr) const {
    return fill(expr.type == "tid" ? dialect_.row_id : dialect_.row_number,
                {{"row", aliased_ ? "r" + std::to_string(expr.table) + "." : ""}});
}

}  // namespace tessera::ir
