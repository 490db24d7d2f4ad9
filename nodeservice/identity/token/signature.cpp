#include "nodeservice/identity/token/signature.h"

#include "common/handle.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <optional>
#include <string>

namespace tessera::identity {

namespace {

using Number = Handle<BIGNUM, BN_free>;

constexpr std::size_t kHalfBytes = 32;
constexpr std::size_t kPairBytes = 2 * kHalfBytes;

const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

/// The order of P-256's group.
const BIGNUM* p256Order() {
    static const Number order = [] {
        BIGNUM* number = nullptr;
        BN_hex2bn(&number, "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");
        return Number(number);
    }();
    return order.get();
}

bool isInGroup(const BIGNUM* number) {
    return number != nullptr && BN_is_zero(number) == 0 && BN_cmp(number, p256Order()) < 0;
}

/// r and s, 32 bytes each, as the DER that OpenSSL verifies. Nothing unless both are from 1 to the order less 1: with
/// zeros, careless verifiers accept anything.
std::optional<std::string> derOf(std::string_view signature) {
    if (signature.size() != kPairBytes) {
        return std::nullopt;
    }
    Number r(BN_bin2bn(bytes(signature), kHalfBytes, nullptr));
    Number s(BN_bin2bn(bytes(signature.substr(kHalfBytes)), kHalfBytes, nullptr));
    if (!isInGroup(r.get()) || !isInGroup(s.get())) {
        return std::nullopt;
    }
    const Handle<ECDSA_SIG, ECDSA_SIG_free> pair(ECDSA_SIG_new());
    if (!pair || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) {
        return std::nullopt;
    }
    // The pair owns them now.
    (void)r.release();
    (void)s.release();
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(pair.get(), &der);
    if (size <= 0) {
        return std::nullopt;
    }
    std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return text;
}

bool setPadding(EVP_PKEY_CTX* context, Algorithm algorithm) {
    switch (algorithm) {
        case Algorithm::kRs256:
            return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
        case Algorithm::kPs256:
            return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
                   EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1 &&
                   EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
        case Algorithm::kEs256:
        case Algorithm::kEdDsa:
            return true;
    }
    return false;
}

}  // namespace

bool verifySignature(EVP_PKEY* key, Algorithm algorithm, std::string_view message, std::string_view signature) {
    std::string der;
    if (algorithm == Algorithm::kEs256) {
        auto made = derOf(signature);
        if (!made) {
            return false;
        }
        der = std::move(*made);
        signature = der;
    } else if (signature.size() != static_cast<std::size_t>(EVP_PKEY_get_size(key))) {
        return false;
    }
    const Handle<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* parameters = nullptr;
    const EVP_MD* digest = algorithm == Algorithm::kEdDsa ? nullptr : EVP_sha256();
    const bool good =
        context && EVP_DigestVerifyInit(context.get(), &parameters, digest, nullptr, key) == 1 &&
        setPadding(parameters, algorithm) &&
        EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(message), message.size()) == 1;
    ERR_clear_error();
    return good;
}

}  // namespace tessera::identity
