#include "nodeservice/gateway/event_loop.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <pthread.h>

#include <chrono>
#include <csignal>

namespace tessera::gateway {

namespace {

// A coroutine that waits for a blocking helper may take a moment longer than its sockets.
constexpr std::chrono::seconds kStopPatience{5};
constexpr std::chrono::milliseconds kStopPause{2};

}  // namespace

EventLoop::EventLoop(const std::string& name) {
    // Signals belong to the main thread; a thread inherits its starter's mask.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { context_.run(); });
    pthread_setname_np(thread_.native_handle(), name.c_str());
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
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
