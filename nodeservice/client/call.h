#pragma once

/// What every call to a node needs: the credentials it carries, and errors in words that name the node.

#include "common/error.h"
#include "nodeservice/client/node_client.h"

#include <memory>
#include <string>

namespace grpc {
class Channel;
class ClientContext;
class Status;
}  // namespace grpc

namespace tessera::client {

/// Metadata by which the agent knows where a call is to go.
inline constexpr const char* kProfileMetadata = "tessera-profile";
inline constexpr const char* kNodeMetadata = "tessera-node";

/// One node and the channel to it. Shared by its calls; immutable, any thread.
struct Endpoint {
    NodeAddress address;
    std::shared_ptr<grpc::Channel> channel;
    /// The value of the authorization metadata; empty where an agent adds it.
    std::string authorization;
};

/// Opens a channel without waiting for it. Without an agent, `address` must be loopback.
Result<std::shared_ptr<const Endpoint>> openEndpoint(NodeAddress address);

/// Is it an address of this machine only? Without TLS no other is spoken to.
bool isLoopback(const std::string& address);

/// "Basic …" as RFC 7617 writes it.
std::string basicAuthorization(const std::string& user, const std::string& password);

void addCredentials(grpc::ClientContext& context, const Endpoint& endpoint);

/// For a status that is not OK. A node that cannot be reached or stays silent is named, with what to do.
Error callError(const grpc::Status& status, const Endpoint& endpoint);

}  // namespace tessera::client
