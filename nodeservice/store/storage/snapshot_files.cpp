#include "nodeservice/store/storage/snapshot_files.h"

#include <fcntl.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <utility>

namespace tessera::store {

namespace {

constexpr std::size_t kPartBytes = std::size_t{256} << 10U;
constexpr const char* kPrefix = "snapshot-";
constexpr const char* kUnfinished = ".part";

Error damaged(const std::filesystem::path& file) {
    return fail(ErrorCode::kDataLoss, "the snapshot of the store in '" + file.string() + "' is damaged");
}

/// Begins to write what has come, and waits for what came before: what the disk has before it, others wait behind.
void pushOut(const FileDescriptor& file, std::uint64_t offset, std::size_t size) {
    if (offset >= size) {
        ::sync_file_range(file.get(), static_cast<off_t>(offset - size), static_cast<off_t>(size),
                          SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
    }
    ::sync_file_range(file.get(), static_cast<off_t>(offset), static_cast<off_t>(size), SYNC_FILE_RANGE_WRITE);
}

std::uint64_t numberAt(std::string_view bytes, std::size_t position) {
    std::uint64_t number = 0;
    std::memcpy(&number, bytes.data() + position * sizeof number, sizeof number);
    return number;
}

}  // namespace

void SnapshotSums::add(std::string_view bytes) {
    checksum_ = checksumOf(bytes, checksum_);
    while (!bytes.empty()) {
        const std::size_t filled = size_ % kPartBytes;
        if (filled == 0) {
            parts_.push_back(checksumOf({}));
        }
        const std::string_view next = bytes.substr(0, kPartBytes - filled);
        parts_.back() = checksumOf(next, parts_.back());
        size_ += next.size();
        bytes.remove_prefix(next.size());
    }
}

std::string SnapshotSums::trailer() const {
    std::string bytes(reinterpret_cast<const char*>(parts_.data()), parts_.size() * sizeof parts_[0]);
    const std::uint64_t sum = checksumOf(bytes);
    return bytes.append(reinterpret_cast<const char*>(&sum), sizeof sum);
}

Result<> sealSnapshot(const std::filesystem::path& path, raft::SnapshotMeta& meta,
                      const std::function<bool()>& is_wanted, Disk& disk) {
    const FileDescriptor file = TSR_TRY(disk.open(path, Disk::Access::kReadAndWrite));
    SnapshotSums sums;
    while (is_wanted()) {
        const std::string bytes = TSR_TRY(disk.read(file, path, sums.size(), kPartBytes));
        sums.add(bytes);
        if (bytes.size() < kPartBytes) {
            TSR_TRY(disk.write(file, path, sums.size(), sums.trailer()));
            meta.size = sums.size();
            meta.checksum = sums.checksum();
            return disk.sync(file, path);
        }
    }
    return fail(ErrorCode::kCancelled, "the store is stopping");
}

std::filesystem::path SnapshotFiles::pathOf(const raft::SnapshotMeta& snapshot) const {
    char checksum[17] = {};
    std::snprintf(checksum, sizeof checksum, "%016llx", static_cast<unsigned long long>(snapshot.checksum));
    return folder_ /
           (kPrefix + std::to_string(snapshot.index) + "-" + std::to_string(snapshot.term) + "-" + checksum + ".db");
}

Result<> SnapshotFiles::receive(const raft::SnapshotMeta& snapshot, std::uint64_t offset, std::string_view bytes) {
    const auto name = pathOf(snapshot);
    if (offset == 0) {
        Receiving begun{snapshot.index, name.string() + kUnfinished, {}, {}};
        begun.file = TSR_TRY(disk_.create(begun.path));
        receiving_.insert_or_assign(name, std::move(begun));
    }
    const auto found = receiving_.find(name);
    if (found == receiving_.end() || found->second.sums.size() != offset) {
        return fail(ErrorCode::kDataLoss, "a snapshot of the store arrived with a gap");
    }
    Receiving& receiving = found->second;
    TSR_TRY(disk_.write(receiving.file, receiving.path, offset, bytes));
    receiving.sums.add(bytes);
    pushOut(receiving.file, offset, bytes.size());
    return {};
}

Result<> SnapshotFiles::accept(const raft::SnapshotMeta& snapshot) {
    const auto found = receiving_.find(pathOf(snapshot));
    if (found == receiving_.end()) {
        return fail(ErrorCode::kDataLoss, "the snapshot of the store that arrived is damaged");
    }
    const Receiving received = std::move(found->second);
    receiving_.erase(found);
    if (received.sums.size() != snapshot.size || received.sums.checksum() != snapshot.checksum) {
        disk_.remove(received.path);
        return fail(ErrorCode::kDataLoss, "the snapshot of the store that arrived is damaged");
    }
    TSR_TRY(disk_.write(received.file, received.path, snapshot.size, received.sums.trailer()));
    TSR_TRY(disk_.sync(received.file, received.path));
    return adopt(snapshot, received.path);
}

Result<> SnapshotFiles::adopt(const raft::SnapshotMeta& snapshot, const std::filesystem::path& sealed) {
    forget(snapshot);
    TSR_TRY(disk_.rename(sealed, pathOf(snapshot)));
    return disk_.syncFolder(folder_);
}

void SnapshotFiles::forget(const raft::SnapshotMeta& snapshot) {
    if (open_ && open_->path == pathOf(snapshot)) {
        open_.reset();
    }
}

/// With its sums, which stay at hand for the other parts.
Result<> SnapshotFiles::open(const raft::SnapshotMeta& snapshot) {
    Open opened{pathOf(snapshot), {}, {}};
    if (open_ && open_->path == opened.path) {
        return {};
    }
    open_.reset();
    opened.file = TSR_TRY(disk_.open(opened.path, Disk::Access::kRead));
    const std::size_t parts = (snapshot.size + kPartBytes - 1) / kPartBytes;
    const std::size_t bytes = (parts + 1) * sizeof(std::uint64_t);
    const std::string trailer = TSR_TRY(disk_.read(opened.file, opened.path, snapshot.size, bytes + 1));
    if (trailer.size() != bytes ||
        numberAt(trailer, parts) != checksumOf(std::string_view(trailer).substr(0, bytes - sizeof(std::uint64_t)))) {
        return damaged(opened.path);
    }
    for (std::size_t part = 0; part < parts; ++part) {
        opened.sums.push_back(numberAt(trailer, part));
    }
    open_ = std::move(opened);
    return {};
}

Result<std::string> SnapshotFiles::read(const raft::SnapshotMeta& snapshot, std::uint64_t offset,
                                        std::size_t max_bytes) {
    TSR_TRY(open(snapshot));
    std::string bytes;
    const std::uint64_t end = offset + std::min<std::uint64_t>(max_bytes, snapshot.size - offset);
    for (std::uint64_t at = offset; at < end;) {
        const std::uint64_t part = at / kPartBytes;
        const std::uint64_t start = part * kPartBytes;
        const std::uint64_t size = std::min<std::uint64_t>(kPartBytes, snapshot.size - start);
        const std::string whole = TSR_TRY(disk_.read(open_->file, open_->path, start, size));
        if (checksumOf(whole) != open_->sums[part]) {
            return damaged(open_->path);
        }
        bytes += whole.substr(at - start, end - at);
        at = start + whole.size();
    }
    return bytes;
}

void SnapshotFiles::keep(const std::vector<raft::SnapshotMeta>& wanted, raft::Index last) {
    std::erase_if(receiving_, [&](const auto& one) { return one.second.index <= last; });
    std::vector<std::filesystem::path> names;
    for (const raft::SnapshotMeta& snapshot : wanted) {
        names.push_back(pathOf(snapshot));
    }
    std::vector<std::filesystem::path> old;
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator(folder_, failed)) {
        const std::string name = entry.path().filename().string();
        raft::Index index = 0;
        const std::size_t begin = std::strlen(kPrefix);
        const bool is_snapshot =
            name.starts_with(kPrefix) &&
            std::from_chars(name.data() + begin, name.data() + name.size(), index).ec == std::errc();
        if (is_snapshot && index <= last && std::find(names.begin(), names.end(), entry.path()) == names.end()) {
            old.push_back(entry.path());
        }
    }
    if (open_ && std::find(old.begin(), old.end(), open_->path) != old.end()) {
        open_.reset();
    }
    if (!old.empty()) {
        removal_ = std::async(std::launch::async, [&disk = disk_, old = std::move(old)] {
            for (const std::filesystem::path& path : old) {
                disk.remove(path);
            }
        });
    }
}

void SnapshotFiles::removeParts() {
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator(folder_, failed)) {
        if (entry.path().extension() == kUnfinished) {
            disk_.remove(entry.path());
        }
    }
}

}  // namespace tessera::store
