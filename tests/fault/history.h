#pragma once

/// What clients did and saw, in the order in which it happened.

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace tessera::fault {

enum class OperationKind { kRead, kWrite, kCompareAndSet, kAppend };

struct Operation {
    static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

    OperationKind kind = OperationKind::kRead;
    std::string key;
    /// Written, appended, or to be set.
    std::string value;
    /// kCompareAndSet: what must be there.
    std::string expected;
    /// What the client was told: the text read, the whole text after an append, "ok" or "no".
    std::string answer;
    /// Moments of one counter. kNever: no answer came, and it may have taken effect at any time since, or not at all.
    std::uint64_t called = 0;
    std::uint64_t returned = kNever;
    int client = 0;
};

using History = std::vector<Operation>;

}  // namespace tessera::fault
