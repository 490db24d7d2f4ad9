#include "nodeservice/store/raft/guard.h"

#include <cstddef>

namespace tessera::store::raft {

std::string_view guardName(Guard guard) {
    static constexpr std::array<std::string_view, static_cast<std::size_t>(Guard::kCount)> kNames = {
        "none",
        "own-term-commit",
        "vote-persisted",
        "term-persisted",
        "one-vote-per-term",
        "up-to-date-vote",
        "stale-term-refused",
        "log-matching",
        "conflict-truncates",
        "commit-within-matched",
        "persist-before-send",
        "self-counts-when-durable",
        "apply-when-durable",
        "pre-vote",
        "stickiness",
        "check-quorum",
        "no-op-at-term-start",
        "read-quorum",
        "read-after-own-commit",
        "lease-expires",
        "silent-start",
        "joint-quorum",
        "one-change-at-a-time",
        "membership-rolls-back",
        "learners-do-not-count",
        "transfer-waits",
        "transfer-stops-proposals",
        "quiet-while-installing",
        "old-snapshot-ignored",
    };
    return kNames.at(static_cast<std::size_t>(guard));
}

#ifdef TESSERA_RAFT_MUTANTS
Guard& leftOut() {
    static Guard guard = Guard::kNone;
    return guard;
}
#endif

}  // namespace tessera::store::raft
