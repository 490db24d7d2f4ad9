#pragma once

/// Tokens by which a node shows another that it is itself, for what nodes say to each other and for nobody else: signed
/// with the node's key, for one audience, good for a minute. TokenVerifier verifies them.

#include "common/result.h"
#include "common/secret.h"
#include "nodeservice/identity/delegation/node_key.h"
#include "nodeservice/identity/token/token_verifier.h"

#include <chrono>
#include <string>

namespace tessera::identity {

/// The "typ" of these tokens: neither a person's nor a delegation is taken for one, nor the other way round.
inline constexpr const char* kNodeTokenType = "tessera-node+jwt";
inline constexpr std::chrono::seconds kNodeTokenLife{60};

/// `node`, whose key it is, shows itself to `audience`.
Result<Secret> makeNodeToken(const NodeKey& key, const std::string& node, const std::string& audience);

/// The same node's keys, for these tokens; `acting`: as it brings people (see IdentityConfig::nodes).
Issuer nodeTokensOf(Issuer acting);

}  // namespace tessera::identity
