#pragma once

/// What a gRPC call carries of its caller's identity. The one place that knows the metadata's names.

#include "nodeservice/identity/authenticator.h"

#include <grpcpp/server_context.h>

#include <charconv>
#include <string>
#include <system_error>

namespace tessera::server {

/// The gateway names its end of a connection after the client: see gateway::namedSocketPair().
inline std::string clientAddressOf(const std::string& peer) {
    const std::size_t dash = peer.rfind('-');
    std::string address;
    for (std::size_t at = dash + 1; dash != std::string::npos && at + 1 < peer.size(); at += 2) {
        unsigned int byte = 0;
        const auto [end, error] = std::from_chars(peer.data() + at, peer.data() + at + 2, byte, 16);
        if (error != std::errc() || end != peer.data() + at + 2) {
            return peer;
        }
        address += static_cast<char>(byte);
    }
    return address;
}

inline identity::CallCredentials credentialsOf(const grpc::CallbackServerContext& context) {
    const auto& metadata = context.client_metadata();
    const auto text = [&metadata](const char* name) {
        const auto found = metadata.find(name);
        return found == metadata.end() ? std::string() : std::string(found->second.data(), found->second.size());
    };
    // Connections come through the gateway only, which takes those that are encrypted or of this machine.
    const std::string peer = context.peer();
    const bool is_gateways = peer.starts_with("unix:") || peer.starts_with("unix-abstract:");
    return {.authorization = text("authorization"),
            .role = text("tessera-role"),
            .is_protected = is_gateways,
            .peer = clientAddressOf(peer),
            .protocol = "grpc",
            .connection = peer.substr(peer.find(':') + 1)};
}

}  // namespace tessera::server
