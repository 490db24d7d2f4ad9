#pragma once

/// Who a call acts for: a role of the node's PostgreSQL, with what opens a session as that role. Shared, immutable.

#include "common/secret.h"

#include <memory>
#include <string>

namespace tessera::identity {

struct Principal {
    std::string role;
    std::shared_ptr<const Secret> password;
};

}  // namespace tessera::identity
