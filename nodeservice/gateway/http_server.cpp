#include "nodeservice/gateway/http_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <pthread.h>

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
using asio::ip::tcp;

constexpr std::chrono::seconds kRequestTimeout{10};
constexpr std::uint32_t kMaxHeaderBytes = 8192;
constexpr std::uint64_t kMaxBodyBytes = 1024;
constexpr int kMaxConnections = 64;

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
    HttpConnection(tcp::socket socket, Shared& shared) : stream_(std::move(socket)), shared_(shared) {
        ++shared_.connections;
    }

    ~HttpConnection() { --shared_.connections; }

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

    beast::tcp_stream stream_;
    Shared& shared_;
    beast::flat_buffer buffer_;
    std::optional<http::request_parser<http::string_body>> parser_;
    http::response<http::string_body> response_;
};

}  // namespace

struct HttpServer::State {
    explicit State(HttpPages pages) : shared{std::move(pages), 0}, acceptor(context) {}

    void accept() {
        acceptor.async_accept([this](const beast::error_code& error, tcp::socket socket) {
            if (error == asio::error::operation_aborted) {
                return;
            }
            // Above the limit the socket is closed here, before it has cost anything.
            if (!error && shared.connections < kMaxConnections) {
                std::make_shared<HttpConnection>(std::move(socket), shared)->read();
            }
            accept();
        });
    }

    Shared shared;
    asio::io_context context{1};
    tcp::acceptor acceptor;
    std::thread thread;
};

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<HttpServer>> HttpServer::start(const std::string& host, std::uint16_t port, HttpPages pages) {
    auto state = std::make_unique<State>(std::move(pages));
    try {
        const tcp::endpoint endpoint(asio::ip::make_address(host), port);
        state->acceptor.open(endpoint.protocol());
        state->acceptor.set_option(asio::socket_base::reuse_address(true));
        state->acceptor.bind(endpoint);
        state->acceptor.listen();
    } catch (const boost::system::system_error& error) {
        if (error.code() == asio::error::address_in_use) {
            return fail(ErrorCode::kUnavailable, "port " + std::to_string(port) + " on " + host + " is in use",
                        "stop what listens there, or choose another port");
        }
        return fail(ErrorCode::kUnavailable,
                    "cannot listen on " + host + ":" + std::to_string(port) + ": " + error.code().message());
    }
    state->accept();
    // Signals belong to the main thread; a thread inherits its starter's mask.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    state->thread = std::thread([&context = state->context] { context.run(); });
    pthread_setname_np(state->thread.native_handle(), "http");
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

HttpServer::~HttpServer() {
    state_->context.stop();
    state_->thread.join();
}

}  // namespace tessera::gateway
