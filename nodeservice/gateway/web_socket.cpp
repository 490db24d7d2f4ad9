#include "nodeservice/gateway/web_socket.h"

#include <boost/asio/buffer.hpp>

#include <utility>

namespace tessera::gateway {

namespace beast = boost::beast;
namespace websocket = beast::websocket;

namespace {

/// Of a message from the client, which has nothing to say.
constexpr std::size_t kMostMessageBytes = 4096;
constexpr std::chrono::seconds kHandshakeTime{10};
/// A client that sends nothing for so long is pinged half-way, and left at its end.
constexpr std::chrono::seconds kIdleTime{60};

}  // namespace

void WebSocket::accept(const Request& request, std::vector<std::pair<std::string, std::string>> headers) {
    beast::get_lowest_layer(socket_).expires_never();
    socket_.set_option(websocket::stream_base::timeout{kHandshakeTime, kIdleTime, true});
    socket_.set_option(
        websocket::stream_base::decorator([headers = std::move(headers)](websocket::response_type& response) {
            for (const auto& [name, value] : headers) {
                response.set(name, value);
            }
        }));
    socket_.read_message_max(kMostMessageBytes);
    socket_.text(true);
    socket_.async_accept(request, [self = shared_from_this()](const beast::error_code& error) {
        if (error) {
            return self->left();
        }
        self->is_open_ = true;
        self->read();
        self->writeNext();
    });
}

void WebSocket::send(std::string text) {
    messages_.push_back(std::move(text));
    writeNext();
}

void WebSocket::close() {
    is_closing_ = true;
    writeNext();
}

void WebSocket::read() {
    socket_.async_read(buffer_, [self = shared_from_this()](const beast::error_code& error, std::size_t) {
        if (error) {
            return self->left();
        }
        self->buffer_.consume(self->buffer_.size());
        self->read();
    });
}

void WebSocket::writeNext() {
    if (!is_open_ || is_writing_) {
        return;
    }
    if (messages_.empty()) {
        if (std::exchange(is_closing_, false)) {
            is_writing_ = true;
            socket_.async_close(websocket::close_code::normal,
                                [self = shared_from_this()](const beast::error_code&) { self->left(); });
        }
        return;
    }
    is_writing_ = true;
    socket_.async_write(boost::asio::buffer(messages_.front()),
                        [self = shared_from_this()](const beast::error_code& error, std::size_t bytes) {
                            self->is_writing_ = false;
                            if (error) {
                                return self->left();
                            }
                            self->messages_.pop_front();
                            if (self->events_.written) {
                                self->events_.written(bytes);
                            }
                            self->writeNext();
                        });
}

void WebSocket::left() {
    is_open_ = false;
    messages_.clear();
    events_.written = {};
    if (auto gone = std::exchange(events_.gone, {})) {
        gone();
    }
    beast::get_lowest_layer(socket_).close();
}

}  // namespace tessera::gateway
