#include "nodeservice/client/call.h"

#include "nodeservice/client/grpc_status.h"

#include <absl/synchronization/mutex.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>
#include <grpcpp/support/status.h>

#include <map>
#include <mutex>
#include <string_view>
#include <utility>

namespace tessera::client {

namespace {

// One cell is at most this large on its way; the node refuses larger ones with an error of its own.
constexpr int kMaxMessageBytes = 128 << 20;
constexpr int kMaxMetadataBytes = 64 << 10;
// The least that HTTP/2 begins with.
constexpr int kBackgroundWindowBytes = 65535;

std::string base64(std::string_view bytes) {
    constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t j = 0; j < 3; ++j) {
            group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
        }
        for (std::size_t j = 0; j < 4; ++j) {
            text += i + j <= bytes.size() ? kDigits[group >> (18 - 6 * j) & 63] : '=';
        }
    }
    return text;
}

/// gRPC wraps the system's reason in its own words: "failed to connect to all addresses; last error: … : Connection
/// refused".
std::string connectReason(const std::string& message) {
    const std::size_t colon = message.rfind(": ");
    return colon == std::string::npos ? message : message.substr(colon + 2);
}

std::shared_ptr<grpc::Channel> openChannel(const std::string& address, LinkUse use) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
    setLinkArguments(arguments, use);
    // A loopback address is never reached through a proxy of the environment.
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

std::string channelAddress(const NodeAddress& address) {
    return address.agent ? "unix:" + address.agent->socket : address.address;
}

/// The channel to an address; one of each use for all clients of the process, and never destroyed. gRPC 1.51 joins its
/// callback threads when the last channel goes, and the last reference may well go inside a callback: a thread would
/// join itself, and what it works on would be freed under it. A channel that nobody uses closes its connection by
/// itself.
std::shared_ptr<grpc::Channel> sharedChannel(const std::string& address, LinkUse use) {
    static std::mutex mutex;
    static auto& channels = *new std::map<std::pair<std::string, LinkUse>, std::shared_ptr<grpc::Channel>>;
    const std::lock_guard lock(mutex);
    std::shared_ptr<grpc::Channel>& channel = channels[{address, use}];
    if (!channel) {
        // Debian's build of gRPC keeps a graph of which of its locks are held in which order, for its developers.
        absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
        channel = openChannel(address, use);
    }
    // A new client does not wait for what an earlier one failed at.
    grpc::experimental::ChannelResetConnectionBackoff(channel.get());
    return channel;
}

}  // namespace

void setLinkArguments(grpc::ChannelArguments& arguments, LinkUse use) {
    arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30000);
    // The answer waits behind whatever is on its way already.
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20000);
    // A node that was restarted is found again at once, not after gRPC's default of up to two minutes.
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 3000);
    // In spite of its name this is how long one attempt may last, TLS and HTTP/2's greetings included: several turns
    // over a link of a second each way.
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 20000);
    if (use == LinkUse::kBackground) {
        // gRPC would let a thin link's queue grow to what it can hold, and take that for its width.
        arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
        arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kBackgroundWindowBytes);
    }
}

Result<std::shared_ptr<const Endpoint>> openEndpoint(NodeAddress address) {
    if (!address.agent && !isLoopback(address.address)) {
        return fail(ErrorCode::kInvalidArgument,
                    "node '" + address.name + "' at " + address.address + " is not on this machine",
                    "without TLS only loopback (127.0.0.1) is spoken to; the agent reaches other machines: see tessera "
                    "login --help");
    }
    auto endpoint = std::make_shared<Endpoint>();
    if (!address.agent) {
        endpoint->authorization =
            address.token.empty() ? basicAuthorization(address.user, address.password) : "Bearer " + address.token;
    }
    endpoint->channel = sharedChannel(channelAddress(address), LinkUse::kPerson);
    endpoint->address = std::move(address);
    return std::shared_ptr<const Endpoint>(std::move(endpoint));
}

std::shared_ptr<const Endpoint> inBackground(const Endpoint& endpoint) {
    auto made = std::make_shared<Endpoint>(endpoint);
    made->channel = sharedChannel(channelAddress(endpoint.address), LinkUse::kBackground);
    made->use = LinkUse::kBackground;
    return made;
}

bool isLoopback(const std::string& address) {
    const std::string host = address.substr(0, address.rfind(':'));
    return address.starts_with("unix:") || host == "localhost" || host == "[::1]" ||
           (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos);
}

std::string basicAuthorization(const std::string& user, const std::string& password) {
    return "Basic " + base64(user + ":" + password);
}

void addCredentials(grpc::ClientContext& context, const Endpoint& endpoint) {
    if (endpoint.use == LinkUse::kBackground) {
        context.AddMetadata(kBackgroundMetadata, "1");
    }
    if (endpoint.address.agent) {
        context.AddMetadata(kProfileMetadata, endpoint.address.agent->profile);
        context.AddMetadata(kNodeMetadata, endpoint.address.name);
        return;
    }
    context.AddMetadata("authorization", endpoint.authorization);
    if (!endpoint.address.token.empty() && !endpoint.address.user.empty()) {
        context.AddMetadata("tessera-role", endpoint.address.user);
    }
}

Error callError(const grpc::Status& status, const Endpoint& endpoint) {
    const std::string node = "node '" + endpoint.address.name + "' at " + endpoint.address.address;
    const bool from_node = !status.error_details().empty();
    if (!from_node && endpoint.address.agent && status.error_code() == grpc::StatusCode::UNAVAILABLE) {
        return fail(ErrorCode::kUnavailable, "cannot reach the agent: " + connectReason(status.error_message()),
                    "'tessera login' starts it");
    }
    if (!from_node && status.error_code() == grpc::StatusCode::UNAVAILABLE) {
        return fail(ErrorCode::kUnavailable, "cannot reach " + node + ": " + connectReason(status.error_message()),
                    "is tessera-node running there, and is the address in the mesh file right?");
    }
    if (!from_node && status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
        return fail(ErrorCode::kDeadlineExceeded, node + " did not answer in time",
                    "it or the way to it is slow: try again; the node's log may say more");
    }
    return toError(status);
}

}  // namespace tessera::client
