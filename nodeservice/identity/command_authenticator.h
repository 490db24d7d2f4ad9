#pragma once

/// Signing in with user and password where a program of the operator's knows who is right: LDAP, PAM, an old table.
///
/// It reads one JSON object, {"user", "password", "address"}, and prints one: {"subject": text, "claims": object} for
/// who may come in, {} for who may not. Any other end is a failure of the program, and no fault of the person's. The
/// claims give the roles, as a token's do. May block as long as the program may take, and so long again for its turn;
/// any thread.

#include "common/process.h"
#include "common/secret.h"
#include "nodeservice/identity/authenticator.h"
#include "nodeservice/identity/deny_list.h"
#include "nodeservice/identity/token/role_mapping.h"
#include "nodeservice/identity/token/token_verifier.h"

#include <chrono>
#include <map>
#include <mutex>
#include <semaphore>
#include <string>
#include <vector>

namespace tessera::identity {

struct CommandOptions {
    /// The program, and what it is started with.
    std::vector<std::string> arguments = {};
    /// The issuer of whom it lets in: what rules name, and tessera.identity() gives.
    std::string issuer = {};
    std::chrono::milliseconds patience{5000};
    std::ptrdiff_t most_at_once = 4;
    /// How long who was let in stays so.
    std::chrono::seconds session_time{8 * 3600};
    /// How long an answer is remembered: programs send the same password with each call.
    std::chrono::seconds remembered_for{30};
};

class CommandAuthenticator final : public Authenticator {
  public:
    /// `denied`: must outlive it.
    CommandAuthenticator(CommandOptions options, std::vector<RoleRule> rules, const DenyList& denied);

    /// HTTP Basic in the authorization metadata.
    Result<Principal> authenticate(const CallCredentials& credentials) override;

    /// kUnauthenticated when the program says so, kUnavailable when it says nothing that can be read.
    Result<Principal> signIn(const std::string& user, const Secret& password, const ChannelFacts& channel) override;

    std::optional<PasswordUser> passwordUser(const std::string&) const override { return std::nullopt; }

    std::optional<Principal> certificateUser(const std::string&, const std::string&) const override {
        return std::nullopt;
    }

    bool takesPasswordsInClear() const override { return true; }

    static constexpr std::size_t kMostAnswerBytes = 64 * 1024;
    static constexpr std::size_t kMostRemembered = 1024;

  private:
    using Clock = std::chrono::steady_clock;

    struct Remembered {
        VerifiedToken person;
        Clock::time_point until;
    };

    Result<Principal> signIn(const std::string& user, const Secret& password, const ChannelFacts& channel,
                             const std::string& role);
    Result<VerifiedToken> personOf(const std::string& user, const Secret& password, const std::string& address);
    Result<std::string> ask(const std::string& question);
    Result<VerifiedToken> read(const std::string& user, const std::string& answer) const;

    const CommandOptions options_;
    const std::vector<RoleRule> rules_;
    const DenyList& denied_;
    const Secret key_;
    std::counting_semaphore<1024> turns_;
    std::mutex mutex_;
    std::map<std::string, Remembered> right_;  // guarded by mutex_; by keyed hash of user and password
};

}  // namespace tessera::identity
