#include "common/server_probe.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace tessera {

namespace {

/// SSLRequest: its length, and its code.
constexpr std::array<unsigned char, 8> kQuestion = {0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F};

}  // namespace

void ServerProbe::FreeAddresses::operator()(addrinfo* found) const {
    ::freeaddrinfo(found);
}

ServerProbe::ServerProbe(const std::string& host, const std::string& port) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    wanted.ai_flags = AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host.c_str(), port.c_str(), &wanted, &found) != 0) {
        return;
    }
    addresses_.reset(found);
    next_ = found;
    begin();
}

void ServerProbe::begin() {
    socket_ = FileDescriptor();
    has_asked_ = false;
    while (next_ != nullptr) {
        const addrinfo& address = *next_;
        next_ = address.ai_next;
        socket_ = FileDescriptor(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        if (socket_ && (::connect(socket_.get(), address.ai_addr, address.ai_addrlen) == 0 || errno == EINPROGRESS)) {
            return;
        }
        is_refused_ = is_refused_ || (socket_ && errno == ECONNREFUSED);
        socket_ = FileDescriptor();
    }
    state_ = is_refused_ ? State::kRefuses : state_;
}

void ServerProbe::fail(int error) {
    if (error == ECONNRESET || error == EPIPE) {
        state_ = State::kAnswers;
        return;
    }
    is_refused_ = is_refused_ || error == ECONNREFUSED;
    begin();
}

ServerProbe::State ServerProbe::poll(std::chrono::milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (state_ == State::kAsking) {
        pollfd entry{socket_ ? socket_.get() : -1, static_cast<short>(has_asked_ ? POLLIN : POLLOUT), 0};
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        if (::poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0))) <= 0) {
            return state_;
        }
        if (!has_asked_) {
            int error = 0;
            socklen_t size = sizeof error;
            (void)::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
            if (error == 0 && ::send(socket_.get(), kQuestion.data(), kQuestion.size(), MSG_NOSIGNAL) < 0) {
                error = errno;
            }
            has_asked_ = error == 0;
            if (error != 0) {
                fail(error);
            }
            continue;
        }
        char byte = 0;
        if (::recv(socket_.get(), &byte, 1, 0) >= 0) {
            state_ = State::kAnswers;
        } else if (errno != EAGAIN) {
            fail(errno);
        }
    }
    return state_;
}

ServerProbe::State probeServer(const std::string& host, const std::string& port, std::chrono::milliseconds time) {
    return ServerProbe(host, port).poll(time);
}

}  // namespace tessera
