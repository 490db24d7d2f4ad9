#include "nodeservice/server/store_node.h"

#include "common/log.h"
#include "nodeservice/identity/delegation/node_token.h"
#include "nodeservice/proto/store.pb.h"
#include "nodeservice/server/call_credentials.h"
#include "nodeservice/server/job_store.h"
#include "nodeservice/server/store_values.h"

#include <grpcpp/impl/service_type.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>
#include <utility>

namespace tessera::server {

namespace {

using store::raft::NodeId;

constexpr std::size_t kThreads = 16;
constexpr std::size_t kMostCalls = 4096;
constexpr std::string_view kBearer = "Bearer ";
/// A lease ends this many ticks before the followers' patience does: as much as clocks may run apart.
constexpr std::uint32_t kLeaseTicks = 8;
/// Each heartbeat of a store that nobody uses costs all members processor time; two within a follower's least patience,
/// on a connection that loses nothing, are enough.
constexpr std::uint32_t kHeartbeatTicks = 4;
constexpr std::chrono::milliseconds kHandOverTime{1000};
constexpr std::chrono::milliseconds kHandOverPause{10};

std::shared_ptr<grpc::ChannelCredentials> credentialsFor(const std::string& authority) {
    if (authority.empty()) {
        return grpc::InsecureChannelCredentials();
    }
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = authority;
    return grpc::SslCredentials(options);
}

std::vector<identity::Issuer> issuersOf(const std::vector<identity::Issuer>& nodes) {
    std::vector<identity::Issuer> issuers;
    for (const identity::Issuer& node : nodes) {
        issuers.push_back(identity::nodeTokensOf(node));
    }
    return issuers;
}

const char* nameOf(StoreRight right) {
    return right == StoreRight::kRead ? "read" : right == StoreRight::kWrite ? "write" : "administer";
}

const char* listOf(StoreRight right) {
    return right == StoreRight::kRead    ? "store.readers"
           : right == StoreRight::kWrite ? "store.writers"
                                         : "store.administrators";
}

}  // namespace

Result<std::unique_ptr<StoreNode>> StoreNode::open(StoreOptions options, std::string node,
                                                   const std::filesystem::path& folder, const identity::NodeKey& key,
                                                   identity::Authenticator& authenticator,
                                                   identity::StrangerRegistry& strangers) {
    std::unique_ptr<StoreNode> made(new StoreNode(std::move(options), std::move(node), key, authenticator, strangers));
    TSR_TRY(made->openReplica(folder));
    return made;
}

StoreNode::StoreNode(StoreOptions options, std::string node, const identity::NodeKey& key,
                     identity::Authenticator& authenticator, identity::StrangerRegistry& strangers)
    : options_(std::move(options)),
      node_(std::move(node)),
      key_(key),
      authenticator_(authenticator),
      strangers_(strangers),
      credentials_(credentialsFor(options_.authority)),
      tokens_(issuersOf(options_.nodes)),
      transport_(options_.name, credentials_, [this](NodeId to) { return authorize(to); }),
      workers_("store", kThreads, kMostCalls) {
    for (const StoreMemberOptions& member : options_.members) {
        members_[member.id] = member;
        if (member.node == node_) {
            id_ = member.id;
        } else {
            transport_.setAddress(member.id, member.address);
        }
    }
}

StoreNode::~StoreNode() {
    close();
}

Result<> StoreNode::openReplica(const std::filesystem::path& folder) {
    store::ReplicaOptions options;
    options.raft.id = id_;
    options.raft.lease_ticks = kLeaseTicks;
    options.raft.heartbeat_ticks = kHeartbeatTicks;
    options.folder = folder;
    folder_ = folder;
    // Backups that were being sent when the process ended.
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
        if (entry.path().filename().string().starts_with("backup-")) {
            std::filesystem::remove(entry.path(), ignored);
        }
    }
    if (!members_.empty()) {
        options.founders.emplace();
        for (const auto& [id, member] : members_) {
            if (member.is_founder && members_.at(id_).is_founder) {
                options.founders->voters.insert(id);
            }
        }
    }
    if (options_.has_test_faults) {
        log::warn("store.test_faults", {{"hint", "this store can be disturbed on purpose: it is for tests only"}});
        fault_transport_ = std::make_unique<store::FaultTransport>(transport_, std::random_device{}());
    }
    store::Transport& transport = fault_transport_ ? static_cast<store::Transport&>(*fault_transport_) : transport_;
    auto replica = store::Replica::open(std::move(options), transport);
    if (!replica) {
        return std::move(replica).error().withContext("opening the store in '" + folder.string() + "'");
    }
    replica_ = std::move(*replica);
    if (fault_transport_) {
        faults_ = std::make_unique<StoreFaults>(*fault_transport_, *replica_);
    }
    return {};
}

