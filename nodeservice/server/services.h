#pragma once

/// The node's gRPC services. Each takes what a call carries, asks the module that knows the answer, and puts it into
/// messages: the modules know no gRPC, and nothing else is decided here.

#include "common/worker_pool.h"
#include "nodeservice/catalog/node_facts.h"
#include "nodeservice/endpoints/service/endpoints.h"
#include "nodeservice/endpoints/service/rights.h"
#include "nodeservice/gateway/http_exchange.h"
#include "nodeservice/identity/authenticator.h"
#include "nodeservice/identity/session_pool.h"
#include "nodeservice/jobs/service/grants.h"
#include "nodeservice/jobs/service/jobs.h"
#include "nodeservice/jobs/service/notices.h"
#include "nodeservice/jobs/service/rights.h"
#include "nodeservice/query/executor.h"
#include "nodeservice/server/store_node.h"

#include <functional>
#include <memory>
#include <vector>

namespace grpc {
class Service;
}

namespace tessera::server {

struct JobsContext {
    jobs::Jobs& jobs;
    jobs::Grants& grants;
    jobs::Rights rights;
    identity::Authenticator& authenticator;
    /// Logs are not followed any longer.
    std::function<bool()> is_stopping;
};

struct NoticesContext {
    jobs::Notices& notices;
    identity::Authenticator& authenticator;
    /// Grows with every entry that the store's data hold.
    std::function<std::uint64_t()> applied;
    /// They are not followed any longer.
    std::function<bool()> is_stopping;
};

struct EndpointsContext {
    endpoints::Endpoints& endpoints;
    endpoints::Rights rights;
    identity::Authenticator& authenticator;
    identity::SessionPool& sessions;
    /// The node's REST API, which answers calls of endpoints.
    gateway::HttpHandler http;
};

/// What the services stand on; it must outlive the server they run on.
struct ServiceContext {
    catalog::NodeFacts facts;
    identity::Authenticator& authenticator;
    identity::SessionPool& sessions;
    /// Run the catalog's calls, which block.
    WorkerPool& catalog_workers;
    query::Executor& executor;
    StoreNode& store;
    JobsContext jobs;
    NoticesContext notices;
    EndpointsContext endpoints;
};

std::unique_ptr<grpc::Service> makeCatalogService(const ServiceContext& context);
std::unique_ptr<grpc::Service> makeEndpointsService(EndpointsContext context);
std::unique_ptr<grpc::Service> makeJobsService(JobsContext context);
std::unique_ptr<grpc::Service> makeNoticesService(NoticesContext context);
std::unique_ptr<grpc::Service> makeQueryService(const ServiceContext& context);

}  // namespace tessera::server
