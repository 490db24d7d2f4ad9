#include "nodeservice/jobs/service/service.h"

#include "common/log.h"
#include "common/thread.h"
#include "nodeservice/jobs/run/schema.h"

#include <algorithm>
#include <utility>

namespace tessera::jobs {

namespace {

/// However much is written to the store, the loops look at it no more often than this.
constexpr std::chrono::milliseconds kPause{20};
/// The same while runs are carried out here.
constexpr std::chrono::milliseconds kPauseOfRuns{4};
/// The same as long as there are no jobs: most writes are then none of theirs.
constexpr std::chrono::milliseconds kPauseWithoutJobs{200};
/// What only time changes (leases, waits before retries) is looked at this often.
constexpr std::chrono::milliseconds kLongestPause{500};
constexpr std::int64_t kPrunePauseMs = 10 * 60 * 1000;
constexpr std::size_t kStepsOfRun = 4;

std::int64_t wallMs() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

}  // namespace

Service::Service(ServiceOptions options, JobStore& store, StoreWatch watch, StepPool::Carry carry, AlertOptions alerts)
    : options_(std::move(options)),
      store_(store),
      watch_(std::move(watch)),
      definitions_(store),
      scheduler_rest_(watch_.applied),
      worker_rest_(watch_.applied),
      teller_rest_(watch_.applied),
      pool_(
          [this, carry = std::move(carry)](StepAttempt& attempt) {
              auto result = carry(attempt);
              ++(result ? counters_.steps_done : counters_.steps_failed);
              return result;
          },
          // Runs that others wait for come on top, and wait in threads of their own.
          options_.most_runs * kStepsOfRun * 4, [this] { worker_rest_.wake(); }),
      alerts_(std::move(alerts), store) {}

void Service::start() {
    scheduler_ = startThread("job-scheduler", [this] { schedule(); });
    teller_ = startThread("job-alerts", [this] { tell(); });
    if (options_.carries_out) {
        worker_ = startThread("job-worker", [this] { work(); });
    }
}

void Service::stop() {
    for (store::Sleeper* rest : {&scheduler_rest_, &worker_rest_, &teller_rest_}) {
        rest->stop();
    }
    pool_.stopAll();
    for (std::thread* thread : {&scheduler_, &worker_, &teller_}) {
        if (thread->joinable()) {
            thread->join();
        }
    }
}

std::chrono::milliseconds Service::leastPause() const {
    return !has_tables_ ? kPauseWithoutJobs : counters_.runs_held > 0 ? kPauseOfRuns : kPause;
}

/// Nothing has been applied since it was looked at, at `last_ms`. Without jobs time alone changes nothing, but for what
/// failed then.
bool Service::isQuiet(std::int64_t last_ms, bool has_failed) const {
    return (!has_tables_ && !has_failed) || StepPool::steadyMs() - last_ms < kLongestPause.count();
}

/// They are made with the first job, and brought to this program's version by whoever leads.
Result<bool> Service::hasTables() {
    const std::int64_t version = TSR_TRY(schemaVersion(store_));
    if (version == 0) {
        return false;
    }
    if (version != kSchemaVersion) {
        TSR_TRY(migrate(store_));
    }
    return true;
}

/// How long nothing is due by time.
std::chrono::milliseconds Service::untilDue(const Scheduler* scheduler, bool has_failed) const {
    if (!has_failed && (!counters_.schedules || !has_tables_)) {
        return store::Sleeper::kLong;
    }
    const auto due = scheduler == nullptr || has_failed ? std::nullopt : scheduler->nextDue();
    if (!due) {
        return kLongestPause;
    }
    const std::chrono::milliseconds left(due->time_since_epoch().count() * 1000 - wallMs());
    return std::clamp(left, std::chrono::milliseconds(1), kLongestPause);
}

void Service::schedule() {
    std::unique_ptr<Scheduler> scheduler;
    std::uint64_t seen = 0;
    std::int64_t last_ms = 0;
    std::int64_t pruned_ms = StepPool::steadyMs();
    bool is_failing = false;
    while (scheduler_rest_.sleep(seen, leastPause(), untilDue(scheduler.get(), is_failing))) {
        const std::uint64_t applied = watch_.applied.get();
        const bool leads = watch_.leads();
        if (leads != counters_.schedules.exchange(leads)) {
            teller_rest_.wake();
        }
        if (!leads) {
            scheduler.reset();
            is_failing = false;
            seen = applied;
            last_ms = 0;
            continue;
        }
        const auto due = scheduler ? scheduler->nextDue() : std::nullopt;
        const bool is_due = due && due->time_since_epoch().count() * 1000 <= wallMs();
        if (!is_due && applied == seen && isQuiet(last_ms, is_failing)) {
            continue;
        }
        seen = applied;
        last_ms = StepPool::steadyMs();
        const auto done = [&]() -> Result<> {
            has_tables_ = has_tables_ || TSR_TRY(hasTables());
            if (!has_tables_) {
                return {};
            }
            if (!scheduler) {
                scheduler = std::make_unique<Scheduler>(store_, definitions_);
            }
            if (const std::size_t started = TSR_TRY(scheduler->tick(wallMs())); started > 0) {
                counters_.runs_started += started;
                worker_rest_.wake();
            }
            if (last_ms - pruned_ms >= kPrunePauseMs) {
                pruned_ms = last_ms;
                TSR_TRY(scheduler->pruneOld(wallMs()));
            }
            return {};
        }();
        if (!done && !is_failing) {
            log::warn("jobs.scheduler_failed", {{"error", done.error().describe()}});
        }
        is_failing = !done;
    }
}

/// Apart from the scheduler, which must not wait for a mail server.
void Service::tell() {
    std::uint64_t seen = 0;
    std::int64_t last_ms = 0;
    const auto isConcerned = [this] { return counters_.schedules && has_tables_; };
    while (teller_rest_.sleep(seen, std::max(leastPause(), kPause),
                              isConcerned() ? kLongestPause : store::Sleeper::kLong)) {
        const std::uint64_t applied = watch_.applied.get();
        const std::int64_t now_ms = StepPool::steadyMs();
        const bool is_quiet = std::exchange(seen, applied) == applied && now_ms - last_ms < kLongestPause.count();
        if (!isConcerned() || is_quiet) {
            continue;
        }
        last_ms = now_ms;
        // What fails here is the store's, and the scheduler's to say.
        static_cast<void>(alerts_.sendDue(wallMs()));
    }
}

void Service::work() {
    Worker worker({options_.node, options_.lease, options_.most_runs, kStepsOfRun}, store_, pool_, definitions_);
    std::uint64_t seen = 0;
    std::int64_t last_ms = 0;
    bool is_failing = false;
    while (worker_rest_.sleep(seen, leastPause(), has_tables_ || is_failing ? kLongestPause : store::Sleeper::kLong)) {
        const std::uint64_t applied = watch_.applied.get();
        if (applied == seen && !pool_.hasEnded() && isQuiet(last_ms, is_failing)) {
            continue;
        }
        seen = applied;
        last_ms = StepPool::steadyMs();
        const auto has_tables = has_tables_ ? Result<bool>(true) : hasTables();
        is_failing = !has_tables;
        has_tables_ = has_tables_ || has_tables.value_or(false);
        if (has_tables_) {
            worker.tick(wallMs(), last_ms);
            counters_.runs_held = worker.heldRuns();
        }
    }
    worker.release();
}

}  // namespace tessera::jobs
