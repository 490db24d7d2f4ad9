#include "nodeservice/store/storage/sqlite_storage.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace tessera::store {

using sqlite::Blob;
using sqlite::number;
using sqlite::Statement;

namespace {

constexpr std::size_t kPartBytes = std::size_t{256} << 10U;

constexpr const char* kSchema = R"sql(
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA cell_size_check = ON;
    CREATE TABLE IF NOT EXISTS meta(
        id INTEGER PRIMARY KEY CHECK(id = 1), term INTEGER, vote INTEGER, base_index INTEGER, base_term INTEGER,
        snapshot_index INTEGER, snapshot_term INTEGER, membership TEXT, size INTEGER, checksum INTEGER, sum INTEGER);
    CREATE TABLE IF NOT EXISTS entry(position INTEGER PRIMARY KEY, term INTEGER, kind INTEGER, data BLOB, sum INTEGER);
    CREATE TABLE IF NOT EXISTS part(
        snapshot_index INTEGER, snapshot_term INTEGER, checksum INTEGER, start INTEGER, data BLOB, sum INTEGER,
        PRIMARY KEY(snapshot_index, snapshot_term, checksum, start));
    CREATE TABLE IF NOT EXISTS older(position INTEGER PRIMARY KEY, term INTEGER, size INTEGER, checksum INTEGER);
)sql";

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
    return checksumOf({reinterpret_cast<const char*>(&value), sizeof value}, hash);
}

std::uint64_t sumOf(const raft::Entry& entry) {
    return checksumOf(entry.text(), mix(mix(static_cast<std::uint64_t>(entry.kind), entry.index), entry.term));
}

std::uint64_t sumOf(const raft::SnapshotMeta& snapshot, std::uint64_t start, std::string_view bytes) {
    return checksumOf(bytes, mix(mix(snapshot.index, snapshot.checksum), start));
}

std::uint64_t sumOf(const raft::HardState& hard_state, const raft::Position& base, const raft::SnapshotMeta& snapshot) {
    std::uint64_t sum = checksumOf(snapshot.membership.encode());
    for (const std::uint64_t value : {hard_state.term, hard_state.vote, base.index, base.term, snapshot.index,
                                      snapshot.term, snapshot.size, snapshot.checksum}) {
        sum = mix(sum, value);
    }
    return sum;
}

}  // namespace

Result<std::unique_ptr<SqliteStorage>> SqliteStorage::open(const std::filesystem::path& path, const char* vfs) {
    auto database = TSR_TRY(sqlite::Database::open(path, vfs));
    std::unique_ptr<SqliteStorage> storage(new SqliteStorage(std::move(database), path));
    TSR_TRY(storage->prepareTables());
    return storage;
}

Result<> SqliteStorage::prepareTables() {
    TSR_TRY(database_.execute(kSchema));
    return transaction([&]() -> Result<> {
        auto rows = TSR_TRY(database_.prepare("SELECT count(*) FROM meta"));
        TSR_TRY(rows.step());
        if (rows.integer(0) == 0) {
            return writeMeta({});
        }
        return {};
    });
}

Error SqliteStorage::damaged(const std::string& what) const {
    return fail(ErrorCode::kDataLoss, what + " in '" + path_.string() + "' is damaged",
                "restore this node of the store from its peers");
}

Result<> SqliteStorage::tidyApart() {
    checkpointer_ = TSR_TRY(sqlite::Checkpointer::start(path_));
    checkpointer_->attach(database_.get());
    return {};
}

void SqliteStorage::tidy() {
    if (checkpointer_) {
        checkpointer_->tend();
    }
}

Result<> SqliteStorage::transaction(const std::function<Result<>()>& body) {
    TSR_TRY(statements_.run(database_, "BEGIN IMMEDIATE"));
    auto done = body();
    if (done) {
        done = statements_.run(database_, "COMMIT");
    }
    if (!done && sqlite3_get_autocommit(database_.get()) == 0) {
        static_cast<void>(database_.execute("ROLLBACK"));
    }
    return done;
}

