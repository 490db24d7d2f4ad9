#pragma once

/// Delegation tokens: by them a node signs in at another as the person it acts for. A token is for one peer, serves
/// once within a minute, and says who the person is, by which identity provider and with which claims, and which nodes
/// have acted so far (RFC 8693's nested "act"). docs/decisions/0014 has the why.

#include "common/result.h"
#include "common/secret.h"
#include "nodeservice/identity/context_signer.h"
#include "nodeservice/identity/delegation/node_key.h"
#include "nodeservice/identity/token/token_verifier.h"

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace tessera::identity {

/// The "typ" of delegation tokens; no identity provider's token has it.
inline constexpr const char* kDelegationType = "tessera-delegation+jwt";
inline constexpr std::chrono::seconds kDelegationLife{60};
inline constexpr int kMostNodes = 3;

/// The sending side. Any thread.
class DelegationIssuer {
  public:
    /// `node`: this one's name. `most_nodes`: how many may act for a person, this one among them.
    DelegationIssuer(std::string node, std::size_t most_nodes, const ContextSigner& signer, const NodeKey& key)
        : node_(std::move(node)), most_nodes_(most_nodes), signer_(signer), key_(key) {}

    /// `sealed`: what a session has in tessera.identity. kUnauthenticated when it is not this process's own or has
    /// expired, kPermissionDenied for loops and over-long chains.
    Result<Secret> issue(std::string_view sealed, const std::string& audience) const;

  private:
    const std::string node_;
    const std::size_t most_nodes_;
    const ContextSigner& signer_;
    const NodeKey& key_;
};

/// The receiving side: who a verified delegation token brings. Any thread.
class DelegationReader {
  public:
    using Now = TokenVerifier::Now;

    DelegationReader(std::string node, std::size_t most_nodes, Now now = std::chrono::system_clock::now)
        : node_(std::move(node)), most_nodes_(most_nodes), now_(std::move(now)) {}

    /// The person, with the nodes that brought them. kUnauthenticated, with the reason for the log; also for a token
    /// that has been read before.
    Result<VerifiedToken> read(const VerifiedToken& delegation);

    static constexpr std::size_t kMostRemembered = 65536;

  private:
    Result<> takeOnce(const std::string& id, std::chrono::system_clock::time_point until);

    const std::string node_;
    const std::size_t most_nodes_;
    const Now now_;
    std::mutex mutex_;
    std::map<std::string, std::chrono::system_clock::time_point> used_;  // guarded by mutex_
};

}  // namespace tessera::identity
