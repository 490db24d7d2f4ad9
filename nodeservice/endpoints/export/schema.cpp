#include "nodeservice/endpoints/export/schema.h"

namespace tessera::endpoints {

namespace {

/// A parameter's text as JSON has a value of its type.
ordered_json valueOf(ParameterType type, const std::string& text) {
    switch (type) {
        case ParameterType::kInteger:
        case ParameterType::kDouble:
        case ParameterType::kBoolean:
        case ParameterType::kJson: {
            auto parsed = ordered_json::parse(text, nullptr, false);
            return parsed.is_discarded() ? ordered_json(text) : parsed;
        }
        default:
            return text;
    }
}

ordered_json typeOf(ParameterType type) {
    switch (type) {
        case ParameterType::kInteger:
            return {{"type", "integer"}, {"format", "int32"}};
        case ParameterType::kBigint:
            return {{"type", {"string", "integer"}}, {"format", "int64"}};
        case ParameterType::kNumeric:
            return {{"type", {"string", "number"}}, {"format", "decimal"}};
        case ParameterType::kDouble:
            return {{"type", "number"}, {"format", "double"}};
        case ParameterType::kBoolean:
            return {{"type", "boolean"}};
        case ParameterType::kDate:
            return {{"type", "string"}, {"format", "date"}};
        case ParameterType::kTime:
            return {{"type", "string"}, {"format", "time"}};
        case ParameterType::kTimestamp:
            return {{"type", "string"}};
        case ParameterType::kTimestamptz:
            return {{"type", "string"}, {"format", "date-time"}};
        case ParameterType::kUuid:
            return {{"type", "string"}, {"format", "uuid"}};
        case ParameterType::kJson:
            return ordered_json::object();
        case ParameterType::kText:
            break;
    }
    return {{"type", "string"}};
}

ordered_json columnSchema(const Definition& definition, const ResultColumn& column) {
    ordered_json schema = ordered_json::object();
    const JsonKind kind = kindOf(definition, column);
    if (kind != JsonKind::kAny) {
        const char* type = kind == JsonKind::kBoolean ? "boolean"
                           : kind == JsonKind::kText  ? "string"
                           : isWhole(column)          ? "integer"
                                                      : "number";
        schema["type"] = column.is_not_null ? ordered_json(type) : ordered_json{type, "null"};
    }
    if (column.type == "date" || column.type == "uuid") {
        schema["format"] = column.type;
    }
    schema["description"] = column.type;
    return schema;
}

}  // namespace

JsonKind kindOf(const Definition& definition, const ResultColumn& column) {
    const std::string base = column.type.substr(0, column.type.find('('));
    if (column.type.ends_with("[]")) {
        return JsonKind::kText;
    }
    if (base == "boolean") {
        return JsonKind::kBoolean;
    }
    if (base == "integer" || base == "smallint" || base == "real" || base == "double precision" || base == "oid") {
        return JsonKind::kNumber;
    }
    if (base == "bigint" || base == "numeric") {
        return definition.numbers.contains(column.name) ? JsonKind::kNumber : JsonKind::kText;
    }
    return base == "json" || base == "jsonb" ? JsonKind::kAny : JsonKind::kText;
}

bool isWhole(const ResultColumn& column) {
    return column.type == "integer" || column.type == "smallint" || column.type == "bigint";
}

ordered_json schemaOf(const Parameter& parameter) {
    ordered_json schema = typeOf(parameter.type);
    if (!parameter.choices.empty()) {
        schema["enum"] = ordered_json::array();
        for (const std::string& choice : parameter.choices) {
            schema["enum"].push_back(valueOf(parameter.type, choice));
        }
    }
    const bool is_number = parameter.type == ParameterType::kInteger || parameter.type == ParameterType::kDouble;
    if (parameter.least) {
        schema[is_number ? "minimum" : "x-minimum"] = valueOf(parameter.type, *parameter.least);
    }
    if (parameter.most) {
        schema[is_number ? "maximum" : "x-maximum"] = valueOf(parameter.type, *parameter.most);
    }
    if (parameter.most_length) {
        schema["maxLength"] = *parameter.most_length;
    }
    if (parameter.is_list) {
        schema = {{"type", "array"}, {"items", std::move(schema)}};
    }
    if (parameter.default_value) {
        schema["default"] = valueOf(parameter.type, *parameter.default_value);
    }
    return schema;
}

ordered_json rowSchema(const Published& endpoint) {
    ordered_json schema = {{"type", "object"}, {"properties", ordered_json::object()}};
    ordered_json required = ordered_json::array();
    for (const ResultColumn& column : endpoint.columns) {
        schema["properties"][column.name] = columnSchema(endpoint.definition, column);
        required.push_back(column.name);
    }
    schema["required"] = std::move(required);
    schema["additionalProperties"] = false;
    return schema;
}

std::vector<CommonParameter> commonParameters(const Published& endpoint) {
    const Definition& definition = endpoint.definition;
    std::vector<CommonParameter> all;
    if (definition.paging) {
        all.push_back({"limit",
                       "Rows of the page",
                       {{"type", "integer"},
                        {"minimum", 1},
                        {"maximum", definition.paging->most},
                        {"default", definition.paging->size}}});
        all.push_back({"cursor", "The 'next' of the page before", {{"type", "string"}}});
    }
    if (definition.paging && !definition.sortable.empty()) {
        ordered_json choices = ordered_json::array();
        for (const std::string& column : definition.sortable) {
            choices.push_back(column);
            choices.push_back("-" + column);
        }
        all.push_back({"sort",
                       "What the rows are sorted by; '-' for the greatest first",
                       {{"type", "array"}, {"items", {{"enum", std::move(choices)}}}}});
    }
    if (!definition.writes && !endpoint.columns.empty()) {
        ordered_json names = ordered_json::array();
        for (const ResultColumn& column : endpoint.columns) {
            names.push_back(column.name);
        }
        all.push_back({"fields", "Only these fields", {{"type", "array"}, {"items", {{"enum", std::move(names)}}}}});
    }
    return all;
}

ordered_json parametersSchema(const Published& endpoint) {
    ordered_json schema = {{"type", "object"}, {"properties", ordered_json::object()}};
    ordered_json required = ordered_json::array();
    for (const Parameter& parameter : endpoint.definition.parameters) {
        ordered_json one = schemaOf(parameter);
        if (!parameter.documentation.empty()) {
            one["description"] = parameter.documentation;
        }
        schema["properties"][parameter.name] = std::move(one);
        if (parameter.is_required) {
            required.push_back(parameter.name);
        }
    }
    for (CommonParameter& common : commonParameters(endpoint)) {
        common.schema["description"] = common.documentation;
        schema["properties"][common.name] = std::move(common.schema);
    }
    if (!required.empty()) {
        schema["required"] = std::move(required);
    }
    schema["additionalProperties"] = false;
    return schema;
}

std::string jsonSchemaOf(const PublishedList& endpoints) {
    ordered_json document = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                             {"$defs", ordered_json::object()}};
    for (const auto& endpoint : endpoints) {
        const std::string name = pascalCase(endpoint->definition.name);
        document["$defs"][name + "Parameters"] = parametersSchema(*endpoint);
        document["$defs"][name + "Row"] = rowSchema(*endpoint);
    }
    return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string pascalCase(const std::string& name) {
    std::string out;
    bool is_first = true;
    for (const char c : name) {
        if (c == '-' || c == '_' || c == '@') {
            is_first = true;
        } else {
            out += is_first && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
            is_first = false;
        }
    }
    return out;
}

}  // namespace tessera::endpoints
