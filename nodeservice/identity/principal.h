#pragma once

/// Who a call acts for: a role of the node's PostgreSQL, with what opens a session as that role. Shared, immutable.

#include "common/secret.h"

#include <memory>
#include <string>

namespace tessera::identity {

struct Principal {
    std::string role;
    std::shared_ptr<const Secret> password;
    /// Whom the sessions act for, as tessera.identity() gives it; null for whoever is known by the role alone.
    std::shared_ptr<const std::string> context = nullptr;
};

}  // namespace tessera::identity
