#pragma once

/// Ports of this machine's loopback interface.

#include "common/result.h"

#include <cstdint>
#include <string>

namespace tessera {

/// A TCP port on 127.0.0.1 that nobody listens on now. Somebody may take it before the caller does: the caller's server
/// must report that as it would any port in use.
Result<std::uint16_t> freeLoopbackPort();

/// kUnavailable, naming the port, when somebody listens on it. `host` is an IPv4 address.
Result<> checkPortFree(const std::string& host, std::uint16_t port);

}  // namespace tessera