Result<SqliteStorage::Meta> SqliteStorage::readMeta() {
    auto row = TSR_TRY(database_.prepare(
        "SELECT term, vote, base_index, base_term, snapshot_index, snapshot_term, membership, size, checksum, sum "
        "FROM meta"));
    if (!TSR_TRY(row.step())) {
        return damaged("the state of the store's log");
    }
    Meta meta;
    meta.hard_state = {row.number(0), row.number(1)};
    meta.base = {row.number(2), row.number(3)};
    meta.snapshot.index = row.number(4);
    meta.snapshot.term = row.number(5);
    meta.snapshot.size = row.number(7);
    meta.snapshot.checksum = row.number(8);
    auto membership = raft::Membership::decode(row.bytes(6));
    if (!membership) {
        return damaged("the state of the store's log");
    }
    meta.snapshot.membership = std::move(*membership);
    if (row.number(9) != sumOf(meta.hard_state, meta.base, meta.snapshot)) {
        return damaged("the state of the store's log");
    }
    return meta;
}

Result<> SqliteStorage::writeMeta(const Meta& meta) {
    auto row = TSR_TRY(database_.prepare("INSERT OR REPLACE INTO meta VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    return row.run({number(meta.hard_state.term), number(meta.hard_state.vote), number(meta.base.index),
                    number(meta.base.term), number(meta.snapshot.index), number(meta.snapshot.term),
                    meta.snapshot.membership.encode(), number(meta.snapshot.size), number(meta.snapshot.checksum),
                    number(sumOf(meta.hard_state, meta.base, meta.snapshot))});
}

Result<raft::StoredLog> SqliteStorage::load() {
    Meta meta = TSR_TRY(readMeta());
    raft::StoredLog stored{meta.hard_state, std::move(meta.snapshot), meta.base, {}};
    auto rows = TSR_TRY(database_.prepare("SELECT position, term, kind, data, sum FROM entry ORDER BY position"));
    while (TSR_TRY(rows.step())) {
        raft::Entry entry{rows.number(0), rows.number(1), static_cast<raft::EntryKind>(rows.integer(2)),
                          raft::makePayload(std::string(rows.bytes(3)))};
        const raft::Index expected = stored.base.index + stored.entries.size() + 1;
        if (entry.index != expected || rows.number(4) != sumOf(entry)) {
            return damaged("entry " + std::to_string(expected) + " of the store's log");
        }
        stored.entries.push_back(std::move(entry));
    }
    return stored;
}

Result<> SqliteStorage::write(const LogWrite& write) {
    auto done = transaction([&] { return apply(write); });
    if (done && !write.entries.empty() && !write.install) {
        last_ = write.entries.back().index;
    }
    return done;
}

Result<> SqliteStorage::apply(const LogWrite& write) {
    TSR_TRY(writeEntries(write.entries));
    if (!write.hard_state && !write.install && !write.compaction) {
        return {};
    }
    Meta meta = TSR_TRY(readMeta());
    if (write.hard_state) {
        meta.hard_state = *write.hard_state;
    }
    if (write.install) {
        meta.snapshot = *write.install;
        meta.base = write.install->position();
        last_.reset();
        TSR_TRY(database_.execute("DELETE FROM entry; DELETE FROM older"));
    }
    if (write.compaction) {
        TSR_TRY(keepOlder(meta.snapshot, *write.compaction));
        meta.snapshot = write.compaction->snapshot;
        meta.base = write.compaction->base;
        auto rows = TSR_TRY(database_.prepare("DELETE FROM entry WHERE position <= ?"));
        TSR_TRY(rows.run({number(meta.base.index)}));
    }
    if (write.install || write.compaction) {
        TSR_TRY(dropOlderParts(meta.snapshot));
    }
    return writeMeta(meta);
}

