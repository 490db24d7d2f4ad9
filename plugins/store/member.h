#pragma once

/// The node's member of the replicated store, asked at the node's private socket. It checks who asks: the role that
/// signed in to this session of PostgreSQL.

#include "common/result.h"
#include "common/store_link.h"
#include "plugins/sdk/connector.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace tessera::store_tables {

struct MemberOptions {
    store_link::Consistency consistency = store_link::Consistency::kLinearizable;
    /// Of kFreshness.
    std::chrono::milliseconds max_age{0};
    /// How long the store is waited for.
    std::chrono::milliseconds timeout{10'000};
};

class Member {
  public:
    /// `host` outlives it.
    Member(const TsrHost& host, MemberOptions options) : host_(host), options_(options) {}

    /// What may be read as it is now.
    struct Readable {
        std::string file;
        /// The file holds at least what was applied up to this entry.
        std::uint64_t index = 0;
    };

    /// kPermissionDenied (42501) for a role that may not read; kUnavailable when the store can't say within its time.
    Result<Readable> awaitReadable() const;

    /// All of it, or nothing with an Error, unless that is 08007: nobody knows. Not ended by a cancel.
    Result<> write(std::vector<store_link::Statement> statements) const;

  private:
    Result<store_link::Answer> ask(store_link::Request request, bool heeds_cancel) const;

    const TsrHost& host_;
    MemberOptions options_;
};

}  // namespace tessera::store_tables
