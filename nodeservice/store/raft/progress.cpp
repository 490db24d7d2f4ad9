#include "nodeservice/store/raft/progress.h"

#include <algorithm>

namespace tessera::store::raft {

bool Progress::mayAppend(std::size_t count, std::size_t bytes) const {
    switch (state_) {
        case State::kProbe:
            return !waiting_;
        case State::kReplicate:
            return in_flight_.size() < count && in_flight_bytes_ < bytes;
        case State::kSnapshot:
            return false;
    }
    return false;
}

void Progress::sent(Index last, std::size_t bytes) {
    if (state_ == State::kProbe) {
        waiting_ = true;
        return;
    }
    if (last >= next_) {
        next_ = last + 1;
        in_flight_.push_back({last, bytes});
        in_flight_bytes_ += bytes;
    }
}

bool Progress::confirm(Index index) {
    const bool is_news = index > match_;
    match_ = std::max(match_, index);
    next_ = std::max(next_, match_ + 1);
    if (is_news) {
        silent_ticks_ = 0;
    }
    while (!in_flight_.empty() && in_flight_.front().last <= match_) {
        in_flight_bytes_ -= in_flight_.front().bytes;
        in_flight_.pop_front();
    }
    const bool has_snapshot = state_ == State::kSnapshot && match_ >= snapshot_.index;
    if (has_snapshot || (state_ == State::kProbe && index == match_)) {
        probeAgain();
        state_ = State::kReplicate;
    }
    return is_news;
}

bool Progress::refuse(Index previous, Index next) {
    const bool is_old =
        state_ == State::kSnapshot || previous <= match_ || (state_ == State::kProbe && previous != next_ - 1);
    if (is_old) {
        return false;
    }
    probeAgain();
    next_ = std::max(std::min(previous, next), match_ + 1);
    return true;
}

void Progress::probeAgain() {
    state_ = State::kProbe;
    next_ = match_ + 1;
    waiting_ = false;
    in_flight_.clear();
    in_flight_bytes_ = 0;
    silent_ticks_ = 0;
}

void Progress::sendSnapshot(SnapshotMeta snapshot) {
    probeAgain();
    state_ = State::kSnapshot;
    snapshot_ = std::move(snapshot);
    offset = 0;
    chunk_sent = false;
}

bool Progress::stalled(std::uint32_t ticks) {
    const bool is_waiting = state_ == State::kSnapshot ? chunk_sent : !in_flight_.empty();
    silent_ticks_ = is_waiting ? silent_ticks_ + 1 : 0;
    if (silent_ticks_ < ticks) {
        return false;
    }
    silent_ticks_ = 0;
    return true;
}

}  // namespace tessera::store::raft
