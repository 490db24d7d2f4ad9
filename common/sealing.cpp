#include "common/sealing.h"

#include "common/handle.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <cstdlib>
#include <cstring>

namespace tessera {

namespace {

using Cipher = Handle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

// What is sealed is: this, the nonce, the tag, the encrypted bytes.
constexpr std::string_view kMagic = "TSA1";
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;

const unsigned char* bytesOf(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytesOf(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}

std::string sha256(std::string_view text) {
    std::string digest(kSealingKeyBytes, '\0');
    unsigned int size = 0;
    if (EVP_Digest(text.data(), text.size(), bytesOf(digest), &size, EVP_sha256(), nullptr) != 1 ||
        size != digest.size()) {
        std::abort();
    }
    return digest;
}

}  // namespace

std::string seal(const Secret& key, std::string_view name, const Secret& value) {
    const std::string& clear = value.reveal();
    std::string nonce(kNonceBytes, '\0');
    std::string tag(kTagBytes, '\0');
    std::string sealed(clear.size(), '\0');
    const Cipher cipher(EVP_CIPHER_CTX_new());
    int size = 0;
    const bool done =
        key.reveal().size() == kSealingKeyBytes && RAND_bytes(bytesOf(nonce), static_cast<int>(nonce.size())) == 1 &&
        EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytesOf(std::string_view(key.reveal())),
                           bytesOf(std::string_view(nonce))) == 1 &&
        EVP_EncryptUpdate(cipher.get(), nullptr, &size, bytesOf(name), static_cast<int>(name.size())) == 1 &&
        EVP_EncryptUpdate(cipher.get(), bytesOf(sealed), &size, bytesOf(std::string_view(clear)),
                          static_cast<int>(clear.size())) == 1 &&
        EVP_EncryptFinal_ex(cipher.get(), bytesOf(sealed) + size, &size) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(tag.size()), tag.data()) == 1;
    // Without randomness or memory there is no security to go on with.
    if (!done) {
        std::abort();
    }
    return std::string(kMagic) + nonce + tag + sealed;
}

std::optional<Secret> unseal(const Secret& key, std::string_view name, std::string_view sealed) {
    if (!sealed.starts_with(kMagic) || sealed.size() < kMagic.size() + kNonceBytes + kTagBytes ||
        key.reveal().size() != kSealingKeyBytes) {
        return std::nullopt;
    }
    sealed.remove_prefix(kMagic.size());
    const std::string_view nonce = sealed.substr(0, kNonceBytes);
    std::string tag(sealed.substr(kNonceBytes, kTagBytes));
    const std::string_view encrypted = sealed.substr(kNonceBytes + kTagBytes);
    std::string value(encrypted.size(), '\0');
    const Cipher cipher(EVP_CIPHER_CTX_new());
    int size = 0;
    const bool is_whole =
        EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytesOf(std::string_view(key.reveal())),
                           bytesOf(nonce)) == 1 &&
        EVP_DecryptUpdate(cipher.get(), nullptr, &size, bytesOf(name), static_cast<int>(name.size())) == 1 &&
        EVP_DecryptUpdate(cipher.get(), bytesOf(value), &size, bytesOf(encrypted),
                          static_cast<int>(encrypted.size())) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(tag.size()), tag.data()) == 1 &&
        EVP_DecryptFinal_ex(cipher.get(), bytesOf(value) + size, &size) == 1;
    std::optional<Secret> opened = is_whole ? std::optional<Secret>(Secret(value)) : std::nullopt;
    explicit_bzero(value.data(), value.size());
    return opened;
}

std::string digestOf(std::string_view text) {
    constexpr const char* kDigits = "0123456789abcdef";
    std::string hex;
    for (const char c : sha256(text)) {
        const auto byte = static_cast<unsigned char>(c);
        hex += {kDigits[byte >> 4U], kDigits[byte & 15U]};
    }
    return hex;
}

Secret sealingKeyOf(const Secret& text) {
    std::string digest = sha256(text.reveal());
    Secret key(digest);
    explicit_bzero(digest.data(), digest.size());
    return key;
}

}  // namespace tessera