Result<> SqliteStorage::writeEntries(const std::vector<raft::Entry>& entries) {
    if (entries.empty()) {
        return {};
    }
    const auto before = std::exchange(last_, std::nullopt);
    if (!before || *before >= entries.front().index) {
        TSR_TRY(statements_.run(database_, "DELETE FROM entry WHERE position >= ?", {number(entries.front().index)}));
    }
    const auto row = TSR_TRY(statements_.prepare(database_, "INSERT INTO entry VALUES (?, ?, ?, ?, ?)"));
    for (const raft::Entry& entry : entries) {
        TSR_TRY(row->run({number(entry.index), number(entry.term), static_cast<std::int64_t>(entry.kind),
                          Blob{std::string(entry.text())}, number(sumOf(entry))}));
    }
    return {};
}

Result<> SqliteStorage::dropParts(const raft::SnapshotMeta& snapshot) {
    received_.reset();
    auto rows =
        TSR_TRY(database_.prepare("DELETE FROM part WHERE snapshot_index = ? AND snapshot_term = ? AND checksum = ?"));
    return rows.run({number(snapshot.index), number(snapshot.term), number(snapshot.checksum)});
}

/// The oldest snapshot that the entries kept still follow stays beside the new one: the past can be read from there on.
Result<> SqliteStorage::keepOlder(const raft::SnapshotMeta& before, const Compaction& compaction) {
    if (before.index != compaction.snapshot.index) {
        auto row = TSR_TRY(database_.prepare("INSERT OR REPLACE INTO older VALUES (?, ?, ?, ?)"));
        TSR_TRY(row.run({number(before.index), number(before.term), number(before.size), number(before.checksum)}));
    }
    auto rows = TSR_TRY(database_.prepare("DELETE FROM older WHERE position < ?"));
    TSR_TRY(rows.run({number(compaction.base.index)}));
    return database_.execute("DELETE FROM older WHERE position > (SELECT min(position) FROM older)");
}

/// Not those of a newer one, which may be on its way here.
Result<> SqliteStorage::dropOlderParts(const raft::SnapshotMeta& snapshot) {
    received_.reset();
    auto rows =
        TSR_TRY(database_.prepare("DELETE FROM part WHERE snapshot_index <= ?1 AND NOT "
                                  "(snapshot_index = ?1 AND snapshot_term = ?2 AND checksum = ?3) AND NOT "
                                  "EXISTS (SELECT 1 FROM older WHERE position = part.snapshot_index AND "
                                  "older.term = part.snapshot_term AND older.checksum = part.checksum)"));
    return rows.run({number(snapshot.index), number(snapshot.term), number(snapshot.checksum)});
}

Result<> SqliteStorage::insertPart(const raft::SnapshotMeta& snapshot, std::uint64_t offset, std::string_view bytes) {
    auto row = TSR_TRY(database_.prepare("INSERT INTO part VALUES (?, ?, ?, ?, ?, ?)"));
    return row.run({number(snapshot.index), number(snapshot.term), number(snapshot.checksum), number(offset),
                    Blob{std::string(bytes)}, number(sumOf(snapshot, offset, bytes))});
}

Result<> SqliteStorage::receiveChunk(const raft::SnapshotChunk& chunk) {
    auto stored = transaction([&]() -> Result<> {
        if (chunk.offset == 0) {
            TSR_TRY(dropParts(chunk.snapshot));
        }
        auto last = TSR_TRY(database_.prepare(
            "SELECT start + length(data) FROM part "
            "WHERE snapshot_index = ? AND snapshot_term = ? AND checksum = ? ORDER BY start DESC LIMIT 1"));
        TSR_TRY(last.bind(1, number(chunk.snapshot.index)));
        TSR_TRY(last.bind(2, number(chunk.snapshot.term)));
        TSR_TRY(last.bind(3, number(chunk.snapshot.checksum)));
        const std::uint64_t size = TSR_TRY(last.step()) ? last.number(0) : 0;
        if (size != chunk.offset) {
            return fail(ErrorCode::kDataLoss, "a snapshot of the store arrived with a gap");
        }
        return insertPart(chunk.snapshot, chunk.offset, *chunk.data);
    });
    TSR_TRY(std::move(stored));
    if (chunk.offset == 0) {
        received_ = Received{chunk.snapshot, 0, checksumOf({})};
    }
    if (received_ && received_->snapshot == chunk.snapshot && received_->size == chunk.offset) {
        received_->size += chunk.data->size();
        received_->checksum = checksumOf(*chunk.data, received_->checksum);
    } else {
        received_.reset();
    }
    return {};
}

