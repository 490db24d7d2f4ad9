#pragma once

/// A TCP link for tests that can be cut: it listens on a free port of 127.0.0.1 and passes on to a target. What is on
/// its way while the link is cut waits, in both directions, as in a network that has lost its middle; new connections
/// are taken and come no further.

#include "common/process.h"

#include <atomic>
#include <cstdint>
#include <list>
#include <string>
#include <thread>

namespace tessera {

class FaultProxy {
  public:
    explicit FaultProxy(std::uint16_t target);
    ~FaultProxy();

    FaultProxy(const FaultProxy&) = delete;
    FaultProxy& operator=(const FaultProxy&) = delete;

    std::uint16_t port() const { return port_; }

    void cut() { setCut(true); }

    void heal() { setCut(false); }

  private:
    /// One direction of a connection: what `from` sent and `to` has not taken yet.
    struct Flow {
        int from = -1;
        int to = -1;
        std::string waiting;
        bool has_ended = false;
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
    static void move(Flow& flow, bool& is_broken);

    const std::uint16_t target_;
    std::uint16_t port_ = 0;
    FileDescriptor listener_;
    FileDescriptor wake_;
    std::atomic<bool> is_cut_ = false;
    std::atomic<bool> is_stopping_ = false;
    std::list<Connection> connections_;
    std::thread thread_;
};

}  // namespace tessera
