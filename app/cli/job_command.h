#pragma once

/// `tessera job …`: scheduled jobs.

#include "app/cli/exit_codes.h"
#include "app/cli/interrupt.h"
#include "app/cli/options.h"

namespace tessera::cli {

ExitCode runJob(const JobOptions& options, InterruptWatch& interrupts);

}  // namespace tessera::cli
