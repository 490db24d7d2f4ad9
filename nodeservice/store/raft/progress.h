#pragma once

/// What a leader knows of one other node, and how much it may send it (dissertation §10.2.1: pipelining). Pure.

#include "nodeservice/store/raft/types.h"

#include <deque>

namespace tessera::store::raft {

class Progress {
  public:
    enum class State {
        kProbe,      ///< Where the logs match is not known: one message at a time.
        kReplicate,  ///< Messages follow each other without waiting, up to a window.
        kSnapshot,   ///< It is too far behind: chunks of a snapshot, one at a time.
    };

    struct InFlight {
        Index last = 0;
        std::size_t bytes = 0;
    };

    explicit Progress(Index next) : next_(next) {}

    State state() const { return state_; }

    Index match() const { return match_; }

    Index next() const { return next_; }

    /// Whether an append may be sent now, given at most `count` messages and `bytes` under way.
    bool mayAppend(std::size_t count, std::size_t bytes) const;

    /// An append up to `last` has been sent.
    void sent(Index last, std::size_t bytes);

    /// The node has confirmed all up to `index`. True when that is news.
    bool confirm(Index index);

    /// The node refused what follows `previous`; `next`: where to try. False when the answer is an old one.
    bool refuse(Index previous, Index next);

    void probeAgain();

    /// Begins with the snapshot's first chunk; `offset` then goes by what the node says.
    void sendSnapshot(SnapshotMeta snapshot);

    const SnapshotMeta& snapshot() const { return snapshot_; }

    /// One heartbeat has passed: a probe may be repeated.
    void heartbeatPassed() { waiting_ = false; }

    /// One tick has passed. True when what is under way has had no answer for `ticks`: it is taken for lost.
    bool stalled(std::uint32_t ticks);

    std::uint64_t offset = 0;
    /// A chunk is under way.
    bool chunk_sent = false;
    /// Heard since the last check of the quorum.
    bool active = false;
    /// The highest round it has repeated.
    std::uint64_t round = 0;
    /// Which of all answers to rounds that was.
    std::uint64_t answer = 0;

    /// For a dashboard.
    std::size_t inFlight() const { return in_flight_.size(); }

    std::size_t inFlightBytes() const { return in_flight_bytes_; }

  private:
    State state_ = State::kProbe;
    Index match_ = 0;
    Index next_;
    bool waiting_ = false;
    std::deque<InFlight> in_flight_;
    std::size_t in_flight_bytes_ = 0;
    std::uint32_t silent_ticks_ = 0;
    SnapshotMeta snapshot_;
};

}  // namespace tessera::store::raft
