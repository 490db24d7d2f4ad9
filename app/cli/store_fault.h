#pragma once

/// `tessera store fault`: faults on purpose at the members of a test cluster.

#include "app/cli/listing.h"
#include "app/cli/options.h"
#include "app/cli/store_route.h"

namespace tessera::cli {

ExitCode runStoreFault(const StoreOptions& options, StoreRoute& route);

}  // namespace tessera::cli
