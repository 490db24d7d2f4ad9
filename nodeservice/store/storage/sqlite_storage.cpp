#include "nodeservice/store/storage/sqlite_storage.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

namespace tessera::store {

using sqlite::Blob;
using sqlite::number;
using sqlite::Statement;

namespace {

constexpr const char* kSchema = R"sql(
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA cell_size_check = ON;
    CREATE TABLE IF NOT EXISTS meta(
        id INTEGER PRIMARY KEY CHECK(id = 1), term INTEGER, vote INTEGER, base_index INTEGER, base_term INTEGER,
        snapshot_index INTEGER, snapshot_term INTEGER, membership TEXT, size INTEGER, checksum INTEGER, sum INTEGER);
    CREATE TABLE IF NOT EXISTS entry(position INTEGER PRIMARY KEY, term INTEGER, kind INTEGER, data BLOB, sum INTEGER);
    CREATE TABLE IF NOT EXISTS older(position INTEGER PRIMARY KEY, term INTEGER, size INTEGER, checksum INTEGER);
)sql";

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
    return checksumOf({reinterpret_cast<const char*>(&value), sizeof value}, hash);
}

std::uint64_t sumOf(const raft::Entry& entry) {
    return checksumOf(entry.text(), mix(mix(static_cast<std::uint64_t>(entry.kind), entry.index), entry.term));
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

Result<std::unique_ptr<SqliteStorage>> SqliteStorage::open(const std::filesystem::path& path, const char* vfs,
                                                           Disk& disk) {
    auto database = TSR_TRY(sqlite::Database::open(path, vfs));
    std::unique_ptr<SqliteStorage> storage(new SqliteStorage(std::move(database), path, disk));
    TSR_TRY(storage->prepareTables());
    return storage;
}

Result<> SqliteStorage::prepareTables() {
    TSR_TRY(database_.execute(kSchema));
    auto begun = transaction([&]() -> Result<> {
        auto rows = TSR_TRY(database_.prepare("SELECT count(*) FROM meta"));
        TSR_TRY(rows.step());
        return rows.integer(0) == 0 ? writeMeta({}) : Result<>();
    });
    TSR_TRY(std::move(begun));
    const auto meta = readMeta();
    if (!meta) {
        return {};  // damaged: told by load()
    }
    snapshots_.removeParts();
    const auto wanted = TSR_TRY(kept(*meta));
    TSR_TRY(moveParts(wanted));
    old_entries_up_to_ = meta->base.index;
    snapshots_.keep(wanted, std::numeric_limits<raft::Index>::max());
    return {};
}

/// Stores of earlier releases hold their snapshots in the log's file, in parts.
Result<> SqliteStorage::moveParts(const std::vector<raft::SnapshotMeta>& wanted) {
    {
        auto rows = TSR_TRY(database_.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'part'"));
        TSR_TRY(rows.step());
        if (rows.integer(0) == 0) {
            return {};
        }
    }
    for (const raft::SnapshotMeta& snapshot : wanted) {
        const auto moved = moveSnapshot(snapshot);
        // Damaged, it is missing from now on: another one is made of the data.
        if (!moved && moved.error().code != ErrorCode::kDataLoss) {
            return moved;
        }
    }
    return database_.execute("DROP TABLE part; VACUUM");
}

Result<> SqliteStorage::moveSnapshot(const raft::SnapshotMeta& snapshot) {
    auto rows =
        TSR_TRY(database_.prepare("SELECT start, data FROM part WHERE snapshot_index = ? AND snapshot_term = ? AND "
                                  "checksum = ? ORDER BY start"));
    int position = 0;
    for (const std::uint64_t value : {snapshot.index, snapshot.term, snapshot.checksum}) {
        TSR_TRY(rows.bind(++position, number(value)));
    }
    while (TSR_TRY(rows.step())) {
        TSR_TRY(snapshots_.receive(snapshot, rows.number(0), rows.bytes(1)));
    }
    return snapshots_.accept(snapshot);
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
    if (done && old_entries_up_to_ > 0) {
        done = dropSomeOldEntries();
    }
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
    auto rows = TSR_TRY(
        database_.prepare("SELECT position, term, kind, data, sum FROM entry WHERE position > ? ORDER BY position"));
    TSR_TRY(rows.bind(1, number(stored.base.index)));
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
    TSR_TRY(std::move(done));
    if (!write.entries.empty() && !write.install) {
        last_ = write.entries.back().index;
    }
    if (write.install || write.compaction) {
        const Meta meta = TSR_TRY(readMeta());
        old_entries_up_to_ = meta.base.index;
        snapshots_.keep(TSR_TRY(kept(meta)), meta.snapshot.index);
    }
    return {};
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

/// The snapshots that are referred to; memberships are left out.
Result<std::vector<raft::SnapshotMeta>> SqliteStorage::kept(const Meta& meta) {
    std::vector<raft::SnapshotMeta> snapshots;
    auto rows = TSR_TRY(database_.prepare("SELECT position, term, size, checksum FROM older"));
    while (TSR_TRY(rows.step())) {
        snapshots.push_back({rows.number(0), rows.number(1), {}, rows.number(2), rows.number(3)});
    }
    snapshots.push_back(meta.snapshot);
    std::erase_if(snapshots, [](const raft::SnapshotMeta& snapshot) { return snapshot.size == 0; });
    return snapshots;
}

/// Much more than a write adds, and what takes no longer than a moment.
Result<> SqliteStorage::dropSomeOldEntries() {
    constexpr int kMostEntries = 128;
    constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 20U;
    raft::Index last = 0;
    {
        const auto rows = TSR_TRY(statements_.prepare(
            database_, "SELECT position, length(data) FROM entry WHERE position <= ? ORDER BY position LIMIT ?"));
        TSR_TRY(rows->bind(1, number(old_entries_up_to_)));
        TSR_TRY(rows->bind(2, std::int64_t{kMostEntries}));
        for (std::uint64_t bytes = 0; bytes < kMostBytes && TSR_TRY(rows->step()); bytes += rows->number(1)) {
            last = rows->number(0);
        }
    }
    if (last == 0) {
        old_entries_up_to_ = 0;
        return {};
    }
    return statements_.run(database_, "DELETE FROM entry WHERE position <= ?", {number(last)});
}

Result<> SqliteStorage::receiveChunk(const raft::SnapshotChunk& chunk) {
    return snapshots_.receive(chunk.snapshot, chunk.offset, *chunk.data);
}

Result<> SqliteStorage::acceptReceived(const raft::SnapshotMeta& snapshot) {
    return snapshots_.accept(snapshot);
}

Result<> SqliteStorage::adoptSnapshot(const raft::SnapshotMeta& snapshot, const std::filesystem::path& sealed) {
    return snapshots_.adopt(snapshot, sealed);
}

Result<> SqliteStorage::expectInUse(const raft::SnapshotMeta& snapshot) {
    const Meta meta = TSR_TRY(readMeta());
    return meta.snapshot == snapshot
               ? Result<>()
               : Result<>(fail(ErrorCode::kNotFound, "there is no snapshot of the store at entry " +
                                                         std::to_string(snapshot.index) + " any more"));
}

Error SqliteStorage::snapshotDamaged(const raft::SnapshotMeta& snapshot) const {
    return fail(ErrorCode::kDataLoss,
                "the snapshot at entry " + std::to_string(snapshot.index) + " of the store, in '" +
                    snapshots_.pathOf(snapshot).string() + "', is damaged",
                "restore this node of the store from its peers");
}

Result<std::string> SqliteStorage::readSnapshot(const raft::SnapshotMeta& snapshot, std::uint64_t offset,
                                                std::size_t max_bytes) {
    TSR_TRY(expectInUse(snapshot));
    if (offset >= snapshot.size) {
        return std::string();
    }
    auto bytes = snapshots_.read(snapshot, offset, max_bytes);
    const bool is_damaged =
        !bytes && (bytes.error().code == ErrorCode::kDataLoss || bytes.error().code == ErrorCode::kNotFound);
    return is_damaged ? Result<std::string>(snapshotDamaged(snapshot)) : bytes;
}

Result<> SqliteStorage::lendSnapshot(const raft::SnapshotMeta& snapshot, const std::filesystem::path& file) {
    TSR_TRY(expectInUse(snapshot));
    std::error_code failed;
    std::filesystem::remove(file, failed);
    std::filesystem::create_hard_link(snapshots_.pathOf(snapshot), file, failed);
    return failed ? copySnapshot(snapshot, file) : Result<>();
}

}  // namespace tessera::store
