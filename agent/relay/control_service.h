#pragma once

/// The agent's own gRPC service (nodeservice/proto/agent.proto): thin over Agent, on whose thread all of it happens.

#include "agent/agent.h"

#include <memory>

namespace grpc {
class Service;
}

namespace tessera::agent {

std::unique_ptr<grpc::Service> makeControlService(Agent& agent);

}  // namespace tessera::agent
