#include "nodeservice/gateway/event_loop.h"

#include "common/thread.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>

namespace tessera::gateway {

namespace {

// A coroutine that waits for a blocking helper may take a moment longer than its sockets.
constexpr std::chrono::seconds kStopPatience{5};
constexpr std::chrono::milliseconds kStopPause{2};

}  // namespace

EventLoop::EventLoop(const std::string& name) {
    thread_ = startThread(name, [this] { context_.run(); });
}

void EventLoop::certificatesChanged() {
    boost::asio::post(context_, [this] {
        // Nobody ends within the call.
        for (Closable* closable : open_) {
            closable->certificatesChanged();
        }
    });
}

void EventLoop::stop() {
    if (thread_.joinable()) {
        boost::asio::co_spawn(
            context_, [this] { return endAll(); }, boost::asio::detached);
        thread_.join();
    }
}

Task<> EventLoop::endAll() {
    const auto deadline = std::chrono::steady_clock::now() + kStopPatience;
    while (!open_.empty() && std::chrono::steady_clock::now() < deadline) {
        // Again each time: what is between two owners may have missed it.
        for (Closable* closable : open_) {
            closable->shutdown();
        }
        boost::asio::steady_timer timer(context_, kStopPause);
        co_await timer.async_wait(boost::asio::use_awaitable);
    }
    context_.stop();
}

}  // namespace tessera::gateway
