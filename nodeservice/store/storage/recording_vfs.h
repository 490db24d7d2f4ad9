#pragma once

/// For tests: a VFS of SQLite that works as the system's, and writes down every change of a file, so that the state of
/// the disk after any prefix of them can be made again.

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tessera::store {

class RecordingVfs {
  public:
    struct Change {
        enum class Kind { kWrite, kTruncate, kSync, kDelete };

        Kind kind = Kind::kWrite;
        /// Without its folder.
        std::string file;
        std::int64_t offset = 0;
        std::string bytes;
    };

    /// Registers itself; one at a time.
    RecordingVfs();
    ~RecordingVfs();
    RecordingVfs(const RecordingVfs&) = delete;
    RecordingVfs& operator=(const RecordingVfs&) = delete;

    const char* name() const { return vfs_.zName; }

    const std::vector<Change>& changes() const { return changes_; }

    void add(Change change) { changes_.push_back(std::move(change)); }

    /// The files as they are after the first `count` changes; of the last one, if it is a write, only `torn` bytes.
    void replay(std::size_t count, const std::filesystem::path& folder, std::int64_t torn = -1) const;

  private:
    sqlite3_vfs vfs_;
    std::vector<Change> changes_;
};

}  // namespace tessera::store
