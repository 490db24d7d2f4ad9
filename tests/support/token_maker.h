#pragma once

/// An identity provider's half, for tests: keys, key sets and signed tokens, good and bad ones.

#include "common/handle.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

using EVP_PKEY = struct evp_pkey_st;
extern "C" void EVP_PKEY_free(EVP_PKEY*);

namespace tessera {

class SigningKey {
  public:
    static SigningKey rsa(const std::string& id, int bits = 2048);
    static SigningKey p256(const std::string& id);
    static SigningKey ed25519(const std::string& id);

    /// The public key as a JWK.
    nlohmann::json jwk() const;

    /// The signature as "RS256", "PS256", "ES256" or "EdDSA" have it.
    std::string sign(const std::string& algorithm, const std::string& message) const;

    /// The public key as PEM: what a confused verifier would take as an HMAC's secret.
    std::string publicPem() const;

    const std::string& id() const { return id_; }

  private:
    SigningKey(std::string id, EVP_PKEY* key) : id_(std::move(id)), key_(key) {}

    std::string id_;
    Handle<EVP_PKEY, EVP_PKEY_free> key_;
};

/// {"keys": […]}
std::string jwkSet(const std::vector<const SigningKey*>& keys);

/// Header and claims as they are, signed as `algorithm`.
std::string makeToken(const nlohmann::json& header, const nlohmann::json& claims, const SigningKey& key,
                      const std::string& algorithm);
/// The same from texts, which need not be JSON.
std::string makeTokenOfTexts(const std::string& header, const std::string& claims, const SigningKey& key,
                             const std::string& algorithm);

/// With {"alg": algorithm, "kid": the key's, "typ": "JWT"}.
std::string makeToken(const nlohmann::json& claims, const SigningKey& key, const std::string& algorithm);

}  // namespace tessera
