#pragma once

/// The keys of one issuer, as it publishes them: fetched when they are needed, kept while they are fresh, and for a day
/// when the issuer cannot be reached. One fetch at a time, and never more often than every 30 s, however many tokens
/// name keys that do not exist. May block on a fetch; any thread.

#include "common/result.h"
#include "nodeservice/identity/token/jwk_set.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace tessera::identity {

struct KeyDocument {
    std::string text;
    /// How long it need not be asked for again.
    std::chrono::seconds fresh_for{300};
};

class KeyStore {
  public:
    using Fetch = std::function<Result<KeyDocument>()>;
    using Clock = std::function<std::chrono::steady_clock::time_point()>;
    using Keys = std::vector<std::shared_ptr<const VerificationKey>>;

    KeyStore(std::string issuer, Fetch fetch, Clock now = std::chrono::steady_clock::now);

    /// The keys that may have signed: those with this id, or, without an id, the only one that fits. Empty when there
    /// is none. kUnavailable when no keys are known.
    Result<Keys> find(const std::string& key_id, Algorithm algorithm);

    /// Changes whenever the keys do: what they verified before must be verified anew.
    std::uint64_t generation() const;

  private:
    using Lock = std::unique_lock<std::mutex>;

    void refresh(Lock& lock);
    void take(Result<KeyDocument> document);
    Keys select(const std::string& key_id, Algorithm algorithm) const;

    const std::string issuer_;
    const Fetch fetch_;
    const Clock now_;
    mutable std::mutex mutex_;
    std::condition_variable fetched_;
    // All below: guarded by mutex_.
    bool is_fetching_ = false;
    bool has_keys_ = false;
    Keys keys_;
    std::string text_;
    std::uint64_t generation_ = 0;
    std::chrono::steady_clock::time_point last_success_{};
    std::chrono::steady_clock::time_point next_fetch_{};
    std::chrono::steady_clock::time_point next_attempt_{};
};

}  // namespace tessera::identity
