#pragma once

/// What endpoints keep between calls: answers that may be given again, and how often somebody has called. Both are
/// bounded, and forget. Any thread.

#include "nodeservice/rest/fallback.h"

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace tessera::rest {

struct KeptAnswer {
    std::string content_type;
    std::shared_ptr<const std::string> body = std::make_shared<const std::string>();
    /// The same by gzip; null: not made.
    std::shared_ptr<const std::string> packed = nullptr;
    std::string tag;
    /// Of the next page, or empty.
    std::string cursor;
    Fallback fallback;
    std::chrono::steady_clock::time_point made;
    std::chrono::steady_clock::time_point until;
    /// While no other can be had.
    std::chrono::steady_clock::time_point stale_until;
};

class AnswerCache {
  public:
    using Time = std::chrono::steady_clock::time_point;

    explicit AnswerCache(std::size_t most_bytes) : most_bytes_(most_bytes) {}

    /// Null: there is none that holds now.
    std::shared_ptr<const KeptAnswer> find(const std::string& key, Time now);
    /// One that holds no more, but may stand in.
    std::shared_ptr<const KeptAnswer> findStale(const std::string& key, Time now);
    /// One that is too large by itself is not kept. Those that were used longest ago go.
    void keep(const std::string& key, std::shared_ptr<const KeptAnswer> answer);

  private:
    struct Entry {
        std::string key;
        std::shared_ptr<const KeptAnswer> answer;

        std::size_t bytes() const {
            return 2 * key.size() + answer->body->size() + (answer->packed ? answer->packed->size() : 0) + 256;
        }
    };

    void drop(std::list<Entry>::iterator entry);

    const std::size_t most_bytes_;
    std::mutex mutex_;
    std::size_t bytes_ = 0;                                               // guarded by mutex_
    std::list<Entry> entries_;                                            // guarded by mutex_; the last used first
    std::unordered_map<std::string, std::list<Entry>::iterator> by_key_;  // guarded by mutex_
};

/// So many calls in a time, and no more for a moment: a bucket that fills evenly.
class CallRates {
  public:
    using Time = std::chrono::steady_clock::time_point;

    /// Counts the call; nothing: it may be made. Else how long to wait.
    std::optional<std::chrono::seconds> take(const std::string& key, std::int64_t calls, std::chrono::seconds time,
                                             Time now);

  private:
    struct Bucket {
        double left = 0;
        Time filled{};
        Time full{};
    };

    std::mutex mutex_;
    std::unordered_map<std::string, Bucket> buckets_;  // guarded by mutex_
};

}  // namespace tessera::rest
