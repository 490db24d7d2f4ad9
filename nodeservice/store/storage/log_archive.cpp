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
    return LogArchive(std::move(database));
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
    std::uint64_t size = 0;
    std::uint64_t checksum = checksumOf({});
    auto rows = TSR_TRY(database_.prepare(
        "SELECT start, data FROM part WHERE snapshot_index = ? AND snapshot_term = ? AND checksum = ? "
        "AND start = ?"));
    while (size < snapshot.size) {
        // Each by itself: a long read would keep the log's file from being shortened.
        rows.reset();
        int position = 0;
        for (const std::uint64_t value : {snapshot.index, snapshot.term, snapshot.checksum, size}) {
            TSR_TRY(rows.bind(++position, number(value)));
        }
        if (!TSR_TRY(rows.step()) || rows.bytes(1).empty()) {
            return gone("the snapshot of entry " + std::to_string(snapshot.index));
        }
        const std::string_view bytes = rows.bytes(1);
        out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        size += bytes.size();
        checksum = checksumOf(bytes, checksum);
    }
    out.close();
    if (!out) {
        return fail(ErrorCode::kUnavailable, "cannot write '" + file.string() + "': " + std::strerror(errno));
    }
    if (size != snapshot.size || checksum != snapshot.checksum) {
        return fail(ErrorCode::kDataLoss,
                    "the snapshot of entry " + std::to_string(snapshot.index) + " of the store is damaged",
                    "restore this node of the store from its peers");
    }
    return {};
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
