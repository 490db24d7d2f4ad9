#pragma once

/// For tests: an identity provider on a free port of 127.0.0.1 that knows one person, "ann", and gives refresh tokens
/// that are good once. One that comes a second time ends them all, as the certified provider does that
/// temporary_identity_provider.h starts; here a test sees each step, and can come in between.

#include "common/net.h"
#include "common/process.h"
#include "common/secret.h"
#include "tests/support/token_maker.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <ctime>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace tessera {

class RotatingProvider {
  public:
    RotatingProvider() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
        EXPECT_EQ(::listen(socket_.get(), 16), 0);
        ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }

    ~RotatingProvider() {
        is_over_ = true;
        ::shutdown(socket_.get(), SHUT_RDWR);
        thread_.join();
        for (std::thread& one : answering_) {
            one.join();
        }
    }

    RotatingProvider(const RotatingProvider&) = delete;
    RotatingProvider& operator=(const RotatingProvider&) = delete;

    std::string issuer() const { return "http://127.0.0.1:" + std::to_string(port_); }

    std::string keys() const { return jwkSet({&key_}); }

    std::string accessToken() const {
        const auto now = static_cast<std::int64_t>(std::time(nullptr));
        return makeToken({{"iss", issuer()},
                          {"aud", "mesh"},
                          {"sub", "ann"},
                          {"email", "ann@example.org"},
                          {"iat", now},
                          {"exp", now + access_seconds}},
                         key_, "ES256");
    }

    Secret newRefreshToken() {
        const std::lock_guard lock(mutex_);
        return Secret(next());
    }

    /// How many it would take.
    std::size_t good() {
        const std::lock_guard lock(mutex_);
        return good_.size();
    }

    std::atomic<int> access_seconds = 600;
    std::atomic<int> refreshes = 0;
    std::atomic<int> used_twice = 0;
    /// Before the answer to a refresh; set while nothing is asked.
    std::function<void()> at_refresh;

  private:
    std::string next() {
        const std::string token = "refresh-" + std::to_string(++made_);
        good_.insert(token);
        return token;
    }

    void serve() {
        while (!is_over_) {
            FileDescriptor client(::accept(socket_.get(), nullptr, nullptr));
            if (client) {
                answering_.emplace_back([this, client = std::move(client)] { answer(client.get()); });
            }
        }
    }

    void answer(int client) {
        std::string request;
        std::array<char, 4096> bytes{};
        while (!isWhole(request)) {
            const ssize_t count = ::read(client, bytes.data(), bytes.size());
            if (count <= 0) {
                return;
            }
            request.append(bytes.data(), static_cast<std::size_t>(count));
        }
        const auto [status, body] = bodyFor(request);
        const std::string text = "HTTP/1.1 " + std::to_string(status) +
                                 " X\r\nContent-Length: " + std::to_string(body.size()) +
                                 "\r\nConnection: close\r\n\r\n" + body;
        static_cast<void>(::write(client, text.data(), text.size()));
    }

    std::pair<int, std::string> bodyFor(const std::string& request) {
        if (request.starts_with("GET /.well-known/openid-configuration ")) {
            return {200, nlohmann::json{{"issuer", issuer()},
                                        {"token_endpoint", issuer() + "/token"},
                                        {"revocation_endpoint", issuer() + "/revoke"}}
                             .dump()};
        }
        const std::string token = fieldOf(request, request.starts_with("POST /revoke ") ? "token" : "refresh_token");
        if (request.starts_with("POST /revoke ")) {
            const std::lock_guard lock(mutex_);
            good_.erase(token);
            return {200, ""};
        }
        std::string following;
        {
            const std::lock_guard lock(mutex_);
            if (good_.erase(token) == 0) {
                used_twice += used_.contains(token) ? 1 : 0;
                good_.clear();
                return {400, R"({"error": "invalid_grant"})"};
            }
            used_.insert(token);
            following = next();
            ++refreshes;
        }
        if (at_refresh) {
            const auto now = at_refresh;
            now();
        }
        return {200, nlohmann::json{{"access_token", accessToken()}, {"refresh_token", following}}.dump()};
    }

    /// Of a form; these values need no decoding.
    static std::string fieldOf(const std::string& request, const std::string& name) {
        const std::string body = "&" + request.substr(request.find("\r\n\r\n") + 4);
        const std::size_t at = body.find("&" + name + "=");
        return at == std::string::npos
                   ? ""
                   : body.substr(at + name.size() + 2, body.find('&', at + 1) - at - name.size() - 2);
    }

    static bool isWhole(const std::string& request) {
        const std::size_t end = request.find("\r\n\r\n");
        const std::size_t length = request.find("Content-Length: ");
        const std::size_t wanted = length == std::string::npos ? 0 : std::stoul(request.substr(length + 16));
        return end != std::string::npos && request.size() >= end + 4 + wanted;
    }

    const SigningKey key_ = SigningKey::p256("k");
    const FileDescriptor socket_;
    std::uint16_t port_ = 0;
    std::atomic<bool> is_over_ = false;
    std::mutex mutex_;
    std::set<std::string> good_;  // guarded by mutex_
    std::set<std::string> used_;  // guarded by mutex_
    int made_ = 0;                // guarded by mutex_
    std::vector<std::thread> answering_;
    std::thread thread_;
};

}  // namespace tessera
