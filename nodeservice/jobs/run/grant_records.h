#pragma once

/// The grants of owners as the store keeps them, and every change of them. Each change names the revision that it
/// expects and makes the next one: of two nodes that race, one has an effect.

#include "nodeservice/jobs/run/job_store.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tessera::jobs {

struct GrantRecord {
    std::string job;
    /// Of the job's canonical text that the owner has agreed to.
    std::string digest;
    std::string issuer;
    std::string subject;
    /// The owner, as the job names them.
    std::string person;
    std::string role;
    /// To which the identity provider gave the token, and for what.
    std::string client;
    std::string audience;
    std::int64_t given_ms = 0;
    std::int64_t until_ms = 0;
    /// 0: not yet.
    std::int64_t used_ms = 0;
    /// The refresh token, sealed, in base64; empty when it has ended.
    std::string sealed = {};
    std::int64_t revision = 0;
    /// Why it is no longer good, or empty.
    std::string ended = {};
};

/// All of them, or one job's.
Result<std::vector<GrantRecord>> readGrants(JobStore& store, const std::string& job = {});
Result<std::optional<GrantRecord>> readGrant(JobStore& store, const std::string& job);

/// In place of the job's earlier one, if there is one.
Batch giveGrant(const GrantRecord& grant);
/// The token is the caller's to use for so long.
Batch leaseGrant(const GrantRecord& grant, std::chrono::milliseconds time);
/// After leaseGrant(): nothing came of it.
Batch releaseGrant(const GrantRecord& leased);
/// After leaseGrant(): the token that is good from now on.
Batch renewGrant(const GrantRecord& leased, const std::string& sealed);
/// Erases the token.
Batch endGrant(const GrantRecord& grant, const std::string& why);
Batch removeGrant(const std::string& job);

}  // namespace tessera::jobs
