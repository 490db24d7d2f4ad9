#pragma once

/// The replicated store as endpoints see it: batches that apply whole or not at all, and reads that show all that was
/// answered before. Any thread; calls wait for the store.

#include "common/result.h"
#include "nodeservice/store/sql/command.h"

#include <cstdint>
#include <vector>

namespace tessera::endpoints {

using Batch = std::vector<store::SqlStatement>;
using Row = std::vector<store::sqlite::Value>;

class Store {
  public:
    virtual ~Store() = default;

    /// True: it is applied. False: something it expects is not so, and nothing has happened. An error: nobody knows.
    virtual Result<bool> apply(const Batch& batch) = 0;
    virtual Result<std::vector<Row>> query(const store::SqlStatement& statement) = 0;
    /// Grows with every entry that this node's data hold. Does not wait.
    virtual std::uint64_t applied() = 0;
};

/// Part of the error of a batch whose expectation does not hold.
inline constexpr const char* kExpectationFailed = "endpoints: the state has changed";

}  // namespace tessera::endpoints
