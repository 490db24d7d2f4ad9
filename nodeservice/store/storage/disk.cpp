#include "nodeservice/store/storage/disk.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace tessera::store {

namespace {

Error failure(const std::string& what, const std::filesystem::path& file) {
    const int code = errno;
    const ErrorCode kind = code == ENOSPC || code == EDQUOT ? ErrorCode::kResourceExhausted
                           : code == ENOENT                 ? ErrorCode::kNotFound
                                                            : ErrorCode::kUnavailable;
    return fail(kind, what + " '" + file.string() + "': " + std::strerror(code));
}

}  // namespace

Disk& Disk::system() {
    static Disk disk;
    return disk;
}

Result<FileDescriptor> Disk::create(const std::filesystem::path& path) {
    FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    return file ? Result<FileDescriptor>(std::move(file)) : failure("cannot open", path);
}

Result<FileDescriptor> Disk::open(const std::filesystem::path& path, Access access) {
    FileDescriptor file(::open(path.c_str(), (access == Access::kRead ? O_RDONLY : O_RDWR) | O_CLOEXEC));
    return file ? Result<FileDescriptor>(std::move(file)) : failure("cannot open", path);
}

Result<std::string> Disk::read(const FileDescriptor& file, const std::filesystem::path& path, std::uint64_t offset,
                               std::size_t most) {
    std::string bytes(most, '\0');
    std::size_t got = 0;
    while (got < most) {
        const ssize_t count = ::pread(file.get(), bytes.data() + got, most - got, static_cast<off_t>(offset + got));
        if (count < 0 && errno != EINTR) {
            return failure("cannot read", path);
        }
        if (count == 0) {
            break;
        }
        got += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    }
    bytes.resize(got);
    return bytes;
}

Result<> Disk::write(const FileDescriptor& file, const std::filesystem::path& path, std::uint64_t offset,
                     std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (written < 0 && errno != EINTR) {
            return failure("cannot write", path);
        }
        const auto count = static_cast<std::size_t>(std::max<ssize_t>(written, 0));
        bytes.remove_prefix(count);
        offset += count;
    }
    return {};
}

Result<> Disk::sync(const FileDescriptor& file, const std::filesystem::path& path) {
    return ::fsync(file.get()) == 0 ? Result<>() : Result<>(failure("cannot write", path));
}

Result<> Disk::rename(const std::filesystem::path& from, const std::filesystem::path& to) {
    return ::rename(from.c_str(), to.c_str()) == 0 ? Result<>() : Result<>(failure("cannot rename", from));
}

Result<> Disk::syncFolder(const std::filesystem::path& folder) {
    const FileDescriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return opened && ::fsync(opened.get()) == 0 ? Result<>() : Result<>(failure("cannot write the folder", folder));
}

void Disk::remove(const std::filesystem::path& path) {
    ::unlink(path.c_str());
}

}  // namespace tessera::store
