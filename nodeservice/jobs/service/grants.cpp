#include "nodeservice/jobs/service/grants.h"

#include "common/base64.h"
#include "common/log.h"
#include "common/sealing.h"
#include "nodeservice/jobs/definition/read.h"
#include "nodeservice/jobs/run/schema.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace tessera::jobs {

namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::system_clock;

constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;
/// Longer than a provider may take to answer.
constexpr milliseconds kLease{90'000};
constexpr milliseconds kLook{200};
constexpr milliseconds kMostWaiting{120'000};
/// What is left of an access token when a step still begins with it.
constexpr seconds kLeastLeft{2};
/// A step may go on longer than its access token, which is for minutes; not longer than this, nor than the grant.
constexpr std::chrono::hours kLongestStep{12};
constexpr int kWriteTries = 5;

std::int64_t millisOf(system_clock::time_point time) {
    return duration_cast<milliseconds>(time.time_since_epoch()).count();
}

std::string hintOf(const std::string& job, const std::string& person) {
    return person + " gives one with 'tessera job grant " + job + "'";
}

/// A sealed token is good for nothing else: who can write the store cannot use it for another text, person or time.
std::string nameOf(const GrantRecord& grant) {
    return nlohmann::json({grant.job, grant.digest, grant.issuer, grant.subject, grant.person, grant.role, grant.client,
                           grant.audience, grant.given_ms, grant.until_ms})
        .dump();
}

/// When the session's identity ends, in the words of contextOf().
system_clock::time_point endOf(const identity::Principal& principal) {
    const auto context = nlohmann::json::parse(*principal.context);
    return system_clock::time_point(seconds(context.at("expires").get<std::int64_t>()));
}

void setEnd(identity::Principal& principal, system_clock::time_point end) {
    auto context = nlohmann::json::parse(*principal.context);
    context["expires"] = duration_cast<seconds>(end.time_since_epoch()).count();
    principal.context = std::make_shared<const std::string>(context.dump());
}

}  // namespace

std::string digestOf(const Definition& definition) {
    return tessera::digestOf(writeDefinition(definition));
}

bool needsGrant(const Definition& definition) {
    return definition.run_as.empty() && definition.owner.find('@') != std::string::npos;
}

const GrantIssuer* Grants::issuerOf(const std::string& issuer) const {
    const auto found = std::find_if(options_.issuers.begin(), options_.issuers.end(),
                                    [&](const GrantIssuer& one) { return one.provider.issuer == issuer; });
    return found == options_.issuers.end() ? nullptr : &*found;
}

Error Grants::withoutKey() const {
    return fail(ErrorCode::kFailedPrecondition, "node '" + options_.node + "' keeps no grants",
                "jobs.grants.key in its configuration is what they are sealed with");
}

identity::GrantUse Grants::useOf(const GrantRecord& grant, const GrantIssuer& issuer) const {
    const auto& own = issuer.audiences;
    const bool is_own = own.empty() || std::find(own.begin(), own.end(), grant.audience) != own.end();
    return {grant.client, is_own || grant.audience.empty() ? grant.audience : own.front()};
}

std::string Grants::sealed(const GrantRecord& grant, const Secret& token) const {
    return encodeBase64(seal(options_.key, nameOf(grant), token));
}

Result<Secret> Grants::open(const GrantRecord& grant) const {
    auto token = unseal(options_.key, nameOf(grant), decodeBase64(grant.sealed).value_or(std::string()));
    if (!token) {
        return fail(
            ErrorCode::kFailedPrecondition,
            "the grant for the job '" + grant.job + "' does not open with the key of node '" + options_.node + "'",
            "jobs.grants.key must be the same on all nodes; or " + hintOf(grant.job, grant.person));
    }
    return std::move(*token);
}

Result<> Grants::check(const Definition& definition, std::int64_t days, const identity::Principal& caller) const {
    if (options_.key.empty()) {
        return withoutKey();
    }
    const auto person = identity::personOf(caller);
    if (!person || issuerOf(person->issuer) == nullptr) {
        return fail(
            ErrorCode::kPermissionDenied,
            "only somebody who signs in at an identity provider of node '" + options_.node + "' can give a grant",
            "sign in with 'tessera login'; other jobs name a user in `run_as`");
    }
    if (!needsGrant(definition)) {
        return fail(ErrorCode::kFailedPrecondition,
                    "the job '" + definition.name + "' runs as the user '" +
                        (definition.run_as.empty() ? definition.owner : definition.run_as) + "' and needs no grant");
    }
    if (person->email != definition.owner) {
        return fail(ErrorCode::kPermissionDenied, "the job '" + definition.name + "' belongs to " + definition.owner,
                    "only its owner can let it run as them");
    }
    if (days < 1 || days > options_.most_days) {
        return fail(ErrorCode::kInvalidArgument,
                    "a grant is for 1 to " + std::to_string(options_.most_days) + " days here",
                    "jobs.grants.most_days in the configuration of node '" + options_.node + "' is the limit");
    }
    return {};
}

Result<GrantRecord> Grants::give(const Definition& definition, const Given& given, const identity::Principal& caller) {
    TSR_TRY(check(definition, given.days, caller));
    const identity::Person person = *identity::personOf(caller);
    const std::int64_t now = millisOf(system_clock::now());
    GrantRecord grant{.job = definition.name,
                      .digest = digestOf(definition),
                      .issuer = person.issuer,
                      .subject = person.subject,
                      .person = definition.owner,
                      .role = caller.role,
                      .client = given.client,
                      .audience = given.audience,
                      .given_ms = now,
                      .until_ms = now + given.days * kDayMs};
    const GrantIssuer& issuer = *issuerOf(person.issuer);
    // What was sent is used up: a copy that somebody has seen on its way opens nothing.
    const identity::RefreshedTokens tokens =
        TSR_TRY(identity::refreshTokens(issuer.provider, useOf(grant, issuer), given.refresh_token));
    const Secret& kept = tokens.refresh.empty() ? given.refresh_token : tokens.refresh;
    const auto principal = signIn(grant, tokens.access);
    if (!principal) {
        static_cast<void>(identity::revokeToken(issuer.provider, useOf(grant, issuer), kept));
        return principal.error();
    }
    grant.sealed = sealed(grant, kept);
    TSR_TRY(migrate(store_));
    TSR_TRY(store_.apply(giveGrant(grant)));
    log::info("job.granted", {{"job", grant.job}, {"person", grant.person}, {"until_ms", grant.until_ms}});
    return grant;
}

/// As the person would sign in here at this moment. kUnauthenticated or kPermissionDenied when they could not.
Result<identity::Principal> Grants::signIn(const GrantRecord& grant, const Secret& access) {
    const identity::Channel channel{.is_protected = true, .peer = "job " + grant.job};
    identity::Principal principal = TSR_TRY(tokens_->signIn(grant.role, access.reveal(), channel));
    const auto person = identity::personOf(principal);
    if (!person || person->issuer != grant.issuer || person->subject != grant.subject) {
        return fail(ErrorCode::kPermissionDenied,
                    "the sign-in is not that of the person who gives the grant for the job '" + grant.job + "'",
                    "sign in as the same person");
    }
    principal.origin = {options_.node, "job " + grant.job + " by grant"};
    return principal;
}

Error Grants::end(const GrantRecord& grant, const std::string& why) {
    log::warn("job.grant_ended", {{"job", grant.job}, {"person", grant.person}, {"reason", why}});
    static_cast<void>(store_.apply(endGrant(grant, why)));
    return fail(ErrorCode::kFailedPrecondition,
                "the grant of " + grant.person + " for the job '" + grant.job + "' has ended: " + why,
                hintOf(grant.job, grant.person));
}

Result<> Grants::mayUse(const GrantRecord& grant, const Definition& definition) {
    if (!grant.ended.empty()) {
        return fail(ErrorCode::kFailedPrecondition,
                    "the grant of " + grant.person + " for the job '" + grant.job + "' has ended: " + grant.ended,
                    hintOf(grant.job, grant.person));
    }
    const std::int64_t now = millisOf(system_clock::now());
    if (now >= grant.until_ms) {
        return end(grant, "its time is over");
    }
    // One who was let in again later has to give it again.
    if (denied_.denies(grant.issuer, grant.subject, {{"iat", grant.given_ms / 1000}})) {
        return end(grant, "the access of " + grant.person + " to node '" + options_.node + "' has been withdrawn");
    }
    if (definition.owner != grant.person || digestOf(definition) != grant.digest) {
        return fail(ErrorCode::kFailedPrecondition,
                    "this is not the text of the job '" + grant.job + "' that " + grant.person + " has agreed to",
                    "when it is as it shall be, " + hintOf(grant.job, grant.person));
    }
    return {};
}

Result<identity::Principal> Grants::renew(const GrantRecord& leased) {
    const GrantIssuer* issuer = issuerOf(leased.issuer);
    if (issuer == nullptr || tokens_ == nullptr) {
        static_cast<void>(store_.apply(releaseGrant(leased)));
        return fail(ErrorCode::kFailedPrecondition,
                    "node '" + options_.node + "' does not know the identity provider '" + leased.issuer + "'",
                    "identity.issuers in its configuration; `nodes` in the job, where it runs");
    }
    const auto token = open(leased);
    if (!token) {
        static_cast<void>(store_.apply(releaseGrant(leased)));
        return token.error();
    }
    const auto tokens = identity::refreshTokens(issuer->provider, useOf(leased, *issuer), *token);
    if (!tokens) {
        if (tokens.error().code == ErrorCode::kUnauthenticated) {
            return end(leased, "the identity provider has ended it");
        }
        static_cast<void>(store_.apply(releaseGrant(leased)));
        return tokens.error();
    }
    const Secret& next = tokens->refresh.empty() ? *token : tokens->refresh;
    const std::string kept = sealed(leased, next);
    Result<bool> written = store_.apply(renewGrant(leased, kept));
    for (int tried = 1; tried < kWriteTries && !written; ++tried) {
        written = store_.apply(renewGrant(leased, kept));
        // It may have been written though nobody said so.
        if (const auto now = readGrant(store_, leased.job); now && *now && (*now)->sealed == kept) {
            written = true;
        }
    }
    if (!written || !*written) {
        // Revoked or given anew meanwhile: what came is nobody's.
        if (written) {
            static_cast<void>(identity::revokeToken(issuer->provider, useOf(leased, *issuer), next));
        }
        return written ? fail(ErrorCode::kAborted, "the grant for the job '" + leased.job + "' has changed meanwhile")
                       : written.error();
    }
    auto principal = signIn(leased, tokens->access);
    if (!principal && principal.error().code == ErrorCode::kPermissionDenied) {
        GrantRecord renewed = leased;
        ++renewed.revision;
        renewed.sealed = kept;
        static_cast<void>(tellProvider(renewed));
        return end(renewed, principal.error().message + " (" + leased.person + ")");
    }
    return principal;
}

Result<identity::Principal> Grants::principalFor(const Definition& definition, const Wait& wait) {
    const auto began = std::chrono::steady_clock::now();
    while (true) {
        const auto found = TSR_TRY(readGrant(store_, definition.name));
        if (!found) {
            return fail(
                ErrorCode::kFailedPrecondition,
                "the job '" + definition.name + "' runs as its owner " + definition.owner + ", who has given no grant",
                hintOf(definition.name, definition.owner) + "; or `run_as` names a user");
        }
        TSR_TRY(mayUse(*found, definition));
        {
            const std::lock_guard lock(mutex_);
            const auto known = known_.find(found->job);
            if (known != known_.end() && known->second.given_ms == found->given_ms &&
                system_clock::now() + kLeastLeft < known->second.until) {
                return known->second.principal;
            }
        }
        if (options_.key.empty()) {
            return withoutKey();
        }
        if (TSR_TRY(store_.apply(leaseGrant(*found, kLease)))) {
            GrantRecord leased = *found;
            ++leased.revision;
            auto principal = renew(leased);
            if (principal) {
                const auto until = endOf(*principal);
                setEnd(*principal, std::min(system_clock::now() + kLongestStep,
                                            system_clock::time_point(milliseconds(leased.until_ms))));
                const std::lock_guard lock(mutex_);
                known_.insert_or_assign(leased.job, Known{leased.given_ms, *principal, until});
            }
            if (principal || principal.error().code != ErrorCode::kAborted) {
                return principal;
            }
        }
        // Another node uses it at the moment, or it is another by now.
        if (std::chrono::steady_clock::now() - began > kMostWaiting) {
            return fail(ErrorCode::kUnavailable,
                        "the grant for the job '" + definition.name + "' is in use by another node for too long");
        }
        if (!wait(kLook)) {
            return fail(ErrorCode::kCancelled, "the step was stopped");
        }
    }
}

std::string Grants::effectKey(const std::string& key) const {
    return "grant/" + tessera::digestOf(options_.key.reveal() + "\n" + key);
}

std::string Grants::tellProvider(const GrantRecord& grant) const {
    const GrantIssuer* issuer = issuerOf(grant.issuer);
    const auto token = options_.key.empty() ? Result<Secret>(withoutKey()) : open(grant);
    const auto told = issuer == nullptr ? Result<>(fail(ErrorCode::kNotFound, "this node does not know it"))
                      : !token          ? Result<>(token.error())
                                        : identity::revokeToken(issuer->provider, useOf(grant, *issuer), *token);
    return told ? std::string() : "the identity provider could not be told: " + told.error().message;
}

Result<std::string> Grants::revoke(const std::string& job, const identity::Principal& caller, bool is_administrator) {
    for (int tries = 0; tries < kWriteTries; ++tries) {
        const auto found = TSR_TRY(readGrant(store_, job));
        if (!found || !found->ended.empty()) {
            return fail(ErrorCode::kNotFound, "there is no grant for the job '" + job + "'",
                        "'tessera job grants' lists them");
        }
        const auto person = identity::personOf(caller);
        const bool is_own = person && person->issuer == found->issuer && person->subject == found->subject;
        if (!is_own && !is_administrator) {
            return fail(ErrorCode::kPermissionDenied, "the grant for the job '" + job + "' is that of " + found->person,
                        "they can revoke it, and jobs.administrators can");
        }
        const std::string who = person && !person->email.empty() ? person->email : caller.role;
        // First here, where it counts at once.
        if (TSR_TRY(store_.apply(endGrant(*found, "revoked by " + who)))) {
            log::info("job.grant_revoked", {{"job", job}, {"person", found->person}, {"by", who}});
            return tellProvider(*found);
        }
    }
    return fail(ErrorCode::kAborted, "the grant for the job '" + job + "' changes at the moment", "try again");
}

void Grants::forget(const std::string& job) {
    if (const auto found = readGrant(store_, job); found && *found) {
        static_cast<void>(store_.apply(removeGrant(job)));
        if (!(*found)->sealed.empty()) {
            const std::string note = tellProvider(**found);
            log::info("job.grant_removed", {{"job", job}, {"note", note}});
        }
    }
}

}  // namespace tessera::jobs
