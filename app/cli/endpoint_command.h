#pragma once

/// `tessera endpoint …`: queries published as endpoints.

#include "app/cli/exit_codes.h"
#include "app/cli/options.h"

namespace tessera::cli {

ExitCode runEndpoint(const EndpointOptions& options);

}  // namespace tessera::cli
