#include "nodeservice/jobs/service/service.h"

#include "common/log.h"
#include "nodeservice/jobs/run/schema.h"

#include <pthread.h>

#include <algorithm>
#include <csignal>

namespace tessera::jobs {

namespace {

/// The loops look this often whether there is something to do that nobody has woken them for.
constexpr std::chrono::milliseconds kPause{20};
/// The same while runs are carried out here.
constexpr std::chrono::milliseconds kPauseOfRuns{4};
/// The same as long as there are no jobs: a node that runs none shall rest.
constexpr std::chrono::milliseconds kPauseWithoutJobs{200};
/// What only time changes (leases, waits before retries) is looked at this often.
constexpr std::int64_t kLongestPauseMs = 500;
constexpr std::int64_t kPrunePauseMs = 10 * 60 * 1000;
constexpr std::size_t kStepsOfRun = 4;

std::int64_t wallMs() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::thread makeThread(const char* name, std::function<void()> work) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread thread(std::move(work));
    pthread_setname_np(thread.native_handle(), name);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return thread;
}

}  // namespace

Service::Service(ServiceOptions options, JobStore& store, StoreWatch watch, StepPool::Carry carry, AlertOptions alerts)
    : options_(std::move(options)),
      store_(store),
      watch_(std::move(watch)),
      definitions_(store),
      pool_(
          [this, carry = std::move(carry)](StepAttempt& attempt) {
              auto result = carry(attempt);
              ++(result ? counters_.steps_done : counters_.steps_failed);
              return result;
          },
          // Runs that others wait for come on top, and wait in threads of their own.
          options_.most_runs * kStepsOfRun * 4, [this] { wake(worker_rest_); }),
      alerts_(std::move(alerts), store) {}

void Service::start() {
    scheduler_ = makeThread("job-scheduler", [this] { schedule(); });
    teller_ = makeThread("job-alerts", [this] { tell(); });
    if (options_.carries_out) {
        worker_ = makeThread("job-worker", [this] { work(); });
    }
}

void Service::stop() {
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
        for (Rest* rest : {&scheduler_rest_, &worker_rest_, &teller_rest_}) {
            rest->wanted.notify_all();
        }
    }
    pool_.stopAll();
    for (std::thread* thread : {&scheduler_, &worker_, &teller_}) {
        if (thread->joinable()) {
            thread->join();
        }
    }
}

bool Service::pause(Rest& rest, std::chrono::milliseconds longest) {
    std::unique_lock lock(mutex_);
    const auto usual = !has_tables_ ? kPauseWithoutJobs : counters_.runs_held > 0 ? kPauseOfRuns : kPause;
    rest.wanted.wait_for(lock, std::min(usual, longest), [&] { return is_stopping_ || rest.is_wanted; });
    rest.is_wanted = false;
    return !is_stopping_;
}

void Service::wake(Rest& rest) {
    const std::lock_guard lock(mutex_);
    rest.is_wanted = true;
    rest.wanted.notify_all();
}

/// Nothing has been applied since it was looked at, at `last_ms`. Without jobs time alone changes nothing, but for what
/// failed then.
bool Service::isQuiet(std::int64_t last_ms, bool has_failed) const {
    return (!has_tables_ && !has_failed) || StepPool::steadyMs() - last_ms < kLongestPauseMs;
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

void Service::schedule() {
    std::unique_ptr<Scheduler> scheduler;
    std::uint64_t seen = 0;
    std::int64_t last_ms = 0;
    std::int64_t pruned_ms = StepPool::steadyMs();
    bool is_failing = false;
    std::chrono::milliseconds until_due = kPauseWithoutJobs;
    while (pause(scheduler_rest_, until_due)) {
        until_due = kPauseWithoutJobs;
        counters_.schedules = watch_.leads();
        if (!counters_.schedules) {
            scheduler.reset();
            last_ms = 0;
            continue;
        }
        const std::uint64_t applied = watch_.applied();
        const auto due = scheduler ? scheduler->nextDue() : std::nullopt;
        const std::int64_t due_in_ms = due ? due->time_since_epoch().count() * 1000 - wallMs() : kLongestPauseMs;
        const bool is_due = due_in_ms <= 0;
        if (!is_failing) {
            until_due = std::chrono::milliseconds(std::clamp<std::int64_t>(due_in_ms, 1, kLongestPauseMs));
        }
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
                wake(worker_rest_);
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
    while (pause(teller_rest_, kPauseWithoutJobs)) {
        const std::uint64_t applied = watch_.applied();
        const std::int64_t now_ms = StepPool::steadyMs();
        const bool is_quiet = applied == seen && now_ms - last_ms < kLongestPauseMs;
        if (!counters_.schedules || !has_tables_ || is_quiet) {
            continue;
        }
        seen = applied;
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
    while (pause(worker_rest_, kPauseWithoutJobs)) {
        const std::uint64_t applied = watch_.applied();
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
