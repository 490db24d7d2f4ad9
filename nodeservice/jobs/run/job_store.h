#pragma once

/// The replicated store as jobs see it: batches that apply whole or not at all, and reads. Every batch says itself what
/// it expects, so that a decision on old records has no effect. Reads go forward: none shows less than one before it,
/// or than a batch that was answered.

#include "common/result.h"
#include "nodeservice/store/sql/command.h"

#include <vector>

namespace tessera::jobs {

using Batch = std::vector<store::SqlStatement>;
using Row = std::vector<store::sqlite::Value>;

class JobStore {
  public:
    virtual ~JobStore() = default;

    /// True: it is applied. False: something it expects is not so, and nothing has happened. An error: nobody knows
    /// yet.
    virtual Result<bool> apply(const Batch& batch) = 0;

    /// Each for itself, in any order, and together faster than one after another.
    virtual std::vector<Result<bool>> applyAll(const std::vector<Batch>& batches) {
        std::vector<Result<bool>> applied;
        for (const Batch& batch : batches) {
            applied.push_back(apply(batch));
        }
        return applied;
    }

    virtual Result<std::vector<Row>> query(const store::SqlStatement& statement) = 0;
};

/// Part of the error of a batch whose expectation does not hold.
inline constexpr const char* kExpectationFailed = "jobs: the state has changed";

}  // namespace tessera::jobs
