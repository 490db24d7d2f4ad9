#include "plugins/memory/model.h"

#include "common/strings.h"
#include "plugins/sdk/values.h"

#include <nlohmann/json.hpp>

namespace tessera::memory {

namespace {

using Json = nlohmann::json;

/// Thrown inside this file only; parseTables() and parsePlan() turn it into an Error.
struct Malformed {
    std::string message;
};

const Json& member(const Json& object, const char* name, const std::string& where) {
    if (!object.is_object() || !object.contains(name)) {
        throw Malformed{where + " has no \"" + name + "\""};
    }
    return object.at(name);
}

void refuseOtherMembers(const Json& object, const std::vector<std::string>& known, const std::string& where) {
    if (!object.is_object()) {
        throw Malformed{where + " is not an object"};
    }
    for (const auto& [name, value] : object.items()) {
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            throw Malformed{where + " has an unknown member \"" + name + "\"; " + suggestion(name, known)};
        }
    }
}

void parsePattern(const std::string& text, Column& column) {
    constexpr std::string_view kModulo = "modulo ";
    if (text == "sequence") {
        column.pattern = Pattern::kSequence;
    } else if (text == "text") {
        column.pattern = Pattern::kText;
    } else if (text.starts_with(kModulo)) {
        const auto modulus = sdk::parseInt(std::string_view(text).substr(kModulo.size()));
        if (!modulus || *modulus < 1) {
            throw Malformed{"\"modulo\" of column \"" + column.name + "\" needs a whole number from 1"};
        }
        column.pattern = Pattern::kModulo;
        column.modulus = *modulus;
    } else {
        throw Malformed{"the value of column \"" + column.name + "\" must be sequence, modulo N or text, not \"" +
                        text + "\""};
    }
}

Column parseColumn(const Json& json, const std::string& table) {
    const std::string where = "a column of table \"" + table + "\"";
    refuseOtherMembers(json, {"name", "type", "value", "null_every", "not_null", "key"}, where);
    Column column;
    column.name = member(json, "name", where).get<std::string>();
    column.pg_type = member(json, "type", where).get<std::string>();
    column.not_null = json.value("not_null", false);
    column.key_position = json.value("key", 0);
    column.null_every = json.value("null_every", std::int64_t{0});
    parsePattern(json.value("value", "sequence"), column);
    return column;
}

Cell parseCell(const Json& json) {
    if (json.is_null()) {
        return std::nullopt;
    }
    return json.is_string() ? json.get<std::string>() : json.dump();
}

Table parseTable(const std::string& name, const Json& json) {
    refuseOtherMembers(json, {"comment", "columns", "rows"}, "table \"" + name + "\"");
    Table table;
    table.name = name;
    table.comment = json.value("comment", "");
    for (const Json& column : member(json, "columns", "table \"" + name + "\"")) {
        table.columns.push_back(parseColumn(column, name));
    }
    const Json& rows = member(json, "rows", "table \"" + name + "\"");
    if (rows.is_number_unsigned()) {
        table.generated_rows = rows.get<std::int64_t>();
        return table;
    }
    if (!rows.is_array()) {
        throw Malformed{"\"rows\" of table \"" + name + "\" must be a number or a list of rows"};
    }
    for (const Json& row : rows) {
        if (!row.is_array() || row.size() != table.columns.size()) {
            throw Malformed{"row " + std::to_string(table.rows.size() + 1) + " of table \"" + name +
                            "\" does not have " + std::to_string(table.columns.size()) + " values"};
        }
        table.rows.emplace_back();
        std::transform(row.begin(), row.end(), std::back_inserter(table.rows.back()), parseCell);
    }
    return table;
}

Expression parseExpression(const Json& json);

std::vector<Expression> parseExpressions(const Json& json) {
    std::vector<Expression> expressions;
    for (const Json& element : json) {
        expressions.push_back(parseExpression(element));
    }
    return expressions;
}

Expression parseExpression(const Json& json) {
    using Kind = Expression::Kind;
    Expression expression;
    if (!json.is_object() || json.empty()) {
        throw Malformed{"an expression is not an object with a member: " + json.dump()};
    }
    if (json.contains("column")) {
        expression.kind = Kind::kColumn;
        expression.name = json.at("column").get<std::string>();
    } else if (json.contains("const")) {
        expression.kind = Kind::kConstant;
        expression.name = member(json.at("const"), "type", "a constant").get<std::string>();
        expression.constant = parseCell(member(json.at("const"), "value", "a constant"));
    } else if (json.contains("param")) {
        expression.kind = Kind::kParameter;
        expression.parameter = json.at("param").get<std::size_t>();
    } else if (json.contains("call")) {
        expression.kind = Kind::kCall;
        expression.name = json.at("call").get<std::string>();
        expression.arguments = parseExpressions(member(json, "args", "a call"));
    } else if (json.contains("and") || json.contains("or")) {
        expression.kind = json.contains("and") ? Kind::kAnd : Kind::kOr;
        expression.arguments = parseExpressions(json.begin().value());
    } else if (json.contains("not") || json.contains("is_null") || json.contains("is_not_null")) {
        expression.kind = json.contains("not")       ? Kind::kNot
                          : json.contains("is_null") ? Kind::kIsNull
                                                     : Kind::kIsNotNull;
        expression.arguments.push_back(parseExpression(json.begin().value()));
    } else {
        throw Malformed{"an expression of an unknown kind: " + json.dump()};
    }
    return expression;
}

/// Runs a parser over a JSON text; no exception leaves.
template <class Parse>
auto parse(std::string_view text, const std::string& what, Parse&& read) -> Result<decltype(read(Json()))> {
    try {
        return read(Json::parse(text));
    } catch (const Malformed& problem) {
        return fail(ErrorCode::kInvalidArgument, what + ": " + problem.message,
                    "plugins/memory/README.md shows the form");
    } catch (const Json::exception& problem) {
        return fail(ErrorCode::kInvalidArgument, what + ": " + problem.what(),
                    "plugins/memory/README.md shows the form");
    }
}

}  // namespace

