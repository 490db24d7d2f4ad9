#include "app/cli/job_grants.h"

#include "app/cli/listing.h"
#include "app/cli/login_steps.h"
#include "nodeservice/client/agent_client.h"

#include <cstdio>

namespace tessera::cli {

namespace {

using client::JobsClient;
using Nodes = AnyNode<JobsClient>;

ExitCode report(const Error& error) {
    return reportError(error, exitCodeOf(error));
}

/// The agent's profile that the mesh is of.
Result<std::string> profileOf(const MeshOptions& options) {
    const client::MeshFile mesh = TSR_TRY(client::findMesh({options.mesh_file, options.profile}));
    if (mesh.nodes.empty() || !mesh.nodes.front().agent) {
        return fail(ErrorCode::kFailedPrecondition, "only somebody who signs in at an identity provider gives a grant",
                    "run 'tessera login', or choose a profile with --profile");
    }
    return mesh.nodes.front().agent->profile;
}

}  // namespace

ExitCode giveGrant(Nodes& nodes, const JobOptions& options, InterruptWatch& interrupts) {
    const auto profile = profileOf(options.mesh);
    // Before anybody is sent to the identity provider.
    const auto may = profile ? nodes.ask([&](JobsClient& node) { return node.checkGrant(options.job, options.days); })
                             : Result<std::int64_t>(profile.error());
    if (!may) {
        return report(may.error());
    }
    const auto agent = client::AgentClient::start();
    if (!agent) {
        return report(agent.error());
    }
    std::fprintf(stderr, "Sign in once more: by this you let the job '%s', as it stands, run as you.\n",
                 options.job.c_str());
    interrupts.setHandler([&agent] { (*agent)->cancelLogin(); });
    const auto granted =
        (*agent)->grantJob({*profile, options.mesh.node, options.job, options.days, options.by_device},
                           [&options](const client::LoginStep& step) { showLoginStep(step, options.no_browser); });
    interrupts.setHandler({});
    if (!granted) {
        if (granted.error().code == ErrorCode::kCancelled) {
            std::fprintf(stderr, "Given up\n");
            return kInterrupted;
        }
        return report(granted.error());
    }
    std::fprintf(stderr, "The job '%s' runs as %s until %s. 'tessera job revoke %s' ends that.\n", granted->job.c_str(),
                 granted->person.c_str(), timeText(granted->until_ms).value_or("").c_str(), granted->job.c_str());
    return kSuccess;
}

ExitCode revokeGrant(Nodes& nodes, const JobOptions& options) {
    const auto note = nodes.ask([&](JobsClient& node) { return node.revokeGrant(options.job); });
    if (!note) {
        return report(note.error());
    }
    std::fprintf(stderr, "The job '%s' no longer runs as its owner\n", options.job.c_str());
    if (!note->empty()) {
        std::fprintf(stderr, "NOTE: %s\n", note->c_str());
    }
    return kSuccess;
}

ExitCode printGrants(Nodes& nodes, const JobOptions& options) {
    const auto grants = nodes.ask([](JobsClient& node) { return node.grants(); });
    if (!grants) {
        return report(grants.error());
    }
    Listing listing{{"job", "owner", "role", "given", "until", "last used", "ended"}, {}};
    for (const client::JobGrant& grant : *grants) {
        listing.rows.push_back({grant.job, grant.person, grant.role, timeText(grant.given_ms), timeText(grant.until_ms),
                                timeText(grant.used_ms), orNull(grant.ended)});
    }
    return print(listing, options.format);
}

}  // namespace tessera::cli
