/// A server that answers, one that only its kernel answers for, and none.

#include "common/server_probe.h"

#include "common/net.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <thread>

namespace tessera {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Listener {
  public:
    Listener() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        EXPECT_EQ(::bind(socket_.get(), generic, size), 0);
        EXPECT_EQ(::listen(socket_.get(), 4), 0);
        EXPECT_EQ(::getsockname(socket_.get(), generic, &size), 0);
        port_ = std::to_string(ntohs(address.sin_port));
    }

    const std::string& port() const { return port_; }

    int accept() const { return ::accept(socket_.get(), nullptr, nullptr); }

  private:
    FileDescriptor socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    std::string port_;
};

TEST(ServerProbe, IsAnsweredByAServer) {
    const Listener listener;
    ServerProbe probe("127.0.0.1", listener.port());
    std::thread server([&] {
        const FileDescriptor client(listener.accept());
        char question[8];
        EXPECT_EQ(::recv(client.get(), question, sizeof question, MSG_WAITALL), 8);
        EXPECT_EQ(::send(client.get(), "N", 1, 0), 1);
    });
    EXPECT_EQ(probe.poll(seconds(60)), ServerProbe::State::kAnswers);
    server.join();
}

/// Of one that has several addresses, any will do: most machines have "localhost" as ::1 first.
TEST(ServerProbe, GoesOnToTheNextAddress) {
    const Listener listener;
    ServerProbe probe("localhost", listener.port());
    std::thread server([&] { const FileDescriptor client(listener.accept()); });
    EXPECT_EQ(probe.poll(seconds(60)), ServerProbe::State::kAnswers);
    // So that it ends in any case.
    const ServerProbe last("127.0.0.1", listener.port());
    server.join();
}

TEST(ServerProbe, TakesAnEndForAnAnswer) {
    const Listener listener;
    ServerProbe probe("127.0.0.1", listener.port());
    std::thread server([&] { const FileDescriptor client(listener.accept()); });
    EXPECT_EQ(probe.poll(seconds(60)), ServerProbe::State::kAnswers);
    server.join();
}

TEST(ServerProbe, IsNotAnsweredByAKernelAlone) {
    const Listener listener;
    ServerProbe probe("127.0.0.1", listener.port());
    EXPECT_EQ(probe.poll(milliseconds(0)), ServerProbe::State::kAsking);
    EXPECT_EQ(probe.poll(milliseconds(100)), ServerProbe::State::kAsking);
}

TEST(ServerProbe, IsRefusedWhereNobodyListens) {
    const auto port = freeLoopbackPort();
    ASSERT_TRUE(port);
    EXPECT_EQ(probeServer("127.0.0.1", std::to_string(*port), seconds(60)), ServerProbe::State::kRefuses);
    EXPECT_EQ(probeServer("no such name", "1", milliseconds(0)), ServerProbe::State::kAsking);
}

}  // namespace
}  // namespace tessera
