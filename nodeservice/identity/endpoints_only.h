#pragma once

/// Roles whose people may only call endpoints: what they send is names and values, never SQL. Asked wherever somebody
/// gets a session of PostgreSQL to run what they like: by the gateway, and by the pool of sessions.
///
/// Immutable; any thread.

#include "common/result.h"
#include "nodeservice/identity/principal.h"

#include <set>
#include <string>

namespace tessera::identity {

struct EndpointsOnly {
    std::set<std::string> roles;

    /// May they run statements of their own? A node that acts for somebody may: whom it does that for is said by the
    /// role's `nodes`, and what they may ask there by that node.
    Result<> checkStatements(const Principal& principal) const;
};

}  // namespace tessera::identity
