#pragma once

/// What the connections of one local port share. Belongs to the loop's thread, but for what is constant.

#include "agent/localport/port_listener.h"
#include "nodeservice/gateway/postgres_protocol.h"

#include <map>
#include <set>

namespace tessera::agent {

class PortSession : public gateway::Closable {
  public:
    /// Tells the client why, where it can be told, and ends.
    virtual void end(const Error& why) = 0;
};

class PortState {
  public:
    PortState(gateway::EventLoop& event_loop, Access& node_access, PortOptions port_options, FileDescriptor tcp_socket,
              FileDescriptor local_socket)
        : loop(event_loop),
          access(node_access),
          options(std::move(port_options)),
          tcp(std::move(tcp_socket)),
          local(std::move(local_socket)) {}

    gateway::EventLoop& loop;
    Access& access;
    const PortOptions options;
    const FileDescriptor tcp;
    const FileDescriptor local;
    std::set<PortSession*> connections;
    /// The node's own keys of running sessions, and where they are good: nobody else's are passed on.
    std::map<gateway::CancelKey, ProfileNode> cancel_keys;
};

/// Serves a client until it ends; `is_own_user`: the kernel says that it is the same user, who needs no password.
void servePortClient(std::shared_ptr<PortState> state, FileDescriptor client, bool is_own_user);

}  // namespace tessera::agent