Result<SqliteStorage::Received> SqliteStorage::readReceived(const raft::SnapshotMeta& snapshot) {
    auto rows = TSR_TRY(database_.prepare(
        "SELECT data FROM part WHERE snapshot_index = ? AND snapshot_term = ? AND checksum = ? ORDER BY start"));
    TSR_TRY(rows.bind(1, number(snapshot.index)));
    TSR_TRY(rows.bind(2, number(snapshot.term)));
    TSR_TRY(rows.bind(3, number(snapshot.checksum)));
    Received received{snapshot, 0, checksumOf({})};
    while (TSR_TRY(rows.step())) {
        received.size += rows.bytes(0).size();
        received.checksum = checksumOf(rows.bytes(0), received.checksum);
    }
    return received;
}

Result<> SqliteStorage::acceptReceived(const raft::SnapshotMeta& snapshot) {
    const auto known = std::exchange(received_, std::nullopt);
    const Received received = known && known->snapshot == snapshot ? *known : TSR_TRY(readReceived(snapshot));
    if (received.size == snapshot.size && received.checksum == snapshot.checksum) {
        return {};
    }
    TSR_TRY(transaction([&] { return dropParts(snapshot); }));
    return fail(ErrorCode::kDataLoss, "the snapshot of the store that arrived is damaged");
}

Result<> SqliteStorage::saveSnapshot(const raft::SnapshotMeta& snapshot, std::string_view bytes) {
    return transaction([&]() -> Result<> {
        TSR_TRY(dropParts(snapshot));
        for (std::uint64_t offset = 0; offset < bytes.size(); offset += kPartBytes) {
            TSR_TRY(insertPart(snapshot, offset, bytes.substr(offset, kPartBytes)));
        }
        return {};
    });
}

Result<std::string> SqliteStorage::readSnapshot(const raft::SnapshotMeta& snapshot, std::uint64_t offset,
                                                std::size_t max_bytes) {
    const Meta meta = TSR_TRY(readMeta());
    if (meta.snapshot != snapshot || offset > snapshot.size) {
        return fail(ErrorCode::kNotFound,
                    "there is no snapshot of the store at entry " + std::to_string(snapshot.index) + " any more");
    }
    auto rows = TSR_TRY(database_.prepare(
        "SELECT start, data, sum FROM part WHERE snapshot_index = ? AND snapshot_term = ? AND checksum = ? "
        "AND start + length(data) > ? ORDER BY start"));
    TSR_TRY(rows.bind(1, number(snapshot.index)));
    TSR_TRY(rows.bind(2, number(snapshot.term)));
    TSR_TRY(rows.bind(3, number(snapshot.checksum)));
    TSR_TRY(rows.bind(4, number(offset)));
    std::string bytes;
    const std::uint64_t wanted = std::min<std::uint64_t>(max_bytes, snapshot.size - offset);
    while (bytes.size() < wanted) {
        if (!TSR_TRY(rows.step()) || rows.number(2) != sumOf(snapshot, rows.number(0), rows.bytes(1)) ||
            rows.number(0) > offset + bytes.size()) {
            return damaged("the snapshot at entry " + std::to_string(snapshot.index) + " of the store");
        }
        const std::string_view part = rows.bytes(1).substr(offset + bytes.size() - rows.number(0));
        bytes += part.substr(0, wanted - bytes.size());
    }
    return bytes;
}

}  // namespace tessera::store
