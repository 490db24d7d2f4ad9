#pragma once

/// What every call to a node needs: the credentials it carries, and errors in words that name the node.

#include "common/error.h"
#include "nodeservice/client/node_client.h"

#include <memory>
#include <string>

namespace grpc {
class Channel;
class ChannelArguments;
class ClientContext;
class Status;
}  // namespace grpc

namespace tessera::client {

/// Metadata by which the agent knows where a call is to go.
inline constexpr const char* kProfileMetadata = "tessera-profile";
inline constexpr const char* kNodeMetadata = "tessera-node";
/// On calls whose answers nobody waits for.
inline constexpr const char* kBackgroundMetadata = "tessera-background";

/// Answers that nobody waits for have a connection of their own, on which little is ever on its way: over a thin link
/// what a person asks for is not behind them in a queue.
enum class LinkUse { kPerson, kBackground };

/// One node and the channel to it. Shared by its calls; immutable, any thread.
struct Endpoint {
    NodeAddress address;
    std::shared_ptr<grpc::Channel> channel;
    /// The value of the authorization metadata; empty where an agent adds it.
    std::string authorization;
    LinkUse use = LinkUse::kPerson;
};

/// How a channel over a network behaves, which may be slow and thin: how long a connection may take to come about, when
/// it is tried again, and when a silent one counts as lost.
void setLinkArguments(grpc::ChannelArguments& arguments, LinkUse use);

/// Opens a channel without waiting for it. Without an agent, `address` must be loopback.
Result<std::shared_ptr<const Endpoint>> openEndpoint(NodeAddress address);

/// The same node, for answers that nobody waits for.
std::shared_ptr<const Endpoint> inBackground(const Endpoint& endpoint);

/// Is it an address of this machine only? Without TLS no other is spoken to.
bool isLoopback(const std::string& address);

/// "Basic …" as RFC 7617 writes it.
std::string basicAuthorization(const std::string& user, const std::string& password);

void addCredentials(grpc::ClientContext& context, const Endpoint& endpoint);

/// For a status that is not OK. A node that cannot be reached or stays silent is named, with what to do.
Error callError(const grpc::Status& status, const Endpoint& endpoint);

}  // namespace tessera::client
