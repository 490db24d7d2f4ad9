#pragma once

/// A signed JSON Web Token in its compact form (RFC 7515, 7519), taken apart and judged by an issuer's rules. Pure; any
/// thread. The errors say what exactly is wrong: they are for the log, not for whoever sent the token.

#include "common/result.h"
#include "nodeservice/identity/token/jwk_set.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::identity {

inline constexpr std::size_t kMostTokenBytes = 16 * 1024;

/// What stands in it; nothing of it is proven.
struct ParsedToken {
    Algorithm algorithm = Algorithm::kRs256;
    std::string key_id;
    std::string type;
    nlohmann::json claims;
    /// Of the text that it was parsed from.
    std::string_view signed_part;
    std::string signature;
};

/// Form, size, header: everything that can be judged without a key and an issuer.
Result<ParsedToken> parseToken(std::string_view text);

/// The "iss" of a parsed token; kUnauthenticated when it is missing or no text.
Result<std::string> issuerOf(const ParsedToken& token);

struct TokenRules {
    std::string issuer;
    std::vector<Algorithm> algorithms;
    /// One of them must be among the token's.
    std::vector<std::string> audiences;
    /// Allowed "typ" in lower case, without "application/"; an absent one is "jwt".
    std::vector<std::string> types = {"jwt", "at+jwt"};
    /// Allowed "azp" or "client_id"; all when empty.
    std::vector<std::string> clients = {};
    std::chrono::seconds skew{30};
};

/// kUnauthenticated when the rules refuse the token. Its signature is another question.
Result<> checkRules(const ParsedToken& token, const TokenRules& rules, std::chrono::system_clock::time_point now);

/// The moment from which on it is refused; only for a token that checkRules() has passed.
std::chrono::system_clock::time_point endOf(const ParsedToken& token, const TokenRules& rules);

}  // namespace tessera::identity
