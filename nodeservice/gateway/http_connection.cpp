#include "nodeservice/gateway/http_connection.h"

#include "common/strings.h"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <mutex>

namespace tessera::gateway {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

namespace {

constexpr std::chrono::seconds kRequestTimeout{10};
/// How long a reader may take nothing of an answer.
constexpr std::chrono::seconds kWriteTimeout{30};
/// A token of 16 KiB, and the rest.
constexpr std::uint32_t kMaxHeaderBytes = 18 << 10;
constexpr std::uint64_t kMaxPageBodyBytes = 1024;
/// Of an answer that comes in parts.
constexpr std::size_t kMaxWaitingBytes = std::size_t{512} << 10;

std::string listOf(const HttpShared& shared) {
    std::string text = "There is no such page. These are:\n";
    for (const auto& page : shared.pages) {
        text += page.first + "\n";
    }
    return shared.tree.prefix.empty() ? text : text + shared.tree.prefix + "…\n";
}

HttpResponse pageFor(const HttpShared& shared, const HttpRequest& request) {
    if (request.method != "GET" && request.method != "HEAD") {
        return {405, "text/plain; charset=utf-8", "Only GET and HEAD are possible here.\n", {{"Allow", "GET, HEAD"}}};
    }
    const auto page = shared.pages.find(request.path);
    return page == shared.pages.end() ? HttpResponse{404, "text/plain; charset=utf-8", listOf(shared)} : page->second();
}

/// Why the head is not one that everybody before and behind us reads alike (RFC 9112), or nothing. Beast refuses most
/// of them by itself.
std::optional<HttpResponse> faultOf(const http::request<http::string_body>& message) {
    const auto fault = [](int status, std::string text) {
        return HttpResponse{status, "text/plain; charset=utf-8", std::move(text)};
    };
    for (const http::field once : {http::field::host, http::field::authorization, http::field::content_length,
                                   http::field::content_type, http::field::transfer_encoding}) {
        if (message.count(once) > 1) {
            return fault(400, "The request says " + std::string(http::to_string(once)) + " twice.\n");
        }
    }
    if (message.version() >= 11 && message.count(http::field::host) == 0) {
        return fault(400, "The request names no Host.\n");
    }
    const auto coding = message.find(http::field::transfer_encoding);
    if (coding == message.end()) {
        return std::nullopt;
    }
    if (message.version() < 11 || message.count(http::field::content_length) > 0) {
        return fault(400, "The request's length is said in two ways.\n");
    }
    if (!beast::iequals(coding->value(), "chunked")) {
        return fault(501, "The only transfer coding that is understood is chunked.\n");
    }
    return std::nullopt;
}

HttpRequest requestOf(const http::request<http::string_body>& message, const HttpPeer& peer) {
    HttpRequest request;
    request.method = std::string(message.method_string());
    const std::string target(message.target());
    const std::size_t question = target.find('?');
    request.path = target.substr(0, question);
    request.query = question == std::string::npos ? std::string() : target.substr(question + 1);
    for (const auto& field : message) {
        std::string name(field.name_string());
        for (char& c : name) {
            c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        }
        request.headers[name] = std::string(field.value());
    }
    request.body = message.body();
    request.peer = peer;
    return request;
}

void appendNumber(std::string& out, std::uint64_t number, int base = 10) {
    std::array<char, 20> digits{};
    out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number, base).ptr);
}

void appendField(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ");
    for (const char c : value) {
        // What ends a line would begin another field.
        out += c == '\r' || c == '\n' ? ' ' : c;
    }
    out += "\r\n";
}

}  // namespace

bool isWebSocket(const HttpRequest& request) {
    return request.method == "GET" && toLowerAscii(std::string(request.header("upgrade"))) == "websocket" &&
           !request.header("sec-websocket-key").empty();
}

/// The handler's side: counts what waits, and posts to the connection's thread.
class HttpConnection::Exchange final : public HttpExchange {
  public:
    explicit Exchange(std::shared_ptr<HttpConnection> connection) : connection_(std::move(connection)) {}

    ~Exchange() override {
        if (!ended_) {
            post([connection = connection_] { connection->close(); });
        }
    }

