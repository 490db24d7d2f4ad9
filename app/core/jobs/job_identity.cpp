#include "app/core/jobs/job_identity.h"

#include "app/core/jobs/job_models.h"

#include <QCoreApplication>
#include <algorithm>
#include <utility>

namespace tessera::app {

namespace {

struct Texts {
    Q_DECLARE_TR_FUNCTIONS(JobIdentity)
};

/// The agent, once it is known to be that of the mesh.
Result<std::unique_ptr<client::AgentClient>> agentOf(const AgentConnector& connect, const std::string& mesh) {
    std::unique_ptr<client::AgentClient> agent = TSR_TRY(connect());
    const client::AgentStatus status = TSR_TRY(agent->status());
    const bool is_signed_in =
        std::any_of(status.profiles.begin(), status.profiles.end(),
                    [&](const client::AgentProfile& one) { return one.name == mesh && one.is_signed_in; });
    if (!is_signed_in) {
        return fail(ErrorCode::kFailedPrecondition, "only somebody who signs in at an identity provider gives a grant",
                    "sign in to this mesh through the agent");
    }
    return agent;
}

}  // namespace

JobIdentity jobIdentity(const client::JobInfo& job, const std::vector<client::JobGrant>* grants, std::int64_t now_ms) {
    const QString owner = QString::fromStdString(job.owner);
    if (!job.run_as.empty() || !owner.contains(QLatin1Char('@'))) {
        return {Texts::tr("Runs as the service user %1.")
                    .arg(job.run_as.empty() ? owner : QString::fromStdString(job.run_as))};
    }
    if (grants == nullptr) {
        return {Texts::tr("Runs as its owner, %1, by a grant of theirs.").arg(owner), true, false};
    }
    const auto grant =
        std::find_if(grants->begin(), grants->end(), [&](const client::JobGrant& one) { return one.job == job.name; });
    if (grant == grants->end()) {
        return {Texts::tr("Is to run as its owner, %1, who has not let it: its runs fail until then.").arg(owner), true,
                false};
    }
    if (!grant->ended.empty()) {
        return {Texts::tr("The grant of %1 has ended: %2. Runs fail until there is another.")
                    .arg(owner, QString::fromStdString(grant->ended)),
                true, false};
    }
    if (grant->until_ms <= now_ms) {
        return {Texts::tr("The grant of %1 ended on %2. Runs fail until there is another.")
                    .arg(owner, jobTimeText(grant->until_ms)),
                true, false};
    }
    const QString until =
        Texts::tr("Runs as its owner, %1, by a grant until %2").arg(owner, jobTimeText(grant->until_ms));
    const QString used =
        grant->used_ms == 0 ? Texts::tr("not used yet") : Texts::tr("last used %1").arg(jobTimeText(grant->used_ms));
    return {until + QStringLiteral("; ") + used + QLatin1Char('.'), true, true};
}

JobGranter jobGranter(AgentConnector agent, std::string mesh) {
    return [agent = std::move(agent), mesh = std::move(mesh)](const std::string& job, std::int64_t days,
                                                              GrantCall::Callbacks callbacks) {
        client::JobGrantWish wish;
        wish.profile = mesh;
        wish.job = job;
        wish.days = days;
        return std::make_unique<GrantCall>(
            [agent, mesh] { return agentOf(agent, mesh); },
            [wish](client::AgentClient& asked, const auto& on_step) { return asked.grantJob(wish, on_step); },
            std::move(callbacks));
    };
}

}  // namespace tessera::app
