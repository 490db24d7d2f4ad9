#include "nodeservice/store/driver/history.h"

#include <algorithm>
#include <ctime>
#include <utility>

namespace tessera::store {

namespace {

constexpr std::size_t kMostCopies = 2;
constexpr std::size_t kBytesAtOnce = std::size_t{4} << 20U;

std::string timeText(std::int64_t time_ms) {
    const std::time_t seconds = time_ms / 1000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts);
    return text;
}

bool hasTime(const PastState& state) {
    return state.time_ms != std::numeric_limits<std::int64_t>::max();
}

Error notKept(const PastState& state, raft::Index oldest, std::int64_t oldest_ms) {
    const std::string since = oldest_ms == 0 ? "" : ", of " + timeText(oldest_ms) + ",";
    return fail(ErrorCode::kOutOfRange,
                "the state of the store at " +
                    (hasTime(state) ? timeText(state.time_ms) : "entry " + std::to_string(state.index)) +
                    " is not kept any more: this node has those from entry " + std::to_string(oldest) + since + " on",
                "ask for a later one, or another member, which may have kept more");
}

/// The newest of them; nothing more than `state` wants has been applied.
Result<> advance(Data& data, LogArchive& archive, const PastState& state, const std::function<Result<>()>& may_go_on) {
    while (data.applied() < state.index) {
        for (const raft::Entry& entry : TSR_TRY(archive.entries(data.applied(), state.index, kBytesAtOnce))) {
            if (hasTime(state) && entry.kind == raft::EntryKind::kCommand &&
                TSR_TRY(Command::decode(entry.text())).now_ms > state.time_ms) {
                return {};
            }
            TSR_TRY(data.apply(entry));
        }
        TSR_TRY(may_go_on());
    }
    return {};
}

}  // namespace

History::History(std::filesystem::path log, std::filesystem::path folder)
    : log_(std::move(log)), folder_(std::move(folder)) {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

History::~History() {
    copies_.clear();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

Result<std::unique_ptr<Reader>> History::open(const PastState& state, const std::function<Result<>()>& may_go_on) {
    const std::lock_guard lock(mutex_);
    TSR_TRY(may_go_on());
    auto archive = TSR_TRY(LogArchive::open(log_));
    const Copy* copy = TSR_TRY(copyAt(archive, state, may_go_on));
    auto reader = TSR_TRY(Reader::open(copy->file));
    TSR_TRY(reader->hold());
    return reader;
}

Result<> History::replay(raft::Index after, const std::function<Result<>()>& may_go_on,
                         const std::function<Result<>(Replay&)>& work) {
    const std::lock_guard lock(mutex_);
    TSR_TRY(may_go_on());
    auto archive = TSR_TRY(LogArchive::open(log_));
    const PastState state{after};
    Copy* copy = TSR_TRY(copyAt(archive, state, may_go_on));
    Replay replay(*copy->data, archive, may_go_on);
    const auto done = work(replay);
    if (done) {
        return done;
    }
    if (done.error().code == ErrorCode::kNotFound) {
        return shortened(archive, copy, state);
    }
    drop(copy);  // where it stands is not known
    return done;
}

Result<const raft::Entry*> Replay::next(raft::Index last) {
    constexpr std::size_t kBetweenQuestions = 256;
    if (data_.applied() >= last) {
        return nullptr;
    }
    if (taken_ == entries_.size()) {
        entries_ = TSR_TRY(archive_.entries(data_.applied(), last, kBytesAtOnce));
        taken_ = 0;
    }
    if (taken_ % kBetweenQuestions == 0) {
        TSR_TRY(may_go_on_());
    }
    return &entries_[taken_++];
}

/// One that holds the state.
Result<History::Copy*> History::copyAt(LogArchive& archive, const PastState& state,
                                       const std::function<Result<>()>& may_go_on) {
    Copy* copy = TSR_TRY(copyBefore(archive, state));
    copy->last_used = ++uses_;
    const auto advanced = advance(*copy->data, archive, state, may_go_on);
    if (!advanced && advanced.error().code == ErrorCode::kNotFound) {
        return shortened(archive, copy, state);
    }
    TSR_TRY(advanced);
    return copy;
}

/// The log was shortened beyond where this copy stood.
Error History::shortened(LogArchive& archive, const Copy* copy, const PastState& state) {
    drop(copy);
    const auto snapshots = archive.snapshots();
    return snapshots ? notKept(state, snapshots->front().index, 0) : snapshots.error();
}

/// The newest copy that is not beyond the state, or a new one from the newest such snapshot. By time alone it is known
/// only of a copy how late it is: then it begins with the oldest snapshot.
Result<History::Copy*> History::copyBefore(LogArchive& archive, const PastState& state) {
    const auto snapshots = TSR_TRY(archive.snapshots());
    if (snapshots.empty()) {
        return fail(ErrorCode::kDataLoss, "the state of the store's log in '" + log_.string() + "' is damaged");
    }
    const raft::SnapshotMeta* from = nullptr;
    for (const raft::SnapshotMeta& snapshot : snapshots) {
        if (snapshot.index <= state.index && (from == nullptr || !hasTime(state))) {
            from = &snapshot;
        }
    }
    if (from == nullptr) {
        return notKept(state, snapshots.front().index, 0);
    }
    Copy* best = nullptr;
    for (const auto& copy : copies_) {
        const raft::Index at = copy->data->applied();
        if (at >= from->index && at <= state.index && copy->data->nowMs() <= state.time_ms &&
            (best == nullptr || at > best->data->applied())) {
            best = copy.get();
        }
    }
    if (best == nullptr) {
        best = TSR_TRY(makeCopy(archive, *from));
    }
    if (best->data->nowMs() > state.time_ms) {
        return notKept(state, best->data->applied(), best->data->nowMs());
    }
    return best;
}

Result<History::Copy*> History::makeCopy(LogArchive& archive, const raft::SnapshotMeta& snapshot) {
    if (copies_.size() >= kMostCopies) {
        drop(std::min_element(copies_.begin(), copies_.end(), [](const auto& a, const auto& b) {
                 return a->last_used < b->last_used;
             })->get());
    }
    std::error_code error;
    std::filesystem::create_directories(folder_, error);
    auto copy = std::make_unique<Copy>();
    copy->file = folder_ / (std::to_string(++uses_) + ".db");
    copy->last_used = uses_;
    TSR_TRY(archive.copy(snapshot, copy->file));
    copy->data = TSR_TRY(Data::open(copy->file, Data::Durability::kNone));
    return copies_.emplace_back(std::move(copy)).get();
}

/// Readers that hold a state of it go on: the file goes when they do.
void History::drop(const Copy* copy) {
    const auto found = std::find_if(copies_.begin(), copies_.end(), [&](const auto& one) { return one.get() == copy; });
    const std::filesystem::path file = (*found)->file;
    copies_.erase(found);
    std::error_code ignored;
    for (const char* suffix : {"", "-wal", "-shm"}) {
        std::filesystem::remove(file.string() + suffix, ignored);
    }
}

}  // namespace tessera::store
