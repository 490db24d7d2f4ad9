#include "nodeservice/daemon/node.h"

#include "common/log.h"
#include "nodeservice/daemon/installed_files.h"
#include "nodeservice/daemon/privileges.h"
#include "nodeservice/rest/problem.h"
#include "plugins/sdk/dialect_file/dialect_file.h"

#include <algorithm>
#include <map>
#include <utility>

namespace tessera::node {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kCatalogThreads = 4;
constexpr std::size_t kCatalogQueue = 256;
constexpr milliseconds kFirstRetryDelay{1000};
constexpr milliseconds kLongestRetryDelay = seconds(60);
constexpr milliseconds kCallGrace{2000};
constexpr milliseconds kDrainPause{50};
// Of the node itself: preparation, statistics, drain, who is denied, the shard map; and what PostgreSQL keeps for
// superusers.
constexpr std::size_t kOwnSessions = 16;

/// Only through the private socket: the superuser if the system user is the node's own, everybody else with the key
/// that this process has (identity::RoleKeys), into the node's own database. No session can connect back here as
/// somebody else, as it would where this process's system user were trusted.
postgres::ClusterOptions clusterOptions(const NodeConfig& config, const DataDirectory& directory,
                                        postgres::Installation installation, const ServiceUser& user) {
    postgres::ClusterOptions options;
    options.installation = std::move(installation);
    options.data_directory = directory.postgres();
    options.socket_directory = directory.sockets();
    options.superuser = kSuperuser;
    const std::string superuser = kSuperuser;
    options.host_based_authentication = "local all " + superuser + " peer map=node\n" +  //
                                        "local " + std::string(kDatabase) + " all scram-sha-256\n";
    options.user_name_maps = "node \"" + user.name + "\" " + superuser + "\n";
    const std::size_t most = config.gateway.limits.connections + config.gateway.pool.sessions +
                             static_cast<std::size_t>(config.query.max_statements) +
                             static_cast<std::size_t>(config.query.open_sessions) +
                             (config.jobs.carries_out ? config.jobs.most_runs * 2 : 0);
    options.settings = {{"log_line_prefix", "%m [%p] %q%u@%d "},
                        {"unix_socket_permissions", "0700"},
                        {"max_connections", std::to_string(most + kOwnSessions)},
                        // A statement whose client has gone ends, also between its rows.
                        {"client_connection_check_interval", "1s"}};
    options.log_file = directory.postgresLog();
    options.user = user;
    return options;
}

identity::SessionPool::Limits sessionLimits(const NodeConfig& config) {
    identity::SessionPool::Limits limits;
    limits.idle_per_role = static_cast<std::size_t>(config.query.idle_sessions_per_user);
    limits.idle_time = seconds(config.query.session_idle_seconds);
    for (const std::string& role : config.jobs.run_as) {
        limits.idle_of_role[role] = std::max(limits.idle_per_role, config.jobs.most_runs);
    }
    return limits;
}

/// Roles that tokens open are not asked: identities need the extension anyway.
bool limitsMemory(const NodeConfig& config) {
    return std::any_of(config.users.begin(), config.users.end(),
                       [](const UserConfig& user) { return user.limits.session_memory_mb > 0; });
}

Result<postgres::Installation> installationFor(const NodeConfig& config, const DataDirectory& directory,
                                               const ServiceUser& user,
                                               std::vector<std::pair<std::string, std::string>>& settings) {
    postgres::Installation system = TSR_TRY(postgres::findInstallation(config.postgres.binaries));
    const InstalledFiles found = findInstalledFiles();
    const auto extension =
        config.postgres.extension_directory ? config.postgres.extension_directory : found.extension_directory;
    const auto connectors =
        config.postgres.connector_directory ? config.postgres.connector_directory : found.connector_directory;
    if (!extension || !connectors) {
        if (config.sources.empty() && !config.identity.isUsed() && !config.audit.is_on && !limitsMemory(config)) {
            return system;
        }
        return fail(ErrorCode::kFailedPrecondition,
                    std::string("cannot find the ") + (extension ? "connectors" : "extension tessera_fdw") +
                        ", which the node's sources, identities and limits need",
                    "name the folders as postgres.extension_directory and postgres.connector_directory");
    }
    postgres::RuntimeTree tree = TSR_TRY(postgres::makeRuntimeTree({.system = std::move(system),
                                                                    .extension_directory = *extension,
                                                                    .connector_directory = *connectors,
                                                                    .tree = directory.runtime(),
                                                                    .user = user}));
    settings.emplace_back("tessera.connector_path", tree.connector_directory.string());
    if (config.dialect_directory) {
        settings.emplace_back("tessera.dialect_directory", config.dialect_directory->string());
        // Only the sources of a bad one fail, and say the same.
        for (const Error& error : dialect::checkFolder(*config.dialect_directory)) {
            log::warn("dialect_file.bad", {{"error", error.describe()}});
        }
    }
    // Before any session: identities and policies must not depend on who loads the library first.
    settings.emplace_back("shared_preload_libraries", "tessera_fdw");
    return std::move(tree.installation);
}

/// Takes the sources and scripts out of the configuration. The keys must outlive what is made of it.
catalog::PreparationOptions preparationOptions(NodeConfig& config, const identity::RoleKeys& keys,
                                               const postgres::Supervisor& supervisor,
                                               std::function<std::string()> store_revision) {
    catalog::PreparationOptions options;
    options.revision_of = [store_revision = std::move(store_revision)](const catalog::Source& source) {
        return source.connector == "store" ? store_revision() : std::string();
    };
    options.superuser = supervisor.superuserSettings("postgres");
    options.database = kDatabase;
    for (const UserConfig& user : config.users) {
        options.users.push_back({user.name, keys.verifierOf(user.name), user.limits});
    }
    for (const std::string& role : config.identity.roles()) {
        options.identity_roles.push_back({role, keys.verifierOf(role), config.identity.limits.at(role)});
    }
    options.sources = std::move(config.sources);
    options.init_scripts = std::move(config.init_scripts);
    options.password_of = [&keys](const std::string& user) { return keys.passwordOf(user); };
    return options;
}

std::unique_ptr<identity::TokenAuthenticator> makeTokenAuthenticator(NodeConfig& config,
                                                                     const identity::DenyList& denied) {
    if (config.identity.issuers.empty()) {
        return nullptr;
    }
    IdentityConfig& identity = config.identity;
    return std::make_unique<identity::TokenAuthenticator>(identity::TokenOptions{.issuers = std::move(identity.issuers),
                                                                                 .rules = identity.rules,
                                                                                 .nodes = std::move(identity.nodes),
                                                                                 .node = config.name,
                                                                                 .most_nodes = identity.most_nodes},
                                                          denied);
}

std::unique_ptr<identity::CommandAuthenticator> makeCommandAuthenticator(const IdentityConfig& config,
                                                                         const identity::DenyList& denied) {
    return config.command ? std::make_unique<identity::CommandAuthenticator>(*config.command, config.rules, denied)
                          : nullptr;
}

/// Where people's sessions are opened; see clusterOptions().
postgres::ConnectionSettings sessionSettings(const postgres::Supervisor& supervisor) {
    return supervisor.superuserSettings(kDatabase);
}

std::map<std::string, identity::ScramVerifier> verifiersOf(const NodeConfig& config) {
    std::map<std::string, identity::ScramVerifier> verifiers;
    for (const UserConfig& user : config.users) {
        if (user.verifier) {
            verifiers.emplace(user.name, *user.verifier);
        }
    }
    return verifiers;
}

std::map<std::string, std::string> certificatesOf(const NodeConfig& config) {
    std::map<std::string, std::string> subjects;
    for (const UserConfig& user : config.users) {
        if (!user.certificate.empty()) {
            subjects.emplace(user.name, user.certificate);
        }
    }
    return subjects;
}

}  // namespace

