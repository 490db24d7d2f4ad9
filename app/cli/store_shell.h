#pragma once

/// `tessera store sql`: one text, a script from standard input, or a shell with history and completion.

#include "app/cli/exit_codes.h"
#include "app/cli/options.h"
#include "app/cli/store_route.h"

namespace tessera::cli {

ExitCode runStoreSql(const StoreOptions& options, StoreRoute& route);

/// `tessera store mapreduce`.
ExitCode runStoreMapReduce(const StoreOptions& options, StoreRoute& route);

}  // namespace tessera::cli
