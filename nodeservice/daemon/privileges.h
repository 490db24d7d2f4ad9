#pragma once

/// Giving up root. Once, early, before threads start; the whole process changes.

#include "common/result.h"
#include "common/service_user.h"

namespace tessera::node {

/// Becomes the user for good, with its groups and HOME. Nothing happens when we are not root.
Result<> becomeUser(const ServiceUser& user);

}  // namespace tessera::node
