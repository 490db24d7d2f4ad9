#pragma once

/// How the node signs in at its own PostgreSQL as somebody: every login role has a random password that changes with
/// each start of the node and that only this process knows. Nobody else gets in: not through the private socket, and
/// not from within a session that connects back to it.
///
/// Immutable after construction; any thread.

#include "common/secret.h"

#include <string>

namespace tessera::identity {

class RoleKeys {
  public:
    RoleKeys();

    Secret passwordOf(const std::string& role) const;
    /// For ALTER ROLE … PASSWORD.
    std::string verifierOf(const std::string& role) const;

  private:
    const Secret key_;
};

}  // namespace tessera::identity
