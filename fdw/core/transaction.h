#pragma once

/// The sources that take part in the host's running transaction: one session each, in a transaction of its own, with a
/// savepoint for each of the host's subtransactions that has touched it. One backend has one thread and one
/// transaction.
///
/// A source takes part from its first change on, or from its first read where the isolation level asks for one
/// snapshot. From then on all that this transaction does there goes through that session: what runs in it is an
/// Activity, of which there is one at a time.

#include "common/result.h"
#include "fdw/core/fdw_core.h"
#include "fdw/core/session_pool.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

/// A running statement or ingest in a participant's session.
class TsrActivity {
  public:
    virtual ~TsrActivity() = default;
    /// Ends it at the source, because the transaction is rolled back; it fails when it is used again.
    virtual void abandon() noexcept = 0;
};

struct TsrParticipant {
    enum class State {
        kIdle,  // no transaction: it has not begun, or the source knows none
        kRunning,
        kPrepared,  // under `prepared_name`
    };

    tessera::fdw::SessionPool::Lease lease;
    std::string name;
    bool two_phase = false;  // the server's option
    std::uint32_t capabilities = 0;
    State state = State::kIdle;
    int level = 1;  // of the host's subtransactions that the source has a savepoint for; 1 is the transaction itself
    bool changed = false;
    bool broken = false;
    std::string prepared_name;
    TsrHolder* holder = nullptr;
    TsrActivity* activity = nullptr;

    bool can(TsrCapability capability) const { return (capabilities & capability) != 0; }

    /// Starts a step; finishStep() must follow when it was started.
    bool startStep(TsrStep step, const std::string& step_name, TsrError* error);
    bool finishStep(TsrError* error);
    bool step(TsrStep kind, const std::string& step_name, TsrError* error);
    /// Ends what runs in the session, so that a step can be sent.
    void abandonActivity() noexcept;
};

namespace tessera::fdw {

class Transaction {
  public:
    static Transaction& instance();

    TsrParticipant* find(std::uint32_t server, std::uint32_t user);
    Result<TsrParticipant*> join(const TsrSource& source, const TsrHost& host, const TsrTransaction& wanted, int level,
                                 TsrUse use);

    /// Someone who holds a session that has reached the level, or nullptr.
    TsrHolder* holder(int level) const;

    bool empty() const { return participants_.empty(); }

    /// Must the end be in two phases, so that all or none of it stays?
    bool needsTwoPhases(bool host_changed) const;
    /// SERVER_USER of each participant that prepare() is about, separated by blanks.
    std::string twoPhaseParts() const;
    /// A subtransaction of that level ends.
    Result<> endLevel(int level, bool commit);
    /// The first phase, in those that can: each is prepared as PREFIX_SERVER_USER.
    Result<> prepare(const std::string& prefix);
    /// Commits what is running, in all sources at the same time. An error says which have committed.
    Result<> commit();
    /// The second phase. What can't be told now is left to the resolver; the names of those.
    std::vector<std::string> commitPrepared() noexcept;
    /// Whatever state each source is in. True when all that was changed is undone.
    bool rollback() noexcept;
    /// All sessions go back to the pool.
    void end() noexcept;

  private:
    Result<> checkChange(const TsrParticipant& joining, int level) const;
    Result<> finishAll(std::vector<TsrParticipant*> started);

    std::vector<std::unique_ptr<TsrParticipant>> participants_;
};

}  // namespace tessera::fdw
