#include "agent/keychain/sealed_store.h"

#include "common/sealing.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

namespace tessera::agent {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaxBytes = 1 << 20;

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
    return writeWhole(file(name, ".sealed"), seal(key_, name, value));
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
