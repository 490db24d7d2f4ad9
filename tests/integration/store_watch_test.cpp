/// The store's state over HTTP: once, and again and again over a WebSocket (RFC 6455), as a browser's page would have
/// it.

#include "tests/support/node_test.h"
#include "tests/support/store_nodes.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <gtest/gtest.h>

#include <map>
#include <string>

namespace tessera {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;

using nlohmann::json;

using Headers = std::map<std::string, std::string>;

class Watcher {
  public:
    /// The refusal, or nothing.
    std::string open(const TemporaryNode& node, const std::string& path, const Headers& headers) {
        beast::get_lowest_layer(socket_).connect({asio::ip::make_address("127.0.0.1"), node.port()});
        socket_.set_option(websocket::stream_base::decorator([headers](websocket::request_type& request) {
            for (const auto& [name, value] : headers) {
                request.set(name, value);
            }
        }));
        websocket::response_type answer;
        beast::error_code error;
        socket_.handshake(answer, "127.0.0.1", path, error);
        protocol_ = std::string(answer["Sec-WebSocket-Protocol"]);
        return error ? error.message() : std::string();
    }

    /// The next message; empty when there is no more.
    std::string next() {
        beast::flat_buffer buffer;
        beast::error_code error;
        socket_.read(buffer, error);
        return error ? std::string() : beast::buffers_to_string(buffer.data());
    }

    websocket::stream<asio::ip::tcp::socket>& socket() { return socket_; }

    const std::string& protocol() const { return protocol_; }

  private:
    asio::io_context context_;
    websocket::stream<asio::ip::tcp::socket> socket_{context_};
    std::string protocol_;
};

/// The status with which a request for a WebSocket is refused; 101 when it is not.
std::string statusOf(const TemporaryNode& node, const std::string& path, const Headers& headers) {
    std::string request = "GET " + path +
                          " HTTP/1.1\r\nHost: node\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for (const auto& [name, value] : headers) {
        request += name + ": " + value + "\r\n";
    }
    asio::io_context context;
    asio::ip::tcp::socket socket(context);
    socket.connect({asio::ip::make_address("127.0.0.1"), node.port()});
    asio::write(socket, asio::buffer(request + "\r\n"));
    std::string answer(12, ' ');
    asio::read(socket, asio::buffer(answer));
    return answer.substr(9);
}

Headers as(const std::string& user) {
    return {{"Authorization", "Basic " + user}};
}

// "tester:only for tests", "stranger:s"
const char* const kTester = "dGVzdGVyOm9ubHkgZm9yIHRlc3Rz";
const char* const kStranger = "c3RyYW5nZXI6cw==";

class StoreWatch : public NodeTest {
  protected:
    static void SetUpTestSuite() {
        startNode({.yaml = identityYaml() + "store: {readers: [analyst], administrators: [tester]}\n"
                                            "rest: {allowed_origins: ['https://app.example.org']}\n",
                   .users = "{name: stranger, password: s}"});
    }
};

TEST_F(StoreWatch, FollowsTheStore) {
    const auto client = clientOf(*node_);
    ASSERT_TRUE(client->execute({{"CREATE TABLE IF NOT EXISTS t(a)"}}, std::chrono::seconds(30)));
    const double before = metric("tessera_connections");
    Watcher watcher;
    ASSERT_EQ(watcher.open(*node_, "/api/v1/store/watch?interval_ms=100", as(kTester)), "");
    const auto first = json::parse(watcher.next(), nullptr, false);
    ASSERT_TRUE(first.is_object());
    EXPECT_EQ(first.at("role"), "leader");
    EXPECT_EQ(first.at("member").at("node"), "node");
    const std::uint64_t index = client->execute({{"INSERT INTO t VALUES (1)"}}, std::chrono::seconds(30))->index;
    bool is_seen = false;
    for (int i = 0; i < 300 && !is_seen; ++i) {
        const auto state = json::parse(watcher.next(), nullptr, false);
        ASSERT_TRUE(state.is_object());
        // 64 bits are texts in the JSON of protocol buffers.
        is_seen = std::stoull(state.at("applied_index").get<std::string>()) >= index;
    }
    EXPECT_TRUE(is_seen);
    // What the client says is left alone, pings are answered, and its end is an end.
    watcher.socket().write(asio::buffer(std::string("hello")));
    bool has_answered = false;
    watcher.socket().control_callback(
        [&](websocket::frame_type kind, beast::string_view) { has_answered |= kind == websocket::frame_type::pong; });
    watcher.socket().ping({});
    for (int i = 0; i < 300 && !has_answered; ++i) {
        ASSERT_NE(watcher.next(), "");
    }
    EXPECT_TRUE(has_answered);
    watcher.socket().close(websocket::close_code::normal);
    EXPECT_TRUE(waitUntil([&] { return metric("tessera_connections") <= before; }, kPatience));
}

TEST_F(StoreWatch, IsForWhomTheStoreLetsIn) {
    EXPECT_EQ(statusOf(*node_, "/api/v1/store/watch", {}), "401");
    EXPECT_EQ(statusOf(*node_, "/api/v1/store/watch", as(kStranger)), "403");
    EXPECT_EQ(statusOf(*node_, "/api/v1/store/watch?interval_ms=5", as(kTester)), "400");
    EXPECT_EQ(statusOf(*node_, "/api/v1/store/look", as(kTester)), "404");
    Headers foreign = as(kTester);
    foreign["Origin"] = "https://evil.example.org";
    EXPECT_EQ(statusOf(*node_, "/api/v1/store/watch", foreign), "403");
    foreign["Origin"] = "https://app.example.org";
    EXPECT_EQ(statusOf(*node_, "/api/v1/store/watch", foreign), "101");
    // A page in a browser has no other way to show a token.
    Watcher page;
    ASSERT_EQ(
        page.open(*node_, "/api/v1/store/watch", {{"Sec-WebSocket-Protocol", "tessera, bearer." + tokenOf("ada")}}),
        "");
    EXPECT_EQ(page.protocol(), "tessera");
    EXPECT_NE(page.next(), "");
    EXPECT_EQ(statusOf(*node_, "/api/v1/store/watch", {{"Sec-WebSocket-Protocol", "tessera, bearer.x"}}), "401");
}

TEST_F(StoreWatch, EndsWithTheSignIn) {
    Watcher watcher;
    ASSERT_EQ(watcher.open(*node_, "/api/v1/store/watch?interval_ms=100",
                           {{"Authorization", "Bearer " + tokenOf("ada", {{"exp", std::time(nullptr) + 3}})}}),
              "");
    std::size_t messages = 0;
    while (!watcher.next().empty()) {
        ++messages;
    }
    EXPECT_GT(messages, 0U);
    EXPECT_EQ(watcher.socket().reason().code, websocket::close_code::normal);
}

TEST_F(StoreWatch, EndsWhenTheNodeStops) {
    Watcher watcher;
    ASSERT_EQ(watcher.open(*node_, "/api/v1/store/watch?interval_ms=100", as(kTester)), "");
    ASSERT_NE(watcher.next(), "");
    EXPECT_EQ(node_->stop().describe(), ExitStatus{}.describe());
    while (!watcher.next().empty()) {
    }
}

}  // namespace
}  // namespace tessera
