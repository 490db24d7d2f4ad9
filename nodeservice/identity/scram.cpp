#include "nodeservice/identity/scram.h"

#include "common/base64.h"
#include "common/handle.h"

#include <libpq-fe.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <charconv>
#include <cstdlib>
#include <vector>

namespace tessera::identity {

namespace {

constexpr std::size_t kNonceBytes = 18;
// Of PostgreSQL's own default; what a guesser would have to compute for each guess.
constexpr std::size_t kMaxSaltBytes = 1024;
constexpr int kMaxIterations = 1 << 20;

Error malformed(const std::string& what) {
    return fail(ErrorCode::kInvalidArgument, "malformed SCRAM message: " + what);
}

std::string sha256(std::string_view text) {
    std::string digest(SHA256_DIGEST_LENGTH, '\0');
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
           reinterpret_cast<unsigned char*>(digest.data()));
    return digest;
}

std::string exclusiveOr(std::string a, std::string_view b) {
    for (std::size_t i = 0; i < a.size(); ++i) {
        a[i] = static_cast<char>(a[i] ^ b[i]);
    }
    return a;
}

bool same(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string saltedPassword(std::string_view password, std::string_view salt, int iterations) {
    std::string key(SHA256_DIGEST_LENGTH, '\0');
    PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                      reinterpret_cast<const unsigned char*>(salt.data()), static_cast<int>(salt.size()), iterations,
                      EVP_sha256(), static_cast<int>(key.size()), reinterpret_cast<unsigned char*>(key.data()));
    return key;
}

/// Takes "x=value" off the front, up to the next comma.
Result<std::string_view> takeAttribute(std::string_view& text, char name) {
    if (text.size() < 2 || text[0] != name || text[1] != '=') {
        return malformed(std::string("attribute '") + name + "' is missing");
    }
    const std::size_t comma = text.find(',');
    const std::string_view value = text.substr(2, comma == std::string_view::npos ? comma : comma - 2);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    return value;
}

/// RFC 5802's "printable": what a nonce may hold.
bool isPrintable(std::string_view text) {
    for (const char c : text) {
        if (c < 0x21 || c > 0x7e || c == ',') {
            return false;
        }
    }
    return !text.empty();
}

using MacContext = Handle<EVP_MAC_CTX, EVP_MAC_CTX_free>;

/// To look the algorithms up takes twice the time of the computation: each thread keeps them.
MacContext macContext() {
    const Handle<EVP_MAC, EVP_MAC_free> hmac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    MacContext context(hmac ? EVP_MAC_CTX_new(hmac.get()) : nullptr);
    std::string digest = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
                                     OSSL_PARAM_construct_end()};
    const bool is_set = context && EVP_MAC_CTX_set_params(context.get(), parameters) == 1;
    return is_set ? std::move(context) : nullptr;
}

Result<std::string> decoded(std::string_view text, const char* what) {
    auto bytes = decodeBase64(text);
    return bytes ? Result<std::string>(std::move(*bytes)) : malformed(std::string(what) + " is not base64");
}

}  // namespace

std::string hmacSha256(std::string_view key, std::string_view text) {
    static thread_local const MacContext context = macContext();
    const auto bytes = [](std::string_view from) { return reinterpret_cast<const unsigned char*>(from.data()); };
    std::string digest(SHA256_DIGEST_LENGTH, '\0');
    std::size_t size = 0;
    // OpenSSL takes an empty key for "the one before"; HMAC fills keys up with zeros, so that this one is the same.
    key = key.empty() ? std::string_view("\0", 1) : key;
    if (!context || EVP_MAC_init(context.get(), bytes(key), key.size(), nullptr) != 1 ||
        EVP_MAC_update(context.get(), bytes(text), text.size()) != 1 ||
        EVP_MAC_final(context.get(), reinterpret_cast<unsigned char*>(digest.data()), &size, digest.size()) != 1) {
        std::abort();  // without it nobody can be told apart
    }
    return digest;
}

std::string randomBytes(std::size_t count) {
    std::string bytes(count, '\0');
    // Without randomness there is no security to go on with.
    if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1) {
        std::abort();
    }
    return bytes;
}

