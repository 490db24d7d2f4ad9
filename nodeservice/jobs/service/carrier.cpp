#include "nodeservice/jobs/service/carrier.h"

#include "common/handle.h"
#include "nodeservice/jobs/steps/sql_steps.h"

#include <libpq-fe.h>

#include <array>

namespace tessera::jobs {

namespace {

using CancelHandle = Handle<PGcancel, PQfreeCancel>;

/// PostgreSQL's notices as lines of the log.
class Notices {
  public:
    Notices(pg_conn* connection, StepAttempt& attempt) : connection_(connection) {
        PQsetNoticeReceiver(connection_, &Notices::receive, &attempt);
    }

    ~Notices() {
        PQsetNoticeReceiver(
            connection_, [](void*, const PGresult*) {}, nullptr);
    }

    Notices(const Notices&) = delete;
    Notices& operator=(const Notices&) = delete;

  private:
    static void receive(void* attempt, const PGresult* result) {
        const char* severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
        const char* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
        static_cast<StepAttempt*>(attempt)->tell(std::string(severity == nullptr ? "NOTICE" : severity) + ": " +
                                                 (message == nullptr ? "" : message));
    }

    pg_conn* connection_;
};

}  // namespace

Result<StepResult> Carrier::operator()(StepAttempt& attempt) const {
    const auto& action = attempt.task().step.action;
    auto result = [&]() -> Result<StepResult> {
        if (const auto* job = std::get_if<JobStep>(&action)) {
            return runJob(attempt, *job);
        }
        if (const auto* call = std::get_if<HttpStep>(&action)) {
            return runHttp(attempt, *call, *options_.http);
        }
        return runInPostgres(attempt);
    }();
    if (!result && attempt.isStopped()) {
        return StepAttempt::stopped();
    }
    return result;
}

Result<identity::Principal> Carrier::principalOf(StepAttempt& attempt) const {
    const Definition& definition = *attempt.task().definition;
    if (needsGrant(definition)) {
        return grants_.principalFor(definition,
                                    [&attempt](std::chrono::milliseconds time) { return attempt.wait(time); });
    }
    const std::string& role = definition.run_as.empty() ? definition.owner : definition.run_as;
    if (!options_.run_as.contains(role)) {
        return fail(ErrorCode::kFailedPrecondition,
                    "jobs may not run as '" + role + "' on node '" + options_.node + "'",
                    "jobs.run_as in the node's configuration names who they may run as; `nodes` in the job, where it "
                    "runs");
    }
    return identity::Principal{.role = role, .origin = {options_.node, "job " + definition.name}};
}

Result<StepResult> Carrier::runInPostgres(StepAttempt& attempt) const {
    const StepTask& task = attempt.task();
    const identity::Principal principal = TSR_TRY(principalOf(attempt));
    auto lease = TSR_TRY(sessions_.acquire(principal));
    pg_conn* connection = lease.connection().handle();
    const CancelHandle cancel(PQgetCancel(connection));
    const StepAttempt::Interruptible interruptible(attempt, [&cancel] {
        std::array<char, 256> ignored{};
        PQcancel(cancel.get(), ignored.data(), ignored.size());
    });
    if (attempt.isStopped()) {
        return StepAttempt::stopped();
    }
    auto result = [&] {
        const Notices notices(connection, attempt);
        if (const auto* files = std::get_if<ExportStep>(&task.step.action)) {
            return runExport(lease.connection(), attempt, *files, options_.exports);
        }
        const std::string key = needsGrant(*task.definition) ? grants_.effectKey(task.effect_key) : task.effect_key;
        return runSqlStep(lease.connection(), task.step, task.values, key, [&attempt] { return !attempt.isStopped(); });
    }();
    if (result) {
        lease.giveBack();
    }
    return result;
}

}  // namespace tessera::jobs
