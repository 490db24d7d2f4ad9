#include "nodeservice/daemon/data_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

namespace tessera::node {

namespace fs = std::filesystem;

namespace {

Error cannot(const std::string& what, const fs::path& path) {
    return fail(ErrorCode::kFailedPrecondition, "cannot " + what + " '" + path.string() + "': " + std::strerror(errno),
                "the data directory must be writable for the user the node runs as");
}

/// Nothing of ours is written, and no mode changed, in a folder that is not a node's.
Result<> checkOwner(const fs::path& path, const std::string& node) {
    std::error_code error;
    if (!fs::exists(path, error)) {
        return {};
    }
    std::string owner;
    if (std::getline(std::ifstream(path / "node"), owner)) {
        if (owner != node) {
            return fail(ErrorCode::kFailedPrecondition,
                        "the data directory '" + path.string() + "' belongs to node '" + owner + "', this is node '" +
                            node + "'",
                        "give each node a data_directory of its own");
        }
        return {};
    }
    if (!fs::is_directory(path, error) || !fs::is_empty(path, error)) {
        return fail(ErrorCode::kFailedPrecondition,
                    "'" + path.string() + "' is not a node's data directory: it " +
                        (error ? "cannot be read: " + error.message() : std::string("holds something else")),
                    "choose a data_directory that does not exist yet, or an empty one");
    }
    return {};
}

Result<FileDescriptor> takeLock(const fs::path& path) {
    FileDescriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock) {
        return cannot("open", path);
    }
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        std::string pid;
        std::getline(std::ifstream(path), pid);
        return fail(ErrorCode::kFailedPrecondition,
                    "the data directory '" + path.parent_path().string() + "' is in use by another tessera-node" +
                        (pid.empty() ? "" : " (process " + pid + ")"),
                    "stop that one first, or choose another data_directory");
    }
    const std::string pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(lock.get(), 0) != 0 || ::write(lock.get(), pid.data(), pid.size()) < 0) {
        return cannot("write", path);
    }
    return lock;
}

Result<> writeOwner(const fs::path& path, const std::string& node) {
    if (fs::exists(path)) {
        return {};
    }
    // Renamed into place: a half-written name would be another node's.
    const fs::path fresh = path.string() + ".new";
    std::ofstream(fresh) << node << '\n';
    std::error_code error;
    fs::rename(fresh, path, error);
    if (error) {
        errno = error.value();
        return cannot("write", path);
    }
    return {};
}

}  // namespace

Result<DataDirectory> DataDirectory::open(const fs::path& path, const std::string& node, const ServiceUser& user) {
    TSR_TRY(checkOwner(path, node));
    TSR_TRY(makePrivateDirectory(user, path));
    FileDescriptor lock = TSR_TRY(takeLock(path / "lock"));
    TSR_TRY(writeOwner(path / "node", node));
    TSR_TRY(giveTo(user, path / "lock"));
    TSR_TRY(giveTo(user, path / "node"));
    TSR_TRY(makePrivateDirectory(user, path / "log"));
    TSR_TRY(makePrivateDirectory(user, path / "store"));
    return DataDirectory(path, std::move(lock));
}

}  // namespace tessera::node
