#pragma once

/// Ports of this machine's loopback interface.

#include "common/result.h"

#include <cstdint>

namespace tessera {

/// A TCP port on 127.0.0.1 that nobody listens on now. Somebody may take it before the caller does: the caller's server
/// must report that as it would any port in use.
Result<std::uint16_t> freeLoopbackPort();

}  // namespace tessera
