#pragma once

/// The replicated store for everybody: the gRPC service Store, on every member.

#include "common/result.h"
#include "common/worker_pool.h"
#include "nodeservice/identity/authenticator.h"
#include "nodeservice/store/driver/replica.h"

#include <functional>
#include <memory>
#include <string>

namespace grpc {
class ChannelCredentials;
class Service;
}  // namespace grpc

namespace tessera::server {

/// All of it outlives the server that the service runs on.
struct StoreContext {
    store::Replica& replica;
    /// Sign-ins and queries, which block.
    WorkerPool& workers;
    /// Whether the caller may use the store. May block.
    std::function<Result<>(const identity::CallCredentials&)> admit;
    /// Where a member answers, "host:port"; empty if that is not known.
    std::function<std::string(store::raft::NodeId)> address_of;
    /// For what is forwarded to the leader, with the caller's own credentials.
    std::shared_ptr<grpc::ChannelCredentials> channel_credentials;
};

std::unique_ptr<grpc::Service> makeStoreService(StoreContext context);

}  // namespace tessera::server
