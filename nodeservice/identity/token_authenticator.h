#pragma once

/// Signing in with a token of an identity provider: "Bearer …" in the authorization metadata, or the password that a
/// PostgreSQL client sends. The claims give the roles; the session is opened as one of them, and carries who it is for.
/// May block on a fetch of keys; any thread.

#include "nodeservice/identity/authenticator.h"
#include "nodeservice/identity/delegation/delegation.h"
#include "nodeservice/identity/deny_list.h"
#include "nodeservice/identity/token/role_mapping.h"
#include "nodeservice/identity/token/token_verifier.h"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::identity {

/// How the token came.
struct Channel {
    /// Encrypted, or within this machine.
    bool is_protected = false;
    /// The other end, for the log.
    std::string peer;
    /// May a node bring somebody here? Nodes speak the PostgreSQL protocol.
    bool is_for_nodes = false;
};

/// What people may sign in with.
struct TokenOptions {
    std::vector<Issuer> issuers;
    std::vector<RoleRule> rules;
    /// Other nodes, as issuers of delegation tokens under their names.
    std::vector<Issuer> nodes = {};
    /// This one's name.
    std::string node = {};
    /// How many may act for a person, one after the other.
    std::size_t most_nodes = kMostNodes;
};

class TokenAuthenticator final : public Authenticator {
  public:
    /// `denied`: must outlive it.
    TokenAuthenticator(TokenOptions options, const DenyList& denied);

    Result<Principal> authenticate(const CallCredentials& credentials) override;

    Result<Principal> signIn(const std::string& user, const Secret& token, const ChannelFacts& facts) override {
        return signIn(user, token.reveal(), Channel{facts.encrypted, facts.client_address, true});
    }

    std::optional<PasswordUser> passwordUser(const std::string&) const override { return std::nullopt; }

    std::optional<Principal> certificateUser(const std::string&, const std::string&) const override {
        return std::nullopt;
    }

    bool takesPasswordsInClear() const override { return true; }

    /// `user`: the role that is wanted of those that the token gives; the first when empty or "token". kUnauthenticated
    /// says nothing of why, the log does; kPermissionDenied when the token is good and gives no such role.
    Result<Principal> signIn(const std::string& user, std::string_view token, const Channel& channel);

  private:
    Result<VerifiedToken> personOf(std::string_view token, const Channel& channel);

    const std::set<std::string> nodes_;
    TokenVerifier verifier_;
    DelegationReader delegations_;
    const std::vector<RoleRule> rules_;
    const DenyList& denied_;
};

/// Who a person is here, as `role` or, when that is empty, as the first of their roles. `peer`: for the log.
Result<Principal> principalOf(const std::vector<RoleRule>& rules, const DenyList& denied, const VerifiedToken& person,
                              const std::string& role, const std::string& peer);

/// What `tessera.identity()` gives in a session that acts for the token's subject.
std::string contextOf(const VerifiedToken& token);

}  // namespace tessera::identity
