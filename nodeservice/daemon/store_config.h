#pragma once

/// The section `store` of a node's configuration.

#include "common/config/loader.h"
#include "nodeservice/daemon/node_config.h"

#include <set>
#include <string>
#include <vector>

namespace tessera::node {

std::vector<config::Property> storeProperties();

/// `node`: what has been read so far, its users and identities among it. Reads the authority's certificates.
Result<server::StoreOptions> readStore(const config::Section& section, const NodeConfig& node);

/// A list of users and roles, each of which must be known.
Result<std::set<std::string>> readRoles(const config::Section& section, const std::string& property,
                                        const NodeConfig& node);

}  // namespace tessera::node
