#pragma once

/// Tokens of the configured issuers, verified; a bounded number of the last ones is remembered for at most a minute,
/// and not beyond a change of the issuer's keys. May block on a fetch of keys; any thread.

#include "common/result.h"
#include "nodeservice/identity/token/key_store.h"
#include "nodeservice/identity/token/token.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tessera::identity {

struct VerifiedToken {
    std::string issuer;
    std::string subject;
    nlohmann::json claims;
    /// From then on it is refused.
    std::chrono::system_clock::time_point expires;
    /// That brought the person, the nearest first; none when the person signed in here.
    std::vector<std::string> nodes = {};
};

struct Issuer {
    TokenRules rules;
    KeyStore::Fetch fetch;
};

class TokenVerifier {
  public:
    using Now = std::function<std::chrono::system_clock::time_point()>;

    explicit TokenVerifier(std::vector<Issuer> issuers, Now now = std::chrono::system_clock::now,
                           KeyStore::Clock steady_now = std::chrono::steady_clock::now);

    /// kUnauthenticated with the exact reason, which is for the log; kUnavailable when the issuer's keys cannot be had.
    Result<std::shared_ptr<const VerifiedToken>> verify(std::string_view token);

    static constexpr std::size_t kMostRemembered = 4096;

  private:
    struct Known {
        TokenRules rules;
        std::unique_ptr<KeyStore> keys;
    };

    struct Remembered {
        std::string digest;
        std::shared_ptr<const VerifiedToken> token;
        const KeyStore* keys;
        std::uint64_t generation;
        std::chrono::system_clock::time_point until;
    };

    std::shared_ptr<const VerifiedToken> recall(const std::string& digest);
    void remember(Remembered entry);

    std::vector<Known> issuers_;
    const Now now_;
    std::mutex mutex_;
    std::list<Remembered> remembered_;                                            // guarded by mutex_; newest first
    std::unordered_map<std::string, std::list<Remembered>::iterator> by_digest_;  // guarded by mutex_
};

}  // namespace tessera::identity