Result<std::unique_ptr<Node>> Node::create(NodeConfig config, std::string version) {
    const ServiceUser user = TSR_TRY(serviceUser());
    DataDirectory directory = TSR_TRY(DataDirectory::open(config.data_directory, config.name, user));
    std::vector<std::pair<std::string, std::string>> settings;
    postgres::Installation installation = TSR_TRY(installationFor(config, directory, user, settings));
    postgres::ClusterOptions cluster = clusterOptions(config, directory, std::move(installation), user);
    identity::ContextSigner signer = TSR_TRY(identity::ContextSigner::create());
    cluster.settings.emplace_back("tessera.identity_key", signer.publicKey());
    if (config.audit.is_on) {
        cluster.settings.emplace_back("tessera.audit_socket", directory.auditSocket().string());
    }
    cluster.settings.emplace_back("tessera.delegation_socket", directory.delegationSocket().string());
    cluster.settings.emplace_back("tessera.store_socket", directory.storeSocket().string());
    cluster.settings.emplace_back("tessera.policy_clock", directory.policyClock().string());
    cluster.settings.emplace_back("tessera.mesh_socket", directory.meshSocket().string());
    // Shards that lie together are joined where they lie.
    cluster.settings.emplace_back("enable_partitionwise_join", "on");
    cluster.settings.insert(cluster.settings.end(), settings.begin(), settings.end());
    cluster.settings.insert(cluster.settings.end(), config.postgres.settings.begin(), config.postgres.settings.end());
    TSR_TRY(becomeUser(user));
    identity::NodeKey key = TSR_TRY(identity::NodeKey::load(directory.key()));
    PolicyClock policy_clock = TSR_TRY(PolicyClock::open(directory.policyClock()));
    return std::unique_ptr<Node>(new Node(std::move(config), std::move(version), std::move(directory),
                                          std::move(cluster), std::move(signer), std::move(key),
                                          std::move(policy_clock)));
}

