#pragma once

/// `tessera store restore`: a file in the place of all that is in the store.

#include "app/cli/options.h"
#include "app/cli/store_route.h"

namespace tessera::cli {

/// Asks first, unless it is told not to.
Result<> restoreStore(const StoreOptions& options, StoreRoute& route);

}  // namespace tessera::cli
