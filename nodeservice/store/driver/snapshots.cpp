/// How a replica makes snapshots without holding up anything: the state is pinned between two entries, copied in a
/// thread of its own to a file beside the log's, and put to use by a write of the log.

#include "common/log.h"
#include "nodeservice/store/driver/replica.h"
#include "nodeservice/store/storage/snapshot_files.h"

#include <algorithm>
#include <future>
#include <utility>

namespace tessera::store {

namespace {

/// A disk that is full stays so for a while.
constexpr std::chrono::seconds kRetryAfter{10};

}  // namespace

void Replica::snapshotNow() {
    post([this] { maybeSnapshot(true); });
}

/// The data hold what the snapshot held, and more: another one is made of them.
void Replica::snapshotDamaged(const raft::SnapshotMeta& snapshot, const Error& error) {
    if (fault_ || snapshot != core_.snapshot()) {
        return;
    }
    if (!is_snapshot_damaged_) {
        log::error("store.snapshot_damaged", {{"member", core_.id()},
                                              {"entry", snapshot.index},
                                              {"error", error.message},
                                              {"hint", "another one is made of this member's data"}});
    }
    is_snapshot_damaged_ = true;
    if (applied_ <= snapshot.index && core_.role() == raft::Role::kLeader) {
        // A snapshot is of a later entry than the one before.
        constexpr std::chrono::seconds kTime{10};
        startExecute({}, false, options_.clock->now() + kTime, [](const Execution&) {});
    }
}

void Replica::maybeSnapshot(bool is_wanted) {
    is_wanted = is_wanted || (is_snapshot_damaged_ && options_.clock->now() >= next_snapshot_);
    if (is_snapshotting_ || fault_ || core_.isInstalling() || applied_ <= core_.snapshot().index ||
        !(is_wanted || bytesBehindSnapshot() > options_.max_log_bytes) ||
        (!is_wanted && options_.clock->now() < next_snapshot_)) {
        return;
    }
    is_snapshotting_ = true;
    worker_->pin([this](const Result<std::shared_ptr<PinnedState>>& state) {
        if (state) {
            pinned(*state);
        } else {
            snapshotSaved(state.error(), {});
        }
    });
}

/// Counted when base or snapshot have changed, not entry by entry at each tick.
std::size_t Replica::bytesBehindSnapshot() {
    const raft::Log& log = core_.log();
    const std::pair between(log.base().index, core_.snapshot().index);
    if (between != counted_between_) {
        counted_between_ = between;
        bytes_before_snapshot_ = 0;
        for (raft::Index index = between.first + 1; index <= between.second && index <= log.lastIndex(); ++index) {
            bytes_before_snapshot_ += log.at(index).bytes();
        }
    }
    return log.bytes() - std::min(log.bytes(), bytes_before_snapshot_);
}

void Replica::pinned(std::shared_ptr<PinnedState> state) {
    const raft::Index index = state->index();
    if (fault_ || core_.isInstalling() || index <= core_.snapshot().index || index < core_.log().base().index ||
        index > core_.commit()) {
        is_snapshotting_ = false;
        return;
    }
    raft::SnapshotMeta meta;
    meta.index = index;
    meta.term = core_.log().termAt(index);
    meta.membership = core_.membershipAt(index);
    if (snapshotter_.joinable()) {
        snapshotter_.join();  // it has reported: it is over
    }
    snapshotter_ = std::thread([this, state = std::move(state), meta]() mutable {
        const auto saved = saveSnapshot(std::move(state), meta);
        // By another thread: it may be followed by a snapshot that waits for the end of this one.
        loop_.postToOthers([this, saved, meta] { snapshotSaved(saved, meta); });
    });
}

/// Fills in size and checksum.
Result<> Replica::saveSnapshot(std::shared_ptr<PinnedState> state, raft::SnapshotMeta& meta) {
    const auto file = options_.folder / "snapshot.part";
    const auto is_wanted = [this] { return !is_stopping_; };
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
    TSR_TRY(state->copyTo(file, is_wanted));
    state.reset();
    TSR_TRY(sealSnapshot(file, meta, is_wanted));
    auto done = std::make_shared<std::promise<Result<>>>();
    auto result = done->get_future();
    if (!storage_->run([=](Storage& storage) { done->set_value(storage.adoptSnapshot(meta, file)); })) {
        return fail(ErrorCode::kCancelled, "the store is stopping");
    }
    return result.get();
}

Result<raft::Index> Replica::backUp(const std::filesystem::path& file) {
    auto answered = std::make_shared<std::promise<Result<std::shared_ptr<PinnedState>>>>();
    auto answer = answered->get_future();
    const bool is_taken =
        post([this, answered] { worker_->pin([answered](auto state) { answered->set_value(std::move(state)); }); });
    if (!is_taken) {
        return notTaken();
    }
    std::shared_ptr<PinnedState> state;
    try {
        state = TSR_TRY(answer.get());
    } catch (const std::future_error&) {
        // The promise went with what did not come to its turn.
        return fail(ErrorCode::kUnavailable, "this node of the store has stopped", "ask another");
    }
    TSR_TRY(state->copyTo(file, [this] { return !is_stopping_; }));
    return state->index();
}

void Replica::snapshotSaved(const Result<>& saved, const raft::SnapshotMeta& meta) {
    is_snapshotting_ = false;
    if (!saved) {
        if (saved.error().code != ErrorCode::kCancelled) {
            log::warn("store.snapshot_failed", {{"error", saved.error().message}});
        }
        next_snapshot_ = options_.clock->now() + kRetryAfter;
        return;
    }
    // The storage does what it is given in the order of the loop: behind this check no install can come in between.
    if (fault_ || core_.isInstalling() || meta.index <= core_.snapshot().index) {
        return;
    }
    const raft::Index base = core_.log().baseKeeping(options_.trailing_log_bytes, meta.index);
    const Compaction compaction = {meta, {base, core_.log().termAt(base)}};
    is_snapshotting_ = true;
    storage_->run([this, compaction](Storage& storage) {
        auto written = storage.write({.compaction = compaction});
        post([this, written = std::move(written), compaction] {
            is_snapshotting_ = false;
            if (!written) {
                return stopWith(written.error());
            }
            core_.compact(compaction.snapshot, compaction.base.index);
            is_snapshot_damaged_ = false;
        });
    });
}

}  // namespace tessera::store
