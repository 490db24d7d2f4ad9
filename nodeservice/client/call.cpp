#include "nodeservice/client/call.h"

#include "nodeservice/client/grpc_status.h"

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <string_view>

namespace tessera::client {

namespace {

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

}  // namespace

bool isLoopback(const std::string& address) {
    const std::string host = address.substr(0, address.rfind(':'));
    return address.starts_with("unix:") || host == "localhost" || host == "[::1]" ||
           (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos);
}

std::string basicAuthorization(const std::string& user, const std::string& password) {
    return "Basic " + base64(user + ":" + password);
}

void addCredentials(grpc::ClientContext& context, const Endpoint& endpoint) {
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
                    "try again; the node's log may say why");
    }
    return toError(status);
}

}  // namespace tessera::client
