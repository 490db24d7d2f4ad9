#pragma once

/// A node's configuration: the table of its properties, and the file as plain structs. Move-only, as it holds secrets;
/// read once at start. Errors begin with file, line and column.

#include "common/config/loader.h"
#include "common/result.h"
#include "nodeservice/audit/collector.h"
#include "nodeservice/catalog/preparation.h"
#include "nodeservice/catalog/source.h"
#include "nodeservice/endpoints/service/rights.h"
#include "nodeservice/gateway/admission.h"
#include "nodeservice/gateway/backend_pool.h"
#include "nodeservice/gateway/listener.h"
#include "nodeservice/identity/command_authenticator.h"
#include "nodeservice/identity/scram.h"
#include "nodeservice/identity/token/role_mapping.h"
#include "nodeservice/identity/token/token_verifier.h"
#include "nodeservice/jobs/service/alerts.h"
#include "nodeservice/jobs/service/grants.h"
#include "nodeservice/jobs/service/rights.h"
#include "nodeservice/jobs/steps/s3.h"
#include "nodeservice/mesh/rights.h"
#include "nodeservice/server/store_node.h"

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tessera::node {

struct UserConfig {
    std::string name;
    /// All that is kept of a password; none for who only has a certificate.
    std::optional<identity::ScramVerifier> verifier;
    /// The subject of the user's certificate, or empty.
    std::string certificate;
    catalog::RoleLimits limits;
    bool is_endpoints_only = false;
};

struct PostgresConfig {
    std::optional<std::filesystem::path> binaries;
    std::optional<std::filesystem::path> extension_directory;
    std::optional<std::filesystem::path> connector_directory;
    std::vector<std::pair<std::string, std::string>> settings;
};

/// Whose tokens open which roles; see identity_config.h.
struct IdentityConfig {
    std::vector<identity::Issuer> issuers;
    std::vector<identity::RoleRule> rules;
    /// Where the tokens of `issuers` come from.
    std::vector<jobs::GrantIssuer> grant_issuers;
    /// Other nodes that may bring people, under their names.
    std::vector<identity::Issuer> nodes;
    std::size_t most_nodes = 0;
    /// The program that knows passwords, if there is one.
    std::optional<identity::CommandOptions> command;
    std::filesystem::path deny_file;
    /// Of `rules`' roles.
    std::map<std::string, catalog::RoleLimits> limits;
    /// Those whose people send no SQL.
    std::set<std::string> endpoints_only;

    /// Does anybody sign in by claims?
    bool isUsed() const { return !issuers.empty() || command; }

    /// The roles that claims open, each once.
    std::vector<std::string> roles() const;
};

struct GatewayConfig {
    std::vector<gateway::ListenerOptions> listeners;
    gateway::Limits limits;
    gateway::PoolLimits pool;
    int threads = 0;
    int drain_seconds = 0;
    std::size_t grpc_memory_bytes = 0;
    bool grpc_reflection = false;
};

struct QueryConfig {
    int max_statements = 0;
    int idle_sessions_per_user = 0;
    int session_idle_seconds = 0;
    int open_sessions = 0;
    int open_sessions_per_person = 0;
    int open_session_idle_seconds = 0;
};

struct RestConfig {
    std::vector<std::string> allowed_origins;
    std::uint64_t max_request_bytes = 0;
    int max_cursors = 0;
    int cursor_idle_seconds = 0;
};

struct AuditConfig {
    bool is_on = false;
    audit::Text text = audit::Text::kRedacted;
    std::optional<std::filesystem::path> file;
    std::uint64_t file_bytes = 0;
    int files = 0;
    int keep_days = 0;
};

struct JobsConfig {
    bool carries_out = true;
    std::size_t most_runs = 0;
    std::chrono::seconds lease{0};
    std::set<std::string> run_as;
    jobs::Rights rights;
    std::vector<std::filesystem::path> export_folders;
    std::shared_ptr<const jobs::HttpOptions> http;
    std::shared_ptr<const jobs::MailServer> mail;
    std::shared_ptr<const std::vector<jobs::S3Bucket>> buckets;
    /// Where files wait that go into one.
    std::filesystem::path scratch;
    jobs::GrantOptions grants;
};

struct NodeConfig {
    std::string name;
    std::filesystem::path data_directory;
    GatewayConfig gateway;
    std::vector<UserConfig> users;
    PostgresConfig postgres;
    IdentityConfig identity;
    QueryConfig query;
    RestConfig rest;
    AuditConfig audit;
    server::StoreOptions store;
    JobsConfig jobs;
    endpoints::Rights endpoints;
    mesh::Rights mesh;
    /// "zone=eu".
    std::set<std::string> mesh_labels;
    /// Peers are among them, as sources of connector 'node'.
    std::vector<catalog::Source> sources;
    std::set<std::string> peers;
    std::optional<std::filesystem::path> dialect_directory;
    std::vector<catalog::InitScript> init_scripts;
    std::string log_level;

    /// Users and roles whose people may only call endpoints.
    std::set<std::string> endpointsOnly() const;
};

/// The superuser of a node's PostgreSQL, and the database that people are connected to.
inline constexpr const char* kSuperuser = "tessera_node";
inline constexpr const char* kDatabase = "tessera";

const config::Schema& nodeSchema();

/// The limits of a role, as `users[]` and `identity.roles[]` have them.
std::vector<config::Property> withRoleLimits(std::vector<config::Property> properties);
catalog::RoleLimits readRoleLimits(const config::Section& section);

/// Also reads the init scripts, while the process may still have the rights to.
Result<NodeConfig> readNodeConfig(const config::Section& file);

}  // namespace tessera::node
