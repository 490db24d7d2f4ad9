#pragma once

/// One local port: its two listening sockets, and the connections that came through them, on an event loop's thread.
/// The handle belongs to the main thread; when it goes, nobody listens any more and the connections end.

#include "agent/access.h"
#include "common/process.h"
#include "nodeservice/gateway/event_loop.h"
#include "nodeservice/identity/scram.h"

#include <filesystem>
#include <memory>
#include <string>

namespace tessera::agent {

struct PortOptions {
    std::string profile;
    std::string node;
    std::string database;
    /// The unix socket's path.
    std::filesystem::path socket;
    /// Of the port's password, which TCP asks for.
    identity::ScramVerifier verifier;
};

class PortState;

class PortListener {
  public:
    static std::shared_ptr<PortListener> start(gateway::EventLoop& loop, Access& access, PortOptions options,
                                               FileDescriptor tcp, FileDescriptor local);
    ~PortListener();

    PortListener(const PortListener&) = delete;
    PortListener& operator=(const PortListener&) = delete;

    /// `why` is for the clients.
    void endSessions(Error why);

  private:
    PortListener(gateway::EventLoop& loop, std::shared_ptr<PortState> state) : loop_(loop), state_(std::move(state)) {}

    gateway::EventLoop& loop_;
    const std::shared_ptr<PortState> state_;
};

}  // namespace tessera::agent
