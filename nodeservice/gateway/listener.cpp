#include "nodeservice/gateway/listener.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace tessera::gateway {

namespace {

constexpr int kBacklog = 1024;

using AddressInfo = Handle<addrinfo, freeaddrinfo>;

Result<FileDescriptor> listenOn(const ListenerOptions& options) {
    const std::string port = std::to_string(options.port);
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (::getaddrinfo(options.host.c_str(), port.c_str(), &hints, &found) != 0) {
        return fail(ErrorCode::kInvalidArgument, "'" + options.host + "' is not an IP address");
    }
    const AddressInfo address(found);
    FileDescriptor socket(
        ::socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->ai_protocol));
    const int on = 1;
    if (!socket || ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        ::bind(socket.get(), address->ai_addr, address->ai_addrlen) != 0 || ::listen(socket.get(), kBacklog) != 0) {
        if (errno == EADDRINUSE) {
            return fail(ErrorCode::kUnavailable, "port " + port + " on " + options.host + " is in use",
                        "stop what listens there, or choose another port");
        }
        return fail(ErrorCode::kUnavailable,
                    "cannot listen on " + options.text() + ": " + std::string(std::strerror(errno)));
    }
    return socket;
}

}  // namespace

Result<std::shared_ptr<Listener>> Listener::open(ListenerOptions options) {
    std::shared_ptr<Listener> made(new Listener(std::move(options)));
    TSR_TRY(made->reload());
    made->socket_ = TSR_TRY(listenOn(made->options_));
    return made;
}

std::shared_ptr<const TlsContext> Listener::tls() const {
    const std::lock_guard lock(mutex_);
    return tls_;
}

Result<> Listener::reload() {
    if (!options_.tls) {
        return {};
    }
    auto loaded = TSR_TRY(TlsContext::load(*options_.tls));
    const std::lock_guard lock(mutex_);
    tls_ = std::move(loaded);
    return {};
}

}  // namespace tessera::gateway
