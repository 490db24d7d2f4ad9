#include "nodeservice/endpoints/service/bundle.h"

#include "nodeservice/endpoints/definition/compile.h"
#include "nodeservice/endpoints/definition/read.h"

#include <nlohmann/json.hpp>

namespace tessera::endpoints {

using nlohmann::json;

std::string Bundle::signedText() const {
    return json{{"endpoint", name}, {"version", version}, {"author", author}, {"source", source}, {"columns", columns}}
        .dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string columnsText(const std::vector<ResultColumn>& columns) {
    json list = json::array();
    for (const ResultColumn& column : columns) {
        list.push_back({{"name", column.name}, {"type", column.type}, {"not_null", column.is_not_null}});
    }
    return list.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Published> readBundle(const Bundle& bundle, std::int64_t at_ms) {
    ReadDefinition read = readDefinition(bundle.source, bundle.name);
    const json columns = json::parse(bundle.columns, nullptr, false);
    if (!read.errors.empty() || !columns.is_array() || read.definition.name != bundle.name) {
        return fail(ErrorCode::kFailedPrecondition,
                    "this node cannot read the endpoint '" + bundle.name + "': " +
                        (read.errors.empty() ? std::string("its description is broken") : read.errors[0].message),
                    "update the node, or apply the endpoint again");
    }
    Published published{bundle.version, std::move(read.definition), {}, {}, bundle.author, at_ms};
    for (const json& column : columns) {
        published.columns.push_back(
            {column.value("name", ""), column.value("type", ""), column.value("not_null", false)});
    }
    published.compiled = compileSql(published.definition);
    return published;
}

}  // namespace tessera::endpoints
