#pragma once

/// How `tessera` ends, for scripts; the same list is in its --help.

#include "common/error.h"

namespace tessera::cli {

enum ExitCode : int {
    kSuccess = 0,
    /// The node answered that the statement failed, or the result could not be written.
    kFailure = 1,
    /// Wrong options, an unreadable file, no mesh file, an unknown node.
    kUsage = 2,
    /// A node cannot be reached or refuses to sign the person in.
    kUnreachable = 3,
    kInterrupted = 130,
    /// Whoever read our output has gone, as every tool of a pipeline says it.
    kBrokenPipe = 141,
};

/// The exit code of an error that a node or the way to it gave.
ExitCode exitCodeOf(const Error& error);

}  // namespace tessera::cli
