#pragma once

/// `tessera login`, `logout`, `status`, `whoami` and `port`: what a person asks of the agent. Each reports its own
/// failures on standard error.

#include "app/cli/exit_codes.h"
#include "app/cli/interrupt.h"
#include "app/cli/options.h"

namespace tessera::cli {

ExitCode runLogin(const LoginOptions& options, InterruptWatch& interrupts);
ExitCode runLogout(const LogoutOptions& options);
ExitCode runStatus(const StatusOptions& options);
/// Who the agent is signed in as, and who the nodes take the person for.
ExitCode runWhoami(const WhoamiOptions& options);
ExitCode runPort(const PortOptions& options);

}  // namespace tessera::cli
