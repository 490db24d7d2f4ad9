#pragma once

/// A TCP link for tests that can be cut or made slow: it listens on a free port of 127.0.0.1 and passes on to a target.
/// What is on its way while the link is cut waits, in both directions, as in a network that has lost its middle; new
/// connections are taken and come no further.

#include "common/process.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
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

class FaultProxy {
  public:
    explicit FaultProxy(std::uint16_t target);
    ~FaultProxy();

    FaultProxy(const FaultProxy&) = delete;
    FaultProxy& operator=(const FaultProxy&) = delete;

    std::uint16_t port() const { return port_; }

    void cut() { setCut(true); }

    void heal() { setCut(false); }

    /// From now on, for what comes in from now on.
    void setSpeed(LinkSpeed speed);

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
    static bool takesMore(const Flow& flow, const Line& line, const LinkSpeed& speed);
    static void take(Flow& flow, Line& line, const LinkSpeed& speed, bool& is_broken);
    static void give(Flow& flow, bool& is_broken);
    /// In milliseconds; -1 when nothing but a socket can bring news.
    int nextNews(const LinkSpeed& speed) const;

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
