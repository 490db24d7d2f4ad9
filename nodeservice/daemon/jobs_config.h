#pragma once

/// The section `jobs` of a node's configuration.

#include "common/config/loader.h"
#include "nodeservice/daemon/node_config.h"

#include <vector>

namespace tessera::node {

std::vector<config::Property> jobsProperties();

/// `node`: what has been read so far, its users and identities among it.
Result<JobsConfig> readJobs(const config::Section& section, const NodeConfig& node);

}  // namespace tessera::node