    void respond(HttpResponse response) override {
        ended_ = true;
        onThread([connection = connection_, moved = std::move(response)]() mutable {
            connection->respond(std::move(moved));
        });
    }

    void begin(HttpResponse head) override {
        waits(head.body.size());
        onThread(
            [connection = connection_, moved = std::move(head)]() mutable { connection->begin(std::move(moved)); });
    }

    void upgrade(std::vector<std::pair<std::string, std::string>> headers) override {
        post([connection = connection_, moved = std::move(headers)]() mutable {
            connection->upgrade(std::move(moved));
        });
    }

    void write(std::string part) override {
        waits(part.size());
        onThread([connection = connection_, moved = std::move(part)]() mutable {
            connection->write(std::move(moved), false);
        });
    }

    void end() override {
        ended_ = true;
        onThread([connection = connection_] { connection->write({}, true); });
    }

    bool waitForRoom(Time until) override {
        std::unique_lock lock(mutex_);
        return room_.wait_until(lock, until, [this] { return gone_ || waiting_ < kMaxWaitingBytes; }) && !gone_;
    }

    bool isGone() const override { return gone_; }

    bool whenReadable(int descriptor, Time until, std::function<void()> then) override {
        connection_->is_brief_ =
            connection_->shared_.waits->wait(descriptor, until, [connection = connection_, then = std::move(then)] {
                connection->is_brief_ = false;
                then();
                connection->watch();
            });
        return connection_->is_brief_;
    }

    /// On the connection's thread.
    void written(std::size_t bytes) {
        {
            const std::lock_guard lock(mutex_);
            waiting_ -= bytes;
        }
        room_.notify_all();
    }

    void goes() {
        {
            const std::lock_guard lock(mutex_);
            gone_ = true;
        }
        room_.notify_all();
    }

  private:
    void waits(std::size_t bytes) {
        const std::lock_guard lock(mutex_);
        waiting_ += bytes;
    }

    template <class Work>
    void post(Work work) {
        asio::post(connection_->executor_, std::move(work));
    }

    /// At once when this is the connection's thread.
    template <class Work>
    void onThread(Work work) {
        asio::dispatch(connection_->executor_, std::move(work));
    }

    const std::shared_ptr<HttpConnection> connection_;
    bool ended_ = false;
    std::mutex mutex_;
    std::condition_variable room_;
    std::size_t waiting_ = 0;         // guarded by mutex_
    std::atomic<bool> gone_ = false;  // written under mutex_
};

HttpConnection::HttpConnection(Socket socket, const std::string& rest, HttpPeer peer, HttpEvents events,
                               HttpShared& shared)
    : executor_(socket.get_executor()),
      socket_(std::move(socket)),
      shared_(shared),
      peer_(std::move(peer)),
      events_(std::move(events)) {
    shared_.connections.insert(this);
    buffer_.commit(asio::buffer_copy(buffer_.prepare(rest.size()), asio::buffer(rest)));
}

HttpConnection::~HttpConnection() {
    shared_.connections.erase(this);
    events_.on_end();
}

void HttpConnection::read() {
    parser_.emplace();
    parser_->header_limit(kMaxHeaderBytes);
    // The narrower one is set when it is known whose request it is.
    parser_->body_limit(std::max(kMaxPageBodyBytes, shared_.tree.max_body_bytes));
    expireAfter(kRequestTimeout);
    http::async_read_header(socket_, buffer_, *parser_,
                            [self = shared_from_this()](const beast::error_code& error, std::size_t) {
                                if (error == http::error::body_limit) {
                                    self->refuseBody();
                                } else if (error) {
                                    self->failed(error);
                                } else {
                                    self->readBody();
                                }
                            });
}

bool HttpConnection::isOfTree() const {
    const beast::string_view target = parser_->get().target();
    return !shared_.tree.prefix.empty() && target.substr(0, shared_.tree.prefix.size()) == shared_.tree.prefix;
}

void HttpConnection::refuse(HttpResponse response) {
    version_ = parser_->get().version();
    keep_alive_ = false;
    respond(std::move(response));
}

void HttpConnection::refuseBody() {
    refuse({413, "text/plain; charset=utf-8", "The request's body is too large.\n"});
}

