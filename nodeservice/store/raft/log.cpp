#include "nodeservice/store/raft/log.h"

#include <algorithm>
#include <iterator>

namespace tessera::store::raft {

Log::Log(Position base, std::vector<Entry> entries)
    : base_(base), entries_(std::make_move_iterator(entries.begin()), std::make_move_iterator(entries.end())) {}

Term Log::termAt(Index index) const {
    if (index == base_.index) {
        return base_.term;
    }
    return index < base_.index || index > lastIndex() ? 0 : at(index).term;
}

Position Log::lastAtMost(Index from, Term term) const {
    Index index = std::min(from, lastIndex());
    while (index > base_.index && termAt(index) > term) {
        --index;
    }
    return {index, termAt(index)};
}

std::vector<Entry> Log::slice(Index from, Index to, std::size_t max_bytes) const {
    std::vector<Entry> entries;
    std::size_t bytes = 0;
    for (Index index = from; index <= std::min(to, lastIndex()); ++index) {
        bytes += at(index).bytes();
        if (!entries.empty() && bytes > max_bytes) {
            break;
        }
        entries.push_back(at(index));
    }
    return entries;
}

void Log::truncate(Index from) {
    while (!entries_.empty() && entries_.back().index >= from) {
        entries_.pop_back();
    }
}

void Log::compact(Index index) {
    base_ = {index, termAt(index)};
    while (!entries_.empty() && entries_.front().index <= index) {
        entries_.pop_front();
    }
}

void Log::reset(Position base) {
    base_ = base;
    entries_.clear();
}

}  // namespace tessera::store::raft
