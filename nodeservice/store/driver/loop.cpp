#include "nodeservice/store/driver/loop.h"

#include <utility>

namespace tessera::store {

namespace {

/// After so many times a poster leaves the turn to the loop's thread: it has work of its own.
constexpr int kMostSteps = 16;

}  // namespace

void Loop::start() {
    thread_ = std::thread([this] { watch(); });
}

bool Loop::post(Action action, std::size_t limit) {
    {
        const std::lock_guard lock(mutex_);
        if (is_stopped_ || waiting_.size() >= limit) {
            return false;
        }
        waiting_.push_back(std::move(action));
        if (is_taken_ || wants_turn_) {
            return true;  // whoever has the turn, or is about to, does it
        }
        is_taken_ = true;
    }
    takeTurn();
    return true;
}

bool Loop::postToOthers(Action action) {
    {
        const std::lock_guard lock(mutex_);
        if (is_stopped_) {
            return false;
        }
        waiting_.push_back(std::move(action));
    }
    changed_.notify_one();
    return true;
}

/// Gives the turn back when there is nothing to do.
void Loop::takeTurn() {
    std::unique_lock lock(mutex_);
    for (int steps = 0; !is_stopped_ && steps < kMostSteps; ++steps) {
        if (steps > 0 && waiting_.empty() && std::chrono::steady_clock::now() < due_) {
            break;
        }
        std::swap(waiting_, running_);
        lock.unlock();
        step();
        const Time due = work_.due();
        lock.lock();
        due_ = due;
    }
    giveBack(lock);
}

/// And answers.
void Loop::giveBack(std::unique_lock<std::mutex>& lock) {
    const auto answers = std::exchange(answers_, {});
    is_taken_ = false;
    if (wants_turn_ || !waiting_.empty() || due_ < sleeps_until_) {
        changed_.notify_one();
    }
    if (answers.empty()) {
        return;
    }
    ++answering_;
    lock.unlock();
    for (const Action& answer : answers) {
        answer();
    }
    lock.lock();
    if (--answering_ == 0 && is_stopped_) {
        changed_.notify_one();
    }
}

void Loop::step() {
    work_.begin();
    for (const Action& action : running_) {
        action();
    }
    running_.clear();
    work_.end();
}

/// The loop's own thread.
void Loop::watch() {
    std::unique_lock lock(mutex_);
    while (!is_stopped_) {
        wants_turn_ = false;
        const bool is_wanted = !waiting_.empty() || std::chrono::steady_clock::now() >= due_;
        if (!is_wanted) {
            sleeps_until_ = due_;
            changed_.wait_until(lock, due_);
            sleeps_until_ = Time::min();
        } else if (is_taken_) {
            wants_turn_ = true;
            changed_.wait(lock);
        } else {
            is_taken_ = true;
            lock.unlock();
            takeTurn();
            lock.lock();
        }
    }
    wants_turn_ = true;
    changed_.wait(lock, [this] { return !is_taken_ && answering_ == 0; });
    is_taken_ = true;  // for ever
    const auto rest = std::exchange(waiting_, {});
    lock.unlock();
    work_.finish(rest);
    for (const Action& answer : std::exchange(answers_, {})) {
        answer();
    }
}

void Loop::stop() {
    {
        const std::lock_guard lock(mutex_);
        is_stopped_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) {
        thread_.join();
    }
}

}  // namespace tessera::store
