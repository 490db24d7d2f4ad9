#pragma once

/// What each entry of a member's log changed, as long as past states are kept: entries are applied to a copy of the
/// data once more, and looked at while that is done, so that nothing is written more slowly for it. The newest are kept
/// in memory: those who follow cause this work once. Any thread; who asks waits.

#include "nodeservice/store/driver/history.h"
#include "nodeservice/store/sql/changes.h"

#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>
#include <vector>

namespace tessera::store {

class ChangeFeed {
  public:
    /// As for History; the folder is another one.
    ChangeFeed(std::filesystem::path log, std::filesystem::path folder) : history_(std::move(log), std::move(folder)) {}

    /// Of the entries behind `after` up to `last`, which must be applied on this member, or of the first of them: about
    /// as many as weigh a megabyte. Also of those that changed nothing. kOutOfRange: not kept any more.
    Result<std::vector<Changes>> read(raft::Index after, raft::Index last, const std::function<Result<>()>& may_go_on);

    /// Of all these entries together: what one state has that the other has not. kFailedPrecondition where that cannot
    /// be told in one, as the tables were not the same, or all data were replaced.
    Result<Changes> difference(raft::Index from, raft::Index to, const std::function<Result<>()>& may_go_on);

  private:
    std::vector<Changes> known(raft::Index after, raft::Index last);
    void keep(const Changes& changes);

    History history_;
    std::mutex mutex_;
    /// The changes of entries that follow each other; guarded by mutex_, as are their bytes.
    std::deque<Changes> newest_;
    std::size_t newest_bytes_ = 0;
};

}  // namespace tessera::store
