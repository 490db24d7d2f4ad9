#pragma once

/// A statement whose first row is all that is wanted. Waits; not for large answers.

#include "nodeservice/client/node_client.h"

#include <optional>
#include <string>
#include <vector>

namespace tessera::cli {

Result<std::vector<std::optional<std::string>>> firstRow(client::NodeClient& node, const std::string& sql);

}  // namespace tessera::cli
