#include "nodeservice/jobs/steps/step_pool.h"

#include "common/thread.h"

#include <algorithm>

namespace tessera::jobs {

namespace {

constexpr std::chrono::milliseconds kWatchPause{50};
constexpr std::size_t kMostLines = 1000;

std::int64_t wallMs() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

}  // namespace

Error StepAttempt::stopped() {
    return fail(ErrorCode::kCancelled, "the step was stopped");
}

StepAttempt::Interruptible::Interruptible(StepAttempt& attempt, std::function<void()> interrupt) : attempt_(attempt) {
    const std::lock_guard lock(attempt_.mutex_);
    attempt_.interrupt_ = std::move(interrupt);
}

StepAttempt::Interruptible::~Interruptible() {
    const std::lock_guard lock(attempt_.mutex_);
    attempt_.interrupt_ = nullptr;
}

bool StepAttempt::wait(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return !changed_.wait_for(lock, time, [this] { return is_stopped_.load(); });
}

void StepAttempt::tell(std::string text) {
    const std::lock_guard lock(mutex_);
    if (told_ > kMostLines) {
        return;
    }
    if (told_++ == kMostLines) {
        text = "more lines are left out";
    }
    lines_.push_back({task_.run, task_.step.name, task_.attempt, wallMs(), std::move(text)});
}

std::vector<LogLine> StepAttempt::takeTold() {
    const std::lock_guard lock(mutex_);
    return std::exchange(lines_, {});
}

void StepAttempt::stop() {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
    if (interrupt_) {
        interrupt_();
    }
    changed_.notify_all();
}

StepPool::StepPool(Carry carry, std::size_t most_steps, std::function<void()> has_ended)
    : carry_(std::move(carry)), tell_ended_(std::move(has_ended)), workers_("job-step", most_steps, most_steps) {
    watcher_ = startThread("job-watch", [this] { watch(); });
}

std::int64_t StepPool::steadyMs() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

void StepPool::allow(std::int64_t run, std::int64_t until_steady_ms) {
    const std::lock_guard lock(mutex_);
    allowed_until_ms_[run] = until_steady_ms;
}

void StepPool::start(StepTask task) {
    auto attempt = std::make_shared<StepAttempt>(std::move(task));
    const std::lock_guard lock(mutex_);
    const auto allowed = allowed_until_ms_.find(attempt->task().run);
    if (is_stopping_ || allowed == allowed_until_ms_.end() || allowed->second <= steadyMs()) {
        return;
    }
    attempts_.push_back(attempt);
    changed_.notify_all();
    const bool is_taken = workers_.trySubmit([this, attempt] {
        Result<StepResult> result =
            attempt->isStopped() ? Result<StepResult>(StepAttempt::stopped()) : carry_(*attempt);
        {
            const std::lock_guard ended(mutex_);
            attempt->result_ = std::move(result);
            has_ended_ = true;
            changed_.notify_all();
        }
        if (tell_ended_) {
            tell_ended_();
        }
    });
    if (!is_taken) {
        attempt->result_ = fail(ErrorCode::kResourceExhausted, "the node carries out too many steps");
        has_ended_ = true;
    }
}

void StepPool::stop(std::int64_t run, const std::string& step) {
    std::vector<std::shared_ptr<StepAttempt>> stopped;
    {
        const std::lock_guard lock(mutex_);
        std::copy_if(attempts_.begin(), attempts_.end(), std::back_inserter(stopped), [&](const auto& attempt) {
            return attempt->task().run == run && attempt->task().step.name == step;
        });
    }
    for (const auto& attempt : stopped) {
        attempt->stop();
    }
}

std::vector<StepReport> StepPool::takeEnded() {
    std::vector<StepReport> reports;
    const std::lock_guard lock(mutex_);
    has_ended_ = false;
    std::erase_if(attempts_, [&](const std::shared_ptr<StepAttempt>& attempt) {
        if (!attempt->result_) {
            return false;
        }
        const std::lock_guard lines(attempt->mutex_);
        if (!attempt->lines_.empty()) {
            // Its log first.
            has_ended_ = true;
            return false;
        }
        reports.push_back(
            {attempt->task().run, attempt->task().step.name, attempt->task().attempt, std::move(*attempt->result_)});
        return true;
    });
    std::erase_if(allowed_until_ms_, [&](const auto& allowed) {
        return allowed.second < steadyMs() &&
               std::none_of(attempts_.begin(), attempts_.end(),
                            [&](const auto& attempt) { return attempt->task().run == allowed.first; });
    });
    return reports;
}

std::vector<LogLine> StepPool::takeLog() {
    std::vector<LogLine> lines;
    const std::lock_guard lock(mutex_);
    for (const auto& attempt : attempts_) {
        const std::lock_guard own(attempt->mutex_);
        lines.insert(lines.end(), std::make_move_iterator(attempt->lines_.begin()),
                     std::make_move_iterator(attempt->lines_.end()));
        attempt->lines_.clear();
    }
    return lines;
}

std::size_t StepPool::underWay() const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::count_if(attempts_.begin(), attempts_.end(),
                                                  [](const auto& attempt) { return !attempt->result_.has_value(); }));
}

void StepPool::stopAll() {
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
        changed_.notify_all();
    }
    if (watcher_.joinable()) {
        watcher_.join();
    }
    workers_.stop();
}

/// Ends when the pool stops and every step has ended.
void StepPool::watch() {
    std::unique_lock lock(mutex_);
    while (true) {
        std::vector<std::shared_ptr<StepAttempt>> to_stop;
        bool is_idle = true;
        const std::int64_t now_ms = steadyMs();
        for (const auto& attempt : attempts_) {
            if (attempt->result_) {
                continue;
            }
            is_idle = false;
            const auto allowed = allowed_until_ms_.find(attempt->task().run);
            const bool may_go_on = allowed != allowed_until_ms_.end() && now_ms < allowed->second;
            if (is_stopping_ || !may_go_on || attempt->isStopped()) {
                to_stop.push_back(attempt);
            }
        }
        if (is_stopping_ && is_idle) {
            return;
        }
        if (is_idle) {
            changed_.wait(lock);
            continue;
        }
        if (!to_stop.empty()) {
            lock.unlock();
            for (const auto& attempt : to_stop) {
                attempt->stop();
            }
            lock.lock();
        }
        changed_.wait_for(lock, kWatchPause);
    }
}

}  // namespace tessera::jobs
