#include "app/cli/exit_codes.h"

namespace tessera::cli {

ExitCode exitCodeOf(const Error& error) {
    // With an SQLSTATE it was PostgreSQL who spoke, unless it is about signing in: a source behind the node that cannot
    // be reached is a failed statement.
    const bool is_sign_in = error.code == ErrorCode::kUnauthenticated;
    const bool is_unreachable = error.code == ErrorCode::kUnavailable && error.sqlstate.empty();
    return is_sign_in || is_unreachable ? kUnreachable : kFailure;
}

}  // namespace tessera::cli
