#include "nodeservice/store/driver/change_feed.h"

#include <utility>

namespace tessera::store {

namespace {

constexpr std::size_t kBytesAtOnce = std::size_t{1} << 20U;
constexpr std::size_t kBytesKept = std::size_t{8} << 20U;

Result<bool> isRestore(const raft::Entry& entry) {
    return entry.kind == raft::EntryKind::kCommand && TSR_TRY(Command::decode(entry.text())).restore.has_value();
}

/// A restore's last step opens another file, which no recorder may be there to see.
Result<Changes> applyRestore(Data& data, const raft::Entry& entry) {
    const Outcome outcome = TSR_TRY(data.apply(entry));
    Changes changes;
    changes.index = data.applied();
    changes.time_ms = data.nowMs();
    changes.is_replaced = TSR_TRY(Command::decode(entry.text())).restore->is_last && outcome.error.empty();
    return changes;
}

Result<Changes> applyRecorded(Data& data, const raft::Entry& entry) {
    if (TSR_TRY(isRestore(entry))) {
        return applyRestore(data, entry);
    }
    const auto recorder = TSR_TRY(ChangeRecorder::start(data));
    TSR_TRY(data.apply(entry));
    return recorder->finish();
}

}  // namespace

Result<std::vector<Changes>> ChangeFeed::read(raft::Index after, raft::Index last,
                                              const std::function<Result<>()>& may_go_on) {
    if (auto changes = known(after, last); !changes.empty()) {
        return changes;
    }
    std::vector<Changes> changes;
    std::size_t bytes = 0;
    const auto record = [&](Replay& replay) -> Result<> {
        while (bytes < kBytesAtOnce) {
            const raft::Entry* entry = TSR_TRY(replay.next(last));
            if (entry == nullptr) {
                break;
            }
            changes.push_back(TSR_TRY(applyRecorded(replay.data(), *entry)));
            keep(changes.back());
            bytes += changes.back().bytes();
        }
        return {};
    };
    TSR_TRY(history_.replay(after, may_go_on, record));
    return changes;
}

Result<Changes> ChangeFeed::difference(raft::Index from, raft::Index to, const std::function<Result<>()>& may_go_on) {
    const auto oneByOne = [&](const std::string& why) {
        return fail(ErrorCode::kFailedPrecondition,
                    "what changed from entry " + std::to_string(from) + " to entry " + std::to_string(to) +
                        " cannot be told in one: " + why,
                    "ask for the changes of each entry, or read the tables of both states");
    };
    Changes changes;
    const auto record = [&](Replay& replay) -> Result<> {
        const auto recorder = TSR_TRY(ChangeRecorder::start(replay.data()));
        while (const raft::Entry* entry = TSR_TRY(replay.next(to))) {
            if (TSR_TRY(isRestore(*entry))) {
                return oneByOne("entry " + std::to_string(entry->index) + " is of a restore");
            }
            TSR_TRY(replay.data().apply(*entry));
        }
        changes = TSR_TRY(recorder->finish());
        return {};
    };
    TSR_TRY(history_.replay(from, may_go_on, record));
    if (changes.tables.empty() && !changes.untold.empty() && changes.is_schema_changed) {
        return oneByOne("the columns of " + changes.untold.front() + " or of another table are not the same");
    }
    return changes;
}

std::vector<Changes> ChangeFeed::known(raft::Index after, raft::Index last) {
    const std::lock_guard lock(mutex_);
    std::vector<Changes> found;
    if (newest_.empty() || after + 1 < newest_.front().index) {
        return found;
    }
    std::size_t bytes = 0;
    for (const Changes& changes : newest_) {
        if (changes.index > last || bytes >= kBytesAtOnce) {
            break;
        }
        if (changes.index > after) {
            found.push_back(changes);
            bytes += changes.bytes();
        }
    }
    return found;
}

void ChangeFeed::keep(const Changes& changes) {
    const std::lock_guard lock(mutex_);
    const bool is_next = !newest_.empty() && changes.index == newest_.back().index + 1;
    if (!newest_.empty() && !is_next) {
        if (changes.index <= newest_.back().index) {
            return;  // somebody reads what was long before
        }
        newest_.clear();
        newest_bytes_ = 0;
    }
    newest_.push_back(changes);
    newest_bytes_ += changes.bytes();
    while (newest_.size() > 1 && newest_bytes_ > kBytesKept) {
        newest_bytes_ -= newest_.front().bytes();
        newest_.pop_front();
    }
}

}  // namespace tessera::store
