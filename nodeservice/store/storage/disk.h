#pragma once

/// What snapshots' files want of a file system, so that tests can lose what was not yet on the disk. Any thread.

#include "common/process.h"
#include "common/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace tessera::store {

/// Errors: kResourceExhausted when the disk is full, else kUnavailable; with the file's name.
class Disk {
  public:
    virtual ~Disk() = default;

    /// The system's.
    static Disk& system();

    /// An empty file, in the place of one of that name.
    virtual Result<FileDescriptor> create(const std::filesystem::path& path);

    enum class Access { kRead, kReadAndWrite };

    /// kNotFound. A file that is only read may be somebody else's: `tessera-node recover` is run by root, too.
    Result<FileDescriptor> open(const std::filesystem::path& path, Access access);

    /// Fewer bytes than asked for only at the end of the file.
    Result<std::string> read(const FileDescriptor& file, const std::filesystem::path& path, std::uint64_t offset,
                             std::size_t most);

    virtual Result<> write(const FileDescriptor& file, const std::filesystem::path& path, std::uint64_t offset,
                           std::string_view bytes);

    /// Returns when all that was written is on the disk.
    virtual Result<> sync(const FileDescriptor& file, const std::filesystem::path& path);

    /// In the place of one that has the new name. On the disk after syncFolder().
    virtual Result<> rename(const std::filesystem::path& from, const std::filesystem::path& to);

    virtual Result<> syncFolder(const std::filesystem::path& folder);

    /// If there is one.
    virtual void remove(const std::filesystem::path& path);
};

}  // namespace tessera::store
