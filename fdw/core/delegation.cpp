/// How a backend gets a delegation token from its node: one request at the node's unix socket (see
/// nodeservice/identity/delegation/broker.h). SQL reaches neither the socket nor the token.
#include "fdw/core/fdw_core.h"
#include "plugins/sdk/boundary.h"
#include "plugins/sdk/node_request.h"

#include <cstring>
#include <string>
#include <string_view>

namespace tessera::fdw {

namespace {

Error failed(const std::string& what) {
    Error error = fail(ErrorCode::kUnavailable, "the node gives no token for its peer: " + what);
    error.sqlstate = "08001";
    return error;
}

/// "refused CODE", message, hint: a line each.
Error refusalOf(const std::string& answer) {
    constexpr std::string_view kRefused = "refused ";
    if (!answer.starts_with(kRefused)) {
        return failed("no answer that can be read");
    }
    const std::size_t first = answer.find('\n');
    const std::size_t second = first == std::string::npos ? first : answer.find('\n', first + 1);
    if (second == std::string::npos) {
        return failed("no answer that can be read");
    }
    Error error =
        fail(ErrorCode::kPermissionDenied, answer.substr(first + 1, second - first - 1), answer.substr(second + 1));
    error.sqlstate = answer.substr(kRefused.size(), first - kRefused.size());
    return error;
}

}  // namespace

}  // namespace tessera::fdw

extern "C" TsrStatus tsr_delegation_request(const TsrHost* host, const char* socket, const char* sealed,
                                            const char* audience, char* token, size_t size, TsrError* error) {
    using tessera::Result;
    return tessera::sdk::guarded(error, [&]() -> Result<TsrStatus> {
        if (sealed == nullptr || *sealed == '\0' || socket == nullptr || *socket == '\0') {
            tessera::Error nobody = tessera::fail(tessera::ErrorCode::kUnauthenticated,
                                                  "this session acts for nobody who could be passed on",
                                                  "sign in at the node with a token");
            nobody.sqlstate = "28000";
            return nobody;
        }
        const std::string request = std::string("tessera-delegation 1\n") + audience + "\n" + sealed;
        auto exchanged = tessera::sdk::askNode(*host, {.socket = socket, .request = request});
        if (!exchanged) {
            return exchanged.error().code == tessera::ErrorCode::kCancelled
                       ? exchanged.error()
                       : tessera::fdw::failed(exchanged.error().message);
        }
        const std::string& answer = *exchanged;
        constexpr std::string_view kToken = "token ";
        if (!answer.starts_with(kToken)) {
            return tessera::fdw::refusalOf(answer);
        }
        const std::string_view given = std::string_view(answer).substr(kToken.size());
        if (given.size() >= size) {
            return tessera::fdw::failed("it is too long");
        }
        std::memcpy(token, given.data(), given.size());
        token[given.size()] = '\0';
        return TSR_OK;
    });
}
