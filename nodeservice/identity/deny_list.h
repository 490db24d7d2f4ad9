#pragma once

/// Who is let in no longer, though what they show is right: by a file of the operator's, which may change at any time,
/// and by what administrators say while the node runs (catalog/governance.h).
///
///   deny:
///     - {subject: ann}
///     - {issuer: 'https://login.example.org', issued_before: 1795000000}
///     - {token: 6f2c…}
///     - {user: etl}
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
    /// One of the node's own users, by password or certificate; stands alone.
    std::optional<std::string> user;
    std::optional<std::string> issuer;
    std::optional<std::string> subject;
    /// Its `jti`.
    std::optional<std::string> token;
    /// Seconds since 1970: tokens whose `iat` is earlier, or that have none.
    std::optional<std::int64_t> issued_before;

    bool fits(const std::string& from, const std::string& who, const nlohmann::json& claims) const;

    bool operator==(const Denial&) const = default;
};

/// An entry that denies somebody, and says whom: kInvalidArgument otherwise.
Result<> check(const Denial& denial);

class DenyList {
  public:
    /// Denies nobody.
    DenyList() = default;

    explicit DenyList(std::filesystem::path file) : file_(std::move(file)) {}

    /// What administrators have said, instead of what they had said before: true when it is something else.
    bool replaceSaid(std::vector<Denial> denials);

    /// Reads the file if it is another than last time: true when it was. An unreadable one leaves the list as it was.
    Result<bool> refresh();

    bool denies(const std::string& issuer, const std::string& subject, const nlohmann::json& claims) const;
    bool deniesUser(const std::string& name) const;
    /// The same of a session: its role, and its context (contextOf() in token_authenticator.h) unless it is a user's.
    bool deniesSession(const std::string& role, const std::string* context) const;

  private:
    const std::filesystem::path file_;
    mutable std::mutex mutex_;
    template <class Fits>
    bool any(Fits fits) const;

    std::vector<Denial> written_;  // guarded by mutex_; in the file
    std::string read_;             // guarded by mutex_; what they were read from
    std::vector<Denial> said_;     // guarded by mutex_
};

}  // namespace tessera::identity