void HttpConnection::endIfLate(Time now) {
    if (now < deadline_) {
        return;
    }
    deadline_ = Time::max();
    is_late_ = true;
    // Whoever reads or writes hears of it, and closes.
    beast::error_code ignored;
    socket_.cancel(ignored);
}

void HttpConnection::failed(const beast::error_code& error) {
    const bool is_of_parser = error.category() == make_error_code(http::error::bad_method).category();
    const bool has_gone = error == http::error::end_of_stream || error == http::error::partial_message;
    if (is_late_ && parser_->got_some()) {
        events_.on_refused("HTTP: too slow: no request in time");
    } else if (error == http::error::header_limit) {
        events_.on_refused("HTTP: headers too large");
    } else if (is_of_parser && !has_gone) {
        events_.on_refused("HTTP: malformed request");
    }
    close();
}

void HttpConnection::readBody() {
    if (auto fault = faultOf(parser_->get())) {
        events_.on_refused("HTTP: a request that can be read in two ways");
        refuse(std::move(*fault));
        return;
    }
    const std::uint64_t most = isOfTree() ? shared_.tree.max_body_bytes : kMaxPageBodyBytes;
    // The parser itself compares a length that was said only with the limit that it had then.
    if (parser_->content_length() && *parser_->content_length() > most) {
        refuseBody();
        return;
    }
    parser_->body_limit(most);
    http::async_read(socket_, buffer_, *parser_,
                     [self = shared_from_this()](const beast::error_code& error, std::size_t) {
                         if (error == http::error::body_limit) {
                             self->refuseBody();
                         } else if (error) {
                             self->failed(error);
                         } else {
                             self->answer();
                         }
                     });
}

void HttpConnection::answer() {
    const auto& message = parser_->get();
    version_ = message.version();
    keep_alive_ = message.keep_alive();
    is_head_ = message.method() == http::verb::head;
    HttpRequest request = requestOf(message, peer_);
    if (!isOfTree()) {
        respond(pageFor(shared_, request));
        return;
    }
    deadline_ = Time::max();
    auto exchange = std::make_shared<Exchange>(shared_from_this());
    exchange_ = exchange;
    is_answered_ = false;
    is_brief_ = false;
    shared_.tree.handler(std::move(request), std::move(exchange));
    watch();
}

/// The status line and all fields; `length`: none of an answer in parts.
std::string HttpConnection::headOf(const HttpResponse& response, std::optional<std::size_t> length) const {
    const bool has_body = response.status != 204 && response.status != 304;
    std::string head;
    head.reserve(512);
    head += version_ >= 11 ? "HTTP/1.1 " : "HTTP/1.0 ";
    appendNumber(head, static_cast<std::uint64_t>(response.status));
    head += ' ';
    const auto reason = http::obsolete_reason(http::int_to_status(static_cast<unsigned>(response.status)));
    head.append(reason.data(), reason.size());
    head += "\r\n";
    bool says_caching = false;
    for (const auto& [name, value] : response.headers) {
        appendField(head, name, value);
        says_caching = says_caching || beast::iequals(name, "Cache-Control");
    }
    if (!says_caching) {
        appendField(head, "Cache-Control", "no-store");
    }
    if (has_body) {
        appendField(head, "Content-Type", response.content_type);
    }
    if (has_body && length) {
        head += "Content-Length: ";
        appendNumber(head, *length);
        head += "\r\n";
    } else if (!length && chunked_) {
        appendField(head, "Transfer-Encoding", "chunked");
    }
    if (keep_alive_ != (version_ >= 11)) {
        appendField(head, "Connection", keep_alive_ ? "keep-alive" : "close");
    }
    return head += "\r\n";
}

void HttpConnection::respond(HttpResponse response) {
    struct Sent {
        std::string head;
        HttpResponse response;
    };

    is_answered_ = true;
    const bool has_body = !is_head_ && response.status != 204 && response.status != 304;
    const auto sent = std::make_shared<Sent>(Sent{{}, std::move(response)});
    const std::string& body = sent->response.wholeBody();
    sent->head = headOf(sent->response, body.size());
    const std::array<asio::const_buffer, 2> parts = {asio::buffer(sent->head),
                                                     has_body ? asio::buffer(body) : asio::const_buffer()};
    expireAfter(kWriteTimeout);
    asio::async_write(socket_, parts, [self = shared_from_this(), sent](const beast::error_code& error, std::size_t) {
        if (error) {
            self->left();
        } else {
            self->finish();
        }
    });
}

