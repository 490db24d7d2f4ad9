#pragma once

/// The retained window of the log, in memory: entries (base, last]. What stands at or before the base is in a snapshot.
/// Pure; one thread.

#include "nodeservice/store/raft/types.h"

#include <deque>

namespace tessera::store::raft {

class Log {
  public:
    /// `entries` follow `base`.
    Log(Position base, std::vector<Entry> entries);

    const Position& base() const { return base_; }

    Index lastIndex() const { return entries_.empty() ? base_.index : entries_.back().index; }

    Position last() const { return entries_.empty() ? base_ : Position{entries_.back().index, entries_.back().term}; }

    /// 0 for what is not in the window.
    Term termAt(Index index) const;

    bool has(const Position& position) const {
        return position == base_ || (position.term != 0 && termAt(position.index) == position.term);
    }

    /// Within the window.
    const Entry& at(Index index) const { return entries_[index - base_.index - 1]; }

    /// The last position at or before `from` whose term is at most `term`: where logs that differ may still match.
    Position lastAtMost(Index from, Term term) const;

    /// [from, to] as far as it weighs no more than `max_bytes`, but at least one.
    std::vector<Entry> slice(Index from, Index to, std::size_t max_bytes) const;

    void append(Entry entry) {
        bytes_ += entry.bytes();
        entries_.push_back(std::move(entry));
    }

    /// What the window weighs.
    std::size_t bytes() const { return bytes_; }

    /// The lowest index, up to `most`, behind which no more than `bytes` are left; `most` if there is none.
    Index baseKeeping(std::size_t bytes, Index most) const;

    /// Drops `from` and what follows.
    void truncate(Index from);

    /// Makes `index`, which is in the window, the base.
    void compact(Index index);

    /// Forgets everything: the log begins behind a snapshot.
    void reset(Position base);

  private:
    Position base_;
    std::deque<Entry> entries_;
    std::size_t bytes_ = 0;
};

}  // namespace tessera::store::raft
