#include "tests/conformance/silent_server.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace tessera::conformance {

namespace {

/// A TCP socket on a port of 127.0.0.1, any free one when 0.
int bindLoopback(std::uint16_t port) {
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int reuse = 1;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    if (bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        close(descriptor);
        throw std::runtime_error("cannot bind a port of 127.0.0.1");
    }
    return descriptor;
}

}  // namespace

SilentServer::SilentServer() : socket_(bindLoopback(0)) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    listen(socket_, 16);
}

SilentServer::~SilentServer() {
    close(socket_);
}

void SilentServer::refuse() {
    // A bound socket that does not listen refuses, and nobody else gets its port.
    close(socket_);
    socket_ = bindLoopback(port_);
}

}  // namespace tessera::conformance
