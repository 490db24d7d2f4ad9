#include "app/core/session/statement_run.h"

#include <utility>

namespace tessera::app {

StatementRun::StatementRun(std::size_t memory_limit, std::function<void()> tell)
    : memory_step_(memory_limit), tell_(std::move(tell)), memory_limit_(memory_limit) {}

void StatementRun::attach(std::unique_ptr<client::RunningQuery> running) {
    std::shared_ptr<client::RunningQuery> shared = std::move(running);
    int releases = 0;
    {
        const std::lock_guard lock(mutex_);
        running_ = shared;
        releases = std::exchange(owed_releases_, 0);
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
        memory_limit_ = store_->byteSize() + memory_step_;
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
    std::unique_lock lock(mutex_);
    if (is_cancelled_) {
        return;
    }
    store_->append(std::move(batch));
    const std::shared_ptr<client::RunningQuery> running = running_;
    bool releases_now = false;
    if (store_->byteSize() > memory_limit_) {
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
    news_.end = std::move(result);
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
