#include "nodeservice/endpoints/export/export.h"

#include "nodeservice/endpoints/export/schema.h"

namespace tessera::endpoints {

std::optional<ExportFormat> exportFormatOf(std::string_view name) {
    return name == "openapi"       ? std::optional(ExportFormat::kOpenApi)
           : name == "json-schema" ? std::optional(ExportFormat::kJsonSchema)
           : name == "ts"          ? std::optional(ExportFormat::kTypeScript)
           : name == "jsdoc"       ? std::optional(ExportFormat::kJsDoc)
           : name == "python"      ? std::optional(ExportFormat::kPython)
           : name == "go"          ? std::optional(ExportFormat::kGo)
                                   : std::nullopt;
}

std::string exportAs(ExportFormat format, const PublishedList& endpoints) {
    switch (format) {
        case ExportFormat::kOpenApi:
            return openApiOf(endpoints);
        case ExportFormat::kJsonSchema:
            return jsonSchemaOf(endpoints);
        case ExportFormat::kTypeScript:
            return scriptOf(endpoints, true);
        case ExportFormat::kJsDoc:
            return scriptOf(endpoints, false);
        case ExportFormat::kPython:
            return pythonOf(endpoints);
        case ExportFormat::kGo:
            return goOf(endpoints);
    }
    return {};
}

}  // namespace tessera::endpoints
