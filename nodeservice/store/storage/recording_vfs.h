#pragma once

/// For tests: a VFS of SQLite and a Disk that work as the system's, and write down every change of a file, so that the
/// state of the disk after any prefix of them can be made again, also when the power failed there.

#include "nodeservice/store/storage/disk.h"

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tessera::store {

class RecordingVfs {
  public:
    struct Change {
        enum class Kind {
            kWrite,
            kTruncate,
            /// With the file's name, as SQLite does it.
            kSync,
            kDelete,
            // Of a Disk.
            kCreate,
            kSyncBytes,
            kRename,  ///< To the name in `bytes`.
            kSyncNames,
            kRemove,
        };

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

    /// Files' contents by name.
    using Files = std::map<std::string, std::string>;

    /// What is left when the power fails: of what was not synced, nothing, every second page, or all.
    struct Failure {
        enum class Bytes { kAll, kEverySecondPage, kSynced };

        Bytes bytes = Bytes::kAll;
        /// The same of files that were made, renamed and removed: all of it or nothing.
        bool keeps_names = true;
    };

    Disk& disk() { return disk_; }

    /// Not while another thread may write.
    const std::vector<Change>& changes() const { return changes_; }

    /// As if changes of this kind had not been made, in what is made again.
    void ignore(Change::Kind kind) { ignored_ = kind; }

    /// Any thread.
    void add(Change change) {
        const std::lock_guard lock(mutex_);
        changes_.push_back(std::move(change));
    }

    std::size_t count() const {
        const std::lock_guard lock(mutex_);
        return changes_.size();
    }

    /// The files as they are after the first `count` changes; of the last one, if it is a write, only `torn` bytes.
    Files after(std::size_t count, std::int64_t torn = -1) const { return after(count, torn, {}); }

    /// The same when the power failed there.
    Files afterFailure(std::size_t count, Failure failure) const { return after(count, -1, failure); }

    /// In the place of what is in the folder.
    static void write(const Files& files, const std::filesystem::path& folder);

  private:
    class RecordingDisk final : public Disk {
      public:
        explicit RecordingDisk(RecordingVfs& recorder) : recorder_(recorder) {}

        Result<FileDescriptor> create(const std::filesystem::path& path) override;
        Result<> write(const FileDescriptor& file, const std::filesystem::path& path, std::uint64_t offset,
                       std::string_view bytes) override;
        Result<> sync(const FileDescriptor& file, const std::filesystem::path& path) override;
        Result<> rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
        Result<> syncFolder(const std::filesystem::path& folder) override;
        void remove(const std::filesystem::path& path) override;

      private:
        RecordingVfs& recorder_;
    };

    Files after(std::size_t count, std::int64_t torn, Failure failure) const;

    sqlite3_vfs vfs_;
    RecordingDisk disk_{*this};
    mutable std::mutex mutex_;
    std::vector<Change> changes_;
    std::optional<Change::Kind> ignored_;
};

}  // namespace tessera::store
