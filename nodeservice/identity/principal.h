#pragma once

/// Who a call or session acts for: a login role of the node's PostgreSQL, to which the node knows the way in. A value.

#include <memory>
#include <string>

namespace tessera::identity {

struct Principal {
    std::string role;
    /// Whom the sessions act for, as tessera.identity() gives it; null for whoever is known by the role alone.
    std::shared_ptr<const std::string> context = nullptr;
};

}  // namespace tessera::identity
