#pragma once

/// Signing in with user and password (HTTP Basic in the authorization metadata). The node keeps no passwords to compare
/// with: PostgreSQL verifies them when the session is opened as that role. May block; any thread.

#include "nodeservice/identity/authenticator.h"
#include "nodeservice/identity/session_pool.h"

namespace tessera::identity {

class PasswordAuthenticator final : public Authenticator {
  public:
    explicit PasswordAuthenticator(SessionPool& sessions) : sessions_(sessions) {}

    Result<Principal> authenticate(const CallCredentials& credentials) override;

  private:
    SessionPool& sessions_;
};

/// User and password of "Basic …"; kUnauthenticated when it is something else. Apart for tests.
Result<Principal> parseBasic(const std::string& authorization);

}  // namespace tessera::identity
