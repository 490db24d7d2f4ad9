#include "nodeservice/gateway/http_server.h"

#include "common/process.h"
#include "nodeservice/gateway/metrics_text.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <string>
#include <utility>
#include <vector>

namespace tessera::gateway {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class HttpServerTest : public testing::Test {
  protected:
    /// Sends the text and returns all that comes until the server closes.
    std::string talk(const std::string& text, const std::string& rest = {}) {
        int sockets[2];
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
        const FileDescriptor own(sockets[0]);
        server_.adopt(FileDescriptor(sockets[1]), rest, {"test", true},
                      {[this] { ++ended_; }, [this](const std::string& reason) { refused_ = reason; }});
        std::string answer;
        if (send(own.get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size())) {
            char buffer[4096];
            for (ssize_t got = 0; (got = recv(own.get(), buffer, sizeof buffer, 0)) > 0;) {
                answer.append(buffer, static_cast<std::size_t>(got));
            }
        }
        return answer;
    }

    std::atomic<int> ended_ = 0;
    // The server's thread's until the connection has ended.
    std::string refused_;
    HttpServer server_{{{"/healthz", [] { return HttpResponse{200, "text/plain", "ok\n"}; }}}};
};

TEST_F(HttpServerTest, ServesItsPages) {
    const std::string answer = talk("GET /healthz?x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\n\r\nok\n"));
}

TEST_F(HttpServerTest, AnswersHeadWithoutABodyAndKeepsConnections) {
    const std::string answer = talk(
        "HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
        "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(answer, HasSubstr("Content-Length: 3\r\n\r\nHTTP/1.1 200 OK"));
}

TEST_F(HttpServerTest, RefusesHeadsThatOthersMightReadOtherwise) {
    const std::string second = "GET /healthz HTTP/1.0\r\n\r\n";
    for (const auto& [head, status] : std::vector<std::pair<std::string, std::string>>{
             {"GET /healthz HTTP/1.1\r\n\r\n", "400 Bad Request"},
             {"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "400 Bad Request"},
             {"GET /healthz HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n", "400 Bad Request"},
             {"GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "501 Not"},
             {"GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n", "501 Not"},
             {"GET /healthz HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400 Bad Request"}}) {
        const std::string answer = talk(head + second);
        EXPECT_THAT(answer, HasSubstr(status)) << head;
        EXPECT_THAT(answer, testing::Not(HasSubstr("\r\n\r\nok\n"))) << head;
    }
}

/// What follows a request that is answered in its own time.
TEST_F(HttpServerTest, EndsWhenWhatFollowsIsNoRequest) {
    EXPECT_THAT(talk("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n0\r\n\r\n"), HasSubstr("\r\n\r\nok\n"));
    EXPECT_TRUE(waitUntil([this] { return ended_ == 1; }));
}

TEST_F(HttpServerTest, RefusesTheRest) {
    EXPECT_THAT(talk("GET /x HTTP/1.0\r\n\r\n"), HasSubstr("404 Not Found"));
    EXPECT_THAT(talk("POST /healthz HTTP/1.0\r\n\r\n"), HasSubstr("405 Method Not Allowed"));
    EXPECT_EQ(talk("GET /" + std::string(20000, 'x') + " HTTP/1.0\r\n\r\n"), "");
}

/// For the log; clients that are served, or just go, are nothing to tell of.
TEST_F(HttpServerTest, TellsWhatItRefused) {
    int connections = 0;
    for (const auto& [request, reason] : std::vector<std::pair<std::string, std::string>>{
             {"GET /" + std::string(20000, 'x') + " HTTP/1.0\r\n\r\n", "HTTP: headers too large"},
             {"GET /healthz HTTP/1.1\r\n\r\n", "HTTP: a request that can be read in two ways"},
             {"GET /healthz HTTP/1.1\r\nX Y: z\r\n\r\n", "HTTP: malformed request"},
             {"GET /healthz HTTP/1.0\r\n\r\n", ""}}) {
        refused_ = "";
        talk(request);
        ASSERT_TRUE(waitUntil([&] { return ended_ == connections + 1; }));
        ++connections;
        EXPECT_EQ(refused_, reason);
    }
}

TEST_F(HttpServerTest, GoesOnFromWhatWasRead) {
    EXPECT_THAT(talk("ealthz HTTP/1.0\r\n\r\n", "GET /h"), HasSubstr("\r\n\r\nok\n"));
    EXPECT_TRUE(waitUntil([this] { return ended_ == 1; }));
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
