#pragma once

/// How what runs in a node's PostgreSQL asks its node: one request at a unix socket, and one answer.

#include "common/result.h"
#include "plugins/sdk/connector.h"

#include <chrono>
#include <string>

namespace tessera::sdk {

struct NodeRequest {
    /// The socket's path.
    const char* socket = nullptr;
    std::string_view request;
    std::chrono::milliseconds patience{5000};
    std::size_t most_answer_bytes = std::size_t{32} << 10U;
    /// A person's cancel ends it. Not so for what must be known to its end.
    bool heeds_cancel = true;
};

/// All that came back until the node closed the connection. Waits as long as `patience`; kUnavailable (08001) when the
/// node can't be reached or is silent, kCancelled (57014) when the person cancels. Any thread; no thread of its own.
Result<std::string> askNode(const TsrHost& host, const NodeRequest& request);

}  // namespace tessera::sdk