Result<ScramVerifier> ScramVerifier::parse(std::string_view text) {
    const auto invalid = [] {
        return fail(ErrorCode::kInvalidArgument, "this is not a SCRAM-SHA-256 verifier",
                    "it looks like SCRAM-SHA-256$4096:SALT$STORED:SERVER; PostgreSQL has one in pg_authid.rolpassword");
    };
    constexpr std::string_view kPrefix = "SCRAM-SHA-256$";
    if (!text.starts_with(kPrefix)) {
        return invalid();
    }
    text.remove_prefix(kPrefix.size());
    const std::size_t colon = text.find(':');
    const std::size_t dollar = text.find('$');
    const std::size_t second = text.find(':', dollar == std::string_view::npos ? text.size() : dollar);
    if (colon == std::string_view::npos || dollar == std::string_view::npos || second == std::string_view::npos ||
        colon > dollar) {
        return invalid();
    }
    ScramVerifier verifier;
    const auto number = std::from_chars(text.data(), text.data() + colon, verifier.iterations);
    auto salt = decodeBase64(text.substr(colon + 1, dollar - colon - 1));
    auto stored = decodeBase64(text.substr(dollar + 1, second - dollar - 1));
    auto server = decodeBase64(text.substr(second + 1));
    if (number.ec != std::errc() || number.ptr != text.data() + colon || verifier.iterations < 1 ||
        verifier.iterations > kMaxIterations || !salt || salt->empty() || salt->size() > kMaxSaltBytes || !stored ||
        stored->size() != SHA256_DIGEST_LENGTH || !server || server->size() != SHA256_DIGEST_LENGTH) {
        return invalid();
    }
    verifier.salt = std::move(*salt);
    verifier.stored_key = std::move(*stored);
    verifier.server_key = std::move(*server);
    return verifier;
}

Result<ScramVerifier> ScramVerifier::of(const Secret& password) {
    // libpq makes verifiers with any connection object, also with one that never was connected.
    const Handle<PGconn, PQfinish> connection(PQconnectStart("host=/"));
    const Handle<char, PQfreemem> text(
        PQencryptPasswordConn(connection.get(), password.reveal().c_str(), "", "scram-sha-256"));
    if (!text) {
        return fail(ErrorCode::kInternal, "cannot make a password verifier");
    }
    ScramVerifier verifier = TSR_TRY(parse(text.get()));
    if (!verifier.matches(password.reveal())) {
        return fail(ErrorCode::kInvalidArgument, "the password has characters that are typed in several ways",
                    "choose one without compatibility characters (ligatures, full-width letters, special spaces)");
    }
    return verifier;
}

ScramVerifier ScramVerifier::derive(std::string_view password, std::string salt, int iterations) {
    const std::string salted = saltedPassword(password, salt, iterations);
    return {iterations, std::move(salt), sha256(hmacSha256(salted, "Client Key")), hmacSha256(salted, "Server Key")};
}

std::string ScramVerifier::text() const {
    return "SCRAM-SHA-256$" + std::to_string(iterations) + ":" + encodeBase64(salt) + "$" + encodeBase64(stored_key) +
           ":" + encodeBase64(server_key);
}

bool ScramVerifier::matches(std::string_view password) const {
    return same(derive(password, salt, iterations).stored_key, stored_key);
}

ScramServer::ScramServer(ScramVerifier verifier, ChannelBinding binding)
    : verifier_(std::move(verifier)), binding_(std::move(binding)) {}

Result<std::string> ScramServer::begin(std::string_view mechanism, std::string_view client_first) {
    const std::string_view whole = client_first;
    if (mechanism != kMechanism && (mechanism != kMechanismPlus || binding_.server_end_point.empty())) {
        return malformed("the mechanism was not offered");
    }
    bound_ = mechanism == kMechanismPlus;
    constexpr std::string_view kBinding = "p=tls-server-end-point,";
    if (bound_ && client_first.starts_with(kBinding)) {
        client_first.remove_prefix(kBinding.size());
    } else if (!bound_ && (client_first.starts_with("n,") || client_first.starts_with("y,"))) {
        // "y": the client could bind but thinks that we cannot. When we offered it, somebody in between has removed it.
        if (client_first[0] == 'y' && !binding_.server_end_point.empty()) {
            return fail(ErrorCode::kUnauthenticated, "the list of sign-in mechanisms was changed on its way");
        }
        client_first.remove_prefix(2);
    } else {
        return malformed("channel binding does not fit the mechanism");
    }
    if (client_first.empty() || client_first[0] != ',') {
        return malformed("an authorization identity is not possible");
    }
    client_first.remove_prefix(1);
    gs2_header_ = whole.substr(0, whole.size() - client_first.size());
    client_first_bare_ = client_first;
    // The name is in the start-up packet; PostgreSQL ignores this one, as its clients leave it empty.
    TSR_TRY(takeAttribute(client_first, 'n'));
    const std::string_view nonce = TSR_TRY(takeAttribute(client_first, 'r'));
    if (!isPrintable(nonce)) {
        return malformed("its nonce is not printable");
    }
    nonce_ = std::string(nonce) + encodeBase64(randomBytes(kNonceBytes));
    server_first_ = "r=" + nonce_ + ",s=" + encodeBase64(verifier_.salt) + ",i=" + std::to_string(verifier_.iterations);
    return server_first_;
}

