#pragma once

/// Owners' grants: a person who signs in at an identity provider lets one job, as it stands, run as them while they are
/// away. What is kept is a refresh token of its own (OpenID Connect's `offline_access`), sealed with a key that only
/// the nodes' configuration has, and bound to the job's text, the person and the end. A node that carries a step out
/// exchanges it for an access token and signs in with that as if the person did: what they have lost meanwhile, the job
/// has lost too. docs/decisions/0042 says why.
///
/// Refresh tokens are used once: a node leases the grant in the store before it uses the token, and the next one is in
/// the store before anything is done with the answer.
///
/// Any thread. Calls wait for the store and the identity provider.

#include "common/secret.h"
#include "nodeservice/identity/deny_list.h"
#include "nodeservice/identity/token/token_refresh.h"
#include "nodeservice/identity/token_authenticator.h"
#include "nodeservice/jobs/definition/definition.h"
#include "nodeservice/jobs/run/grant_records.h"

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace tessera::jobs {

struct GrantIssuer {
    identity::Provider provider;
    /// This node takes tokens for these.
    std::vector<std::string> audiences;
};

struct GrantOptions {
    std::string node;
    /// Of common/sealing.h; empty: this node keeps and uses no grants.
    Secret key;
    std::int64_t most_days = 0;
    std::vector<GrantIssuer> issuers;
};

class Grants {
  public:
    /// All of them outlive it. `tokens`: null when no identity provider is trusted.
    Grants(GrantOptions options, JobStore& store, identity::TokenAuthenticator* tokens,
           const identity::DenyList& denied)
        : options_(std::move(options)), store_(store), tokens_(tokens), denied_(denied) {}

    std::int64_t mostDays() const { return options_.most_days; }

    /// Whether the caller could give it for so long: before they are sent to the identity provider.
    Result<> check(const Definition& definition, std::int64_t days, const identity::Principal& caller) const;

    struct Given {
        std::string client;
        std::string audience;
        Secret refresh_token;
        std::int64_t days = 0;
    };

    /// Uses the token up. In place of an earlier one.
    Result<GrantRecord> give(const Definition& definition, const Given& given, const identity::Principal& caller);

    /// By the person or, `is_administrator`, another. Returns why the identity provider could not be told, or nothing.
    Result<std::string> revoke(const std::string& job, const identity::Principal& caller, bool is_administrator);
    /// The job is gone.
    void forget(const std::string& job);

    Result<std::vector<GrantRecord>> list() { return readGrants(store_); }

    /// False: the caller shall stop.
    using Wait = std::function<bool(std::chrono::milliseconds)>;

    /// The job's owner, for sessions of a step. kFailedPrecondition when there is no grant that holds.
    Result<identity::Principal> principalFor(const Definition& definition, const Wait& wait);

    /// In place of a step's key, which people of the same role could guess: theirs is not to pass for the step's
    /// effect.
    std::string effectKey(const std::string& key) const;

  private:
    struct Known {
        std::int64_t given_ms = 0;
        identity::Principal principal;
        std::chrono::system_clock::time_point until;
    };

    const GrantIssuer* issuerOf(const std::string& issuer) const;
    Error withoutKey() const;
    identity::GrantUse useOf(const GrantRecord& grant, const GrantIssuer& issuer) const;
    /// What `sealed` holds.
    Result<Secret> open(const GrantRecord& grant) const;
    std::string sealed(const GrantRecord& grant, const Secret& token) const;
    Result<> mayUse(const GrantRecord& grant, const Definition& definition);
    Error end(const GrantRecord& grant, const std::string& why);
    /// After the lease: exchanges the token, and keeps the next one.
    Result<identity::Principal> renew(const GrantRecord& leased);
    Result<identity::Principal> signIn(const GrantRecord& grant, const Secret& access);
    std::string tellProvider(const GrantRecord& grant) const;

    const GrantOptions options_;
    JobStore& store_;
    identity::TokenAuthenticator* const tokens_;
    const identity::DenyList& denied_;
    std::mutex mutex_;
    std::map<std::string, Known> known_;  // guarded by mutex_; by job
};

/// Of the job as its owner sees it.
std::string digestOf(const Definition& definition);

/// Does the job run as its owner, who is a person? Service users have no '@' in their names.
bool needsGrant(const Definition& definition);

}  // namespace tessera::jobs
