#pragma once

/// The types of parameters and rows as JSON Schema (2020-12) has them. Internal to export/.

#include "nodeservice/endpoints/export/export.h"

#include <nlohmann/json.hpp>

namespace tessera::endpoints {

using nlohmann::ordered_json;

/// How a column's values are in JSON.
enum class JsonKind { kBoolean, kNumber, kText, kAny };

JsonKind kindOf(const Definition& definition, const ResultColumn& column);
/// Of a kNumber: none of its values has a fraction.
bool isWhole(const ResultColumn& column);

ordered_json schemaOf(const Parameter& parameter);
/// Of one row.
ordered_json rowSchema(const Published& endpoint);
/// Of an object with the parameters, `limit`, `cursor`, `sort` and `fields` among them.
ordered_json parametersSchema(const Published& endpoint);

/// The parameters that all endpoints of its kind have, with their schemas and what they are for.
struct CommonParameter {
    std::string name;
    std::string documentation;
    ordered_json schema;
};

std::vector<CommonParameter> commonParameters(const Published& endpoint);

std::string jsonSchemaOf(const PublishedList& endpoints);
std::string openApiOf(const PublishedList& endpoints);
std::string scriptOf(const PublishedList& endpoints, bool has_types);
std::string pythonOf(const PublishedList& endpoints);
std::string goOf(const PublishedList& endpoints);

/// "orders-by-country" as "OrdersByCountry".
std::string pascalCase(const std::string& name);

}  // namespace tessera::endpoints
