#include "nodeservice/gateway/http_server.h"

#include "common/thread.h"
#include "nodeservice/gateway/http_connection.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <sys/socket.h>

#include <chrono>
#include <thread>
#include <utility>

namespace tessera::gateway {

namespace {

namespace asio = boost::asio;
using Protocol = HttpConnection::Protocol;

constexpr std::size_t kMaxConnections = 256;
/// Times of seconds are kept so exactly.
constexpr std::chrono::milliseconds kLateEvery{500};

int familyOf(int socket) {
    int family = AF_UNSPEC;
    socklen_t size = sizeof family;
    ::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &family, &size);
    return family;
}

}  // namespace

struct HttpServer::State {
    State(HttpPages pages, HttpTree tree) : shared{std::move(pages), std::move(tree)} { shared.waits = &waits; }

    /// While there is anybody who could be late.
    void lookForLate() {
        timer.expires_after(kLateEvery);
        timer.async_wait([this](const boost::system::error_code& error) {
            if (error) {
                return;
            }
            const auto now = std::chrono::steady_clock::now();
            for (HttpConnection* connection : shared.connections) {
                connection->endIfLate(now);
            }
            is_looking = !shared.connections.empty();
            if (is_looking) {
                lookForLate();
            }
        });
    }

    HttpShared shared;
    asio::io_context context{1};
    DescriptorWaits waits{context};
    asio::steady_timer timer{context};
    bool is_looking = false;
    asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
    std::thread thread;
};

HttpServer::HttpServer(HttpPages pages, HttpTree tree)
    : state_(std::make_unique<State>(std::move(pages), std::move(tree))) {
    state_->thread = startThread("http", [&context = state_->context] { context.run(); });
}

void HttpServer::adopt(FileDescriptor socket, std::string rest, HttpPeer peer, HttpEvents events) {
    auto owned = std::make_shared<FileDescriptor>(std::move(socket));
    asio::post(state_->context, [state = state_.get(), owned, moved = std::move(rest), peer = std::move(peer),
                                 events = std::move(events)] {
        HttpConnection::Socket stream(state->context.get_executor());
        boost::system::error_code error;
        stream.assign(Protocol(familyOf(owned->get()), 0), owned->get(), error);
        // Above the limit the socket is closed here, before it has cost anything.
        if (error || state->shared.connections.size() >= kMaxConnections) {
            events.on_refused("HTTP: too many connections");
            events.on_end();
            return;
        }
        (void)owned->release();
        std::make_shared<HttpConnection>(std::move(stream), moved, peer, events, state->shared)->read();
        if (!std::exchange(state->is_looking, true)) {
            state->lookForLate();
        }
    });
}

HttpServer::~HttpServer() {
    state_->context.stop();
    state_->thread.join();
}

}  // namespace tessera::gateway
