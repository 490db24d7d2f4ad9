#pragma once

/// `tessera job grant`, `revoke` and `grants`: jobs that run as their owners.

#include "app/cli/any_node.h"
#include "app/cli/exit_codes.h"
#include "app/cli/interrupt.h"
#include "nodeservice/client/jobs_client.h"

namespace tessera::cli {

ExitCode giveGrant(AnyNode<client::JobsClient>& nodes, const JobOptions& options, InterruptWatch& interrupts);
ExitCode revokeGrant(AnyNode<client::JobsClient>& nodes, const JobOptions& options);
ExitCode printGrants(AnyNode<client::JobsClient>& nodes, const JobOptions& options);

}  // namespace tessera::cli
