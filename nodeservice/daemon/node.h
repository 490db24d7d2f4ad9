#pragma once

/// A running node: puts the parts together, in the order in which they start, and takes them apart in the reverse
/// order.
///
/// Threads: start() and stop() belong to the main thread, requestStop() and reload() may come from another. Named
/// threads: gateway-N (gateway.threads), http, sign-in (up to 4), supervisor, upkeep, denials, denials-store,
/// delegation, audit, query (up to query.max_statements), catalog (up to 4), store (up to 16) and those of
/// store::Replica, those of jobs::Service, and gRPC's own.

#include "common/result.h"
#include "common/thread.h"
#include "common/worker_pool.h"
#include "nodeservice/audit/collector.h"
#include "nodeservice/catalog/preparation.h"
#include "nodeservice/daemon/data_directory.h"
#include "nodeservice/daemon/denial_exchange.h"
#include "nodeservice/daemon/denial_watch.h"
#include "nodeservice/daemon/node_config.h"
#include "nodeservice/daemon/node_endpoints.h"
#include "nodeservice/daemon/node_jobs.h"
#include "nodeservice/daemon/node_mesh.h"
#include "nodeservice/daemon/policy_clock.h"
#include "nodeservice/gateway/gateway.h"
#include "nodeservice/gateway/http_server.h"
#include "nodeservice/gateway/metrics_text.h"
#include "nodeservice/identity/context_signer.h"
#include "nodeservice/identity/delegation/broker.h"
#include "nodeservice/identity/password_authenticator.h"
#include "nodeservice/identity/role_keys.h"
#include "nodeservice/identity/scheme_authenticator.h"
#include "nodeservice/identity/session_pool.h"
#include "nodeservice/identity/token_authenticator.h"
#include "nodeservice/postgres/supervisor.h"
#include "nodeservice/query/executor.h"
#include "nodeservice/rest/rest_api.h"
#include "nodeservice/server/grpc_server.h"
#include "nodeservice/server/store_node.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

namespace tessera::node {

class Node {
  public:
    /// Everything that may need root's rights: the data directory, the lock, the program tree. Gives root up at its
    /// end.
    static Result<std::unique_ptr<Node>> create(NodeConfig config, std::string version);

    ~Node() { stop(); }

    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    /// Returns when the node answers. On failure, stop() must follow.
    Result<> start();

    /// Makes a start() that is under way in another thread fail soon.
    void requestStop();

    /// Reads certificates again, while it runs.
    void reload();

    /// Refuses new calls, ends the running ones, stops PostgreSQL. May be called again.
    void stop();

  private:
    Node(NodeConfig config, std::string version, DataDirectory directory, postgres::ClusterOptions cluster,
         identity::ContextSigner signer, identity::NodeKey key, PolicyClock policy_clock);

    Result<> startGateway();
    Result<> startAudit();
    void startHttp();
    void answerRest(gateway::HttpRequest request, std::shared_ptr<gateway::HttpExchange> exchange);
    void drain(std::chrono::steady_clock::time_point deadline);
    Result<> startStore();
    Result<> startJobs();
    Result<> startGrpc();
    void startUpkeep();
    void keepUp();
    bool isReady() const;
    catalog::NodeFacts facts();
    gateway::HttpPages pages();
    gateway::HttpResponse readiness() const;
    gateway::HttpResponse metrics() const;
    void addStoreMetrics(gateway::MetricsText& text) const;

    // Without its sources and scripts, which preparation_ has.
    NodeConfig config_;
    const std::string version_;
    const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
    DataDirectory directory_;
    const identity::RoleKeys keys_;
    PolicyClock policy_clock_;
    postgres::Supervisor supervisor_;
    catalog::Preparation preparation_;
    const identity::ContextSigner signer_;
    const identity::NodeKey key_;
    const identity::DelegationIssuer delegations_;
    std::unique_ptr<identity::DelegationBroker> broker_;
    identity::SessionRegistry registry_;
    identity::DenyList denied_;
    std::unique_ptr<audit::Collector> audit_;  // null: nothing is written down
    identity::SessionPool sessions_;
    identity::SignInThrottle throttle_;
    identity::StrangerRegistry strangers_;
    DenialWatch denials_;
    identity::PasswordAuthenticator passwords_;
    std::unique_ptr<identity::TokenAuthenticator> tokens_;     // null: no identity provider is trusted
    std::unique_ptr<identity::CommandAuthenticator> command_;  // null: no program knows passwords
    identity::SchemeAuthenticator authenticator_;
    query::Executor executor_;
    WorkerPool catalog_workers_;
    std::unique_ptr<server::StoreNode> store_;
    std::unique_ptr<DenialExchange> denial_exchange_;
    std::unique_ptr<NodeMesh> mesh_;
    std::unique_ptr<NodeJobs> jobs_;
    /// Set once, before the node serves.
    std::unique_ptr<NodeEndpoints> endpoints_;
    std::unique_ptr<rest::RestApi> rest_;
    std::unique_ptr<gateway::HttpServer> http_;
    std::unique_ptr<server::GrpcServer> grpc_;
    /// grpc_, when it takes connections.
    std::atomic<server::GrpcServer*> grpc_door_ = nullptr;
    std::unique_ptr<gateway::Gateway> gateway_;
    std::atomic<bool> serving_ = false;
    StoppableThread upkeep_;
};

}  // namespace tessera::node
