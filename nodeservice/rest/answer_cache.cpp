#include "nodeservice/rest/answer_cache.h"

#include <algorithm>
#include <cmath>

namespace tessera::rest {

namespace {

constexpr std::size_t kMostBuckets = 10'000;

}  // namespace

std::shared_ptr<const KeptAnswer> AnswerCache::find(const std::string& key, Time now) {
    const std::lock_guard lock(mutex_);
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) {
        return nullptr;
    }
    const KeptAnswer& answer = *found->second->answer;
    if (answer.until <= now) {
        if (answer.stale_until <= now) {
            drop(found->second);
        }
        return nullptr;
    }
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->answer;
}

std::shared_ptr<const KeptAnswer> AnswerCache::findStale(const std::string& key, Time now) {
    const std::lock_guard lock(mutex_);
    const auto found = by_key_.find(key);
    return found != by_key_.end() && found->second->answer->stale_until > now ? found->second->answer : nullptr;
}

void AnswerCache::keep(const std::string& key, std::shared_ptr<const KeptAnswer> answer) {
    Entry entry{key, std::move(answer)};
    const std::size_t bytes = entry.bytes();
    // No answer drives out most others.
    if (bytes > most_bytes_ / 8) {
        return;
    }
    const std::lock_guard lock(mutex_);
    if (const auto found = by_key_.find(key); found != by_key_.end()) {
        drop(found->second);
    }
    while (!entries_.empty() && bytes_ + bytes > most_bytes_) {
        drop(std::prev(entries_.end()));
    }
    entries_.push_front(std::move(entry));
    by_key_[key] = entries_.begin();
    bytes_ += bytes;
}

void AnswerCache::drop(std::list<Entry>::iterator entry) {
    bytes_ -= entry->bytes();
    by_key_.erase(entry->key);
    entries_.erase(entry);
}

std::optional<std::chrono::seconds> CallRates::take(const std::string& key, std::int64_t calls,
                                                    std::chrono::seconds time, Time now) {
    using Seconds = std::chrono::duration<double>;
    const double per_second = static_cast<double>(calls) / Seconds(time).count();
    const std::lock_guard lock(mutex_);
    if (buckets_.size() >= kMostBuckets) {
        std::erase_if(buckets_, [&](const auto& one) { return one.second.full <= now; });
    }
    const auto [found, is_new] = buckets_.try_emplace(key, Bucket{static_cast<double>(calls), now, now});
    Bucket& bucket = found->second;
    bucket.left = std::min(static_cast<double>(calls), bucket.left + Seconds(now - bucket.filled).count() * per_second);
    bucket.filled = now;
    if (bucket.left < 1) {
        return std::chrono::seconds(std::max<std::int64_t>(1, std::llround(std::ceil((1 - bucket.left) / per_second))));
    }
    bucket.left -= 1;
    bucket.full = now + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                            Seconds((static_cast<double>(calls) - bucket.left) / per_second));
    return std::nullopt;
}

}  // namespace tessera::rest
