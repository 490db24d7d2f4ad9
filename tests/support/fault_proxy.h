#pragma once

/// A TCP link for tests and benchmarks that can be cut or made slow: it listens on a free port of 127.0.0.1, passes on
/// to a target, and counts what passes. What is on its way while the link is cut waits, in both directions, as in a
/// network that has lost its middle; new connections are taken and come no further.

#include "common/process.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace tessera {

/// How slow a link is, in each direction.
struct LinkSpeed {
    std::chrono::milliseconds latency{0};
    /// Of all connections together; none: as fast as the machine.
    std::optional<std::size_t> bytes_per_second = {};
};

/// Bytes that have come to a link.
struct LinkBytes {
    std::uint64_t to_target = 0;
    std::uint64_t from_target = 0;
};

/// Where a link begins and ends, if not both here.
struct LinkEnds {
    /// That it listens on; 0: a free one.
    std::uint16_t port = 0;
    /// What the thread that reaches the target does first: it enters the network in which the target is.
    std::function<void()> enter = {};
};

class FaultProxy {
  public:
    explicit FaultProxy(std::uint16_t target, LinkEnds ends = {});
    ~FaultProxy();

    FaultProxy(const FaultProxy&) = delete;
    FaultProxy& operator=(const FaultProxy&) = delete;

    std::uint16_t port() const { return port_; }

    void cut() { setCut(true); }

    void heal() { setCut(false); }

    /// From now on, for what comes in from now on.
    void setSpeed(LinkSpeed speed);

    /// Of all connections since the beginning. Any thread.
    LinkBytes bytes() const { return {up_.bytes, down_.bytes}; }

  private:
    using Clock = std::chrono::steady_clock;

    struct Piece {
        std::string bytes;
        /// When it is there.
        Clock::time_point due;
    };

    /// One direction of a connection: what `from` sent and `to` has not taken yet.
    struct Flow {
        int from = -1;
        int to = -1;
        std::deque<Piece> waiting;
        std::size_t waiting_bytes = 0;
        bool has_ended = false;
    };

    /// When the last byte that was taken will have left, in one direction, over all connections.
    struct Line {
        Clock::time_point free_at;
        std::atomic<std::uint64_t> bytes = 0;  // read by others
    };

    struct Connection {
        FileDescriptor client;
        FileDescriptor server;
        Flow up;
        Flow down;
        bool is_broken = false;
    };

    void setCut(bool is_cut);
    void work();
    void accept();
    LinkSpeed speed();
    static std::size_t mostWaiting(const LinkSpeed& speed);
    static bool takesMore(const Flow& flow, const Line& line, const LinkSpeed& speed, Clock::time_point now);
    static void take(Flow& flow, Line& line, const LinkSpeed& speed, bool& is_broken);
    static void give(Flow& flow, bool& is_broken);
    /// How long after `now`; nothing when only a socket can bring news.
    std::optional<std::chrono::nanoseconds> nextNews(const LinkSpeed& speed, Clock::time_point now) const;

    const std::uint16_t target_;
    std::uint16_t port_ = 0;
    FileDescriptor listener_;
    FileDescriptor wake_;
    std::atomic<bool> is_cut_ = false;
    std::atomic<bool> is_stopping_ = false;
    std::mutex speed_mutex_;
    LinkSpeed speed_;  // guarded by speed_mutex_
    // The thread's.
    std::list<Connection> connections_;
    Line up_;
    Line down_;
    std::thread thread_;
};

}  // namespace tessera
