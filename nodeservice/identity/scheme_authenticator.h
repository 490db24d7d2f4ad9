#pragma once

/// Asks whoever knows the scheme of a call's credentials; sends calls away for a while after wrong ones. Any thread.

#include "common/log.h"
#include "nodeservice/identity/authenticator.h"
#include "nodeservice/identity/password_authenticator.h"
#include "nodeservice/identity/sign_in_throttle.h"
#include "nodeservice/identity/stranger_registry.h"
#include "nodeservice/identity/token/token.h"

namespace tessera::identity {

class SchemeAuthenticator final : public Authenticator {
  public:
    /// `tokens`: null when the node trusts no identity provider; `command`: null when no program knows passwords.
    SchemeAuthenticator(Authenticator& passwords, Authenticator* tokens, Authenticator* command,
                        SignInThrottle& throttle, StrangerRegistry& strangers)
        : passwords_(passwords), tokens_(tokens), command_(command), throttle_(throttle), strangers_(strangers) {}

    Result<Principal> authenticate(const CallCredentials& credentials) override {
        if (!credentials.authorization.empty() &&
            throttle_.delayLeft(credentials.peer, SignInThrottle::kCalls).count() > 0) {
            return fail(ErrorCode::kResourceExhausted, "too many failed sign-ins from this address",
                        "wait a few seconds");
        }
        Result<Principal> principal = ask(credentials);
        if (principal) {
            signedIn(credentials, *principal);
        } else if (principal.error().code == ErrorCode::kUnauthenticated && !credentials.authorization.empty()) {
            throttle_.failed(credentials.peer, SignInThrottle::kCalls);
            // As many lines as there are attempts that were let through, which are few.
            log::warn("identity.call_refused", {{"client", credentials.peer},
                                                {"protocol", credentials.protocol},
                                                {"reason", principal.error().message}});
        }
        return principal;
    }

    /// Of users with passwords; those it knows have not been sent away.
    std::optional<Result<Principal>> authenticateAtOnce(const CallCredentials& credentials) override {
        if (throttle_.delayLeft(credentials.peer, SignInThrottle::kCalls).count() > 0) {
            return std::nullopt;
        }
        auto principal = passwords_.authenticateAtOnce(credentials);
        if (principal && *principal) {
            signedIn(credentials, **principal);
        }
        return principal;
    }

    Result<Principal> signIn(const std::string& user, const Secret& token, const ChannelFacts& channel) override {
        // Of what is no token at all, only the program can know anything.
        if (command_ != nullptr && (tokens_ == nullptr || !parseToken(token.reveal()))) {
            return command_->signIn(user, token, channel);
        }
        return (tokens_ != nullptr ? *tokens_ : passwords_).signIn(user, token, channel);
    }

    std::optional<PasswordUser> passwordUser(const std::string& user) const override {
        return passwords_.passwordUser(user);
    }

    std::optional<Principal> certificateUser(const std::string& user, const std::string& subject) const override {
        return passwords_.certificateUser(user, subject);
    }

    bool takesPasswordsInClear() const override { return tokens_ != nullptr || command_ != nullptr; }

  private:
    void signedIn(const CallCredentials& credentials, Principal& principal) {
        throttle_.succeeded(credentials.peer, SignInThrottle::kCalls);
        strangers_.signedIn(credentials.connection);
        principal.origin = {credentials.peer, credentials.protocol};
    }

    Result<Principal> ask(const CallCredentials& credentials) {
        if (!credentials.authorization.starts_with("Bearer ")) {
            const auto given = parseBasic(credentials.authorization);
            const bool is_unknown = given && !passwords_.passwordUser(given->user);
            return (command_ != nullptr && is_unknown ? *command_ : passwords_).authenticate(credentials);
        }
        if (tokens_ == nullptr) {
            return fail(ErrorCode::kUnauthenticated, "this node takes no tokens",
                        "identity.issuers in the node's configuration says whose it trusts");
        }
        return tokens_->authenticate(credentials);
    }

    Authenticator& passwords_;
    Authenticator* tokens_;
    Authenticator* command_;
    SignInThrottle& throttle_;
    StrangerRegistry& strangers_;
};

}  // namespace tessera::identity
