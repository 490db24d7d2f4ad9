#include "tests/support/fault_proxy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>
#include <vector>

namespace tessera {

namespace {

constexpr std::size_t kMostWaiting = std::size_t{256} << 10U;

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

void prepare(int socket) {
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::fcntl(socket, F_SETFL, O_NONBLOCK);
}

}  // namespace

FaultProxy::FaultProxy(std::uint16_t target)
    : target_(target), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), wake_(::eventfd(0, EFD_CLOEXEC)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    constexpr int kBacklog = 64;
    const bool is_there = ::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                          ::listen(listener_.get(), kBacklog) == 0 &&
                          ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0;
    port_ = is_there ? ntohs(address.sin_port) : 0;
    thread_ = std::thread([this] { work(); });
}

FaultProxy::~FaultProxy() {
    is_stopping_ = true;
    (void)eventfd_write(wake_.get(), 1);
    thread_.join();
}

void FaultProxy::setCut(bool is_cut) {
    is_cut_ = is_cut;
    (void)eventfd_write(wake_.get(), 1);
}

void FaultProxy::work() {
    while (!is_stopping_) {
        std::vector<pollfd> waited = {{wake_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
        const bool is_cut = is_cut_;
        for (const Connection& connection : connections_) {
            for (const Flow* flow : {&connection.up, &connection.down}) {
                const bool reads = !is_cut && !flow->has_ended && flow->waiting.size() < kMostWaiting;
                const bool writes = !is_cut && !flow->waiting.empty();
                waited.push_back({reads ? flow->from : -1, POLLIN, 0});
                waited.push_back({writes ? flow->to : -1, POLLOUT, 0});
            }
        }
        (void)::poll(waited.data(), waited.size(), -1);
        if (waited[0].revents != 0) {
            eventfd_t ignored = 0;
            (void)eventfd_read(wake_.get(), &ignored);
        }
        if (!is_cut_) {
            for (Connection& connection : connections_) {
                move(connection.up, connection.is_broken);
                move(connection.down, connection.is_broken);
            }
        }
        connections_.remove_if([](const Connection& one) { return one.is_broken; });
        if (waited[1].revents != 0) {
            accept();
        }
    }
}

void FaultProxy::accept() {
    FileDescriptor client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    FileDescriptor server(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopback(target_);
    if (!client || ::connect(server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return;
    }
    prepare(client.get());
    prepare(server.get());
    const int near = client.get();
    const int far = server.get();
    connections_.push_back({std::move(client), std::move(server), {near, far, {}, false}, {far, near, {}, false}});
}

void FaultProxy::move(Flow& flow, bool& is_broken) {
    std::array<char, 65536> buffer{};
    while (!flow.has_ended && flow.waiting.size() < kMostWaiting) {
        const ssize_t got = ::recv(flow.from, buffer.data(), buffer.size(), 0);
        if (got > 0) {
            flow.waiting.append(buffer.data(), static_cast<std::size_t>(got));
        } else {
            flow.has_ended = got == 0;
            is_broken = is_broken || (got < 0 && errno != EAGAIN && errno != EINTR);
            break;
        }
    }
    while (!flow.waiting.empty()) {
        const ssize_t sent = ::send(flow.to, flow.waiting.data(), flow.waiting.size(), MSG_NOSIGNAL);
        if (sent < 0) {
            is_broken = is_broken || (errno != EAGAIN && errno != EINTR);
            break;
        }
        flow.waiting.erase(0, static_cast<std::size_t>(sent));
    }
    // A connection of which one end has gone is of no use to gRPC.
    is_broken = is_broken || (flow.has_ended && flow.waiting.empty());
}

}  // namespace tessera
