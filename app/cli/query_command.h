#pragma once

/// `tessera query`: runs statements one after the other and writes their rows as they arrive.

#include "app/cli/exit_codes.h"
#include "app/cli/interrupt.h"
#include "app/cli/options.h"

namespace tessera::cli {

/// Reports its own failures on standard error. `interrupts` cancels the statement under way.
ExitCode runQuery(const QueryOptions& options, InterruptWatch& interrupts);

}  // namespace tessera::cli
