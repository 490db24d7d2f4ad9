#include "app/core/results/spill_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

namespace tessera::app {

namespace {

/// Smaller pieces are gathered, so that a batch of many columns is not as many system calls.
constexpr std::size_t kGatheredBytes = std::size_t{256} << 10U;

Error writeError(int reason) {
    if (reason == ENOSPC || reason == EDQUOT || reason == EFBIG) {
        return fail(ErrorCode::kResourceExhausted, "the disk is full, so no more rows could be kept",
                    "free some space and run the statement again; the rows that came are still here");
    }
    return fail(ErrorCode::kDataLoss,
                std::string("rows could not be written to the temporary file: ") + std::strerror(reason),
                "the rows that came are still here");
}

/// 0, or errno.
int writeAt(int descriptor, std::string_view bytes, std::uint64_t offset) {
    while (!bytes.empty()) {
        const ssize_t written = ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (written > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(written));
            offset += static_cast<std::uint64_t>(written);
        } else if (written == 0 || errno != EINTR) {
            return written == 0 ? ENOSPC : errno;
        }
    }
    return 0;
}

}  // namespace

Result<std::unique_ptr<SpillFile>> SpillFile::create(const std::filesystem::path& folder) {
    std::error_code ignored;
    std::filesystem::create_directories(folder, ignored);
    int descriptor = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        // Not every file system has O_TMPFILE.
        std::string name = (folder / "rows-XXXXXX").string();
        descriptor = ::mkostemp(name.data(), O_CLOEXEC);
        if (descriptor < 0) {
            return fail(ErrorCode::kUnavailable,
                        "no temporary file could be made in '" + folder.string() + "': " + std::strerror(errno),
                        "make the folder writable, or set XDG_CACHE_HOME to one that is");
        }
        ::unlink(name.c_str());
    }
    return std::make_unique<SpillFile>(descriptor);
}

SpillFile::~SpillFile() {
    ::close(descriptor_);
}

Result<std::uint64_t> SpillFile::append(const std::vector<std::string_view>& pieces) {
    const std::uint64_t begin = size();
    std::uint64_t end = begin;
    std::string gathered;
    int reason = 0;
    const auto put = [&](std::string_view bytes) {
        reason = reason != 0 ? reason : writeAt(descriptor_, bytes, end);
        end += bytes.size();
    };
    for (const std::string_view piece : pieces) {
        if (piece.size() >= kGatheredBytes || gathered.size() + piece.size() > kGatheredBytes) {
            put(gathered);
            gathered.clear();
        }
        if (piece.size() >= kGatheredBytes) {
            put(piece);
        } else {
            gathered.append(piece);
        }
    }
    put(gathered);
    if (reason != 0) {
        return writeError(reason);
    }
    size_.store(end, std::memory_order_relaxed);
    return begin;
}

Result<> SpillFile::read(std::uint64_t offset, char* into, std::size_t size) const {
    while (size > 0) {
        const ssize_t got = ::pread(descriptor_, into, size, static_cast<off_t>(offset));
        if (got > 0) {
            into += got;
            offset += static_cast<std::uint64_t>(got);
            size -= static_cast<std::size_t>(got);
        } else if (got == 0 || errno != EINTR) {
            const std::string reason = got == 0 ? "it ends too early" : std::strerror(errno);
            return fail(ErrorCode::kDataLoss, "rows could not be read back from the temporary file: " + reason,
                        "run the statement again");
        }
    }
    return {};
}

}  // namespace tessera::app
