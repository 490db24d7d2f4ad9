#include "nodeservice/identity/token/jwk_set.h"

#include "nodeservice/identity/token/base64url.h"
#include "nodeservice/identity/token/signature.h"
#include "nodeservice/identity/token/strict_json.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <array>

namespace tessera::identity {

namespace {

using nlohmann::json;
using Key = Handle<EVP_PKEY, EVP_PKEY_free>;
using Number = Handle<BIGNUM, BN_free>;

constexpr std::size_t kMostKeys = 64;
constexpr std::size_t kMostKeyIdBytes = 256;
constexpr std::size_t kPointBytes = 32;
constexpr int kLeastRsaBits = 2048;
constexpr int kMostRsaBits = 8192;
constexpr int kMostExponentBits = 64;
constexpr unsigned long kLeastExponent = 65537;

constexpr std::array<std::pair<std::string_view, Algorithm>, 4> kAlgorithms = {{{"RS256", Algorithm::kRs256},
                                                                                {"PS256", Algorithm::kPs256},
                                                                                {"ES256", Algorithm::kEs256},
                                                                                {"EdDSA", Algorithm::kEdDsa}}};

Error invalid(std::string why) {
    ERR_clear_error();
    return fail(ErrorCode::kInvalidArgument, std::move(why));
}

/// A member that is a text; empty when it is absent. Nothing when it is something else.
std::optional<std::string> textOf(const json& object, const char* name) {
    const auto member = object.find(name);
    if (member == object.end()) {
        return std::string();
    }
    return member->is_string() ? std::optional(member->get<std::string>()) : std::nullopt;
}

std::optional<std::string> bytesOf(const json& object, const char* name) {
    const auto text = textOf(object, name);
    return text && !text->empty() ? decodeBase64Url(*text) : std::nullopt;
}

const unsigned char* bytes(const std::string& text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

Number numberOf(const std::string& big_endian) {
    return Number(BN_bin2bn(bytes(big_endian), static_cast<int>(big_endian.size()), nullptr));
}

Key keyFrom(const char* type, OSSL_PARAM_BLD* builder) {
    const Handle<OSSL_PARAM, OSSL_PARAM_free> params(OSSL_PARAM_BLD_to_param(builder));
    const Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* key = nullptr;
    if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
        return nullptr;
    }
    Key made(key);
    const Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free> check(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
    return check && EVP_PKEY_public_check(check.get()) == 1 ? std::move(made) : nullptr;
}

Result<Key> rsaKey(const json& jwk) {
    const auto modulus = bytesOf(jwk, "n");
    const auto exponent = bytesOf(jwk, "e");
    if (!modulus || !exponent || modulus->size() > kMostRsaBits / 8 + 1) {
        return invalid("an RSA key has no proper 'n' and 'e'");
    }
    const Number n = numberOf(*modulus);
    const Number e = numberOf(*exponent);
    const Number least(BN_new());
    if (!n || !e || !least || BN_set_word(least.get(), kLeastExponent) != 1) {
        return invalid("an RSA key cannot be read");
    }
    if (BN_num_bits(n.get()) < kLeastRsaBits || BN_num_bits(n.get()) > kMostRsaBits) {
        return invalid("an RSA key has " + std::to_string(BN_num_bits(n.get())) + " bits");
    }
    if (BN_is_odd(e.get()) == 0 || BN_cmp(e.get(), least.get()) < 0 || BN_num_bits(e.get()) > kMostExponentBits) {
        return invalid("an RSA key has a weak exponent");
    }
    const Handle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
    Key key;
    if (builder && OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1 &&
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1) {
        key = keyFrom("RSA", builder.get());
    }
    return key ? Result<Key>(std::move(key)) : invalid("an RSA key is not valid");
}

Result<Key> p256Key(const json& jwk) {
    const auto x = bytesOf(jwk, "x");
    const auto y = bytesOf(jwk, "y");
    if (!x || !y || x->size() != kPointBytes || y->size() != kPointBytes) {
        return invalid("a P-256 key has no proper 'x' and 'y'");
    }
    const std::string point = '\x04' + *x + *y;
    const Handle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
    Key key;
    if (builder && OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) == 1) {
        key = keyFrom("EC", builder.get());
    }
    return key ? Result<Key>(std::move(key)) : invalid("a P-256 key is not a point of the curve");
}

Result<Key> ed25519Key(const json& jwk) {
    const auto x = bytesOf(jwk, "x");
    Key key;
    if (x && x->size() == kPointBytes) {
        key.reset(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes(*x), x->size()));
    }
    return key ? Result<Key>(std::move(key)) : invalid("an Ed25519 key has no proper 'x'");
}

/// Nothing for a key that is not for us.
Result<std::optional<VerificationKey>> parseKey(const json& jwk) {
    if (!jwk.is_object()) {
        return invalid("a key is not an object");
    }
    const auto kid = textOf(jwk, "kid");
    const auto kty = textOf(jwk, "kty");
    const auto crv = textOf(jwk, "crv");
    const auto use = textOf(jwk, "use");
    const auto alg = textOf(jwk, "alg");
    if (!kid || !kty || !crv || !use || !alg || kid->size() > kMostKeyIdBytes) {
        return invalid("a key's 'kid', 'kty', 'crv', 'use' or 'alg' is not a text, or too long");
    }
    const auto only = algorithmOf(*alg);
    if ((!use->empty() && *use != "sig") || (!alg->empty() && !only)) {
        return std::optional<VerificationKey>();
    }
    const auto make = [&](VerificationKey::Kind kind, Key key) {
        return std::optional<VerificationKey>(std::in_place, *kid, kind, only, std::move(key));
    };
    if (*kty == "RSA") {
        return make(VerificationKey::Kind::kRsa, TSR_TRY(rsaKey(jwk)));
    }
    if (*kty == "EC" && *crv == "P-256") {
        return make(VerificationKey::Kind::kP256, TSR_TRY(p256Key(jwk)));
    }
    if (*kty == "OKP" && *crv == "Ed25519") {
        return make(VerificationKey::Kind::kEd25519, TSR_TRY(ed25519Key(jwk)));
    }
    return std::optional<VerificationKey>();
}

}  // namespace

