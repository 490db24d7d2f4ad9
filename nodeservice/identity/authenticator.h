#pragma once

/// From what a call or connection carries to who it acts for. The interface that every way of signing in stands behind.
/// Any thread.

#include "common/result.h"
#include "common/secret.h"
#include "nodeservice/identity/principal.h"
#include "nodeservice/identity/scram.h"

#include <optional>
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
    /// Where the call came from: an address, and "grpc" or "rest".
    std::string peer = {};
    std::string protocol = {};
    /// The gateway's name of the connection; see StrangerRegistry.
    std::string connection = {};
};

/// What the node knows of the connection that somebody signs in on.
struct ChannelFacts {
    /// Or did it not leave this machine?
    bool encrypted = false;
    std::string client_address;
    /// The subject of the verified client certificate, or empty.
    std::string certificate_subject;
};

class Authenticator {
  public:
    virtual ~Authenticator() = default;

    /// kUnauthenticated when the credentials are missing or wrong. May block.
    virtual Result<Principal> authenticate(const CallCredentials& credentials) = 0;

    /// The same without waiting; nothing when that cannot be, and authenticate() is to be asked.
    virtual std::optional<Result<Principal>> authenticateAtOnce(const CallCredentials& /*credentials*/) {
        return std::nullopt;
    }

    /// A sign-in with a password or token that the client sent as it is; only asked where nobody else can
    /// read it. May block.
    virtual Result<Principal> signIn(const std::string& user, const Secret& password_or_token,
                                     const ChannelFacts& channel) = 0;

    /// What verifies the user's password by SCRAM, and who that is; nothing for users that have none. Does not block.
    struct PasswordUser {
        ScramVerifier verifier;
        Principal principal;
    };

    virtual std::optional<PasswordUser> passwordUser(const std::string& user) const = 0;

    /// Who `user` is for whoever has shown a verified certificate of this subject; nothing when that opens nothing.
    /// Does not block.
    virtual std::optional<Principal> certificateUser(const std::string& user, const std::string& subject) const = 0;

    /// Should users without a verifier be asked for a token or password as it is? Does not block.
    virtual bool takesPasswordsInClear() const = 0;
};

}  // namespace tessera::identity
