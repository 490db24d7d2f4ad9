#pragma once

/// The rules that make the core safe, each of which can be left out in a test build, one at a time.
///
/// The core asks enforced(Guard::kX) where it applies rule X. That is the constant true in every program people run. In
/// the library tessera_raft_mutants it reads leftOut(), and tests/fault/mutation_test.cpp shows for each guard that the
/// simulation notices when it is missing: a rule nothing would miss is not tested.

#include <array>
#include <cstdint>
#include <string_view>

namespace tessera::store::raft {

enum class Guard : std::uint8_t {
    kNone,
    kOwnTermCommit,        ///< Only entries of the leader's own term are committed by counting (paper §5.4.2, fig. 8).
    kVotePersisted,        ///< The vote is part of what is made durable (§5.1).
    kTermPersisted,        ///< A new term is made durable (§5.1).
    kOneVotePerTerm,       ///< A node votes for one candidate a term (§5.2).
    kUpToDateVote,         ///< A vote goes only to a log at least as up to date as one's own (§5.4.1).
    kStaleTermRefused,     ///< Messages of older terms change nothing (§5.1).
    kLogMatching,          ///< Entries are taken only behind a matching predecessor (§5.3).
    kConflictTruncates,    ///< An entry that conflicts with the leader's goes, with all that follow (§5.3).
    kCommitWithinMatched,  ///< A follower commits no further than what it has matched with this leader (§5.3).
    kPersistBeforeSend,    ///< What promises durability is sent only when it is durable (§5.1).
    kSelfCountsWhenDurable,  ///< The leader counts itself only after its own write (dissertation §10.2.1).
    kApplyWhenDurable,       ///< An entry is applied only when it is in this node's own log on disk.
    kPreVote,                ///< A candidate asks before it begins a new term (dissertation §9.6).
    kStickiness,             ///< Who hears a leader gives no votes (dissertation §4.2.3).
    kCheckQuorum,            ///< A leader that hears no quorum steps down (dissertation §6.2).
    kNoopAtTermStart,        ///< A leader begins its term with an entry of its own (dissertation §6.4).
    kReadQuorum,             ///< A read index counts when a quorum has confirmed the leader since (dissertation §6.4).
    kReadAfterOwnCommit,     ///< … and when the leader has committed an entry of its term (dissertation §6.4).
    kLeaseExpires,           ///< A lease ends an election time-out after its messages were sent (dissertation §6.4.1).
    kSilentStart,            ///< A node that has just started gives no votes: it may have promised a lease.
    kJointQuorum,            ///< A joint membership decides by majorities of both sets (§6).
    kOneChangeAtATime,       ///< No membership change begins before the last one is committed (§6).
    kMembershipRollsBack,    ///< A membership goes with its entry when that is truncated (§6).
    kLearnersDoNotCount,     ///< Learners are in no quorum (dissertation §4.2.1).
    kTransferWaits,          ///< Leadership goes only to a node that has the whole log (dissertation §3.10).
    kTransferStopsProposals,  ///< … which holds still meanwhile (dissertation §3.10).
    kQuietWhileInstalling,    ///< No candidacy and no entries while a snapshot is being installed.
    kOldSnapshotIgnored,      ///< A snapshot older than what is committed here changes nothing (§7).
    kCount
};

/// "own-term commit": for test output and its command line.
std::string_view guardName(Guard guard);

#ifdef TESSERA_RAFT_MUTANTS
/// The guard that is left out just now; kNone for the core as it is.
Guard& leftOut();

inline bool enforced(Guard guard) {
    return leftOut() != guard;
}
#else
constexpr bool enforced(Guard /*guard*/) {
    return true;
}
#endif

}  // namespace tessera::store::raft
