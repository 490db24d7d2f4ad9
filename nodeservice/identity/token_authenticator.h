#pragma once

/// Signing in with a token of an identity provider: "Bearer …" in the authorization metadata, or the password that a
/// PostgreSQL client sends. The claims give the roles; the session is opened as one of them, and carries who it is for.
/// May block on a fetch of keys; any thread.

#include "nodeservice/identity/authenticator.h"
#include "nodeservice/identity/token/role_mapping.h"
#include "nodeservice/identity/token/token_verifier.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::identity {

/// Login roles of the node's PostgreSQL, with the passwords that the node gave them at its start.
using RolePasswords = std::map<std::string, std::shared_ptr<const Secret>>;

/// How the token came.
struct Channel {
    /// Encrypted, or within this machine.
    bool is_protected = false;
    /// The other end, for the log.
    std::string peer;
};

class TokenAuthenticator final : public Authenticator {
  public:
    TokenAuthenticator(std::vector<Issuer> issuers, std::vector<RoleRule> rules, RolePasswords passwords);

    Result<Principal> authenticate(const CallCredentials& credentials) override;

    /// `user`: the role that is wanted of those that the token gives; the first when empty or "token". kUnauthenticated
    /// says nothing of why, the log does; kPermissionDenied when the token is good and gives no such role.
    Result<Principal> signIn(const std::string& user, std::string_view token, const Channel& channel);

  private:
    TokenVerifier verifier_;
    const std::vector<RoleRule> rules_;
    const RolePasswords passwords_;
};

/// What `tessera.identity()` gives in a session that acts for the token's subject.
std::string contextOf(const VerifiedToken& token);

}  // namespace tessera::identity
