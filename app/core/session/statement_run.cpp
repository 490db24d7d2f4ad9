#include "app/core/session/statement_run.h"

#include <utility>

namespace tessera::app {

StatementRun::StatementRun(std::uint64_t stored_limit, std::shared_ptr<ResultMemory> memory, std::function<void()> tell)
    : store_(std::make_shared<ResultStore>(std::move(memory))),
      stored_step_(stored_limit),
      tell_(std::move(tell)),
      stored_limit_(stored_limit) {}

void StatementRun::attach(std::unique_ptr<client::RunningQuery> running) {
    std::shared_ptr<client::RunningQuery> shared = std::move(running);
    int releases = 0;
    bool was_cancelled = false;
    {
        const std::lock_guard lock(mutex_);
        running_ = shared;
        releases = std::exchange(owed_releases_, 0);
        was_cancelled = is_cancelled_;
    }
    if (was_cancelled) {
        shared->cancel();
    }
    for (; releases > 0; --releases) {
        shared->release();
    }
}

void StatementRun::cancel() {
    std::shared_ptr<client::RunningQuery> running;
    {
        const std::lock_guard lock(mutex_);
        is_cancelled_ = true;
        store_->close();
        held_batches_ = 0;
        news_.is_paused = false;
        running = running_;
    }
    if (running) {
        running->cancel();
    }
}

void StatementRun::abandon() {
    std::shared_ptr<client::RunningQuery> running;
    {
        const std::lock_guard lock(mutex_);
        is_cancelled_ = true;
        store_->close();
        is_abandoned_ = true;
        running = std::move(running_);
    }
    if (running) {
        running->cancel();
    }
}

void StatementRun::resume() {
    std::shared_ptr<client::RunningQuery> running;
    int releases = 0;
    {
        const std::lock_guard lock(mutex_);
        stored_limit_ = store_->byteSize() + stored_step_;
        news_.is_paused = false;
        running = running_;
        releases = std::exchange(held_batches_, 0);
    }
    for (; running && releases > 0; --releases) {
        running->release();
    }
}

StatementRun::News StatementRun::takeNews() {
    const std::lock_guard lock(mutex_);
    is_told_ = false;
    News taken = std::exchange(news_, News{});
    // A state, not an event: it lasts until resume().
    news_.is_paused = taken.is_paused;
    return taken;
}

void StatementRun::onColumns(std::vector<client::ResultColumn> columns) {
    std::unique_lock lock(mutex_);
    if (is_cancelled_) {
        return;
    }
    store_->setColumns(std::move(columns));
    news_.has_columns = true;
    tell(lock);
}

void StatementRun::onBatch(std::shared_ptr<const client::ResultBatch> batch) {
    // Not under the lock: the store may wait for the disk, and the GUI thread must not. A store that was closed
    // meanwhile takes nothing.
    if (Result<> stored = store_->append(std::move(batch)); stored) {
        keepOrRelease();
    } else {
        failStoring(std::move(stored).error());
    }
}

void StatementRun::keepOrRelease() {
    std::unique_lock lock(mutex_);
    if (is_cancelled_) {
        return;
    }
    const std::shared_ptr<client::RunningQuery> running = running_;
    bool releases_now = false;
    if (store_->byteSize() > stored_limit_) {
        ++held_batches_;
        news_.is_paused = held_batches_ >= client::RunningQuery::kMaxBatchesInFlight;
    } else if (running) {
        releases_now = true;
    } else {
        ++owed_releases_;
    }
    tell(lock);
    if (releases_now) {
        running->release();
    }
}

void StatementRun::failStoring(Error error) {
    std::unique_lock lock(mutex_);
    if (is_cancelled_) {
        return;
    }
    store_failure_ = std::move(error);
    lock.unlock();
    cancel();
}

void StatementRun::onNotice(client::Notice notice) {
    std::unique_lock lock(mutex_);
    if (news_.notices.size() < kNoticesMax) {
        news_.notices.push_back(std::move(notice));
    }
    tell(lock);
}

void StatementRun::onProgress(client::Progress progress) {
    std::unique_lock lock(mutex_);
    news_.progress = progress;
    tell(lock);
}

void StatementRun::onDone(Result<client::Completion> result) {
    std::unique_lock lock(mutex_);
    news_.end = store_failure_ ? Result<client::Completion>(*store_failure_) : std::move(result);
    news_.is_paused = false;
    tell(lock);
}

void StatementRun::tell(std::unique_lock<std::mutex>& lock) {
    const bool is_due = !is_told_ && !is_abandoned_;
    is_told_ = true;
    lock.unlock();
    if (is_due) {
        tell_();
    }
}

}  // namespace tessera::app
