#pragma once

/// What a node asks of an identity provider for a grant that a person gave it: the next access token (RFC 6749, 6), and
/// the grant's end (RFC 7009). Addresses come from the provider's discovery document, whose issuer must be the
/// configured one, byte for byte; https, or http within this machine; redirects are not followed. Each call blocks for
/// some seconds at most; any thread. No token is ever part of an error.

#include "common/result.h"
#include "common/secret.h"

#include <string>

namespace tessera::identity {

struct Provider {
    std::string issuer;
    /// A file of PEM certificates that the provider's must come from; the system's when empty.
    std::string authorities = {};
};

/// For whom the grant was given, and for what its tokens are.
struct GrantUse {
    std::string client;
    /// RFC 8707's `resource`; empty: nothing is asked for.
    std::string audience;
};

struct RefreshedTokens {
    Secret access;
    /// The next one, which the one that was used up gave; empty: it goes on.
    Secret refresh;
};

/// kUnauthenticated when the provider says that the grant has ended, kUnavailable for all that may be otherwise later.
Result<RefreshedTokens> refreshTokens(const Provider& provider, const GrantUse& use, const Secret& refresh_token);

Result<> revokeToken(const Provider& provider, const GrantUse& use, const Secret& refresh_token);

}  // namespace tessera::identity
