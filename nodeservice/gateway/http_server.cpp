#include "nodeservice/gateway/http_server.h"

#include "nodeservice/gateway/http_connection.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <pthread.h>
#include <sys/socket.h>

#include <csignal>
#include <thread>
#include <utility>

namespace tessera::gateway {

namespace {

namespace asio = boost::asio;
using Protocol = HttpConnection::Protocol;

constexpr int kMaxConnections = 256;

int familyOf(int socket) {
    int family = AF_UNSPEC;
    socklen_t size = sizeof family;
    ::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &family, &size);
    return family;
}

}  // namespace

struct HttpServer::State {
    State(HttpPages pages, HttpTree tree) : shared{std::move(pages), std::move(tree), 0} {}

    HttpShared shared;
    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
    std::thread thread;
};

HttpServer::HttpServer(HttpPages pages, HttpTree tree)
    : state_(std::make_unique<State>(std::move(pages), std::move(tree))) {
    // Signals belong to the main thread; a thread inherits its starter's mask.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    state_->thread = std::thread([&context = state_->context] { context.run(); });
    pthread_setname_np(state_->thread.native_handle(), "http");
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void HttpServer::adopt(FileDescriptor socket, std::string rest, HttpPeer peer, HttpEvents events) {
    auto owned = std::make_shared<FileDescriptor>(std::move(socket));
    asio::post(state_->context, [state = state_.get(), owned, moved = std::move(rest), peer = std::move(peer),
                                 events = std::move(events)] {
        Protocol::socket stream(state->context);
        boost::system::error_code error;
        stream.assign(Protocol(familyOf(owned->get()), 0), owned->get(), error);
        // Above the limit the socket is closed here, before it has cost anything.
        if (error || state->shared.connections >= kMaxConnections) {
            events.on_refused("HTTP: too many connections");
            events.on_end();
            return;
        }
        (void)owned->release();
        std::make_shared<HttpConnection>(std::move(stream), moved, peer, events, state->shared)->read();
    });
}

HttpServer::~HttpServer() {
    state_->context.stop();
    state_->thread.join();
}

}  // namespace tessera::gateway
