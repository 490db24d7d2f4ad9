#pragma once

/// The endpoints and models of a mesh through any of its nodes: all that hold the store know the same. Calls wait; any
/// thread.

#include "app/core/mesh/service_nodes.h"
#include "nodeservice/client/endpoints_client.h"

#include <utility>

namespace tessera::app {

using EndpointsClientFactory = ServiceClientFactory<client::EndpointsClient>;
using EndpointsClients = ServiceClients<client::EndpointsClient>;

class EndpointNodes : public ServiceNodes<client::EndpointsClient> {
  public:
    explicit EndpointNodes(Open open) : ServiceNodes(std::move(open), "no node of the mesh publishes endpoints") {}
};

}  // namespace tessera::app
