#pragma once

/// Who vouches for what is published: a node signs it with its key (identity::NodeKey), and every node of the store
/// verifies that before it serves it. So nobody who can only write to the store's tables or files brings SQL into it.
/// Any thread; verifying another node's signature may fetch its keys.

#include "common/result.h"
#include "nodeservice/identity/delegation/node_key.h"
#include "nodeservice/identity/token/key_store.h"
#include "nodeservice/identity/token/token_verifier.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::endpoints {

class Signatures {
  public:
    /// `node`: whose key it is, `others`: the nodes that are trusted beside it. The key outlives it.
    Signatures(std::string node, const identity::NodeKey& key, const std::vector<identity::Issuer>& others);

    /// A JSON Web Signature (RFC 7515) that names the node and the text's SHA-256.
    Result<std::string> sign(std::string_view text) const;

    /// kDataLoss: the text is not what was signed, or not by a node that is trusted. kUnavailable: that node's keys
    /// cannot be had now.
    Result<> verify(std::string_view text, const std::string& signature);

  private:
    Result<identity::KeyStore::Keys> keysOf(const std::string& node, const std::string& key_id);

    const std::string node_;
    const identity::NodeKey& key_;
    std::map<std::string, std::unique_ptr<identity::KeyStore>> others_;
};

}  // namespace tessera::endpoints
