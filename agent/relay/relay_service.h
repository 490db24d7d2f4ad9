#pragma once

/// Carries every gRPC call that is not for the agent itself to the node that its metadata name, with the person's
/// token. Messages pass as bytes; one of each direction is under way, so that a slow reader slows the writer down.
/// Deadlines, cancellation, metadata and the status with its details pass as they are; credentials that a caller sends
/// do not.
///
/// Any thread; outlives the server.

#include "agent/access.h"

#include <memory>

namespace grpc {
class CallbackGenericService;
}

namespace tessera::agent {

std::unique_ptr<grpc::CallbackGenericService> makeRelayService(Access& access);

}  // namespace tessera::agent
