#include "nodeservice/store/storage/log_archive.h"

#include <cerrno>
#include <cstring>
#include <fstream>

namespace tessera::store {

using sqlite::number;

namespace {

Error gone(const std::string& what) {
    return fail(ErrorCode::kNotFound, what + " of the store is not kept any more");
}

}  // namespace

Result<LogArchive> LogArchive::open(const std::filesystem::path& file) {
    auto database = TSR_TRY(sqlite::Database::open(file));
    TSR_TRY(database.execute("PRAGMA busy_timeout = 10000; PRAGMA query_only = ON"));
    return LogArchive(std::move(database), file.parent_path());
}

Result<std::vector<raft::SnapshotMeta>> LogArchive::snapshots() {
    auto rows =
        TSR_TRY(database_.prepare("SELECT position, term, size, checksum FROM older UNION ALL "
                                  "SELECT snapshot_index, snapshot_term, size, checksum FROM meta ORDER BY 1"));
    std::vector<raft::SnapshotMeta> snapshots;
    while (TSR_TRY(rows.step())) {
        raft::SnapshotMeta& snapshot = snapshots.emplace_back();
        snapshot.index = rows.number(0);
        snapshot.term = rows.number(1);
        snapshot.size = rows.number(2);
        snapshot.checksum = rows.number(3);
    }
    return snapshots;
}

Result<> LogArchive::copy(const raft::SnapshotMeta& snapshot, const std::filesystem::path& file) {
    if (snapshot.size == 0) {
        return {};
    }
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    for (std::uint64_t size = 0; size < snapshot.size;) {
        const auto bytes = snapshots_.read(snapshot, size, kSnapshotChunkBytes);
        if (!bytes) {
            return bytes.error().code == ErrorCode::kNotFound
                       ? gone("the snapshot of entry " + std::to_string(snapshot.index))
                       : bytes.error();
        }
        out << *bytes;
        size += bytes->size();
    }
    out.close();
    return out ? Result<>()
               : Result<>(
                     fail(ErrorCode::kUnavailable, "cannot write '" + file.string() + "': " + std::strerror(errno)));
}

Result<std::vector<raft::Entry>> LogArchive::entries(raft::Index after, raft::Index last, std::size_t bytes) {
    auto rows =
        TSR_TRY(database_.prepare("SELECT position, term, kind, data FROM entry WHERE position > ? AND position <= ? "
                                  "ORDER BY position"));
    TSR_TRY(rows.bind(1, number(after)));
    TSR_TRY(rows.bind(2, number(last)));
    std::vector<raft::Entry> entries;
    std::size_t weight = 0;
    while (weight < bytes && TSR_TRY(rows.step())) {
        entries.push_back({rows.number(0), rows.number(1), static_cast<raft::EntryKind>(rows.integer(2)),
                           raft::makePayload(std::string(rows.bytes(3)))});
        weight += entries.back().bytes();
        if (entries.back().index != after + entries.size()) {
            return gone("entry " + std::to_string(after + entries.size()));
        }
    }
    if (entries.empty() && after < last) {
        return gone("entry " + std::to_string(after + 1));
    }
    return entries;
}

}  // namespace tessera::store
