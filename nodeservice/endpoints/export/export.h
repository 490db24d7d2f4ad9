#pragma once

/// Descriptions of endpoints for programs. The same endpoints have the same text, byte by byte, so that its difference
/// is a review. Pure; any thread.

#include "nodeservice/endpoints/serve/call.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::endpoints {

enum class ExportFormat { kOpenApi, kJsonSchema, kTypeScript, kJsDoc, kPython, kGo };

/// "openapi", "json-schema", "ts", "jsdoc", "python", "go".
std::optional<ExportFormat> exportFormatOf(std::string_view name);

using PublishedList = std::vector<std::shared_ptr<const Published>>;

/// In the endpoints' order. OpenAPI's paths begin behind /api/v1.
std::string exportAs(ExportFormat format, const PublishedList& endpoints);

}  // namespace tessera::endpoints
