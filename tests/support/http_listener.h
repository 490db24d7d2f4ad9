#pragma once

/// For tests: an HTTP server of one answer.

#include "common/process.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <mutex>
#include <string>
#include <thread>

namespace tessera {

/// Answers one connection after another with the same bytes; keeps what it was sent last, and counts.
class HttpListener {
  public:
    explicit HttpListener(std::string answer) : answer_(std::move(answer)), socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
        EXPECT_EQ(::listen(socket_.get(), 8), 0);
        ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }

    ~HttpListener() {
        is_over_ = true;
        ::shutdown(socket_.get(), SHUT_RDWR);
        thread_.join();
    }

    HttpListener(const HttpListener&) = delete;
    HttpListener& operator=(const HttpListener&) = delete;

    static std::string answerOf(int status, const std::string& body) {
        return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) +
               "\r\nConnection: close\r\n\r\n" + body;
    }

    std::string url(const std::string& path = "/") const { return "http://127.0.0.1:" + std::to_string(port_) + path; }

    std::string heard() {
        const std::lock_guard lock(mutex_);
        return heard_;
    }

    std::atomic<bool> is_silent = false;
    std::atomic<int> calls = 0;

  private:
    void serve() {
        while (!is_over_) {
            const FileDescriptor client(::accept(socket_.get(), nullptr, nullptr));
            if (!client) {
                continue;
            }
            std::string request;
            std::array<char, 4096> bytes{};
            while (!isWhole(request)) {
                const ssize_t count = ::read(client.get(), bytes.data(), bytes.size());
                if (count <= 0) {
                    break;
                }
                request.append(bytes.data(), static_cast<std::size_t>(count));
            }
            {
                const std::lock_guard lock(mutex_);
                heard_ = request;
                ++calls;
            }
            if (is_silent) {
                // Until the other side gives up.
                static_cast<void>(::read(client.get(), bytes.data(), bytes.size()));
                continue;
            }
            static_cast<void>(::write(client.get(), answer_.data(), answer_.size()));
        }
    }

    static bool isWhole(const std::string& request) {
        const std::size_t end = request.find("\r\n\r\n");
        const std::size_t length = request.find("Content-Length: ");
        const std::size_t wanted = length == std::string::npos ? 0 : std::stoul(request.substr(length + 16));
        return end != std::string::npos && request.size() >= end + 4 + wanted;
    }

    const std::string answer_;
    const FileDescriptor socket_;
    std::uint16_t port_ = 0;
    std::atomic<bool> is_over_ = false;
    std::mutex mutex_;
    std::string heard_;  // guarded by mutex_
    std::thread thread_;
};

}  // namespace tessera
