#pragma once

/// A state of a member's data that queries read until it is let go: several see the same. It keeps SQLite's log from
/// being shortened: not for long. One thread at a time.

#include "nodeservice/store/sql/reader.h"

#include <functional>
#include <memory>
#include <utility>

namespace tessera::store {

class HeldState {
  public:
    /// `reader` holds it. `give_back`: what becomes of the reader afterwards.
    HeldState(std::unique_ptr<Reader> reader, raft::Index index, std::function<void(std::unique_ptr<Reader>)> give_back)
        : reader_(std::move(reader)), index_(index), give_back_(std::move(give_back)) {}

    ~HeldState() {
        if (reader_ && reader_->letGo()) {
            give_back_(std::move(reader_));
        }
    }

    HeldState(HeldState&&) = default;
    HeldState& operator=(HeldState&&) = delete;

    raft::Index index() const { return index_; }

    Result<> query(const SqlStatement& statement, const RowSink& sink) { return reader_->query(statement, sink); }

  private:
    std::unique_ptr<Reader> reader_;
    raft::Index index_;
    std::function<void(std::unique_ptr<Reader>)> give_back_;
};

}  // namespace tessera::store
