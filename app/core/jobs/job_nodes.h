#pragma once

/// The jobs of a mesh through any of its nodes: all that hold the store know the same. Calls wait; any thread.

#include "app/core/mesh/service_nodes.h"
#include "nodeservice/client/jobs_client.h"

#include <utility>

namespace tessera::app {

using JobsClientFactory = ServiceClientFactory<client::JobsClient>;
using JobsClients = ServiceClients<client::JobsClient>;

class JobNodes : public ServiceNodes<client::JobsClient> {
  public:
    explicit JobNodes(Open open) : ServiceNodes(std::move(open), "no node of the mesh keeps jobs") {}
};

}  // namespace tessera::app