std::optional<Algorithm> algorithmOf(std::string_view name) {
    for (const auto& [known, algorithm] : kAlgorithms) {
        if (known == name) {
            return algorithm;
        }
    }
    return std::nullopt;
}

std::string_view nameOf(Algorithm algorithm) {
    for (const auto& [name, known] : kAlgorithms) {
        if (known == algorithm) {
            return name;
        }
    }
    return {};
}

bool VerificationKey::fits(Algorithm algorithm) const {
    if (only_ && *only_ != algorithm) {
        return false;
    }
    switch (algorithm) {
        case Algorithm::kRs256:
        case Algorithm::kPs256:
            return kind_ == Kind::kRsa;
        case Algorithm::kEs256:
            return kind_ == Kind::kP256;
        case Algorithm::kEdDsa:
            return kind_ == Kind::kEd25519;
    }
    return false;
}

bool VerificationKey::verifies(Algorithm algorithm, std::string_view message, std::string_view signature) const {
    return fits(algorithm) && verifySignature(key_.get(), algorithm, message, signature);
}

Result<JwkSet> parseJwkSet(std::string_view text) {
    const json set = TSR_TRY(parseStrictJson(text, kMostKeySetBytes));
    const auto keys = set.find("keys");
    if (keys == set.end() || !keys->is_array()) {
        return invalid("it has no list 'keys'");
    }
    if (keys->size() > kMostKeys) {
        return invalid("it has more than " + std::to_string(kMostKeys) + " keys");
    }
    JwkSet made;
    for (const json& jwk : *keys) {
        auto key = parseKey(jwk);
        if (!key) {
            made.left_out.push_back(key.error().message);
        } else if (*key) {
            made.keys.push_back(std::move(**key));
        }
    }
    return made;
}

}  // namespace tessera::identity
