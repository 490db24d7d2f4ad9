#include "fdw/core/transaction.h"

#include "common/strings.h"
#include "plugins/sdk/boundary.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace sdk = tessera::sdk;
using tessera::Error;
using tessera::ErrorCode;
using tessera::fail;
using tessera::Result;

bool TsrParticipant::startStep(TsrStep kind, const std::string& step_name, TsrError* error) {
    return lease.connector->start_step(lease.session, kind, step_name.c_str(), error) == TSR_OK;
}

bool TsrParticipant::finishStep(TsrError* error) {
    return lease.connector->finish_step(lease.session, error) == TSR_OK;
}

bool TsrParticipant::step(TsrStep kind, const std::string& step_name, TsrError* error) {
    return startStep(kind, step_name, error) && finishStep(error);
}

void TsrParticipant::abandonActivity() noexcept {
    if (activity != nullptr) {
        activity->abandon();
    }
    activity = nullptr;
    holder = nullptr;
}

namespace tessera::fdw {

namespace {

using State = TsrParticipant::State;

std::string savepointName(int level) {
    return "tessera" + std::to_string(level);
}

std::string partName(const TsrParticipant& participant) {
    return std::to_string(participant.lease.key >> 32U) + "_" + std::to_string(participant.lease.key & 0xFFFFFFFFU);
}

std::string preparedName(const std::string& prefix, const TsrParticipant& participant) {
    return prefix + "_" + partName(participant);
}

bool isToPrepare(const TsrParticipant& participant) {
    return participant.state == State::kRunning && participant.changed && participant.two_phase &&
           participant.can(TSR_CAN_PREPARE);
}

/// No prepared transaction of that name: whoever resolves what is in doubt was faster.
bool isGone(const TsrError& error) {
    const std::string_view state = error.sqlstate;
    return state == "42704" || state == "XAE04";
}

std::uint32_t capabilitiesOf(const SessionPool::Lease& lease) {
    return TSR_HAS_MEMBER(lease.connector, capabilities) ? lease.connector->capabilities(lease.session) : 0;
}

Error sourceError(const TsrParticipant& participant, const TsrError& error) {
    return sdk::fromReport(error).withContext("source \"" + participant.name + "\"");
}

Error refuse(const char* sqlstate, const std::string& message, const std::string& hint) {
    Error error = fail(ErrorCode::kFailedPrecondition, message, hint);
    error.sqlstate = sqlstate;
    return error;
}

}  // namespace

Transaction& Transaction::instance() {
    static auto* transaction = new Transaction;
    return *transaction;
}

TsrParticipant* Transaction::find(std::uint32_t server, std::uint32_t user) {
    const std::uint64_t key = SessionPool::keyOf(server, user);
    const auto found = std::find_if(participants_.begin(), participants_.end(),
                                    [&](const auto& participant) { return participant->lease.key == key; });
    return found != participants_.end() ? found->get() : nullptr;
}

Result<> Transaction::checkChange(const TsrParticipant& joining, int level) const {
    if (!joining.can(TSR_CAN_CHANGE) && !joining.can(TSR_CAN_INGEST)) {
        return refuse("0A000", "source \"" + joining.name + "\" can only be read",
                      "its connector has no way to write, or the server's options don't allow it");
    }
    if (level > 1 && !joining.can(TSR_CAN_SAVEPOINT)) {
        return refuse("0A000",
                      "source \"" + joining.name + "\" has no savepoints: it can't be changed within a subtransaction",
                      "change it outside savepoints and blocks with exception handlers");
    }
    for (const auto& other : participants_) {
        if (other.get() == &joining || !other->changed) {
            continue;
        }
        const TsrParticipant& lacking = joining.can(TSR_CAN_TRANSACT) ? *other : joining;
        if (!lacking.can(TSR_CAN_TRANSACT)) {
            return refuse("0A000",
                          "source \"" + lacking.name +
                              "\" has no transactions: it can't be changed in one transaction " + "with source \"" +
                              (&lacking == &joining ? other->name : joining.name) + "\"",
                          "change them in separate transactions");
        }
    }
    return {};
}

Result<TsrParticipant*> Transaction::join(const TsrSource& source, const TsrHost& host, const TsrTransaction& wanted,
                                          int level, TsrUse use) {
    TsrParticipant* participant = find(source.server, source.user);
    if (participant == nullptr) {
        auto made = std::make_unique<TsrParticipant>();
        made->lease = TSR_TRY(SessionPool::instance().acquire(source, host));
        made->name = source.name;
        made->two_phase = source.two_phase;
        made->capabilities = capabilitiesOf(made->lease);
        participant = participants_.emplace_back(std::move(made)).get();
    }
    if (participant->broken) {
        return refuse("08006", "source \"" + participant->name + "\": the session of this transaction was lost",
                      "roll the transaction back and run it again");
    }
    if (use == TSR_USE_CHANGE) {
        TSR_TRY(checkChange(*participant, level));
    }
    TsrError error{};
    if (participant->state == State::kIdle && participant->can(TSR_CAN_TRANSACT)) {
        const auto begin = [&] {
            return participant->lease.connector->begin(participant->lease.session, &wanted, &error) == TSR_OK;
        };
        bool begun = begin();
        if (!begun && participant->lease.reused && sdk::fromReport(error).sqlState().starts_with("08")) {
            // Nothing was observed yet in a session that died while it was idle.
            const SessionPool::Lease fresh = TSR_TRY(SessionPool::instance().acquire(source, host, true));
            SessionPool::instance().close(std::exchange(participant->lease, fresh));
            begun = begin();
        }
        if (!begun) {
            participant->broken = true;
            return sourceError(*participant, error);
        }
        participant->state = State::kRunning;
        participant->lease.record->in_transaction = true;
    }
    while (participant->state == State::kRunning && participant->level < level && participant->can(TSR_CAN_SAVEPOINT)) {
        if (!participant->step(TSR_STEP_SAVEPOINT, savepointName(participant->level + 1), &error)) {
            return sourceError(*participant, error);
        }
        ++participant->level;
    }
    participant->changed = participant->changed || use == TSR_USE_CHANGE;
    participant->lease.record->changed = participant->changed;
    return participant;
}

TsrHolder* Transaction::holder(int level) const {
    for (const auto& participant : participants_) {
        if (participant->level >= level && participant->holder != nullptr) {
            return participant->holder;
        }
    }
    return nullptr;
}

bool Transaction::needsTwoPhases(bool host_changed) const {
    const auto changed = std::count_if(participants_.begin(), participants_.end(),
                                       [](const auto& participant) { return participant->changed; });
    const bool able = std::any_of(participants_.begin(), participants_.end(), [](const auto& participant) {
        return participant->changed && participant->two_phase && participant->can(TSR_CAN_PREPARE);
    });
    return able && changed + (host_changed ? 1 : 0) > 1;
}

std::string Transaction::twoPhaseParts() const {
    std::string parts;
    for (const auto& participant : participants_) {
        if (isToPrepare(*participant)) {
            parts += (parts.empty() ? "" : " ") + partName(*participant);
        }
    }
    return parts;
}

Result<> Transaction::endLevel(int level, bool commit) {
    for (const auto& participant : participants_) {
        if (participant->state != State::kRunning || participant->level < level) {
            continue;
        }
        TsrError error{};
        const std::string name = savepointName(participant->level);
        participant->abandonActivity();
        --participant->level;
        if (commit) {
            if (!participant->step(TSR_STEP_RELEASE, name, &error)) {
                return sourceError(*participant, error);
            }
        } else if (!participant->broken && (!participant->step(TSR_STEP_ROLLBACK_TO, name, &error) ||
                                            !participant->step(TSR_STEP_RELEASE, name, &error))) {
            participant->broken = true;
        }
    }
    return {};
}

Result<> Transaction::finishAll(std::vector<TsrParticipant*> started) {
    Result<> outcome;
    std::vector<std::string> done;
    for (TsrParticipant* participant : started) {
        TsrError error{};
        if (participant->finishStep(&error)) {
            done.push_back("\"" + participant->name + "\"");
            participant->state = State::kIdle;
            continue;
        }
        participant->broken = true;
        if (outcome) {
            outcome = sourceError(*participant, error);
        }
    }
    if (!outcome && !done.empty()) {
        outcome.error().detail += std::string(outcome.error().detail.empty() ? "" : "\n") +
                                  "Committed already and not undone: " + tessera::join(done, ", ") + ".";
    }
    return outcome;
}

Result<> Transaction::prepare(const std::string& prefix) {
    std::vector<TsrParticipant*> started;
    TsrError error{};
    Result<> outcome;
    for (const auto& participant : participants_) {
        if (!isToPrepare(*participant)) {
            continue;
        }
        participant->prepared_name = preparedName(prefix, *participant);
        // From here on it may exist, whatever we hear of it.
        participant->state = State::kPrepared;
        if (!participant->startStep(TSR_STEP_PREPARE, participant->prepared_name, &error)) {
            participant->broken = true;
            outcome = sourceError(*participant, error);
            break;
        }
        started.push_back(participant.get());
    }
    for (TsrParticipant* participant : started) {
        if (!participant->finishStep(&error)) {
            participant->broken = !participant->lease.connector->usable(participant->lease.session);
            outcome = sourceError(*participant, error);
        }
    }
    return outcome;
}

Result<> Transaction::commit() {
    std::vector<TsrParticipant*> started;
    Result<> outcome;
    for (const auto& participant : participants_) {
        if (participant->state != State::kRunning) {
            continue;
        }
        TsrError error{};
        if (participant->broken) {
            outcome = refuse("08006", "source \"" + participant->name + "\": the session of this transaction was lost",
                             "run the transaction again");
            break;
        }
        if (!participant->startStep(TSR_STEP_COMMIT, "", &error)) {
            participant->broken = true;
            outcome = sourceError(*participant, error);
            break;
        }
        started.push_back(participant.get());
    }
    Result<> finished = finishAll(std::move(started));
    return outcome ? finished : outcome;
}

std::vector<std::string> Transaction::commitPrepared() noexcept {
    std::vector<TsrParticipant*> started;
    std::vector<std::string> left;
    for (const auto& participant : participants_) {
        if (participant->state != State::kPrepared) {
            continue;
        }
        TsrError error{};
        if (participant->startStep(TSR_STEP_COMMIT_PREPARED, participant->prepared_name, &error)) {
            started.push_back(participant.get());
        } else {
            left.push_back(participant->prepared_name);
        }
    }
    for (TsrParticipant* participant : started) {
        TsrError error{};
        if (!participant->finishStep(&error) && !isGone(error)) {
            participant->broken = true;
            left.push_back(participant->prepared_name);
        }
        participant->state = State::kIdle;
    }
    return left;
}

bool Transaction::rollback() noexcept {
    std::vector<TsrParticipant*> started;
    bool undone = true;
    for (const auto& participant : participants_) {
        participant->abandonActivity();
        if (participant->state == State::kIdle || participant->broken) {
            undone = undone && !(participant->changed && !participant->can(TSR_CAN_TRANSACT));
            continue;
        }
        TsrError error{};
        const bool prepared = participant->state == State::kPrepared;
        if (participant->startStep(prepared ? TSR_STEP_ROLLBACK_PREPARED : TSR_STEP_ROLLBACK,
                                   participant->prepared_name, &error)) {
            started.push_back(participant.get());
        } else {
            participant->broken = true;
        }
    }
    for (TsrParticipant* participant : started) {
        TsrError error{};
        // A prepared transaction that could not be rolled back waits for the resolver.
        participant->broken = !participant->finishStep(&error) || participant->broken;
        participant->state = State::kIdle;
    }
    return undone;
}

void Transaction::end() noexcept {
    for (const auto& participant : participants_) {
        participant->abandonActivity();
        if (participant->broken) {
            SessionPool::instance().close(participant->lease);
        } else {
            SessionPool::instance().release(participant->lease);
        }
    }
    participants_.clear();
}

}  // namespace tessera::fdw