StoreContext StoreNode::context() {
    return {
        .replica = *replica_,
        .workers = workers_,
        .folder = folder_,
        .admit = [this](const identity::CallCredentials& credentials,
                        StoreRight right) { return admit(credentials, right); },
        .admit_at_once = [this](const identity::CallCredentials& credentials,
                                StoreRight right) { return admitAtOnce(credentials, right); },
        .admit_member = [this](const grpc::CallbackServerContext& call) { return admitMember(call); },
        .facts_of = [this](NodeId id) { return factsOf(id); },
        .channel_credentials = credentials_,
        .authorize = [this](NodeId to) { return authorize(to); },
    };
}

std::unique_ptr<jobs::JobStore> StoreNode::makeJobStore() {
    return server::makeJobStore(context());
}

Result<std::vector<jobs::Row>> StoreNode::readHere(const store::SqlStatement& statement) {
    std::vector<jobs::Row> rows;
    TSR_TRY(
        replica_->queryHere(statement, {[](const std::vector<std::string>&, store::raft::Index) { return Result<>(); },
                                        [&rows](jobs::Row row) -> Result<> {
                                            rows.push_back(std::move(row));
                                            return {};
                                        }}));
    return rows;
}

std::vector<std::unique_ptr<grpc::Service>> StoreNode::makeServices() {
    std::vector<std::unique_ptr<grpc::Service>> services;
    services.push_back(makeStoreService(context()));
    services.push_back(makeStoreForwardService(context()));
    services.push_back(store::makeStorePeerService(
        {options_.name,
         [this](store::raft::Message message) {
             if (!fault_transport_ || fault_transport_->hears(message.from)) {
                 replica_->receive(std::move(message));
             }
         },
         [this](const grpc::CallbackServerContext& call) { return admitMember(call); }, workers_,
         [this](NodeId id, std::chrono::milliseconds ahead) {
             log::warn("store.clock_skew", {{"member", id}, {"node", factsOf(id).node}, {"ahead_ms", ahead.count()}});
         }}));
    if (faults_) {
        services.push_back(makeStoreFaultsService(context(), *faults_));
    }
    return services;
}

Result<> StoreNode::openDoor(const std::filesystem::path& socket, std::string superuser) {
    door_ = TSR_TRY(
        StoreDoor::open({.socket = socket,
                         .file = folder_ / "data.db",
                         .superuser = std::move(superuser),
                         .permit = [this](const std::string& role, StoreRight right) { return permit(role, right); }},
                        context()));
    return {};
}

struct StoreNode::Watching {
    std::chrono::milliseconds interval;
    StatusSink sink;
    std::chrono::steady_clock::time_point next;
};

Result<std::string> StoreNode::statusJson(const std::string& role) const {
    TSR_TRY(permit(role, StoreRight::kRead));
    v1::StoreStatusResponse status;
    fill(status, replica_->status(), [this](NodeId id) { return factsOf(id); });
    return toJson(status);
}

Result<> StoreNode::watchStatus(const std::string& role, std::chrono::milliseconds interval, StatusSink sink) {
    TSR_TRY(permit(role, StoreRight::kRead));
    const auto watching =
        std::make_shared<Watching>(Watching{interval, std::move(sink), std::chrono::steady_clock::now() + interval});
    return watchOn(watching)
               ? Result<>()
               : Result<>(fail(ErrorCode::kUnavailable, "this node of the store has stopped", "ask another"));
}

bool StoreNode::watchOn(const std::shared_ptr<Watching>& watching) {
    return replica_->atNextTick([this, watching] {
        const auto now = std::chrono::steady_clock::now();
        bool goes_on = true;
        if (now >= watching->next) {
            watching->next = now + watching->interval;
            v1::StoreStatusResponse status;
            fill(status, replica_->status(), [this](NodeId id) { return factsOf(id); });
            const std::string json = toJson(status);
            goes_on = watching->sink(&json);
        }
        if (goes_on && !watchOn(watching)) {
            watching->sink(nullptr);
        }
    });
}

