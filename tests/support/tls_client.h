#pragma once

/// TLS to a port of 127.0.0.1, with whatever within; it believes any certificate.

#include "common/handle.h"
#include "tests/support/raw_client.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace tessera {

class TlsClient {
  public:
    /// `protocol`: what is offered by ALPN; empty for nothing.
    TlsClient(std::uint16_t port, const std::string& protocol)
        : raw_(port), context_(SSL_CTX_new(TLS_client_method())), ssl_(SSL_new(context_.get())) {
        if (!protocol.empty()) {
            const std::string list = static_cast<char>(protocol.size()) + protocol;
            SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(list.data()),
                                static_cast<unsigned>(list.size()));
        }
        SSL_set_fd(ssl_.get(), raw_.descriptor());
        EXPECT_EQ(SSL_connect(ssl_.get()), 1);
    }

    TlsClient& send(std::string_view bytes) {
        (void)SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
        return *this;
    }

    /// What comes next; nothing when the other side has closed, or the patience has ended.
    std::string receive() {
        char bytes[4096];
        const int got = SSL_read(ssl_.get(), bytes, sizeof bytes);
        return got > 0 ? std::string(bytes, static_cast<std::size_t>(got)) : std::string();
    }

    /// All that comes until the other side closes, which it must do before the patience ends.
    std::string receiveAll() {
        std::string all;
        char bytes[4096];
        int got = 0;
        while ((got = SSL_read(ssl_.get(), bytes, sizeof bytes)) > 0) {
            all.append(bytes, static_cast<std::size_t>(got));
        }
        EXPECT_FALSE(errno == EAGAIN && SSL_get_error(ssl_.get(), got) == SSL_ERROR_WANT_READ)
            << "the gateway did not close";
        return all;
    }

  private:
    RawClient raw_;
    Handle<SSL_CTX, SSL_CTX_free> context_;
    Handle<SSL, SSL_free> ssl_;
};

}  // namespace tessera
