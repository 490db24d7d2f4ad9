#pragma once

/// The Ed25519 key pair by which a node proves to others that a token is its own. It lies in a file of the node's data
/// directory, so that what peers have fetched of it holds over a restart. Immutable; any thread.

#include "common/handle.h"
#include "common/result.h"

#include <filesystem>
#include <string>
#include <string_view>

using EVP_PKEY = struct evp_pkey_st;
extern "C" void EVP_PKEY_free(EVP_PKEY*);

namespace tessera::identity {

class NodeKey {
  public:
    /// Makes the file (PEM, 0600) when there is none. Deleting it makes the next start a new key.
    static Result<NodeKey> load(const std::filesystem::path& file);

    /// The thumbprint (RFC 7638) of the public key.
    const std::string& id() const { return id_; }

    /// The public key as a key set (RFC 7517, 8037).
    std::string jwkSet() const;

    /// The 64 bytes of the signature.
    Result<std::string> sign(std::string_view message) const;

  private:
    using Key = Handle<EVP_PKEY, EVP_PKEY_free>;

    NodeKey(Key key, std::string public_part, std::string id)
        : key_(std::move(key)), public_(std::move(public_part)), id_(std::move(id)) {}

    Key key_;
    std::string public_;  // base64url
    std::string id_;
};

}  // namespace tessera::identity
