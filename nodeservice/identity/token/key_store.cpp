#include "nodeservice/identity/token/key_store.h"

#include "common/log.h"

#include <utility>

namespace tessera::identity {

namespace {

constexpr std::chrono::seconds kBetweenAttempts{30};
constexpr std::chrono::hours kLongestOutage{24};

}  // namespace

KeyStore::KeyStore(std::string issuer, Fetch fetch, Clock now)
    : issuer_(std::move(issuer)), fetch_(std::move(fetch)), now_(std::move(now)) {}

Result<KeyStore::Keys> KeyStore::find(const std::string& key_id, Algorithm algorithm) {
    Lock lock(mutex_);
    if (now_() >= next_fetch_) {
        refresh(lock);
    }
    Keys found = has_keys_ ? select(key_id, algorithm) : Keys();
    // A key that is not known may be a new one.
    if (found.empty() && (is_fetching_ || now_() >= next_attempt_)) {
        if (is_fetching_) {
            fetched_.wait(lock, [this] { return !is_fetching_; });
        } else {
            refresh(lock);
        }
        found = has_keys_ ? select(key_id, algorithm) : Keys();
    }
    if (!has_keys_) {
        return fail(ErrorCode::kUnavailable, "the keys of the issuer '" + issuer_ + "' cannot be had at the moment",
                    "try again in a minute");
    }
    return found;
}

std::uint64_t KeyStore::generation() const {
    const Lock lock(mutex_);
    return generation_;
}

/// Whoever comes while another fetches goes on with the keys that are known, or waits when there are none.
void KeyStore::refresh(Lock& lock) {
    if (is_fetching_) {
        if (!has_keys_) {
            fetched_.wait(lock, [this] { return !is_fetching_; });
        }
        return;
    }
    if (now_() < next_attempt_) {
        return;
    }
    is_fetching_ = true;
    next_attempt_ = now_() + kBetweenAttempts;
    lock.unlock();
    auto document = fetch_();
    lock.lock();
    is_fetching_ = false;
    take(std::move(document));
    fetched_.notify_all();
}

void KeyStore::take(Result<KeyDocument> document) {
    const auto now = now_();
    auto set = document ? parseJwkSet(document->text) : Result<JwkSet>(document.error());
    if (set && set->keys.empty()) {
        set = fail(ErrorCode::kInvalidArgument, "it holds no key that can be used");
    }
    if (!set) {
        log::warn("identity.keys_failed", {{"issuer", issuer_}, {"error", set.error().describe()}});
        next_fetch_ = now + kBetweenAttempts;
        if (has_keys_ && now - last_success_ > kLongestOutage) {
            has_keys_ = false;
            keys_.clear();
            text_.clear();
            ++generation_;
        }
        return;
    }
    last_success_ = now;
    next_fetch_ = now + document->fresh_for;
    if (has_keys_ && document->text == text_) {
        return;
    }
    for (const std::string& why : set->left_out) {
        log::warn("identity.key_left_out", {{"issuer", issuer_}, {"reason", why}});
    }
    keys_.clear();
    for (VerificationKey& key : set->keys) {
        keys_.push_back(std::make_shared<const VerificationKey>(std::move(key)));
    }
    text_ = std::move(document->text);
    has_keys_ = true;
    ++generation_;
    log::info("identity.keys", {{"issuer", issuer_}, {"keys", keys_.size()}});
}

KeyStore::Keys KeyStore::select(const std::string& key_id, Algorithm algorithm) const {
    Keys found;
    for (const auto& key : keys_) {
        if (key->fits(algorithm) && (key_id.empty() || key->id() == key_id)) {
            found.push_back(key);
        }
    }
    // Which of several keys an unnamed one is must not be found out by trying.
    return key_id.empty() && found.size() > 1 ? Keys() : found;
}

}  // namespace tessera::identity
