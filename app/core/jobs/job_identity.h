#pragma once

/// As whom a job runs: as a service user, or as its owner by a grant of theirs (decision 0042), which is given through
/// the agent.

#include "app/core/mesh/agent_call.h"
#include "app/core/mesh/agent_watch.h"
#include "nodeservice/client/jobs_client.h"

#include <QString>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tessera::app {

struct JobIdentity {
    QString words;
    /// Its owner, whose grant it needs.
    bool is_person = false;
    /// There is one, and it is good.
    bool is_granted = false;
};

/// `grants` null: they are not known. Of the moment `now_ms`.
JobIdentity jobIdentity(const client::JobInfo& job, const std::vector<client::JobGrant>* grants, std::int64_t now_ms);

using GrantCall = AgentCall<client::JobGranted>;

/// Makes the call by which the person lets a job run as them for so many days.
using JobGranter =
    std::function<std::unique_ptr<GrantCall>(const std::string& job, std::int64_t days, GrantCall::Callbacks)>;

/// By the agent's profile of the mesh's name: nobody else's, so that no other mesh gets the grant.
JobGranter jobGranter(AgentConnector agent, std::string mesh);

}  // namespace tessera::app
