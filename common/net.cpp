#include "common/net.h"

#include "common/process.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

namespace tessera {

Result<std::uint16_t> freeLoopbackPort() {
    const FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (!socket || ::bind(socket.get(), generic, size) != 0 || ::getsockname(socket.get(), generic, &size) != 0) {
        return fail(ErrorCode::kResourceExhausted,
                    "cannot find a free port on 127.0.0.1: " + std::generic_category().message(errno));
    }
    return ntohs(address.sin_port);
}

Result<> checkPortFree(const std::string& host, std::uint16_t port) {
    const FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    // As servers do: what only waits for its time to pass does not hold the port.
    const int reuse = 1;
    if (!socket || ::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1 ||
        ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse) != 0 ||
        ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        const std::string place = "port " + std::to_string(port) + " on " + host;
        return errno == EADDRINUSE ? fail(ErrorCode::kUnavailable, place + " is in use",
                                          "stop what listens there, or choose another port")
                                   : fail(ErrorCode::kUnavailable,
                                          "cannot use " + place + ": " + std::generic_category().message(errno));
    }
    return {};
}

}  // namespace tessera
