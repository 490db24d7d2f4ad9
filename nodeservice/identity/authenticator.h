#pragma once

/// From what a call carries to who it acts for. The interface that every way of signing in stands behind; it may block,
/// so services ask it from a pool. Any thread.

#include "common/result.h"
#include "nodeservice/identity/principal.h"

#include <string>

namespace tessera::identity {

/// What a call carries of its caller's identity.
struct CallCredentials {
    /// The authorization metadata, or empty.
    std::string authorization;
    /// The role that is wanted, where the credentials give several; or empty.
    std::string role = {};
    /// Was it encrypted on its way, or did it not leave this machine?
    bool is_protected = false;
    /// Where the call came from, for the log.
    std::string peer = {};
};

class Authenticator {
  public:
    virtual ~Authenticator() = default;
    /// kUnauthenticated when the credentials are missing or wrong.
    virtual Result<Principal> authenticate(const CallCredentials& credentials) = 0;
};

}  // namespace tessera::identity