namespace fdw = tessera::fdw;

extern "C" {

TsrStatus tsr_participant_join(const TsrSource* source, const TsrHost* host, const TsrTransaction* wanted, int level,
                               TsrUse use, TsrParticipant** participant, TsrError* error) {
    return sdk::guarded(error, [&]() -> Result<TsrStatus> {
        *participant = TSR_TRY(fdw::Transaction::instance().join(*source, *host, *wanted, level, use));
        return TSR_OK;
    });
}

TsrParticipant* tsr_participant_find(uint32_t server, uint32_t user) {
    return fdw::Transaction::instance().find(server, user);
}

uint32_t tsr_participant_capabilities(const TsrParticipant* participant) {
    return participant->capabilities;
}

TsrHolder* tsr_participant_holder(const TsrParticipant* participant) {
    return participant->holder;
}

TsrHolder* tsr_transaction_holder(int level) {
    return fdw::Transaction::instance().holder(level);
}

void tsr_participant_hold(TsrParticipant* participant, TsrHolder* holder) {
    participant->holder = holder;
}

bool tsr_transaction_empty(void) {
    return fdw::Transaction::instance().empty();
}

bool tsr_transaction_needs_two_phases(bool host_changed) {
    return fdw::Transaction::instance().needsTwoPhases(host_changed);
}

const char* tsr_transaction_two_phase_parts(void) {
    static std::string parts;
    parts = fdw::Transaction::instance().twoPhaseParts();
    return parts.c_str();
}

TsrStatus tsr_transaction_end_level(int level, bool commit, TsrError* error) {
    return sdk::guarded(error, [&]() -> Result<TsrStatus> {
        TSR_TRY(fdw::Transaction::instance().endLevel(level, commit));
        return TSR_OK;
    });
}

TsrStatus tsr_transaction_prepare(const char* prefix, TsrError* error) {
    return sdk::guarded(error, [&]() -> Result<TsrStatus> {
        TSR_TRY(fdw::Transaction::instance().prepare(prefix));
        return TSR_OK;
    });
}

TsrStatus tsr_transaction_commit(TsrError* error) {
    return sdk::guarded(error, [&]() -> Result<TsrStatus> {
        TSR_TRY(fdw::Transaction::instance().commit());
        return TSR_OK;
    });
}

size_t tsr_transaction_commit_prepared(void) {
    const std::size_t left = fdw::Transaction::instance().commitPrepared().size();
    fdw::Transaction::instance().end();
    return left;
}

bool tsr_transaction_rollback(void) {
    const bool undone = fdw::Transaction::instance().rollback();
    fdw::Transaction::instance().end();
    return undone;
}

void tsr_transaction_end(void) {
    fdw::Transaction::instance().end();
}

TsrStatus tsr_source_list_prepared(const TsrSource* source, const TsrHost* host, const char* prefix, TsrNameSink sink,
                                   void* context, TsrError* error) {
    return sdk::guarded(error, [&]() -> Result<TsrStatus> {
        const fdw::ScopedLease lease(TSR_TRY(fdw::SessionPool::instance().acquire(*source, *host)));
        return lease.connector().list_prepared(lease.session(), prefix, sink, context, error);
    });
}

TsrStatus tsr_source_finish_prepared(const TsrSource* source, const TsrHost* host, const char* name, bool commit,
                                     TsrError* error) {
    return sdk::guarded(error, [&]() -> Result<TsrStatus> {
        const fdw::ScopedLease lease(TSR_TRY(fdw::SessionPool::instance().acquire(*source, *host)));
        const TsrStep step = commit ? TSR_STEP_COMMIT_PREPARED : TSR_STEP_ROLLBACK_PREPARED;
        const TsrStatus started = lease.connector().start_step(lease.session(), step, name, error);
        return started == TSR_OK ? lease.connector().finish_step(lease.session(), error) : started;
    });
}
}
