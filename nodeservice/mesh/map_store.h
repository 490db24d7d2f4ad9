#pragma once

/// The replicated store as the shard map sees it: batches that apply whole or not at all, and reads. Any thread; calls
/// wait for the store.

#include "common/result.h"
#include "nodeservice/store/driver/sleeper.h"
#include "nodeservice/store/sql/command.h"

#include <cstdint>
#include <vector>

namespace tessera::mesh {

using Batch = std::vector<store::SqlStatement>;
using Row = std::vector<store::sqlite::Value>;

class MapStore {
  public:
    virtual ~MapStore() = default;

    /// True: it is applied. False: something it expects is not so, and nothing has happened. An error: nobody knows.
    virtual Result<bool> apply(const Batch& batch) = 0;
    /// Shows all that was answered before.
    virtual Result<std::vector<Row>> query(const store::SqlStatement& statement) = 0;
    /// What this node's member holds now, however old. Does not wait.
    virtual Result<std::vector<Row>> queryHere(const store::SqlStatement& statement) = 0;
    /// Up to which entry this node's data are, to be waited for, too.
    virtual store::AppliedIndex& appliedIndex() = 0;

    std::uint64_t applied() { return appliedIndex().get(); }
};

/// Part of the error of a batch whose expectation does not hold.
inline constexpr const char* kExpectationFailed = "mesh: the shard map has changed";

}  // namespace tessera::mesh
