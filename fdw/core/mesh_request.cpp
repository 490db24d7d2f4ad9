/// How a backend asks its node about the shard map: one request at the node's unix socket
/// (nodeservice/daemon/node_mesh.h).
#include "fdw/core/fdw_core.h"
#include "plugins/sdk/boundary.h"
#include "plugins/sdk/node_request.h"

#include <cstring>
#include <string>
#include <string_view>

namespace tessera::fdw {

namespace {

/// Longer than the node waits for its peers.
constexpr std::chrono::seconds kPatience{300};

Error failed(const std::string& what) {
    Error error = fail(ErrorCode::kUnavailable, "the node does not answer for the mesh: " + what,
                       "try again; what was asked for may have been done");
    error.sqlstate = "08006";
    return error;
}

/// "error SQLSTATE", message, hint: a line each; the rest is the detail.
Error errorOf(std::string_view answer) {
    constexpr std::string_view kError = "error ";
    std::string_view parts[3];
    for (std::string_view& part : parts) {
        const std::size_t end = answer.find('\n');
        if (end == std::string_view::npos) {
            return failed("no answer that can be read");
        }
        part = answer.substr(0, end);
        answer.remove_prefix(end + 1);
    }
    if (!parts[0].starts_with(kError)) {
        return failed("no answer that can be read");
    }
    Error error = fail(ErrorCode::kUnknown, std::string(parts[1]), std::string(parts[2]));
    error.sqlstate = parts[0].substr(kError.size());
    error.detail = answer;
    return error;
}

}  // namespace

}  // namespace tessera::fdw

extern "C" TsrStatus tsr_mesh_request(const TsrHost* host, const char* socket, const char* role, const char* action,
                                      const char* body, char* answer, size_t size, TsrError* error) {
    using tessera::Result;
    return tessera::sdk::guarded(error, [&]() -> Result<TsrStatus> {
        if (socket == nullptr || *socket == '\0') {
            tessera::Error nobody =
                tessera::fail(tessera::ErrorCode::kFailedPrecondition, "this server is no node of a mesh");
            nobody.sqlstate = "55000";
            return nobody;
        }
        const std::string request = std::string("tessera-mesh 1\n") + role + "\n" + action + "\n" + body;
        auto exchanged = tessera::sdk::askNode(
            *host,
            {.socket = socket, .request = request, .patience = tessera::fdw::kPatience, .most_answer_bytes = size - 1});
        if (!exchanged) {
            return exchanged.error().code == tessera::ErrorCode::kCancelled
                       ? exchanged.error()
                       : tessera::fdw::failed(exchanged.error().message);
        }
        constexpr std::string_view kGood = "ok\n";
        if (!exchanged->starts_with(kGood)) {
            return tessera::fdw::errorOf(*exchanged);
        }
        const std::string_view given = std::string_view(*exchanged).substr(kGood.size());
        std::memcpy(answer, given.data(), given.size());
        answer[given.size()] = '\0';
        return TSR_OK;
    });
}