Node::Node(NodeConfig config, std::string version, DataDirectory directory, postgres::ClusterOptions cluster,
           identity::ContextSigner signer, identity::NodeKey key, PolicyClock policy_clock)
    : config_(std::move(config)),
      version_(std::move(version)),
      directory_(std::move(directory)),
      policy_clock_(std::move(policy_clock)),
      supervisor_(std::move(cluster),
                  [this] {
                      policy_clock_.advance();
                      sessions_.clear();
                      if (gateway_) {
                          gateway_->forgetSessions();
                      }
                  }),
      preparation_(preparationOptions(config_, keys_, supervisor_, [this] { return store_->schemaRevision(); })),
      signer_(std::move(signer)),
      key_(std::move(key)),
      delegations_(config_.name, config_.identity.most_nodes, signer_, key_),
      denied_(config_.identity.deny_file),
      sessions_(sessionSettings(supervisor_), keys_, signer_, denied_, registry_, {config_.endpointsOnly()},
                sessionLimits(config_)),
      denials_(denied_, registry_, supervisor_.superuserSettings(kDatabase), config_.gateway.limits.sign_in_time),
      passwords_(verifiersOf(config_), certificatesOf(config_), denied_),
      tokens_(makeTokenAuthenticator(config_, denied_)),
      command_(makeCommandAuthenticator(config_.identity, denied_)),
      authenticator_(passwords_, tokens_.get(), command_.get(), throttle_, strangers_),
      executor_(authenticator_, sessions_, static_cast<std::size_t>(config_.query.max_statements),
                {static_cast<std::size_t>(config_.query.open_sessions),
                 static_cast<std::size_t>(config_.query.open_sessions_per_person),
                 seconds(config_.query.open_session_idle_seconds)}),
      catalog_workers_("catalog", kCatalogThreads, kCatalogQueue) {}

Result<> Node::start() {
    TSR_TRY(denied_.refresh());
    TSR_TRY(startGateway());
    TSR_TRY(supervisor_.start());
    TSR_TRY(startAudit());
    broker_ = TSR_TRY(identity::DelegationBroker::start(directory_.delegationSocket(), delegations_));
    // Its tables may be sources.
    TSR_TRY(startStore());
    if (auto prepared = preparation_.prepare(); !prepared) {
        return std::move(prepared).error().withContext("preparing its database");
    }
    TSR_TRY(denials_.start());
    denial_exchange_ =
        std::make_unique<DenialExchange>(config_.name, supervisor_.superuserSettings(kDatabase), *store_);
    denial_exchange_->start();
    mesh_ = TSR_TRY(NodeMesh::start(config_.mesh, config_.mesh_labels, supervisor_.superuserSettings(kDatabase),
                                    directory_.meshSocket(), *store_));
    TSR_TRY(startJobs());
    TSR_TRY(startGrpc());
    if (audit_) {
        audit_->databaseIsThere(true);
    }
    gateway_->serve(true);
    serving_ = true;
    startUpkeep();
    const auto took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - started_);
    std::string addresses;
    for (const gateway::ListenerOptions& listener : config_.gateway.listeners) {
        addresses += (addresses.empty() ? "" : " ") + listener.text();
    }
    log::info("node.ready", {{"node", config_.name}, {"listen", addresses}, {"ms", took.count()}});
    return {};
}

/// Behind PostgreSQL's start, which makes the sockets' folder; nobody has a session yet.
Result<> Node::startAudit() {
    const AuditConfig& config = config_.audit;
    if (!config.is_on) {
        return {};
    }
    audit_ = TSR_TRY(audit::Collector::start({.socket = directory_.auditSocket(),
                                              .node = config_.name,
                                              .peers = config_.peers,
                                              .text = config.text,
                                              .file = config.file.value_or(directory_.auditLog()),
                                              .file_bytes = config.file_bytes,
                                              .files = config.files,
                                              .keep_days = config.keep_days,
                                              .database = supervisor_.superuserSettings(kDatabase)},
                                             registry_));
    return {};
}

