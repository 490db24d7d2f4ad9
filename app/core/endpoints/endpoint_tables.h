#pragma once

/// Which tables endpoints and models read and write, by their files: what a table's page lists as its users. Any
/// thread.

#include "app/core/endpoints/endpoint_nodes.h"

#include <optional>
#include <string>
#include <vector>

namespace tessera::app {

struct EndpointUse {
    enum class Kind { kEndpoint, kModel };

    Kind kind = Kind::kEndpoint;
    std::string name;
    bool is_written = false;
    /// Why its file could not be read; then nothing is known of it.
    std::string problem = {};

    bool operator==(const EndpointUse&) const = default;
};

/// Whether an endpoint's file names the table; a name without a schema is one of `public`. None for an endpoint that is
/// not served by the node.
std::optional<EndpointUse> endpointUse(const std::string& file, const std::string& node, const std::string& schema,
                                       const std::string& table);
std::optional<EndpointUse> modelUse(const std::string& file, const std::string& node, const std::string& schema,
                                    const std::string& table);

/// Asks for every endpoint and model of the mesh. kUnimplemented: no node publishes any.
Result<std::vector<EndpointUse>> endpointsThatUse(EndpointNodes& nodes, const std::string& node,
                                                  const std::string& schema, const std::string& table);

}  // namespace tessera::app
