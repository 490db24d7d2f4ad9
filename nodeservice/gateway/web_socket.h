#pragma once

/// A connection of the HTTP server that has become a WebSocket (RFC 6455). It sends text messages; what the client
/// sends is read and left alone, but for the protocol's own ping and close. A client that is silent is pinged, and left
/// when it does not answer. Belongs to the server's thread.

#include "nodeservice/gateway/http_exchange.h"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <string>

namespace tessera::gateway {

class WebSocket : public std::enable_shared_from_this<WebSocket> {
  public:
    using Stream = boost::beast::basic_stream<boost::asio::generic::stream_protocol>;
    using Request = boost::beast::http::request<boost::beast::http::string_body>;

    struct Events {
        /// So many bytes of messages are on their way.
        std::function<void(std::size_t)> written;
        /// Once: the client has gone. Nothing comes afterwards.
        std::function<void()> gone;
    };

    WebSocket(Stream stream, Events events) : socket_(std::move(stream)), events_(std::move(events)) {}

    /// Answers the request that asks for the change; `headers` go with the answer.
    void accept(const Request& request, std::vector<std::pair<std::string, std::string>> headers);

    void send(std::string text);
    /// Behind what is still to be sent.
    void close();

  private:
    void read();
    void writeNext();
    void left();

    boost::beast::websocket::stream<Stream> socket_;
    Events events_;
    boost::beast::flat_buffer buffer_;
    std::deque<std::string> messages_;
    bool is_open_ = false;
    bool is_writing_ = false;
    bool is_closing_ = false;
};

}  // namespace tessera::gateway
