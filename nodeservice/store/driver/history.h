#pragma once

/// States of the data that were: a snapshot of the log's file is copied, and the entries behind it are applied again.
/// At most two such copies are kept, each of which can go forward to a later state without beginning anew; readers of
/// the same copy see the states they asked for. Any thread; who asks waits.

#include "nodeservice/store/sql/data.h"
#include "nodeservice/store/sql/reader.h"
#include "nodeservice/store/storage/log_archive.h"

#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace tessera::store {

/// Which past state: the newest that neither is behind `index` nor has seen anything later than `time_ms`.
struct PastState {
    raft::Index index = 0;
    /// Milliseconds since 1970, by the time that statements saw as now.
    std::int64_t time_ms = std::numeric_limits<std::int64_t>::max();
};

/// A copy of the data at a past state, and the entries that follow it.
class Replay {
  public:
    Replay(Data& data, LogArchive& archive, const std::function<Result<>()>& may_go_on)
        : data_(data), archive_(archive), may_go_on_(may_go_on) {}

    Data& data() { return data_; }

    /// The entry behind what data() holds, to be applied; null if that would be one behind `last`.
    Result<const raft::Entry*> next(raft::Index last);

  private:
    Data& data_;
    LogArchive& archive_;
    const std::function<Result<>()>& may_go_on_;
    std::vector<raft::Entry> entries_;
    std::size_t taken_ = 0;
};

class History {
  public:
    /// `log`: the file of a SqliteStorage. `folder`: for the copies; what is in it goes.
    History(std::filesystem::path log, std::filesystem::path folder);
    ~History();

    /// A reader that holds the state. Everything up to state.index must be applied on this node. `may_go_on` is asked
    /// now and then; its error ends the work. kOutOfRange: not kept any more; the message says what is.
    Result<std::unique_ptr<Reader>> open(const PastState& state, const std::function<Result<>()>& may_go_on);

    /// `work` gets a copy that holds the state after entry `after`, from which it may go forward, alone: what it makes
    /// of the copy must be gone when it returns. Its error, or one as of open().
    Result<> replay(raft::Index after, const std::function<Result<>()>& may_go_on,
                    const std::function<Result<>(Replay&)>& work);

  private:
    struct Copy {
        std::filesystem::path file;
        std::unique_ptr<Data> data;
        std::uint64_t last_used = 0;
    };

    Result<Copy*> copyAt(LogArchive& archive, const PastState& state, const std::function<Result<>()>& may_go_on);
    Result<Copy*> copyBefore(LogArchive& archive, const PastState& state);
    Result<Copy*> makeCopy(LogArchive& archive, const raft::SnapshotMeta& snapshot);
    Error shortened(LogArchive& archive, const Copy* copy, const PastState& state);
    void drop(const Copy* copy);

    const std::filesystem::path log_;
    const std::filesystem::path folder_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Copy>> copies_;  // guarded by mutex_
    std::uint64_t uses_ = 0;                     // guarded by mutex_
};

}  // namespace tessera::store
