#pragma once

/// `tessera-node store recover`: when the majority of a store is lost for ever.

#include "common/result.h"
#include "nodeservice/daemon/node_config.h"

#include <string>

namespace tessera::node {

/// Makes this node the store's only member if `is_sure`, and tells what was done, or what there is. Fails while the
/// node runs.
Result<std::string> recoverStore(const NodeConfig& config, bool is_sure);

}  // namespace tessera::node
