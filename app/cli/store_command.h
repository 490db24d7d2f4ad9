#pragma once

/// `tessera store`: the replicated store's SQL, and what its administrators do.

#include "app/cli/exit_codes.h"
#include "app/cli/interrupt.h"
#include "app/cli/options.h"

namespace tessera::cli {

ExitCode runStore(const StoreOptions& options, InterruptWatch& interrupts);

}  // namespace tessera::cli
