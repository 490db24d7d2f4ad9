#include "app/core/jobs/job_nodes.h"

#include "nodeservice/client/agent_client.h"

#include <algorithm>

namespace tessera::app {

Result<JobsClients> openJobsClients(const std::optional<std::filesystem::path>& path,
                                    const JobsClientFactory& factory) {
    const client::MeshFile mesh = TSR_TRY(client::findMesh({path, {}}));
    JobsClients clients;
    std::optional<Error> why;
    for (const client::NodeAddress& address : mesh.nodes) {
        Result<std::shared_ptr<client::JobsClient>> client = factory(address);
        if (client) {
            clients.push_back(std::move(*client));
        } else {
            why = client.error();
        }
    }
    // A node that cannot be asked is in the way only where there is no other.
    if (clients.empty() && why) {
        return *why;
    }
    return clients;
}

Result<JobsClients> JobNodes::inOrder() {
    const std::lock_guard lock(mutex_);
    if (clients_.empty()) {
        clients_ = TSR_TRY(open_());
    }
    return clients_;
}

void JobNodes::prefer(const std::shared_ptr<client::JobsClient>& client) {
    const std::lock_guard lock(mutex_);
    const auto found = std::find(clients_.begin(), clients_.end(), client);
    if (found != clients_.end()) {
        std::rotate(clients_.begin(), found, clients_.end());
    }
}

}  // namespace tessera::app
