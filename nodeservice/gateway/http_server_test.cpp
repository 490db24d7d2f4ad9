#include "nodeservice/gateway/http_server.h"

#include "common/net.h"
#include "nodeservice/gateway/metrics_text.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tessera::gateway {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// Sends the text and returns all that comes until the server closes.
std::string talk(std::uint16_t port, const std::string& text) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::string answer;
    if (connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
        send(socket, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size())) {
        char buffer[4096];
        for (ssize_t got = 0; (got = recv(socket, buffer, sizeof buffer, 0)) > 0;) {
            answer.append(buffer, static_cast<std::size_t>(got));
        }
    }
    close(socket);
    return answer;
}

class HttpServerTest : public testing::Test {
  protected:
    HttpServerTest() : port_(freeLoopbackPort().value()) {
        auto server = HttpServer::start("127.0.0.1", port_, {{"/healthz", [] {
                                                                  return HttpResponse{200, "text/plain", "ok\n"};
                                                              }}});
        EXPECT_TRUE(server);
        server_ = std::move(*server);
    }

    std::uint16_t port_;
    std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, ServesItsPages) {
    const std::string answer = talk(port_, "GET /healthz?x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\n\r\nok\n"));
}

TEST_F(HttpServerTest, AnswersHeadWithoutABodyAndKeepsConnections) {
    const std::string answer = talk(port_,
                                    "HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
                                    "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(answer, HasSubstr("Content-Length: 3\r\n\r\nHTTP/1.1 200 OK"));
}

TEST_F(HttpServerTest, RefusesTheRest) {
    EXPECT_THAT(talk(port_, "GET /x HTTP/1.0\r\n\r\n"), HasSubstr("404 Not Found"));
    EXPECT_THAT(talk(port_, "POST /healthz HTTP/1.0\r\n\r\n"), HasSubstr("405 Method Not Allowed"));
    EXPECT_EQ(talk(port_, "GET /" + std::string(10000, 'x') + " HTTP/1.0\r\n\r\n"), "");
}

TEST_F(HttpServerTest, APortInUseIsNamed) {
    const auto second = HttpServer::start("127.0.0.1", port_, {});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().message, "port " + std::to_string(port_) + " on 127.0.0.1 is in use");
}

TEST(MetricsText, WritesTheTextFormat) {
    MetricsText metrics;
    metrics.metric("tessera_source_up", "gauge", "Is it?");
    metrics.sample(1, {{"source", "a\"b"}, {"kind", "x"}});
    metrics.sample(0.5);
    EXPECT_EQ(metrics.text(),
              "# HELP tessera_source_up Is it?\n# TYPE tessera_source_up gauge\n"
              "tessera_source_up{source=\"a\\\"b\",kind=\"x\"} 1\ntessera_source_up 0.5\n");
}

}  // namespace
}  // namespace tessera::gateway
