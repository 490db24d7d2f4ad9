#include "nodeservice/identity/delegation/node_key.h"

#include "common/process.h"
#include "nodeservice/identity/token/base64url.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace tessera::identity {

namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kSignatureBytes = 64;
constexpr std::size_t kMostFileBytes = 4096;

Error failed(const std::filesystem::path& file, const std::string& why) {
    return fail(ErrorCode::kFailedPrecondition, "the node's key '" + file.string() + "' " + why,
                "delete the file to get a new key; peers fetch it by themselves");
}

std::string digest(std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned int size = 0;
    EVP_Digest(text.data(), text.size(), bytes.data(), &size, EVP_sha256(), nullptr);
    return {reinterpret_cast<const char*>(bytes.data()), size};
}

Result<std::string> pemOf(EVP_PKEY* key) {
    const Handle<BIO, BIO_free_all> memory(BIO_new(BIO_s_mem()));
    char* text = nullptr;
    if (!memory || PEM_write_bio_PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
        return fail(ErrorCode::kInternal, "cannot write a key");
    }
    const long size = BIO_get_mem_data(memory.get(), &text);
    return std::string(text, static_cast<std::size_t>(size));
}

/// Under another name first: a file that is there is whole.
Result<> writePrivate(const std::filesystem::path& file, const std::string& text) {
    const std::string draft = file.string() + ".new";
    ::unlink(draft.c_str());
    const FileDescriptor out(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!out || ::write(out.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        ::fsync(out.get()) != 0 || ::rename(draft.c_str(), file.c_str()) != 0) {
        return failed(file, std::string("cannot be written: ") + std::strerror(errno));
    }
    return {};
}

}  // namespace

Result<NodeKey> NodeKey::load(const std::filesystem::path& file) {
    std::string text;
    const FileDescriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    Key key;
    if (in) {
        struct stat facts {};

        if (::fstat(in.get(), &facts) != 0 || (facts.st_mode & 077U) != 0) {
            return failed(file, "can be read by others");
        }
        text.resize(kMostFileBytes);
        const ssize_t got = ::read(in.get(), text.data(), text.size());
        text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        const Handle<BIO, BIO_free_all> memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
        key.reset(PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr));
    } else if (errno == ENOENT) {
        key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
        if (key) {
            const std::string pem = TSR_TRY(pemOf(key.get()));
            TSR_TRY(writePrivate(file, pem));
        }
    } else {
        return failed(file, std::string("cannot be read: ") + std::strerror(errno));
    }
    std::array<unsigned char, kKeyBytes> raw{};
    std::size_t size = raw.size();
    if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_ED25519 ||
        EVP_PKEY_get_raw_public_key(key.get(), raw.data(), &size) != 1 || size != raw.size()) {
        return failed(file, "is no Ed25519 key");
    }
    std::string public_part = encodeBase64Url({reinterpret_cast<const char*>(raw.data()), raw.size()});
    std::string id = encodeBase64Url(digest(R"({"crv":"Ed25519","kty":"OKP","x":")" + public_part + "\"}"));
    return NodeKey(std::move(key), std::move(public_part), std::move(id));
}

std::string NodeKey::jwkSet() const {
    return R"({"keys":[{"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":")" + id_ + R"(","x":")" + public_ +
           "\"}]}\n";
}

Result<std::string> NodeKey::sign(std::string_view message) const {
    const Handle<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
    std::string signature(kSignatureBytes, '\0');
    std::size_t size = signature.size();
    if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1 ||
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                       reinterpret_cast<const unsigned char*>(message.data()), message.size()) != 1) {
        return fail(ErrorCode::kInternal, "cannot sign with the node's key");
    }
    return signature;
}

}  // namespace tessera::identity