void HttpConnection::begin(HttpResponse head) {
    // Version 1.0 has no chunks: the connection's end is the answer's.
    chunked_ = version_ >= 11;
    keep_alive_ = keep_alive_ && chunked_;
    ended_ = false;
    parts_.push_back({headOf(head, std::nullopt), 0});
    if (parts_.size() == 1) {
        writeNext();
    }
    if (!head.body.empty()) {
        write(std::move(head.body), false);
    }
}

void HttpConnection::upgrade(std::vector<std::pair<std::string, std::string>> headers) {
    // What watch() waits with is not the WebSocket's.
    beast::error_code ignored;
    socket_.cancel(ignored);
    deadline_ = Time::max();
    WebSocket::Events events{[self = shared_from_this()](std::size_t bytes) {
                                 if (const auto exchange = self->exchange_.lock()) {
                                     exchange->written(bytes);
                                 }
                             },
                             [self = shared_from_this()] {
                                 if (const auto exchange = self->exchange_.lock()) {
                                     exchange->goes();
                                 }
                             }};
    const auto socket = std::make_shared<WebSocket>(WebSocket::Stream(std::move(socket_)), std::move(events));
    web_socket_ = socket;
    is_upgraded_ = true;
    socket->accept(parser_->get(), std::move(headers));
}

void HttpConnection::write(std::string part, bool last) {
    if (is_upgraded_) {
        const auto socket = web_socket_.lock();
        if (socket && !part.empty()) {
            socket->send(std::move(part));
        }
        if (socket && last) {
            socket->close();
        }
        return;
    }
    const std::size_t size = part.size();
    std::string framed;
    if (!is_head_ && size > 0) {
        if (chunked_) {
            appendNumber(framed, size, 16);
            framed += "\r\n" + part + "\r\n";
        } else {
            framed = std::move(part);
        }
    }
    if (last) {
        is_answered_ = true;
        ended_ = true;
        framed += chunked_ && !is_head_ ? "0\r\n\r\n" : "";
    }
    parts_.push_back({std::move(framed), size});
    if (parts_.size() == 1) {
        writeNext();
    }
}

void HttpConnection::writeNext() {
    expireAfter(kWriteTimeout);
    asio::async_write(socket_, asio::buffer(parts_.front().bytes),
                      [self = shared_from_this()](const beast::error_code& error, std::size_t) {
                          if (error) {
                              self->left();
                              return;
                          }
                          if (const auto exchange = self->exchange_.lock()) {
                              exchange->written(self->parts_.front().counted);
                          }
                          self->parts_.pop_front();
                          if (!self->parts_.empty()) {
                              self->writeNext();
                          } else if (self->ended_) {
                              self->finish();
                          }
                      });
}

void HttpConnection::finish() {
    exchange_.reset();
    if (keep_alive_) {
        read();
    } else {
        close();
    }
}

/// Sees while the answer is made, and that takes long, that the client goes.
void HttpConnection::watch() {
    if (is_answered_ || is_brief_ || is_upgraded_) {
        return;
    }
    socket_.async_wait(Socket::wait_read,
                       [self = shared_from_this(), exchange = exchange_](const beast::error_code& error) {
                           char byte = 0;
                           const bool is_over = exchange.expired() || self->exchange_.lock() != exchange.lock();
                           if (error || is_over) {
                               return;
                           }
                           // The next request already: it waits, and so does the look at the connection's end.
                           if (::recv(self->socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0) {
                               self->left();
                           }
                       });
}

void HttpConnection::left() {
    if (const auto exchange = exchange_.lock()) {
        exchange->goes();
    }
    close();
}

void HttpConnection::close() {
    if (is_upgraded_) {
        if (const auto socket = web_socket_.lock()) {
            socket->close();
        }
        return;
    }
    beast::error_code ignored;
    deadline_ = Time::max();
    socket_.shutdown(Socket::shutdown_both, ignored);
    socket_.close(ignored);
}

}  // namespace tessera::gateway
