/// How a backend gets a delegation token from its node: one request at the node's unix socket (see
/// nodeservice/identity/delegation/broker.h). SQL reaches neither the socket nor the token.
#include "common/process.h"
#include "fdw/core/fdw_core.h"
#include "plugins/sdk/boundary.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <string_view>

namespace tessera::fdw {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{5};
constexpr int kSlice_ms = 50;
constexpr std::size_t kMostAnswerBytes = std::size_t{32} << 10;

Error failed(const std::string& what) {
    Error error = fail(ErrorCode::kUnavailable, "the node gives no token for its peer: " + what);
    error.sqlstate = "08001";
    return error;
}

Result<> await(const TsrHost& host, int socket, short event, Clock::time_point deadline) {
    while (true) {
        pollfd entry{socket, event, 0};
        if (::poll(&entry, 1, kSlice_ms) > 0) {
            return {};
        }
        if (host.poll_signal(&host) == TSR_SIGNAL_CANCEL) {
            Error error = fail(ErrorCode::kCancelled, "the statement was cancelled");
            error.sqlstate = "57014";
            return error;
        }
        if (Clock::now() >= deadline) {
            return failed("no answer");
        }
    }
}

Result<std::string> exchange(const TsrHost& host, const char* path, const std::string& request) {
    const auto deadline = Clock::now() + kPatience;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return failed(std::strerror(errno));
    }
    for (std::size_t sent = 0; sent < request.size();) {
        TSR_TRY(await(host, socket.get(), POLLOUT, deadline));
        const ssize_t now =
            ::send(socket.get(), request.data() + sent, request.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (now < 0 && errno != EAGAIN && errno != EINTR) {
            return failed(std::strerror(errno));
        }
        sent += now > 0 ? static_cast<std::size_t>(now) : 0;
    }
    ::shutdown(socket.get(), SHUT_WR);
    std::string answer;
    char buffer[4096];
    while (answer.size() < kMostAnswerBytes) {
        TSR_TRY(await(host, socket.get(), POLLIN, deadline));
        const ssize_t got = ::recv(socket.get(), buffer, sizeof buffer, MSG_DONTWAIT);
        if (got == 0) {
            return answer;
        }
        if (got < 0 && errno != EAGAIN && errno != EINTR) {
            return failed(std::strerror(errno));
        }
        answer.append(buffer, got > 0 ? static_cast<std::size_t>(got) : 0);
    }
    return failed("too long an answer");
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
        const std::string answer = TSR_TRY(
            tessera::fdw::exchange(*host, socket, std::string("tessera-delegation 1\n") + audience + "\n" + sealed));
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
