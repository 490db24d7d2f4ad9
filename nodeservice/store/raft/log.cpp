#include "nodeservice/store/raft/log.h"

#include <algorithm>
#include <iterator>

namespace tessera::store::raft {

Log::Log(Position base, std::vector<Entry> entries)
    : base_(base), entries_(std::make_move_iterator(entries.begin()), std::make_move_iterator(entries.end())) {
    for (const Entry& entry : entries_) {
        bytes_ += entry.bytes();
    }
}

Index Log::baseKeeping(std::size_t bytes, Index most) const {
    Index index = base_.index;
    for (std::size_t left = bytes_; left > bytes && index < std::min(most, lastIndex()); ++index) {
        left -= at(index + 1).bytes();
    }
    return index;
}

Term Log::termAt(Index index) const {
    if (index == base_.index) {
        return base_.term;
    }
    return index < base_.index || index > lastIndex() ? 0 : at(index).term;
}

Position Log::lastAtMost(Index from, Term term) const {
    // Terms only grow along a log. A leader asks this for each read, of all entries of its own term.
    const Index last = std::min(from, lastIndex());
    const auto end = entries_.begin() + static_cast<std::ptrdiff_t>(last > base_.index ? last - base_.index : 0);
    const auto behind =
        std::partition_point(entries_.begin(), end, [term](const Entry& entry) { return entry.term <= term; });
    const Index index = std::min(last, base_.index + static_cast<Index>(behind - entries_.begin()));
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
        bytes_ -= entries_.back().bytes();
        entries_.pop_back();
    }
}

void Log::compact(Index index) {
    base_ = {index, termAt(index)};
    while (!entries_.empty() && entries_.front().index <= index) {
        bytes_ -= entries_.front().bytes();
        entries_.pop_front();
    }
}

void Log::reset(Position base) {
    base_ = base;
    entries_.clear();
    bytes_ = 0;
}

}  // namespace tessera::store::raft