std::string StoreNode::schemaRevision() const {
    std::uint64_t revision = store::checksumOf({});
    const auto done = replica_->queryHere({"SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE "
                                           "'\\_tessera\\_%' ESCAPE '\\' ORDER BY name",
                                           {}},
                                          {[](const auto&, store::raft::Index) { return Result<>(); },
                                           [&](const std::vector<store::sqlite::Value>& row) -> Result<> {
                                               revision =
                                                   store::checksumOf(std::get<std::string>(row[0]) + "\n", revision);
                                               return {};
                                           }});
    return done ? std::to_string(revision) : std::string();
}

void StoreNode::endFaults() {
    if (faults_) {
        faults_->end();
    }
}

void StoreNode::leave() {
    endFaults();
    handOver();
    replica_->stop();
}

void StoreNode::close() {
    if (door_) {
        door_->close();
    }
    endFaults();
    if (replica_) {
        replica_->stop();
    }
    workers_.stop();
}

/// So that the others need not wait until they miss this one.
void StoreNode::handOver() {
    const store::ReplicaStatus before = replica_->status();
    if (before.role != store::raft::Role::kLeader || before.membership.voters.size() < 2) {
        return;
    }
    const auto deadline = std::chrono::steady_clock::now() + kHandOverTime;
    replica_->transferLeadership(store::raft::kNoNode, [](const Result<NodeId>&) {});
    while (replica_->status().role == store::raft::Role::kLeader && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(kHandOverPause);
    }
}

Result<> StoreNode::admit(const identity::CallCredentials& credentials, StoreRight right) {
    const identity::Principal principal = TSR_TRY(authenticator_.authenticate(credentials));
    return permit(principal.role, right);
}

std::optional<Result<>> StoreNode::admitAtOnce(const identity::CallCredentials& credentials, StoreRight right) {
    const auto principal = authenticator_.authenticateAtOnce(credentials);
    if (!principal) {
        return std::nullopt;
    }
    return *principal ? permit((*principal)->role, right) : Result<>(principal->error());
}

Result<> StoreNode::permit(const std::string& role, StoreRight right) const {
    const bool administers = options_.administrators.contains(role);
    const bool writes = administers || options_.writers.contains(role);
    const bool reads = writes || options_.readers.contains(role);
    if (right == StoreRight::kAdminister ? administers : right == StoreRight::kWrite ? writes : reads) {
        return {};
    }
    return fail(ErrorCode::kPermissionDenied, "the role '" + role + "' may not " + nameOf(right) + " the store",
                std::string(listOf(right)) + " in the configuration of node '" + node_ + "' names who may");
}

Result<NodeId> StoreNode::admitMember(const grpc::CallbackServerContext& call) {
    const identity::CallCredentials credentials = credentialsOf(call);
    if (!credentials.authorization.starts_with(kBearer) || !credentials.is_protected) {
        return fail(ErrorCode::kUnauthenticated, "members of the store show a token of their own");
    }
    const auto token = tokens_.verify(std::string_view(credentials.authorization).substr(kBearer.size()));
    if (!token) {
        log::warn("store.member_refused", {{"client", credentials.peer}, {"reason", token.error().message}});
        return token.error().code == ErrorCode::kUnavailable
                   ? fail(ErrorCode::kUnavailable, "the member's keys cannot be had")
                   : fail(ErrorCode::kUnauthenticated, "node '" + node_ + "' does not take the token",
                          "its log says why");
    }
    const auto member = std::find_if(members_.begin(), members_.end(),
                                     [&](const auto& one) { return one.second.node == (*token)->issuer; });
    if (member == members_.end()) {
        return fail(ErrorCode::kUnauthenticated, "'" + (*token)->issuer + "' is no member of the store");
    }
    strangers_.signedIn(credentials.connection);
    return member->first;
}

Result<std::string> StoreNode::authorize(NodeId to) const {
    const auto member = members_.find(to);
    if (member == members_.end()) {
        return fail(ErrorCode::kNotFound, "node " + std::to_string(to) + " is no member of the store");
    }
    const Secret token = TSR_TRY(identity::makeNodeToken(key_, node_, member->second.node));
    return std::string(kBearer) + std::string(token.reveal());
}

StoreMemberFacts StoreNode::factsOf(NodeId id) const {
    if (members_.empty()) {
        return id == id_ ? StoreMemberFacts{node_, {}} : StoreMemberFacts{};
    }
    const auto member = members_.find(id);
    return member == members_.end() ? StoreMemberFacts{}
                                    : StoreMemberFacts{member->second.node, member->second.address};
}

}  // namespace tessera::server
