#pragma once

/// Who a call or session acts for: a login role of the node's PostgreSQL, to which the node knows the way in. A value.

#include "nodeservice/identity/session_registry.h"

#include <memory>
#include <string>

namespace tessera::identity {

struct Principal {
    std::string role;
    /// Whom the sessions act for, as tessera.identity() gives it; null for whoever is known by the role alone.
    std::shared_ptr<const std::string> context = nullptr;
    /// From where this time; nothing of who it is.
    SessionOrigin origin = {};
};

/// The same role of the same person, be it by another token of theirs.
bool isSamePerson(const Principal& a, const Principal& b);

}  // namespace tessera::identity
