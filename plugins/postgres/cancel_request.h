#pragma once

/// Asks a server to stop what a connection is running.

#include <libpq-fe.h>

#include <chrono>

namespace tessera::postgres_connector {

/// Waits at most `limit`: PQcancel() opens a connection of its own and blocks, on a dead network for minutes, so it
/// runs in a thread (with all signals blocked) that is left behind when it takes longer; tcp_user_timeout ends it. True
/// when the server has taken the request, or the statement can't be cancelled because the connection is closed anyway.
bool requestCancel(PGconn* connection, std::chrono::milliseconds limit);

}  // namespace tessera::postgres_connector
