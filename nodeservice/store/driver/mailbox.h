#pragma once

/// What other threads hand to a thread that waits for it. Everything in it is taken at once, so that what came together
/// is done together (group commit).

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <utility>

namespace tessera::store {

template <class Item>
class Mailbox {
  public:
    /// False when it is closed.
    bool push(Item item) { return pushIfFewer(std::move(item), static_cast<std::size_t>(-1)); }

    /// False when it is closed, or holds `limit` already.
    bool pushIfFewer(Item item, std::size_t limit) {
        {
            const std::lock_guard lock(mutex_);
            if (is_closed_ || items_.size() >= limit) {
                return false;
            }
            items_.push_back(std::move(item));
        }
        changed_.notify_one();
        return true;
    }

    /// Waits until there is something or it is closed, at most so long. Closed and empty: nothing will come any more.
    std::deque<Item> takeAll(std::chrono::nanoseconds most) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, most, [this] { return is_closed_ || !items_.empty(); });
        return std::exchange(items_, {});
    }

    std::deque<Item> takeAll() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return is_closed_ || !items_.empty(); });
        return std::exchange(items_, {});
    }

    bool isEmpty() {
        const std::lock_guard lock(mutex_);
        return items_.empty();
    }

    /// What is in it can still be taken.
    void close() {
        {
            const std::lock_guard lock(mutex_);
            is_closed_ = true;
        }
        changed_.notify_all();
    }

    /// Waits, at most so long, whatever comes.
    void waitClosed(std::chrono::nanoseconds most) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, most, [this] { return is_closed_; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Item> items_;
    bool is_closed_ = false;
};

}  // namespace tessera::store
