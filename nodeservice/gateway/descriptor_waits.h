#pragma once

/// Waits for descriptors of others, each of them many times, on a loop's thread. They have an epoll of their own within
/// the loop's, where a descriptor stays from its first wait until it is closed: a wait is one system call. Asio would
/// begin and end to know a descriptor with each.
///
/// Belongs to the loop's thread. Whoever still waits when this ends is not called.

#include "common/process.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <vector>

namespace tessera::gateway {

class DescriptorWaits {
  public:
    using Time = std::chrono::steady_clock::time_point;

    explicit DescriptorWaits(boost::asio::io_context& loop);

    DescriptorWaits(const DescriptorWaits&) = delete;
    DescriptorWaits& operator=(const DescriptorWaits&) = delete;

    /// Calls `then` once, later, when the descriptor can be read or at that time, give or take kPrecision; it is not to
    /// be closed before. False: it cannot be waited for. One wait for a descriptor at a time.
    bool wait(int descriptor, Time until, std::function<void()> then);

    static constexpr std::chrono::milliseconds kPrecision{10};

  private:
    struct Wait {
        Time until = {};
        /// Null: nobody waits.
        std::function<void()> then = {};
    };

    void listen();
    void takeReady();
    void startTimer();
    void takeLate();
    void call(std::size_t descriptor);

    /// By descriptor.
    std::vector<Wait> waits_;
    int waiting_ = 0;
    int epoll_ = -1;
    /// Owns it.
    boost::asio::posix::stream_descriptor epoll_watch_;
    boost::asio::steady_timer timer_;
    bool is_timed_ = false;
};

}  // namespace tessera::gateway
