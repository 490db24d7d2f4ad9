#pragma once

/// A node's member of the replicated store: the replica, its way to the other members, its gRPC services, and who may
/// use them. Its threads: store-N (sign-ins, queries), store-door (the node's PostgreSQL), those of the replica, one
/// for each other member.

#include "common/result.h"
#include "common/worker_pool.h"
#include "nodeservice/identity/authenticator.h"
#include "nodeservice/identity/delegation/node_key.h"
#include "nodeservice/identity/stranger_registry.h"
#include "nodeservice/identity/token/token_verifier.h"
#include "nodeservice/jobs/run/job_store.h"
#include "nodeservice/server/store_door.h"
#include "nodeservice/server/store_faults.h"
#include "nodeservice/server/store_service.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace tessera::server {

struct StoreMemberOptions {
    std::uint64_t id = 0;
    std::string node;
    /// "host:port".
    std::string address;
    /// Of those whom a new store begins with; the others wait to be let in.
    bool is_founder = true;
};

struct StoreOptions {
    /// Which all members call it by.
    std::string name = "store";
    /// This one among them; none: it is alone.
    std::vector<StoreMemberOptions> members;
    /// The other members' nodes, as they bring people.
    std::vector<identity::Issuer> nodes;
    /// Whose certificates the other members must have (PEM). Empty: they are spoken to in clear, on this machine only.
    std::string authority;
    /// Roles, by what they may.
    std::set<std::string> readers;
    std::set<std::string> writers;
    std::set<std::string> administrators;
    /// A test cluster: administrators may disturb it.
    bool has_test_faults = false;
};

class StoreNode {
  public:
    /// `node`: this one's name, `folder`: where its files lie. What it is given outlives it.
    static Result<std::unique_ptr<StoreNode>> open(StoreOptions options, std::string node,
                                                   const std::filesystem::path& folder, const identity::NodeKey& key,
                                                   identity::Authenticator& authenticator,
                                                   identity::StrangerRegistry& strangers);
    ~StoreNode();

    StoreNode(const StoreNode&) = delete;
    StoreNode& operator=(const StoreNode&) = delete;

    /// For the server, which ends before this does.
    std::vector<std::unique_ptr<grpc::Service>> makeServices();

    /// The store as jobs see it; until close(). Any thread.
    std::unique_ptr<jobs::JobStore> makeJobStore();

    /// Of what this member holds now, however old; until close(). Any thread.
    Result<std::vector<jobs::Row>> readHere(const store::SqlStatement& statement);

    /// Lets the node's own PostgreSQL in, at this socket; `superuser` is the node itself there, and may read and write.
    Result<> openDoor(const std::filesystem::path& socket, std::string superuser);

    /// The member's state as JSON, for a role that may read.
    Result<std::string> statusJson(const std::string& role) const;

    /// False: no more. Null, as the last: the member has stopped.
    using StatusSink = std::function<bool(const std::string* json)>;
    /// The same each `interval`, in the member's thread.
    Result<> watchStatus(const std::string& role, std::chrono::milliseconds interval, StatusSink sink);

    /// Another one when tables have come, gone or changed, as far as this member knows.
    std::string schemaRevision() const;

    store::ReplicaStatus status() const { return replica_->status(); }

    // Of the same; for who asks often.
    store::raft::Index applied() const { return replica_->applied(); }

    store::AppliedIndex& appliedIndex() { return replica_->appliedIndex(); }

    bool leads() const { return replica_->leads(); }

    /// Ends what administrators of a test cluster disturb, for good. Whoever asks the replica may stand still with it:
    /// to be called before any thread of the node is waited for.
    void endFaults();

    /// If it leads, lets another lead; then takes part no more. The services go on and refuse, until the server's calls
    /// have ended and close() is called.
    void leave();
    void close();

  private:
    StoreNode(StoreOptions options, std::string node, const identity::NodeKey& key,
              identity::Authenticator& authenticator, identity::StrangerRegistry& strangers);

    StoreContext context();
    struct Watching;

    Result<> openReplica(const std::filesystem::path& folder);
    bool watchOn(const std::shared_ptr<Watching>& watching);
    void handOver();
    std::optional<Result<>> admitAtOnce(const identity::CallCredentials& credentials, StoreRight right);
    Result<> admit(const identity::CallCredentials& credentials, StoreRight right);
    Result<> permit(const std::string& role, StoreRight right) const;
    Result<store::raft::NodeId> admitMember(const grpc::CallbackServerContext& call);
    Result<std::string> authorize(store::raft::NodeId to) const;
    StoreMemberFacts factsOf(store::raft::NodeId id) const;

    const StoreOptions options_;
    const std::string node_;
    const identity::NodeKey& key_;
    identity::Authenticator& authenticator_;
    identity::StrangerRegistry& strangers_;
    const std::shared_ptr<grpc::ChannelCredentials> credentials_;
    identity::TokenVerifier tokens_;
    std::map<std::uint64_t, StoreMemberOptions> members_;
    std::uint64_t id_ = 1;
    std::filesystem::path folder_;
    store::GrpcTransport transport_;
    /// Of a test cluster.
    std::unique_ptr<store::FaultTransport> fault_transport_;
    WorkerPool workers_;
    std::unique_ptr<store::Replica> replica_;
    std::unique_ptr<StoreFaults> faults_;
    std::unique_ptr<StoreDoor> door_;
};

}  // namespace tessera::server
