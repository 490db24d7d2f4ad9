#pragma once

/// What a gRPC call carries of its caller's identity. The one place that knows the metadata's names.

#include "nodeservice/identity/authenticator.h"

#include <grpcpp/server_context.h>

namespace tessera::server {

inline identity::CallCredentials credentialsOf(const grpc::CallbackServerContext& context) {
    const auto& metadata = context.client_metadata();
    const auto text = [&metadata](const char* name) {
        const auto found = metadata.find(name);
        return found == metadata.end() ? std::string() : std::string(found->second.data(), found->second.size());
    };
    const std::string peer = context.peer();
    const auto security = context.auth_context()->FindPropertyValues("transport_security_type");
    const bool is_encrypted = !security.empty() && security.front() == "ssl";
    const bool is_local = peer.starts_with("ipv4:127.") || peer.starts_with("ipv6:[::1]:") ||
                          peer.starts_with("ipv6:%5B::1%5D:") || peer.starts_with("unix:");
    return {.authorization = text("authorization"),
            .role = text("tessera-role"),
            .is_protected = is_encrypted || is_local,
            .peer = peer};
}

}  // namespace tessera::server
