#pragma once

/// The node's gRPC services. Each takes what a call carries, asks the module that knows the answer, and puts it into
/// messages: the modules know no gRPC, and nothing else is decided here. What they are given must outlive the server
/// they run on.

#include "common/worker_pool.h"
#include "nodeservice/catalog/preparation.h"
#include "nodeservice/identity/authenticator.h"
#include "nodeservice/identity/session_pool.h"
#include "nodeservice/query/executor.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace grpc {
class Service;
}

namespace tessera::server {

struct NodeFacts {
    std::string name;
    std::string version;
    std::function<std::vector<catalog::SourceState>()> sources;
};

/// `workers` run the calls, which block.
std::unique_ptr<grpc::Service> makeCatalogService(NodeFacts facts, identity::Authenticator& authenticator,
                                                  identity::SessionPool& sessions, WorkerPool& workers);

std::unique_ptr<grpc::Service> makeQueryService(query::Executor& executor);

}  // namespace tessera::server
