#include "nodeservice/gateway/http_server.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <pthread.h>
#include <sys/socket.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <thread>
#include <utility>

namespace tessera::gateway {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Protocol = asio::generic::stream_protocol;
using Stream = beast::basic_stream<Protocol>;

constexpr std::chrono::seconds kRequestTimeout{10};
constexpr std::uint32_t kMaxHeaderBytes = 8192;
constexpr std::uint64_t kMaxBodyBytes = 1024;
constexpr int kMaxConnections = 256;

struct Shared {
    HttpPages pages;
    int connections = 0;
};

std::string listOf(const HttpPages& pages) {
    std::string text = "There is no such page. These are:\n";
    for (const auto& page : pages) {
        text += page.first + "\n";
    }
    return text;
}

HttpResponse answer(const HttpPages& pages, const http::request<http::string_body>& request) {
    if (request.method() != http::verb::get && request.method() != http::verb::head) {
        return {405, "text/plain; charset=utf-8", "Only GET and HEAD are possible here.\n"};
    }
    const std::string target(request.target().substr(0, request.target().find('?')));
    const auto page = pages.find(target);
    return page == pages.end() ? HttpResponse{404, "text/plain; charset=utf-8", listOf(pages)} : page->second();
}

/// One connection; kept alive by its pending operation.
class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
  public:
    HttpConnection(Protocol::socket socket, const std::string& rest, std::function<void()> on_end, Shared& shared)
        : stream_(std::move(socket)), shared_(shared), on_end_(std::move(on_end)) {
        ++shared_.connections;
        buffer_.commit(asio::buffer_copy(buffer_.prepare(rest.size()), asio::buffer(rest)));
    }

    ~HttpConnection() {
        --shared_.connections;
        on_end_();
    }

    HttpConnection(const HttpConnection&) = delete;
    HttpConnection& operator=(const HttpConnection&) = delete;

    void read() {
        parser_.emplace();
        parser_->header_limit(kMaxHeaderBytes);
        parser_->body_limit(kMaxBodyBytes);
        stream_.expires_after(kRequestTimeout);
        http::async_read(stream_, buffer_, *parser_,
                         [self = shared_from_this()](const beast::error_code& error, std::size_t) {
                             if (!error) {
                                 self->write();
                             }
                         });
    }

  private:
    void write() {
        const auto& request = parser_->get();
        HttpResponse page = answer(shared_.pages, request);
        response_ = {};
        response_.version(request.version());
        response_.result(static_cast<unsigned>(page.status));
        response_.set(http::field::content_type, page.content_type);
        response_.set(http::field::cache_control, "no-store");
        response_.keep_alive(request.keep_alive());
        response_.content_length(page.body.size());
        if (request.method() != http::verb::head) {
            response_.body() = std::move(page.body);
        }
        http::async_write(stream_, response_, [self = shared_from_this()](const beast::error_code& error, std::size_t) {
            if (!error && self->response_.keep_alive()) {
                self->read();
            }
        });
    }

    Stream stream_;
    Shared& shared_;
    const std::function<void()> on_end_;
    beast::flat_buffer buffer_;
    std::optional<http::request_parser<http::string_body>> parser_;
    http::response<http::string_body> response_;
};

int familyOf(int socket) {
    int family = AF_UNSPEC;
    socklen_t size = sizeof family;
    ::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &family, &size);
    return family;
}

}  // namespace

struct HttpServer::State {
    explicit State(HttpPages pages) : shared{std::move(pages), 0} {}

    Shared shared;
    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
    std::thread thread;
};

HttpServer::HttpServer(HttpPages pages) : state_(std::make_unique<State>(std::move(pages))) {
    // Signals belong to the main thread; a thread inherits its starter's mask.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    state_->thread = std::thread([&context = state_->context] { context.run(); });
    pthread_setname_np(state_->thread.native_handle(), "http");
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void HttpServer::adopt(FileDescriptor socket, std::string rest, std::function<void()> on_end) {
    auto owned = std::make_shared<FileDescriptor>(std::move(socket));
    asio::post(state_->context, [state = state_.get(), owned, moved = std::move(rest), on_end = std::move(on_end)] {
        Protocol::socket stream(state->context);
        boost::system::error_code error;
        stream.assign(Protocol(familyOf(owned->get()), 0), owned->get(), error);
        // Above the limit the socket is closed here, before it has cost anything.
        if (error || state->shared.connections >= kMaxConnections) {
            on_end();
            return;
        }
        (void)owned->release();
        std::make_shared<HttpConnection>(std::move(stream), moved, on_end, state->shared)->read();
    });
}

HttpServer::~HttpServer() {
    state_->context.stop();
    state_->thread.join();
}

}  // namespace tessera::gateway
