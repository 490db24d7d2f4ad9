#pragma once

/// One connection of the HTTP server: reads a request, has it answered, writes the answer, and so on. Kept alive by
/// whatever it waits for. Belongs to the server's thread; an exchange hands over to it.

#include "nodeservice/gateway/descriptor_waits.h"
#include "nodeservice/gateway/http_server.h"
#include "nodeservice/gateway/web_socket.h"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <deque>
#include <optional>
#include <unordered_set>

namespace tessera::gateway {

class HttpConnection;

/// What all connections of a server share.
struct HttpShared {
    HttpPages pages;
    HttpTree tree;
    std::unordered_set<HttpConnection*> connections = {};
    /// Of the server's loop.
    DescriptorWaits* waits = nullptr;
};

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
  public:
    using Protocol = boost::asio::generic::stream_protocol;
    using Time = std::chrono::steady_clock::time_point;
    using Executor = boost::asio::io_context::executor_type;
    using Socket = boost::asio::basic_stream_socket<Protocol, Executor>;

    HttpConnection(Socket socket, const std::string& rest, HttpPeer peer, HttpEvents events, HttpShared& shared);
    ~HttpConnection();

    HttpConnection(const HttpConnection&) = delete;
    HttpConnection& operator=(const HttpConnection&) = delete;

    void read();

    /// Ends it when the client was too slow. The server asks each second: a timer for each read and write would be set
    /// some times for every request.
    void endIfLate(Time now);

  private:
    using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
    class Exchange;

    struct Part {
        std::string bytes;
        /// Of them, those that the exchange counts.
        std::size_t counted = 0;
    };

    bool isOfTree() const;
    /// And the connection with it: nobody knows where the next request begins.
    void refuse(HttpResponse response);
    void refuseBody();

    void expireAfter(std::chrono::seconds time) { deadline_ = std::chrono::steady_clock::now() + time; }

    /// Ends it; says why where that is worth a line.
    void failed(const boost::beast::error_code& error);
    void readBody();
    void answer();
    std::string headOf(const HttpResponse& response, std::optional<std::size_t> length) const;
    void respond(HttpResponse response);
    void begin(HttpResponse head);
    void upgrade(std::vector<std::pair<std::string, std::string>> headers);
    /// `last`: the answer ends behind it.
    void write(std::string part, bool last);
    void writeNext();
    void finish();
    void watch();
    void close();
    void left();

    const Executor executor_;
    Socket socket_;
    /// Of what is read or written.
    Time deadline_ = Time::max();
    bool is_late_ = false;
    HttpShared& shared_;
    const HttpPeer peer_;
    const HttpEvents events_;
    boost::beast::flat_buffer buffer_;
    std::optional<Parser> parser_;
    unsigned version_ = 11;
    bool keep_alive_ = false;
    bool is_head_ = false;
    bool chunked_ = false;
    /// What is still to be written; the first is under way.
    std::deque<Part> parts_;
    bool ended_ = false;
    /// All of it is on its way: nobody needs to look whether the client goes.
    bool is_answered_ = false;
    /// The answer is waited for, but not for long: nobody looks yet whether the client goes.
    bool is_brief_ = false;
    std::weak_ptr<Exchange> exchange_;
    /// Has the stream once it is there, and keeps this connection, whose end is counted, until its client has gone.
    std::weak_ptr<WebSocket> web_socket_;
    bool is_upgraded_ = false;
};

}  // namespace tessera::gateway
