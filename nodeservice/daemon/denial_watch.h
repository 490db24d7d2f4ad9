#pragma once

/// Keeps the list of who is denied as its sources have it, the operator's file and the administrators' table, and ends
/// the sessions of those who are. A thread of its own; the rest belongs to the node's main thread.

#include "common/thread.h"
#include "nodeservice/daemon/denied_table.h"
#include "nodeservice/identity/deny_list.h"
#include "nodeservice/identity/session_registry.h"
#include "nodeservice/postgres/connection.h"

#include <chrono>

namespace tessera::node {

class DenialWatch {
  public:
    /// `server`: as the superuser, in the node's database. `sign_in_time`: the longest that a sign-in may take.
    DenialWatch(identity::DenyList& list, const identity::SessionRegistry& sessions,
                postgres::ConnectionSettings server, std::chrono::milliseconds sign_in_time);

    ~DenialWatch() { stop(); }

    DenialWatch(const DenialWatch&) = delete;
    DenialWatch& operator=(const DenialWatch&) = delete;

    /// Reads the table, before anybody may sign in, and watches from there on.
    Result<> start();

    /// May be called again.
    void stop();

  private:
    void run();
    bool readFile();
    /// Whether what it says has changed; an error while PostgreSQL is away.
    Result<bool> readTable();
    void endSessions();

    identity::DenyList& list_;
    const identity::SessionRegistry& sessions_;
    const postgres::ConnectionSettings server_;
    /// How long sessions may still come of sign-ins that asked the list before it changed.
    const std::chrono::seconds settling_;
    DeniedTable table_;
    bool is_readable_ = true;
    StoppableThread thread_;
};

}  // namespace tessera::node
