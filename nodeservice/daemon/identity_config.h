#pragma once

/// The part of a node's configuration that says whose tokens it trusts, and what roles they open.

#include "nodeservice/daemon/node_config.h"

#include <vector>

namespace tessera::node {

std::vector<config::Property> identityProperties();

/// `node`: its name and users have been read.
Result<IdentityConfig> readIdentity(const config::Section& section, const NodeConfig& node);

}  // namespace tessera::node