catalog::NodeFacts Node::facts() {
    return {config_.name, version_, [this] { return preparation_.states(); }};
}

void Node::startHttp() {
    rest_ = std::make_unique<rest::RestApi>(
        rest::RestContext{
            facts(),
            authenticator_,
            throttle_,
            sessions_,
            catalog_workers_,
            executor_,
            [this] { return jobs_ ? &jobs_->jobs() : nullptr; },
            config_.jobs.rights,
            {[this](const std::string& role) { return store_->statusJson(role); },
             [this](const std::string& role, milliseconds interval, std::function<bool(const std::string*)> sink) {
                 return store_->watchStatus(role, interval, std::move(sink));
             }},
            [this] { return endpoints_ ? &endpoints_->endpoints() : nullptr; },
            [this] { return policy_clock_.now(); }},
        rest::RestOptions{config_.rest.allowed_origins, static_cast<std::size_t>(config_.rest.max_cursors),
                          seconds(config_.rest.cursor_idle_seconds)});
    const auto handle = [this](gateway::HttpRequest request, std::shared_ptr<gateway::HttpExchange> exchange) {
        answerRest(std::move(request), std::move(exchange));
    };
    http_ = std::make_unique<gateway::HttpServer>(
        pages(), gateway::HttpTree{rest::RestApi::kPrefix, handle, config_.rest.max_request_bytes});
}

void Node::answerRest(gateway::HttpRequest request, std::shared_ptr<gateway::HttpExchange> exchange) {
    if (serving_) {
        rest_->handle(std::move(request), std::move(exchange));
    } else {
        exchange->respond(rest::problemResponse(
            fail(ErrorCode::kUnavailable, "the node is starting or stopping", "try again in a few seconds")));
    }
}

Result<> Node::startGateway() {
    startHttp();
    const postgres::ConnectionSettings settings = sessionSettings(supervisor_);
    gateway::GatewayOptions options{.listeners = config_.gateway.listeners,
                                    .limits = config_.gateway.limits,
                                    .threads = static_cast<std::size_t>(config_.gateway.threads),
                                    .pool = config_.gateway.pool,
                                    .backend = {settings.host + "/.s.PGSQL." + std::to_string(settings.port), kDatabase,
                                                preparation_.usesExtension()},
                                    .endpoints_only = {config_.endpointsOnly()}};
    gateway::Handovers handovers;
    handovers.http = [this](FileDescriptor socket, std::string rest, gateway::HttpPeer peer,
                            gateway::HttpEvents events) {
        http_->adopt(std::move(socket), std::move(rest), std::move(peer), std::move(events));
    };
    handovers.grpc = [this](FileDescriptor socket) {
        // Before the node is ready the connection is closed: clients try again by themselves.
        if (server::GrpcServer* server = grpc_door_) {
            server->adopt(std::move(socket));
        }
    };
    auto started = gateway::Gateway::start(std::move(options), authenticator_, keys_, signer_, registry_, throttle_,
                                           strangers_, std::move(handovers));
    if (!started) {
        return std::move(started).error().withContext("listen");
    }
    gateway_ = std::move(*started);
    return {};
}

Result<> Node::startStore() {
    const std::vector<identity::Issuer> others = config_.store.nodes;
    store_ = TSR_TRY(server::StoreNode::open(std::move(config_.store), config_.name, directory_.store(), key_,
                                             authenticator_, strangers_));
    endpoints_ = std::make_unique<NodeEndpoints>(
        config_.name, key_, others, *store_, policy_clock_,
        [this](const std::string& name, std::int64_t version, const Error& why) {
            if (audit_) {
                audit_->note("REFUSE ENDPOINT", name + " version " + std::to_string(version) + ": " + why.message,
                             std::string(why.sqlState()));
            }
        });
    return store_->openDoor(directory_.storeSocket(), kSuperuser);
}

Result<> Node::startJobs() {
    const auto connectors = config_.postgres.connector_directory ? config_.postgres.connector_directory
                                                                 : findInstalledFiles().connector_directory;
    auto started = NodeJobs::start(config_.name, config_.jobs, supervisor_.superuserSettings(kDatabase),
                                   connectors ? *connectors / "libduckdb.so" : std::filesystem::path(),
                                   {sessions_, tokens_.get(), denied_, config_.identity.roles()}, *store_);
    if (!started) {
        return std::move(started).error().withContext("starting its jobs");
    }
    jobs_ = std::move(*started);
    return {};
}

