#include "tests/support/token_maker.h"

#include "nodeservice/identity/token/base64url.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <cstdlib>

namespace tessera {

namespace {

using identity::encodeBase64Url;
using nlohmann::json;

constexpr int kHalfBytes = 32;

/// These are tests: what OpenSSL refuses here is a mistake of the test itself.
void must(bool ok) {
    if (!ok) {
        std::abort();
    }
}

std::string number(EVP_PKEY* key, const char* name, int size) {
    BIGNUM* value = nullptr;
    must(EVP_PKEY_get_bn_param(key, name, &value) == 1);
    std::string bytes(static_cast<std::size_t>(size > 0 ? size : BN_num_bytes(value)), '\0');
    must(BN_bn2binpad(value, reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size())) > 0);
    BN_free(value);
    return encodeBase64Url(bytes);
}

/// DER to r and s of 32 bytes each.
std::string plainSignature(const std::string& der) {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const Handle<ECDSA_SIG, ECDSA_SIG_free> pair(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
    must(pair != nullptr);
    std::string plain(2 * kHalfBytes, '\0');
    auto* bytes = reinterpret_cast<unsigned char*>(plain.data());
    must(BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), bytes, kHalfBytes) == kHalfBytes);
    must(BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), bytes + kHalfBytes, kHalfBytes) == kHalfBytes);
    return plain;
}

}  // namespace

SigningKey SigningKey::rsa(const std::string& id, int bits) {
    return {id, EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(bits))};
}

SigningKey SigningKey::p256(const std::string& id) {
    return {id, EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")};
}

SigningKey SigningKey::ed25519(const std::string& id) {
    return {id, EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")};
}

json SigningKey::jwk() const {
    json made = {{"kid", id_}, {"use", "sig"}};
    if (EVP_PKEY_is_a(key_.get(), "RSA") == 1) {
        made["kty"] = "RSA";
        made["n"] = number(key_.get(), OSSL_PKEY_PARAM_RSA_N, 0);
        made["e"] = number(key_.get(), OSSL_PKEY_PARAM_RSA_E, 0);
    } else if (EVP_PKEY_is_a(key_.get(), "EC") == 1) {
        made["kty"] = "EC";
        made["crv"] = "P-256";
        made["x"] = number(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X, kHalfBytes);
        made["y"] = number(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, kHalfBytes);
    } else {
        std::string raw(kHalfBytes, '\0');
        std::size_t size = raw.size();
        must(EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(raw.data()), &size) == 1);
        made["kty"] = "OKP";
        made["crv"] = "Ed25519";
        made["x"] = encodeBase64Url(raw);
    }
    return made;
}

std::string SigningKey::sign(const std::string& algorithm, const std::string& message) const {
    const Handle<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* parameters = nullptr;
    const bool is_ed25519 = EVP_PKEY_is_a(key_.get(), "ED25519") == 1;
    must(EVP_DigestSignInit(context.get(), &parameters, is_ed25519 ? nullptr : EVP_sha256(), nullptr, key_.get()) == 1);
    if (algorithm == "PS256") {
        must(EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1 &&
             EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) == 1);
    }
    const auto* bytes = reinterpret_cast<const unsigned char*>(message.data());
    std::size_t size = 0;
    must(EVP_DigestSign(context.get(), nullptr, &size, bytes, message.size()) == 1);
    std::string signature(size, '\0');
    must(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes,
                        message.size()) == 1);
    signature.resize(size);
    return EVP_PKEY_is_a(key_.get(), "EC") == 1 ? plainSignature(signature) : signature;
}

std::string SigningKey::publicPem() const {
    const Handle<BIO, BIO_free_all> out(BIO_new(BIO_s_mem()));
    must(PEM_write_bio_PUBKEY(out.get(), key_.get()) == 1);
    char* text = nullptr;
    const long size = BIO_get_mem_data(out.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

std::string jwkSet(const std::vector<const SigningKey*>& keys) {
    json list = json::array();
    for (const SigningKey* key : keys) {
        list.push_back(key->jwk());
    }
    return json{{"keys", std::move(list)}}.dump();
}

std::string makeTokenOfTexts(const std::string& header, const std::string& claims, const SigningKey& key,
                             const std::string& algorithm) {
    const std::string message = encodeBase64Url(header) + "." + encodeBase64Url(claims);
    return message + "." + encodeBase64Url(key.sign(algorithm, message));
}

std::string makeToken(const json& header, const json& claims, const SigningKey& key, const std::string& algorithm) {
    return makeTokenOfTexts(header.dump(), claims.dump(), key, algorithm);
}

std::string makeToken(const json& claims, const SigningKey& key, const std::string& algorithm) {
    return makeToken({{"alg", algorithm}, {"kid", key.id()}, {"typ", "JWT"}}, claims, key, algorithm);
}

}  // namespace tessera
