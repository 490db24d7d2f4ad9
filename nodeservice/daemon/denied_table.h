#pragma once

/// A session, as the superuser, that hears of changes of the table tessera_governance.denied; opened anew after
/// PostgreSQL was away. One thread.

#include "common/result.h"
#include "nodeservice/postgres/connection.h"

#include <optional>
#include <utility>

namespace tessera::node {

class DeniedTable {
  public:
    /// `server`: of the node's database.
    explicit DeniedTable(postgres::ConnectionSettings server) : server_(std::move(server)) {}

    /// Whether the table may have changed since the last time; the first time it may. An error while PostgreSQL is
    /// away.
    Result<bool> mayHaveChanged();

    /// Only after mayHaveChanged() has given no error.
    postgres::Connection& connection() { return *connection_; }

    /// What is asked next is of a new session, and everything may have changed.
    void close() { connection_.reset(); }

  private:
    const postgres::ConnectionSettings server_;
    std::optional<postgres::Connection> connection_;
};

}  // namespace tessera::node