Result<std::string> ScramServer::finish(std::string_view client_final) {
    const std::size_t proof_at = client_final.rfind(",p=");
    if (proof_at == std::string_view::npos) {
        return malformed("the proof is missing");
    }
    const std::string_view without_proof = client_final.substr(0, proof_at);
    std::string_view rest = without_proof;
    const std::string_view binding_text = TSR_TRY(takeAttribute(rest, 'c'));
    const std::string binding = TSR_TRY(decoded(binding_text, "channel binding"));
    if (!same(binding, gs2_header_ + (bound_ ? binding_.server_end_point : std::string()))) {
        return fail(ErrorCode::kUnauthenticated, "the sign-in belongs to another TLS connection");
    }
    if (!same(TSR_TRY(takeAttribute(rest, 'r')), nonce_)) {
        return malformed("the nonce is another one");
    }
    const std::string proof = TSR_TRY(decoded(client_final.substr(proof_at + 3), "proof"));
    if (proof.size() != verifier_.stored_key.size()) {
        return malformed("the proof has a wrong length");
    }
    const std::string signed_text = client_first_bare_ + "," + server_first_ + "," + std::string(without_proof);
    const std::string client_key = exclusiveOr(hmacSha256(verifier_.stored_key, signed_text), proof);
    if (!same(sha256(client_key), verifier_.stored_key)) {
        return fail(ErrorCode::kUnauthenticated, "wrong user name or password");
    }
    return "v=" + encodeBase64(hmacSha256(verifier_.server_key, signed_text));
}

ScramClient::ScramClient(Secret password) : password_(std::move(password)) {}

std::string ScramClient::first() {
    nonce_ = encodeBase64(randomBytes(kNonceBytes));
    first_bare_ = "n=,r=" + nonce_;
    return "n,," + first_bare_;
}

Result<std::string> ScramClient::final(std::string_view server_first) {
    std::string_view rest = server_first;
    const std::string_view nonce = TSR_TRY(takeAttribute(rest, 'r'));
    const std::string_view salt_text = TSR_TRY(takeAttribute(rest, 's'));
    const std::string salt = TSR_TRY(decoded(salt_text, "salt"));
    const std::string_view count = TSR_TRY(takeAttribute(rest, 'i'));
    int iterations = 0;
    std::from_chars(count.data(), count.data() + count.size(), iterations);
    if (!nonce.starts_with(nonce_) || iterations < 1 || iterations > kMaxIterations) {
        return malformed("the server's first message");
    }
    const std::string salted = saltedPassword(password_.reveal(), salt, iterations);
    const std::string client_key = hmacSha256(salted, "Client Key");
    const std::string without_proof = "c=biws,r=" + std::string(nonce);
    const std::string signed_text = first_bare_ + "," + std::string(server_first) + "," + without_proof;
    server_signature_ = hmacSha256(hmacSha256(salted, "Server Key"), signed_text);
    const std::string proof = exclusiveOr(client_key, hmacSha256(sha256(client_key), signed_text));
    return without_proof + ",p=" + encodeBase64(proof);
}

Result<> ScramClient::verify(std::string_view server_final) const {
    const std::string_view signature_text = TSR_TRY(takeAttribute(server_final, 'v'));
    const std::string signature = TSR_TRY(decoded(signature_text, "signature"));
    if (!same(signature, server_signature_)) {
        return fail(ErrorCode::kUnauthenticated, "the server does not know the password");
    }
    return {};
}

}  // namespace tessera::identity