Result<> Node::startGrpc() {
    grpc_ = TSR_TRY(server::GrpcServer::start(
        {.facts = facts(),
         .authenticator = authenticator_,
         .sessions = sessions_,
         .catalog_workers = catalog_workers_,
         .executor = executor_,
         .store = *store_,
         .jobs = {jobs_->jobs(), jobs_->grants(), config_.jobs.rights, authenticator_,
                  [this] { return !serving_.load(); }},
         .notices = {jobs_->notices(), authenticator_, [this] { return store_->applied(); },
                     [this] { return !serving_.load(); }},
         .endpoints = {endpoints_->endpoints(), config_.endpoints, authenticator_, sessions_,
                       [this](gateway::HttpRequest request, std::shared_ptr<gateway::HttpExchange> exchange) {
                           answerRest(std::move(request), std::move(exchange));
                       }}},
        {.memory_bytes = config_.gateway.grpc_memory_bytes, .reflection = config_.gateway.grpc_reflection}));
    grpc_door_ = grpc_.get();
    return {};
}

void Node::reload() {
    if (!serving_) {
        return;
    }
    if (const auto done = gateway_->reload(); done) {
        log::info("gateway.reloaded", {});
    } else {
        log::error("gateway.reload_failed", {{"error", done.error().describe()}});
    }
}

/// Lets the statements of PostgreSQL's clients end.
void Node::drain(std::chrono::steady_clock::time_point deadline) {
    auto connection = postgres::Connection::open(supervisor_.superuserSettings(kDatabase));
    while (connection && std::chrono::steady_clock::now() < deadline) {
        const auto active = connection->queryValue(
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND state = 'active' AND pid "
            "<> "
            "pg_backend_pid()");
        if (!active || *active == "0") {
            return;
        }
        std::this_thread::sleep_for(kDrainPause);
    }
}

void Node::startUpkeep() {
    upkeep_.start("upkeep", [this] { keepUp(); });
}

/// What a serving node does beside, as long as there is something left: sources that were away when it started, and
/// statistics of new tables.
void Node::keepUp() {
    milliseconds delay = kFirstRetryDelay;
    while (true) {
        const auto without_statistics = preparation_.analyze();
        if (!without_statistics && !upkeep_.stopsWithin({})) {
            log::warn("statistics.failed", {{"error", without_statistics.error().describe()}});
        }
        const bool is_done = !preparation_.hasFailures() && without_statistics && *without_statistics == 0;
        if (is_done || upkeep_.stopsWithin(delay)) {
            return;
        }
        delay = std::min(delay * 2, kLongestRetryDelay);
        if (preparation_.hasFailures()) {
            if (const auto done = preparation_.retry(); !done) {
                log::warn("preparation.retry_failed", {{"error", done.error().describe()}});
            }
        }
    }
}

void Node::requestStop() {
    upkeep_.requestStop();
    preparation_.requestStop();
    // What start() waits for ends with PostgreSQL.
    if (!serving_) {
        supervisor_.requestStop();
    }
}

void Node::stop() {
    const bool was_serving = serving_.exchange(false);
    upkeep_.requestStop();
    preparation_.requestStop();
    if (store_) {
        store_->endFaults();
    }
    if (gateway_) {
        gateway_->serve(false);
        gateway_->stopAccepting();
    }
    const auto deadline = std::chrono::steady_clock::now() + seconds(was_serving ? config_.gateway.drain_seconds : 0);
    executor_.drain(deadline);
    executor_.stop();
    if (jobs_) {
        jobs_->stop();
    }
    if (denial_exchange_) {
        denial_exchange_->requestStop();
    }
    if (mesh_) {
        mesh_->requestStop();
    }
    if (store_) {
        store_->leave();
    }
    // Behind the store's end, which ends what it may be waiting for.
    denial_exchange_.reset();
    mesh_.reset();
    if (grpc_) {
        grpc_->stop(kCallGrace);
    }
    catalog_workers_.stop();
    sessions_.clear();
    if (was_serving) {
        drain(deadline);
    }
    denials_.stop();
    if (audit_) {
        audit_->databaseIsThere(false);
    }
    // Ends what the upkeep thread may be waiting for, and tells PostgreSQL's clients through the gateway.
    supervisor_.stop();
    broker_.reset();
    upkeep_.stop();
    if (gateway_) {
        gateway_->stop();
    }
    grpc_door_ = nullptr;
    grpc_.reset();
    jobs_.reset();
    endpoints_.reset();
    store_.reset();
    http_.reset();
    rest_.reset();
    // Nobody is left who tells it something.
    audit_.reset();
    // Its connections have places of the gateway's.
    gateway_.reset();
    if (was_serving) {
        log::info("node.stopped", {{"node", config_.name}});
    }
}

bool Node::isReady() const {
    return serving_ && supervisor_.isRunning();
}

}  // namespace tessera::node
