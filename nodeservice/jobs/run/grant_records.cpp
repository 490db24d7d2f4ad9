#include "nodeservice/jobs/run/grant_records.h"

#include "nodeservice/jobs/run/schema.h"
#include "nodeservice/jobs/run/statements.h"

namespace tessera::jobs {

namespace {

/// Of the store's tables with grants.
constexpr std::int64_t kSinceVersion = 5;

GrantRecord toGrant(const Row& row) {
    std::size_t at = 0;
    const auto text = [&] { return std::get<std::string>(row.at(at++)); };
    const auto integer = [&] { return std::get<std::int64_t>(row.at(at++)); };
    GrantRecord grant;
    for (std::string* part : {&grant.job, &grant.digest, &grant.issuer, &grant.subject, &grant.person, &grant.role,
                              &grant.client, &grant.audience}) {
        *part = text();
    }
    grant.given_ms = integer();
    grant.until_ms = integer();
    grant.used_ms = integer();
    grant.sealed = text();
    grant.revision = integer();
    grant.ended = text();
    return grant;
}

Batch change(const GrantRecord& grant, const std::string& assignments, std::vector<store::sqlite::Value> values) {
    values.emplace_back(grant.job);
    values.emplace_back(grant.revision);
    return {{"UPDATE job_grant SET revision = revision + 1, " + assignments + " WHERE job = ? AND revision = ?",
             std::move(values)},
            expectOneChange()};
}

}  // namespace

Result<std::vector<GrantRecord>> readGrants(JobStore& store, const std::string& job) {
    std::vector<GrantRecord> grants;
    if (TSR_TRY(schemaVersion(store)) < kSinceVersion) {
        return grants;
    }
    const auto rows =
        TSR_TRY(store.query({"SELECT job, digest, issuer, subject, person, role, client, audience, given_ms, until_ms, "
                             "used_ms, sealed, revision, ended FROM job_grant WHERE ?1 IN ('', job) ORDER BY job",
                             {job}}));
    for (const Row& row : rows) {
        grants.push_back(toGrant(row));
    }
    return grants;
}

Result<std::optional<GrantRecord>> readGrant(JobStore& store, const std::string& job) {
    const auto grants = TSR_TRY(readGrants(store, job));
    return grants.empty() ? std::optional<GrantRecord>() : std::optional(grants.front());
}

Batch giveGrant(const GrantRecord& grant) {
    // The revision goes on: whoever is at work with the earlier grant has no effect on this one.
    return {
        {"INSERT OR REPLACE INTO job_grant SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11, "
         "coalesce((SELECT revision FROM job_grant WHERE job = ?1), 0) + 1, 0, ''",
         {grant.job, grant.digest, grant.issuer, grant.subject, grant.person, grant.role, grant.client, grant.audience,
          grant.given_ms, grant.until_ms, grant.sealed}}};
}

Batch leaseGrant(const GrantRecord& grant, std::chrono::milliseconds time) {
    Batch batch = {
        expect("EXISTS (SELECT 1 FROM job_grant WHERE job = ? AND ended = '' AND lease_until_ms <= " + kNow + ")",
               {grant.job})};
    for (store::SqlStatement& statement :
         change(grant, "lease_until_ms = " + kNow + " + ?", {std::int64_t{time.count()}})) {
        batch.push_back(std::move(statement));
    }
    return batch;
}

Batch releaseGrant(const GrantRecord& leased) {
    return change(leased, "lease_until_ms = 0", {});
}

Batch renewGrant(const GrantRecord& leased, const std::string& sealed) {
    return change(leased, "lease_until_ms = 0, used_ms = " + kNow + ", sealed = ?", {sealed});
}

Batch endGrant(const GrantRecord& grant, const std::string& why) {
    return change(grant, "lease_until_ms = 0, sealed = '', ended = ?", {why});
}

Batch removeGrant(const std::string& job) {
    return {{"DELETE FROM job_grant WHERE job = ?", {job}}};
}

}  // namespace tessera::jobs
