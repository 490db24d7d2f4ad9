#include "agent/keychain/sealed_store.h"

#include "common/handle.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace tessera::agent {

namespace fs = std::filesystem;

namespace {

using Cipher = Handle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

// A file is: this, the nonce, the tag, the encrypted bytes.
constexpr std::string_view kMagic = "TSA1";
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kMaxBytes = 1 << 20;

const unsigned char* bytesOf(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytesOf(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}

/// `name` is bound to it: a file that is given another name does not open.
std::string seal(const Secret& key, const std::string& name, const std::string& value) {
    std::string nonce(kNonceBytes, '\0');
    std::string tag(kTagBytes, '\0');
    std::string sealed(value.size(), '\0');
    const Cipher cipher(EVP_CIPHER_CTX_new());
    int size = 0;
    const bool done =
        RAND_bytes(bytesOf(nonce), static_cast<int>(nonce.size())) == 1 &&
        EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytesOf(std::string_view(key.reveal())),
                           bytesOf(std::string_view(nonce))) == 1 &&
        EVP_EncryptUpdate(cipher.get(), nullptr, &size, bytesOf(std::string_view(name)),
                          static_cast<int>(name.size())) == 1 &&
        EVP_EncryptUpdate(cipher.get(), bytesOf(sealed), &size, bytesOf(std::string_view(value)),
                          static_cast<int>(value.size())) == 1 &&
        EVP_EncryptFinal_ex(cipher.get(), bytesOf(sealed) + size, &size) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(tag.size()), tag.data()) == 1;
    // Without randomness or memory there is no security to go on with.
    if (!done) {
        std::abort();
    }
    return std::string(kMagic) + nonce + tag + sealed;
}

std::optional<Secret> unseal(const Secret& key, const std::string& name, std::string_view file) {
    if (!file.starts_with(kMagic) || file.size() < kMagic.size() + kNonceBytes + kTagBytes) {
        return std::nullopt;
    }
    file.remove_prefix(kMagic.size());
    const std::string_view nonce = file.substr(0, kNonceBytes);
    std::string tag(file.substr(kNonceBytes, kTagBytes));
    const std::string_view sealed = file.substr(kNonceBytes + kTagBytes);
    std::string value(sealed.size(), '\0');
    const Cipher cipher(EVP_CIPHER_CTX_new());
    int size = 0;
    const bool is_whole =
        EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytesOf(std::string_view(key.reveal())),
                           bytesOf(nonce)) == 1 &&
        EVP_DecryptUpdate(cipher.get(), nullptr, &size, bytesOf(std::string_view(name)),
                          static_cast<int>(name.size())) == 1 &&
        EVP_DecryptUpdate(cipher.get(), bytesOf(value), &size, bytesOf(sealed), static_cast<int>(sealed.size())) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(tag.size()), tag.data()) == 1 &&
        EVP_DecryptFinal_ex(cipher.get(), bytesOf(value) + size, &size) == 1;
    std::optional<Secret> opened = is_whole ? std::optional<Secret>(Secret(value)) : std::nullopt;
    explicit_bzero(value.data(), value.size());
    return opened;
}

Error systemError(const std::string& what, const fs::path& file) {
    return fail(ErrorCode::kUnavailable, "cannot " + what + " '" + file.string() + "': " + std::strerror(errno));
}

Result<> writeWhole(const fs::path& file, std::string_view bytes) {
    const fs::path fresh = file.string() + "." + std::to_string(::getpid());
    const FileDescriptor out(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    const bool is_written = out &&
                            ::write(out.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
                            ::fsync(out.get()) == 0 && ::rename(fresh.c_str(), file.c_str()) == 0;
    if (!is_written) {
        const Error error = systemError("write", file);
        ::unlink(fresh.c_str());
        return error;
    }
    const FileDescriptor folder(::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ::fsync(folder.get());
    return {};
}

}  // namespace

fs::path SealedStore::file(const std::string& name, const char* suffix) const {
    return folder_ / (name + suffix);
}

Result<> SealedStore::put(const std::string& name, const Secret& value) {
    if (!isPersistent()) {
        memory_.insert_or_assign(name, value.copy());
        return {};
    }
    return writeWhole(file(name, ".sealed"), seal(key_, name, value.reveal()));
}

Result<std::optional<Secret>> SealedStore::get(const std::string& name) const {
    if (!isPersistent()) {
        const auto found = memory_.find(name);
        return found == memory_.end() ? std::optional<Secret>() : std::optional<Secret>(found->second.copy());
    }
    const fs::path path = file(name, ".sealed");
    const FileDescriptor in(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!in) {
        return errno == ENOENT ? Result<std::optional<Secret>>(std::nullopt) : systemError("read", path);
    }
    std::string bytes(kMaxBytes, '\0');
    const ssize_t got = ::read(in.get(), bytes.data(), bytes.size());
    if (got < 0) {
        return systemError("read", path);
    }
    auto value = unseal(key_, name, std::string_view(bytes).substr(0, static_cast<std::size_t>(got)));
    if (!value) {
        return fail(ErrorCode::kDataLoss, "'" + path.string() + "' does not open with the key of the keychain",
                    "it was changed, or belongs to another keychain: sign in again");
    }
    return value;
}

Result<> SealedStore::remove(const std::string& name) {
    memory_.erase(name);
    const fs::path path = file(name, ".sealed");
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
        return systemError("remove", path);
    }
    return {};
}

std::optional<FileDescriptor> SealedStore::tryLock(const std::string& name) const {
    FileDescriptor lock(::open(file(name, ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!lock || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        return std::nullopt;
    }
    return lock;
}

}  // namespace tessera::agent
