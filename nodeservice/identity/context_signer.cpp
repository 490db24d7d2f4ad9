#include "nodeservice/identity/context_signer.h"

#include "nodeservice/identity/scram.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>

namespace tessera::identity {

namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kSignatureBytes = 64;
constexpr std::size_t kTicketKeyBytes = 32;

std::string hexOf(const unsigned char* bytes, std::size_t size) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (std::size_t i = 0; i < size; ++i) {
        text += kDigits[bytes[i] >> 4];
        text += kDigits[bytes[i] & 15];
    }
    return text;
}

}  // namespace

ContextSigner::ContextSigner(Key key, std::string public_key)
    : key_(std::move(key)), public_key_(std::move(public_key)), ticket_key_(randomBytes(kTicketKeyBytes)) {}

std::string ContextSigner::seal(std::string_view context) const {
    const std::string ticket = hmacSha256(ticket_key_.reveal(), context);
    return std::string(context) + "\n" + hexOf(reinterpret_cast<const unsigned char*>(ticket.data()), ticket.size());
}

std::optional<std::string_view> ContextSigner::open(std::string_view sealed) const {
    const std::size_t end = sealed.find('\n');
    if (end == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string expected = seal(sealed.substr(0, end));
    const bool is_ours =
        expected.size() == sealed.size() && CRYPTO_memcmp(expected.data(), sealed.data(), sealed.size()) == 0;
    return is_ours ? std::optional(sealed.substr(0, end)) : std::nullopt;
}

Result<ContextSigner> ContextSigner::create() {
    Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    std::array<unsigned char, kKeyBytes> raw{};
    std::size_t size = raw.size();
    if (!key || EVP_PKEY_get_raw_public_key(key.get(), raw.data(), &size) != 1 || size != raw.size()) {
        return fail(ErrorCode::kInternal, "cannot make the key that signs sessions' identities");
    }
    return ContextSigner(std::move(key), hexOf(raw.data(), raw.size()));
}

Result<std::string> ContextSigner::sign(const std::string& message) const {
    const Handle<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
    std::array<unsigned char, kSignatureBytes> signature{};
    std::size_t size = signature.size();
    if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1 ||
        EVP_DigestSign(context.get(), signature.data(), &size, reinterpret_cast<const unsigned char*>(message.data()),
                       message.size()) != 1) {
        return fail(ErrorCode::kInternal, "cannot sign a session's identity");
    }
    return "\\x" + hexOf(signature.data(), size);
}

Result<std::string> ContextSigner::signAttach(std::string_view challenge, std::string_view sealed) const {
    return sign("tessera attach " + std::string(challenge) + "\n" + std::string(sealed));
}

Result<std::string> ContextSigner::signDetach(std::string_view challenge) const {
    return sign("tessera detach " + std::string(challenge) + "\n");
}

Result<std::string> ContextSigner::signAdoption(std::string_view challenge) const {
    return sign("tessera adopt " + std::string(challenge) + "\n");
}

Result<> ContextSigner::attach(postgres::Connection& connection, const std::string& context) const {
    const auto challenge = TSR_TRY(connection.queryValue("SELECT tessera.challenge()"));
    const std::string sealed = seal(context);
    const std::string signature = TSR_TRY(signAttach(challenge.value_or(""), sealed));
    TSR_TRY(connection.query("SELECT tessera.attach($1, $2)", {sealed, signature}));
    return {};
}

Result<> ContextSigner::detach(postgres::Connection& connection) const {
    const auto challenge = TSR_TRY(connection.queryValue("SELECT tessera.challenge()"));
    const std::string signature = TSR_TRY(signDetach(challenge.value_or("")));
    TSR_TRY(connection.query("SELECT tessera.detach($1)", {signature}));
    if (TSR_TRY(connection.queryValue("SELECT tessera.identity()"))) {
        return fail(ErrorCode::kInternal, "a session kept its identity after it was detached");
    }
    return {};
}

}  // namespace tessera::identity
