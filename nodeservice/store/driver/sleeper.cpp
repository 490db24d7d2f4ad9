#include "nodeservice/store/driver/sleeper.h"

#include <algorithm>

namespace tessera::store {

/// Either it sees that somebody watches, or who begins to watch sees the new value: both are sequentially consistent.
void AppliedIndex::set(raft::Index index) {
    value_ = index;
    if (watched_ == 0) {
        return;
    }
    const std::lock_guard lock(mutex_);
    for (Sleeper* sleeper : watching_) {
        sleeper->changed_.notify_one();
    }
}

bool Sleeper::sleep(raft::Index seen, std::chrono::milliseconds least, std::chrono::milliseconds most) {
    const auto begin = std::chrono::steady_clock::now();
    std::unique_lock lock(applied_.mutex_);
    const auto isCalled = [this] { return is_stopping_ || is_wanted_; };
    const bool is_called = changed_.wait_until(lock, begin + std::min(least, most), isCalled);
    if (!is_called && least < most) {
        applied_.watching_.push_back(this);
        ++applied_.watched_;
        changed_.wait_until(lock, begin + most, [&] { return isCalled() || applied_.get() != seen; });
        std::erase(applied_.watching_, this);
        --applied_.watched_;
    }
    is_wanted_ = false;
    return !is_stopping_;
}

void Sleeper::wake() {
    const std::lock_guard lock(applied_.mutex_);
    is_wanted_ = true;
    changed_.notify_one();
}

void Sleeper::stop() {
    const std::lock_guard lock(applied_.mutex_);
    is_stopping_ = true;
    changed_.notify_one();
}

}  // namespace tessera::store
