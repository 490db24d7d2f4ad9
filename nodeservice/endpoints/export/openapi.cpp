#include "nodeservice/endpoints/export/schema.h"

namespace tessera::endpoints {

namespace {

ordered_json reference(const std::string& name) {
    return {{"$ref", "#/components/schemas/" + name}};
}

ordered_json problemSchema() {
    const ordered_json text = {{"type", "string"}};
    const ordered_json one = {
        {"type", "object"},
        {"properties",
         {{"parameter", text}, {"value", {{"type", {"string", "null"}}}}, {"detail", text}, {"allowed", text}}}};
    return {{"type", "object"},
            {"properties",
             {{"type", text},
              {"title", text},
              {"status", {{"type", "integer"}}},
              {"detail", text},
              {"hint", text},
              {"sqlstate", text},
              {"parameter", text},
              {"value", {{"type", {"string", "null"}}}},
              {"problems", {{"type", "array"}, {"items", one}}}}},
            {"required", {"title", "status", "detail"}}};
}

ordered_json queryParameters(const Published& endpoint) {
    ordered_json list = ordered_json::array();
    for (const Parameter& parameter : endpoint.definition.parameters) {
        ordered_json one = {{"name", parameter.name}, {"in", "query"}, {"required", parameter.is_required}};
        if (!parameter.documentation.empty()) {
            one["description"] = parameter.documentation;
        }
        one["schema"] = schemaOf(parameter);
        if (!parameter.example.empty()) {
            one["example"] = parameter.example;
        }
        list.push_back(std::move(one));
    }
    for (const CommonParameter& common : commonParameters(endpoint)) {
        ordered_json one = {{"name", common.name}, {"in", "query"}, {"description", common.documentation}};
        if (common.schema.value("type", "") == "array") {
            one["explode"] = false;
        }
        one["schema"] = common.schema;
        list.push_back(std::move(one));
    }
    return list;
}

ordered_json responsesOf(const Published& endpoint) {
    const std::string name = pascalCase(endpoint.definition.name);
    const ordered_json page = {{"type", "object"},
                               {"properties",
                                {{"items", {{"type", "array"}, {"items", reference(name + "Row")}}},
                                 {"next", {{"type", {"string", "null"}}}}}},
                               {"required", {"items", "next"}}};
    const ordered_json text = {{"schema", {{"type", "string"}}}};
    return {
        {"200",
         {{"description", "Rows"},
          {"content", {{"application/json", {{"schema", page}}}, {"application/x-ndjson", text}, {"text/csv", text}}}}},
        {"default",
         {{"description", "What is wrong"},
          {"content", {{"application/problem+json", {{"schema", reference("Problem")}}}}}}}};
}

ordered_json pathOf(const Published& endpoint) {
    const Definition& definition = endpoint.definition;
    const std::string name = pascalCase(definition.name);
    ordered_json common = {{"summary", definition.documentation.empty() ? definition.name : definition.documentation}};
    if (!definition.tags.empty()) {
        common["tags"] = definition.tags;
    }
    ordered_json path = ordered_json::object();
    if (!definition.writes) {
        path["get"] = common;
        path["get"]["operationId"] = "get" + name;
        path["get"]["parameters"] = queryParameters(endpoint);
        path["get"]["responses"] = responsesOf(endpoint);
    }
    path["post"] = common;
    path["post"]["operationId"] = "post" + name;
    path["post"]["requestBody"] = {{"required", true},
                                   {"content", {{"application/json", {{"schema", reference(name + "Parameters")}}}}}};
    path["post"]["responses"] = responsesOf(endpoint);
    return path;
}

}  // namespace

std::string openApiOf(const PublishedList& endpoints) {
    ordered_json document = {
        {"openapi", "3.1.0"},
        {"info",
         {{"title", "Endpoints"},
          {"description", "Queries that are called by name, as whoever calls."},
          {"version", "1"}}},
        {"servers", ordered_json::array({{{"url", "/api/v1"}}})},
        {"security", ordered_json::array({{{"token", ordered_json::array()}}, {{"password", ordered_json::array()}}})},
        {"paths", ordered_json::object()},
        {"components",
         {{"securitySchemes",
           {{"token", {{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}}},
            {"password", {{"type", "http"}, {"scheme", "basic"}}}}},
          {"schemas", ordered_json::object()}}}};
    ordered_json& schemas = document["components"]["schemas"];
    schemas["Problem"] = problemSchema();
    for (const auto& endpoint : endpoints) {
        const std::string name = pascalCase(endpoint->definition.name);
        document["paths"]["/endpoints/" + endpoint->definition.name] = pathOf(*endpoint);
        schemas[name + "Parameters"] = parametersSchema(*endpoint);
        schemas[name + "Row"] = rowSchema(*endpoint);
    }
    return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace tessera::endpoints
