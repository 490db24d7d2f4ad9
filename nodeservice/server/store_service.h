#pragma once

/// The replicated store over gRPC, on every member: the service Store for whoever may use it, and StoreForward for the
/// other members.

#include "common/result.h"
#include "common/worker_pool.h"
#include "nodeservice/identity/authenticator.h"
#include "nodeservice/server/peer/grpc_transport.h"
#include "nodeservice/store/driver/replica.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace tessera::server {

/// Each holds those before it.
enum class StoreRight { kRead, kWrite, kAdminister };

struct StoreMemberFacts {
    /// The node's name, and where it answers, "host:port"; empty if that is not known.
    std::string node = {};
    std::string address = {};
};

/// All of it outlives the server that the services run on.
struct StoreContext {
    store::Replica& replica;
    /// Sign-ins and queries, which block.
    WorkerPool& workers;
    /// Where backups lie while they are sent.
    std::filesystem::path folder;
    /// Whether the caller has the right. May block.
    std::function<Result<>(const identity::CallCredentials&, StoreRight)> admit;
    /// The same without waiting; nothing when that cannot be.
    std::function<std::optional<Result<>>(const identity::CallCredentials&, StoreRight)> admit_at_once =
        [](const identity::CallCredentials&, StoreRight) { return std::optional<Result<>>(); };
    /// Which member calls. May block.
    std::function<Result<store::raft::NodeId>(const grpc::CallbackServerContext&)> admit_member;
    std::function<StoreMemberFacts(store::raft::NodeId)> facts_of;
    /// For what is forwarded to the leader.
    std::shared_ptr<grpc::ChannelCredentials> channel_credentials;
    store::Authorize authorize;
    /// A query ends when its rows are not taken for so long, and when all of them take so long: it keeps the store's
    /// files from being shortened.
    std::chrono::milliseconds slow_reader = std::chrono::minutes(1);
    std::chrono::milliseconds longest_query = std::chrono::minutes(15);
};

std::unique_ptr<grpc::Service> makeStoreService(StoreContext context);
std::unique_ptr<grpc::Service> makeStoreForwardService(StoreContext context);

}  // namespace tessera::server
