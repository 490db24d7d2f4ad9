#pragma once

/// `tessera catalog` and `tessera nodes`: what the nodes of the mesh have, as tables.

#include "app/cli/exit_codes.h"
#include "app/cli/options.h"

namespace tessera::cli {

ExitCode runCatalog(const CatalogOptions& options);
/// Lists every node, also those that cannot be reached; then the exit code is kUnreachable.
ExitCode runNodes(const NodesOptions& options);

}  // namespace tessera::cli
