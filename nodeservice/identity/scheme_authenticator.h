#pragma once

/// Asks whoever knows the scheme of a call's credentials. Any thread.

#include "nodeservice/identity/authenticator.h"

namespace tessera::identity {

class SchemeAuthenticator final : public Authenticator {
  public:
    /// `tokens`: null when the node trusts no identity provider.
    SchemeAuthenticator(Authenticator& passwords, Authenticator* tokens) : passwords_(passwords), tokens_(tokens) {}

    Result<Principal> authenticate(const CallCredentials& credentials) override {
        Result<Principal> principal = ask(credentials);
        if (principal) {
            principal->origin = {credentials.peer, credentials.protocol};
        }
        return principal;
    }

    Result<Principal> signIn(const std::string& user, const Secret& token, const ChannelFacts& channel) override {
        return (tokens_ != nullptr ? *tokens_ : passwords_).signIn(user, token, channel);
    }

    std::optional<PasswordUser> passwordUser(const std::string& user) const override {
        return passwords_.passwordUser(user);
    }

    std::optional<Principal> certificateUser(const std::string& user, const std::string& subject) const override {
        return passwords_.certificateUser(user, subject);
    }

    bool takesTokens() const override { return tokens_ != nullptr; }

  private:
    Result<Principal> ask(const CallCredentials& credentials) {
        if (!credentials.authorization.starts_with("Bearer ")) {
            return passwords_.authenticate(credentials);
        }
        if (tokens_ == nullptr) {
            return fail(ErrorCode::kUnauthenticated, "this node takes no tokens",
                        "identity.issuers in the node's configuration says whose it trusts");
        }
        return tokens_->authenticate(credentials);
    }

    Authenticator& passwords_;
    Authenticator* tokens_;
};

}  // namespace tessera::identity
