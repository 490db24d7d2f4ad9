#pragma once

/// Clients that write to three real nodes all the time, and remember what was acknowledged.

#include "tests/support/store_nodes.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace tessera {

/// Writers that never give up: what one does not get an answer to it sends again, with the same number, elsewhere.
class Writers {
  public:
    Writers(ThreeNodes& nodes, std::string table) : nodes_(nodes), table_(std::move(table)) {
        for (std::uint64_t writer = 1; writer <= kMembers; ++writer) {
            threads_.emplace_back([this, writer] { work(writer); });
        }
    }

    ~Writers() { stop(); }

    Writers(const Writers&) = delete;
    Writers& operator=(const Writers&) = delete;

    bool awaitMore(std::size_t count) {
        const std::size_t wanted = acknowledged_ + count;
        return waitUntil([&] { return acknowledged_ >= wanted; }, kPatience);
    }

    std::size_t acknowledged() const { return acknowledged_; }

    void stop() {
        is_stopping_ = true;
        for (std::thread& thread : threads_) {
            if (thread.joinable()) {
                thread.join();
            }
        }
    }

    /// All that were acknowledged, "WRITER-NUMBER".
    std::set<std::string> values() {
        const std::lock_guard lock(mutex_);
        return values_;
    }

    std::chrono::milliseconds longestPause() {
        const std::lock_guard lock(mutex_);
        return longest_pause_;
    }

  private:
    void work(std::uint64_t writer) {
        static std::atomic<std::uint64_t> next_client = 1000;
        const std::uint64_t client = ++next_client;
        std::size_t at = writer % kMembers;
        for (std::uint64_t number = 1; !is_stopping_; ++number) {
            const std::string value = std::to_string(writer) + "-" + std::to_string(number);
            const std::string sql = "INSERT INTO " + table_ + " VALUES ('" + value + "')";
            bool is_done = false;
            while (!is_done) {
                const auto done =
                    clientOf(nodes_.at(at))->execute({{sql}}, std::chrono::milliseconds(2000), client, number);
                is_done = done.has_value();
                if (!is_done) {
                    at = (at + 1) % kMembers;
                }
            }
            acknowledge(value);
        }
    }

    void acknowledge(const std::string& value) {
        const std::lock_guard lock(mutex_);
        const auto now = std::chrono::steady_clock::now();
        longest_pause_ = std::max(longest_pause_, std::chrono::duration_cast<std::chrono::milliseconds>(now - last_));
        last_ = now;
        values_.insert(value);
        ++acknowledged_;
    }

    ThreeNodes& nodes_;
    const std::string table_;
    std::atomic<bool> is_stopping_ = false;
    std::atomic<std::size_t> acknowledged_ = 0;
    std::mutex mutex_;
    std::set<std::string> values_;                                                   // guarded by mutex_
    std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();  // guarded by mutex_
    std::chrono::milliseconds longest_pause_{0};                                     // guarded by mutex_
    std::vector<std::thread> threads_;
};

}  // namespace tessera
