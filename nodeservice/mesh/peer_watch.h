#pragma once

/// Whether another node answers, asked for again and again by way of this node's PostgreSQL, as its queries would ask,
/// and whether it takes new sessions. One that hangs is away, too: two failures in a row, of at most two seconds each.
/// A thread of its own, `mesh-peer`; any thread may look.

#include "common/thread.h"
#include "nodeservice/postgres/connection.h"

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

namespace tessera::mesh {

class PeerWatch {
  public:
    /// `peer`: the node. `database`: of this one, as the superuser.
    PeerWatch(std::string peer, postgres::ConnectionSettings database);

    PeerWatch(const PeerWatch&) = delete;
    PeerWatch& operator=(const PeerWatch&) = delete;

    void requestStop();

    /// Since when it can't be reached, in milliseconds of Unix time; none: it can, or nobody knows yet.
    std::optional<std::int64_t> awaySince() const;

  private:
    void run();
    bool takesSessions(const std::string& server);
    /// None: that is not to be known at the moment, for a reason of this node's own.
    std::optional<bool> answers();

    const std::string peer_;
    const postgres::ConnectionSettings database_;
    std::optional<postgres::Connection> connection_;
    mutable std::mutex mutex_;
    std::optional<std::int64_t> away_since_;  // guarded by mutex_
    StoppableThread thread_;
};

}  // namespace tessera::mesh