Cell Table::cell(std::int64_t row, std::size_t column) const {
    if (!generated_rows) {
        return rows[static_cast<std::size_t>(row)][column];
    }
    const Column& shape = columns[column];
    const std::int64_t number = row + 1;
    if (shape.null_every > 0 && number % shape.null_every == 0) {
        return std::nullopt;
    }
    switch (shape.pattern) {
        case Pattern::kSequence:
            return std::to_string(number);
        case Pattern::kModulo:
            return std::to_string(number % shape.modulus);
        case Pattern::kText:
            return "row " + std::to_string(number);
    }
    return std::nullopt;
}

std::optional<std::size_t> Table::findColumn(std::string_view column_name) const {
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (columns[i].name == column_name) {
            return i;
        }
    }
    return std::nullopt;
}

Result<std::vector<Table>> parseTables(std::string_view json) {
    return parse(json, "option 'tables'", [](const Json& root) {
        if (!root.is_object()) {
            throw Malformed{"it is not an object with a member for each table"};
        }
        std::vector<Table> tables;
        for (const auto& [name, table] : root.items()) {
            tables.push_back(parseTable(name, table));
        }
        return tables;
    });
}

Result<Plan> parsePlan(std::string_view json) {
    return parse(json, "the plan", [](const Json& root) {
        refuseOtherMembers(root, {"version", "scan", "columns", "filter", "limit"}, "it");
        if (member(root, "version", "it") != 1) {
            throw Malformed{"its version is not 1"};
        }
        Plan plan;
        for (const auto& [name, value] : member(member(root, "scan", "it"), "options", "the scan").items()) {
            plan.table_options.emplace_back(name, value.get<std::string>());
        }
        plan.columns = member(root, "columns", "it").get<std::vector<std::string>>();
        plan.filter = root.contains("filter") ? parseExpressions(root.at("filter")) : std::vector<Expression>();
        if (root.contains("limit") && !root.at("limit").is_null()) {
            plan.limit = root.at("limit").get<std::int64_t>();
        }
        return plan;
    });
}

}  // namespace tessera::memory
