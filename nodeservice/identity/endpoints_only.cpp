#include "nodeservice/identity/endpoints_only.h"

#include <nlohmann/json.hpp>

namespace tessera::identity {

namespace {

bool isBroughtByNode(const Principal& principal) {
    if (!principal.context) {
        return false;
    }
    const auto context = nlohmann::json::parse(*principal.context, nullptr, false);
    const auto nodes = context.is_object() ? context.find("nodes") : context.end();
    return nodes != context.end() && nodes->is_array() && !nodes->empty();
}

}  // namespace

Result<> EndpointsOnly::checkStatements(const Principal& principal) const {
    if (!roles.contains(principal.role) || isBroughtByNode(principal)) {
        return {};
    }
    Error refused =
        fail(ErrorCode::kPermissionDenied, "'" + principal.role + "' may only call endpoints on this node, not SQL",
             "call /api/v1/endpoints/NAME by HTTP (GET /api/v1/endpoints lists them); what is missing there can be "
             "published by the node's authors of endpoints, or the node's configuration changed (endpoints_only)");
    refused.sqlstate = "42501";
    return refused;
}

}  // namespace tessera::identity
