#pragma once

/// `tessera store changes` and `tessera store diff`.

#include "app/cli/exit_codes.h"
#include "app/cli/interrupt.h"
#include "app/cli/options.h"
#include "app/cli/store_route.h"

namespace tessera::cli {

ExitCode runStoreChanges(const StoreOptions& options, StoreRoute& route, InterruptWatch& interrupts);

}  // namespace tessera::cli
