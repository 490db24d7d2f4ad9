#pragma once

/// Signing in with user and password, or as a user with a certificate. The node keeps verifiers, not passwords; a
/// password that was right is remembered as a keyed hash, so that a client's many calls do not each cost a verifier's
/// iterations. Any thread.

#include "nodeservice/identity/authenticator.h"
#include "nodeservice/identity/deny_list.h"

#include <map>
#include <mutex>

namespace tessera::identity {

class PasswordAuthenticator final : public Authenticator {
  public:
    /// `certificates`: of users, the subjects of their certificates; such a user needs no verifier. Who is denied is as
    /// unknown as if there were no such user.
    PasswordAuthenticator(std::map<std::string, ScramVerifier> users, std::map<std::string, std::string> certificates,
                          const DenyList& denied);

    /// HTTP Basic in the authorization metadata.
    Result<Principal> authenticate(const CallCredentials& credentials) override;
    /// Of passwords that were right before.
    std::optional<Result<Principal>> authenticateAtOnce(const CallCredentials& credentials) override;
    Result<Principal> signIn(const std::string& user, const Secret& password_or_token,
                             const ChannelFacts& channel) override;
    std::optional<PasswordUser> passwordUser(const std::string& user) const override;

    std::optional<Principal> certificateUser(const std::string& user, const std::string& subject) const override;

    bool takesPasswordsInClear() const override { return false; }

  private:
    std::string keyedHashOf(const Secret& password) const;
    bool isKnownAsRight(const std::string& user, const std::string& hash);

    const std::map<std::string, ScramVerifier> users_;
    const std::map<std::string, std::string> certificates_;
    const DenyList& denied_;
    const Secret key_;
    std::mutex mutex_;
    std::map<std::string, std::string> right_;  // guarded by mutex_; user to the keyed hash of its password
};

struct UserAndPassword {
    std::string user;
    Secret password;
};

/// User and password of "Basic …"; kUnauthenticated when it is something else. Apart for tests.
Result<UserAndPassword> parseBasic(const std::string& authorization);

}  // namespace tessera::identity
