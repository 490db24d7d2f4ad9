#pragma once

/// Who is let in no longer, though what they show is right: a file of the operator's, which may change at any time.
///
///   deny:
///     - {subject: ann}
///     - {issuer: 'https://login.example.org', issued_before: 1795000000}
///     - {token: 6f2c…}
///
/// All that an entry says must be so. Any thread.

#include "common/result.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace tessera::identity {

struct Denial {
    std::optional<std::string> issuer;
    std::optional<std::string> subject;
    /// Its `jti`.
    std::optional<std::string> token;
    /// Seconds since 1970: tokens whose `iat` is earlier, or that have none.
    std::optional<std::int64_t> issued_before;

    bool fits(const std::string& from, const std::string& who, const nlohmann::json& claims) const;
};

class DenyList {
  public:
    /// Denies nobody.
    DenyList() = default;

    explicit DenyList(std::filesystem::path file) : file_(std::move(file)) {}

    /// Reads the file if it is another than last time: true when it was. An unreadable one leaves the list as it was.
    Result<bool> refresh();

    bool denies(const std::string& issuer, const std::string& subject, const nlohmann::json& claims) const;
    /// The same of a session's context; see contextOf() in token_authenticator.h.
    bool denies(const std::string& context) const;

    bool hasFile() const { return !file_.empty(); }

  private:
    const std::filesystem::path file_;
    mutable std::mutex mutex_;
    std::vector<Denial> denials_;  // guarded by mutex_
    std::string read_;             // guarded by mutex_; what they were read from
};

}  // namespace tessera::identity
