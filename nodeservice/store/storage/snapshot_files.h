#pragma once

/// Snapshots as files beside the log's. Such a file is a SQLite database; behind its end come a sum of each part of it
/// and a sum of those sums, which SQLite does not look at, as the database's header says how many pages it has.
///
/// A file gets its name, which says which snapshot it is, when all of it is on the disk. Before, it ends with ".part":
/// such files mean nothing to the next process. One thread at a time, but for sealSnapshot(), which is for any.

#include "common/process.h"
#include "nodeservice/store/storage/disk.h"
#include "nodeservice/store/storage/storage.h"

#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::store {

/// Of a snapshot's bytes, taken as they come.
class SnapshotSums {
  public:
    void add(std::string_view bytes);

    std::uint64_t size() const { return size_; }

    std::uint64_t checksum() const { return checksum_; }

    /// What stands behind the database in its file.
    std::string trailer() const;

  private:
    std::uint64_t size_ = 0;
    std::uint64_t checksum_ = checksumOf({});
    /// The last one's may not be over.
    std::vector<std::uint64_t> parts_;
};

/// Makes a snapshot's file of a database: fills in the size and checksum of `meta`, adds the sums, and returns when it
/// is on the disk. kCancelled when it is not wanted any more.
Result<> sealSnapshot(const std::filesystem::path& file, raft::SnapshotMeta& meta,
                      const std::function<bool()>& is_wanted, Disk& disk = Disk::system());

class SnapshotFiles {
  public:
    /// `disk` outlives it.
    explicit SnapshotFiles(std::filesystem::path folder, Disk& disk = Disk::system())
        : folder_(std::move(folder)), disk_(disk) {}

    std::filesystem::path pathOf(const raft::SnapshotMeta& snapshot) const;

    /// The next bytes of a snapshot that comes from elsewhere; offset 0 begins anew. A gap is kDataLoss.
    Result<> receive(const raft::SnapshotMeta& snapshot, std::uint64_t offset, std::string_view bytes);

    /// Gives what was received its name; kDataLoss if it is not `snapshot`, and it is gone.
    Result<> accept(const raft::SnapshotMeta& snapshot);

    /// Gives a sealed file its name.
    Result<> adopt(const raft::SnapshotMeta& snapshot, const std::filesystem::path& sealed);

    /// kNotFound: there is no such file; kDataLoss: it is not what was written.
    Result<std::string> read(const raft::SnapshotMeta& snapshot, std::uint64_t offset, std::size_t max_bytes);

    /// Removes the files of all snapshots up to `last` but these, in a thread of its own: that of a large file takes as
    /// long as many writes of the log.
    void keep(const std::vector<raft::SnapshotMeta>& wanted, raft::Index last);

    /// What a process before has begun and not ended.
    void removeParts();

  private:
    struct Receiving {
        raft::Index index = 0;
        std::filesystem::path path;
        FileDescriptor file;
        SnapshotSums sums;
    };

    struct Open {
        std::filesystem::path path;
        FileDescriptor file;
        std::vector<std::uint64_t> sums;
    };

    Result<> open(const raft::SnapshotMeta& snapshot);
    void forget(const raft::SnapshotMeta& snapshot);

    const std::filesystem::path folder_;
    Disk& disk_;
    /// By the name that they will have.
    std::map<std::filesystem::path, Receiving> receiving_;
    std::optional<Open> open_;
    std::future<void> removal_;
};

}  // namespace tessera::store
