#pragma once

/// The public keys of an issuer (RFC 7517), and what they verify. Keys are immutable once read; any thread.

#include "common/handle.h"
#include "common/result.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using EVP_PKEY = struct evp_pkey_st;
extern "C" void EVP_PKEY_free(EVP_PKEY*);

namespace tessera::identity {

/// All that is accepted: no HMAC, no "none".
enum class Algorithm { kRs256, kPs256, kEs256, kEdDsa };

/// Spelled exactly so, or nothing.
std::optional<Algorithm> algorithmOf(std::string_view name);
std::string_view nameOf(Algorithm algorithm);

class VerificationKey {
  public:
    enum class Kind { kRsa, kP256, kEd25519 };

    VerificationKey(std::string id, Kind kind, std::optional<Algorithm> only, Handle<EVP_PKEY, EVP_PKEY_free> key)
        : id_(std::move(id)), kind_(kind), only_(only), key_(std::move(key)) {}

    /// Its "kid", or empty.
    const std::string& id() const { return id_; }

    /// May it verify this algorithm's signatures? By its type, curve and "alg".
    bool fits(Algorithm algorithm) const;

    /// For an algorithm that it fits.
    bool verifies(Algorithm algorithm, std::string_view message, std::string_view signature) const;

  private:
    std::string id_;
    Kind kind_;
    std::optional<Algorithm> only_;
    Handle<EVP_PKEY, EVP_PKEY_free> key_;
};

inline constexpr std::size_t kMostKeySetBytes = 256 * 1024;

struct JwkSet {
    std::vector<VerificationKey> keys;
    /// Why others of our types are not among them: broken or weak ones.
    std::vector<std::string> left_out;
};

/// Keys of other types and uses are passed over. kInvalidArgument when it is no key set.
Result<JwkSet> parseJwkSet(std::string_view text);

}  // namespace tessera::identity
