#pragma once

/// A TCP connection to a port of 127.0.0.1 that speaks no protocol: for what no client would send.

#include "common/process.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>

namespace tessera {

class RawClient {
  public:
    explicit RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        // A guard against waiting for ever, not a bound of anybody's.
        const timeval patience{90, 0};
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        EXPECT_EQ(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    }

    RawClient& send(std::string_view bytes) {
        // The other side may have closed already.
        (void)::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        return *this;
    }

    /// No more will come from here; the other side can still be heard.
    RawClient& endSending() {
        ::shutdown(socket_.get(), SHUT_WR);
        return *this;
    }

    int descriptor() const { return socket_.get(); }

    /// At most so many bytes of what comes next; empty at the end.
    std::string receive(std::size_t most = 4096) {
        std::string bytes(most, '\0');
        const ssize_t got = ::recv(socket_.get(), bytes.data(), most, 0);
        bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        timed_out_ = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
        return bytes;
    }

    /// All that comes until the other side closes, which it must do before the patience ends.
    std::string receiveAll() {
        std::string all;
        for (std::string bytes = receive(); !bytes.empty(); bytes = receive()) {
            all += bytes;
        }
        EXPECT_FALSE(timed_out_) << "the gateway did not close";
        return all;
    }

  private:
    FileDescriptor socket_;
    bool timed_out_ = false;
};

}  // namespace tessera
