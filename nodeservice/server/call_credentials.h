#pragma once

/// What a gRPC call carries of its caller's identity. The one place that knows the metadata's names.

#include "nodeservice/identity/authenticator.h"

#include <grpcpp/server_context.h>

namespace tessera::server {

inline identity::CallCredentials credentialsOf(const grpc::CallbackServerContext& context) {
    const auto& metadata = context.client_metadata();
    const auto found = metadata.find("authorization");
    return {found == metadata.end() ? std::string() : std::string(found->second.data(), found->second.size())};
}

}  // namespace tessera::server
