#include "nodeservice/daemon/node_config.h"

#include "common/strings.h"
#include "nodeservice/daemon/identity_config.h"
#include "nodeservice/daemon/jobs_config.h"
#include "nodeservice/daemon/store_config.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

namespace tessera::node {

namespace {

using config::Section;

constexpr std::uint16_t kDefaultPort = 7410;

Error invalid(const std::string& where, const std::string& message, std::string hint = {}) {
    return fail(ErrorCode::kInvalidArgument, where + ": " + message, std::move(hint));
}

std::optional<std::filesystem::path> optionalPath(const Section& section, const std::string& name) {
    return section.has(name) ? std::optional(section.path(name)) : std::nullopt;
}

Result<std::set<gateway::Protocol>> readProtocols(const Section& section) {
    static const std::map<std::string, gateway::Protocol> kNames = {{"postgres", gateway::Protocol::kPostgres},
                                                                    {"http", gateway::Protocol::kHttp1},
                                                                    {"grpc", gateway::Protocol::kHttp2}};
    std::set<gateway::Protocol> protocols;
    for (const std::string& name : section.list("protocols")) {
        const auto found = kNames.find(name);
        if (found == kNames.end()) {
            return invalid(section.where("protocols"), "there is no protocol '" + name + "'",
                           "it is one of: postgres, http, grpc");
        }
        protocols.insert(found->second);
    }
    return protocols;
}

Result<> readTls(const Section& section, gateway::ListenerOptions& listener) {
    const auto certificate = optionalPath(section, "tls_certificate");
    const auto key = optionalPath(section, "tls_key");
    const auto client_ca = optionalPath(section, "tls_client_ca");
    const auto client_crl = optionalPath(section, "tls_client_crl");
    if (client_crl && !client_ca) {
        return invalid(section.where("tls_client_crl"), "'tls_client_crl' needs 'tls_client_ca'");
    }
    if (certificate.has_value() != key.has_value() || (client_ca && !certificate)) {
        return invalid(section.where(), "'tls_certificate' and 'tls_key' belong together", "name both, or none");
    }
    if (certificate) {
        listener.tls = gateway::TlsFiles{*certificate, *key, client_ca, client_crl};
    }
    const std::string& clear = section.text("clear_text");
    listener.clear_text = clear == "never"    ? gateway::ClearText::kNever
                          : clear == "always" ? gateway::ClearText::kAlways
                                              : gateway::ClearText::kLoopback;
    const bool is_loopback = listener.host.starts_with("127.") || listener.host == "::1";
    if (!certificate && (listener.clear_text == gateway::ClearText::kNever ||
                         (!is_loopback && listener.clear_text != gateway::ClearText::kAlways))) {
        return invalid(section.where("address"), "'" + listener.text() + "' would let nobody in without a certificate",
                       "name tls_certificate and tls_key, or listen on 127.0.0.1");
    }
    return {};
}

Result<gateway::ListenerOptions> readListener(const Section& section) {
    const std::string& text = section.address("address");
    const std::size_t colon = text.rfind(':');
    gateway::ListenerOptions listener;
    listener.host = text.substr(0, colon);
    if (listener.host.starts_with('[') && listener.host.ends_with(']')) {
        listener.host = listener.host.substr(1, listener.host.size() - 2);
    }
    std::from_chars(text.data() + colon + 1, text.data() + text.size(), listener.port);
    if (listener.port == 0) {
        return invalid(section.where("address"), "'address' needs a port", "for example: 127.0.0.1:7410");
    }
    if (section.has("protocols")) {
        listener.protocols = TSR_TRY(readProtocols(section));
    }
    TSR_TRY(readTls(section, listener));
    return listener;
}

Result<> readGateway(const Section& file, NodeConfig& config) {
    std::set<std::string> addresses;
    for (const Section& section : file.sections("listen")) {
        config.gateway.listeners.push_back(TSR_TRY(readListener(section)));
        if (!addresses.insert(config.gateway.listeners.back().text()).second) {
            return invalid(section.where("address"), "two listeners have the same address", "give each its own");
        }
    }
    if (config.gateway.listeners.empty()) {
        config.gateway.listeners.push_back({.host = "127.0.0.1", .port = kDefaultPort});
    }
    const Section& section = file.section("gateway");
    const auto number = [&section](const char* name) { return static_cast<std::size_t>(section.integer(name)); };
    config.gateway.limits = {.connections = number("max_connections"),
                             .connections_per_user = number("max_connections_per_user"),
                             .waiting_per_address = number("max_waiting_per_address"),
                             .sign_in_time = std::chrono::seconds(section.integer("sign_in_seconds")),
                             .idle_time = std::chrono::seconds(section.integer("idle_seconds"))};
    config.gateway.pool = {.sessions = number("pooled_sessions"),
                           .idle_time = std::chrono::seconds(section.integer("pooled_session_seconds"))};
    config.gateway.threads = static_cast<int>(section.integer("threads"));
    config.gateway.drain_seconds = static_cast<int>(section.integer("drain_seconds"));
    config.gateway.grpc_memory_bytes = number("grpc_memory_mb") << 20;
    config.gateway.grpc_reflection = section.boolean("grpc_reflection");
    return {};
}

void readRest(const Section& section, RestConfig& rest) {
    rest.allowed_origins = section.list("allowed_origins");
    rest.max_request_bytes = static_cast<std::uint64_t>(section.integer("max_request_bytes"));
    rest.max_cursors = static_cast<int>(section.integer("max_cursors"));
    rest.cursor_idle_seconds = static_cast<int>(section.integer("cursor_idle_seconds"));
}

void readAudit(const Section& section, AuditConfig& audit) {
    const std::string& text = section.text("text");
    audit.is_on = section.boolean("statements");
    audit.text = text == "none" ? audit::Text::kNone : text == "full" ? audit::Text::kFull : audit::Text::kRedacted;
    audit.file = optionalPath(section, "file");
    audit.file_bytes = static_cast<std::uint64_t>(section.integer("file_mb")) << 20;
    audit.files = static_cast<int>(section.integer("files"));
    audit.keep_days = static_cast<int>(section.integer("table_days"));
}

/// PostgreSQL cuts longer identifiers, which would make two names one.
Result<> checkName(const Section& section, const std::string& property) {
    constexpr std::size_t kMaxIdentifierBytes = 63;
    const std::string& name = section.text(property);
    if (name.empty() || name.size() > kMaxIdentifierBytes) {
        return invalid(section.where(property), "'" + property + "' must have 1 to 63 bytes, and is '" + name + "'");
    }
    return {};
}

/// A schema of the node that a source's tables may go into.
Result<> checkSchema(const Section& section, const std::string& property) {
    TSR_TRY(checkName(section, property));
    const std::string& name = section.text(property);
    if (name.starts_with("pg_") || name.starts_with("tessera_") || name == "tessera" || name == "information_schema") {
        return invalid(section.where(property), "the schema '" + name + "' is reserved", "choose another name");
    }
    return {};
}

/// Settings that the node needs as they are: it would not find, reach or protect its PostgreSQL with others.
Result<> checkSettings(const Section& postgres) {
    static const std::set<std::string> kOwn = {"listen_addresses",
                                               "port",
                                               "unix_socket_directories",
                                               "unix_socket_permissions",
                                               "data_directory",
                                               "hba_file",
                                               "ident_file",
                                               "config_file",
                                               "external_pid_file",
                                               "password_encryption",
                                               "client_connection_check_interval",
                                               "logging_collector",
                                               "log_destination",
                                               "lc_messages",
                                               "tessera.audit_socket",
                                               "tessera.connector_path",
                                               "tessera.delegation_socket",
                                               "tessera.dialect_directory",
                                               "tessera.identity_key",
                                               "shared_preload_libraries"};
    for (const auto& [name, value] : postgres.map("settings")) {
        if (kOwn.contains(toLowerAscii(name))) {
            return invalid(postgres.where("settings"), "the setting '" + name + "' is the node's own",
                           "leave it out; addresses and folders have keys of their own in this file");
        }
    }
    return {};
}

/// None for a user who has a certificate only.
Result<std::optional<identity::ScramVerifier>> readVerifier(const Section& section) {
    const std::string& name = section.text("name");
    if (!section.has("password") && !section.has("verifier") && section.has("certificate")) {
        return std::optional<identity::ScramVerifier>();
    }
    if (section.has("password") == section.has("verifier")) {
        return invalid(section.where("name"), "user '" + name + "' needs a password or a verifier",
                       "name one of both; a verifier does not tell the password");
    }
    const bool is_verifier = section.has("verifier");
    const Secret& secret = section.secret(is_verifier ? "verifier" : "password");
    const std::string where = section.where(is_verifier ? "verifier" : "password");
    if (secret.empty()) {
        return invalid(where, "the password of user '" + name + "' is empty");
    }
    auto verifier = is_verifier ? identity::ScramVerifier::parse(secret.reveal()) : identity::ScramVerifier::of(secret);
    if (!verifier) {
        return invalid(where, verifier.error().message, verifier.error().hint);
    }
    return std::optional(std::move(*verifier));
}

Result<> readUsers(const Section& file, NodeConfig& config) {
    std::set<std::string> names;
    for (const Section& section : file.sections("users")) {
        TSR_TRY(checkName(section, "name"));
        const std::string& name = section.text("name");
        if (name.starts_with("tessera_") || name.starts_with("pg_") || name == "public" || name == "none") {
            return invalid(section.where("name"), "the name '" + name + "' is reserved", "choose another name");
        }
        if (!names.insert(name).second) {
            return invalid(section.where("name"), "there is a second user '" + name + "'");
        }
        config.users.push_back({name, TSR_TRY(readVerifier(section)),
                                section.has("certificate") ? section.text("certificate") : std::string(),
                                readRoleLimits(section), section.boolean("endpoints_only")});
    }
    return {};
}

Result<std::vector<catalog::SchemaImport>> readImports(const Section& section) {
    std::vector<catalog::SchemaImport> imports;
    for (const Section& import : section.sections("import")) {
        TSR_TRY(checkSchema(import, "into"));
        imports.push_back({import.text("schema"), import.text("into"), import.list("tables")});
    }
    return imports;
}

Result<std::vector<catalog::SourceTable>> readTables(const Section& section) {
    std::vector<catalog::SourceTable> tables;
    for (const Section& entry : section.sections("tables")) {
        TSR_TRY(checkName(entry, "name"));
        TSR_TRY(checkSchema(entry, "schema"));
        catalog::SourceTable table{
            entry.text("name"), entry.text("schema"), entry.text("comment"), {}, entry.map("options")};
        for (const Section& column : entry.sections("columns")) {
            TSR_TRY(checkName(column, "name"));
            table.columns.push_back(
                {column.text("name"), column.text("type"), column.boolean("not_null"), column.map("options")});
        }
        tables.push_back(std::move(table));
    }
    return tables;
}

Result<> addSource(const Section& section, catalog::Source source, NodeConfig& config) {
    TSR_TRY(checkName(section, "name"));
    for (const catalog::Source& other : config.sources) {
        if (other.name == source.name) {
            return invalid(section.where("name"), "there is a second source or peer '" + source.name + "'",
                           "give each a name of its own");
        }
    }
    config.sources.push_back(std::move(source));
    return {};
}

Result<> readSources(const Section& file, NodeConfig& config) {
    for (const Section& section : file.sections("sources")) {
        catalog::Source source;
        source.name = section.text("name");
        source.connector = section.text("connector");
        source.comment = section.text("comment");
        source.options = section.map("options");
        for (const auto& [name, secret] : section.secrets("credentials")) {
            source.credentials.emplace_back(name, secret.copy());
        }
        source.imports = TSR_TRY(readImports(section));
        source.tables = TSR_TRY(readTables(section));
        TSR_TRY(addSource(section, std::move(source), config));
    }
    return {};
}

/// What PostgreSQL knows of the store's tables, statistics for instance, is for those who may read them.
void letReadersIn(NodeConfig& config) {
    for (catalog::Source& source : config.sources) {
        if (source.connector == "store") {
            source.readers = config.store.readers;
            source.readers->insert(config.store.writers.begin(), config.store.writers.end());
            source.readers->insert(config.store.administrators.begin(), config.store.administrators.end());
        }
    }
}

Result<> readPeers(const Section& file, NodeConfig& config) {
    for (const Section& section : file.sections("peers")) {
        const std::string& address = section.address("address");
        const std::size_t colon = address.rfind(':');
        catalog::Source peer;
        peer.name = section.text("name");
        peer.connector = "node";
        config.peers.insert(peer.name);
        peer.comment = section.text("comment");
        peer.is_peer = true;
        peer.options = {{"node", peer.name},
                        {"host", address.substr(0, colon)},
                        {"port", address.substr(colon + 1)},
                        {"dbname", section.text("database")}};
        if (section.has("tls_ca")) {
            peer.options.emplace_back("sslmode", "verify-full");
            peer.options.emplace_back("sslrootcert", section.path("tls_ca").string());
        }
        peer.is_delegated = section.text("people") == "delegate";
        if (peer.is_delegated && !section.has("tls_ca")) {
            return invalid(section.where("people"), "'people: delegate' needs 'tls_ca'",
                           "a token is shown to nobody but the peer: name the authority of its certificate");
        }
        if (peer.is_delegated) {
            peer.options.emplace_back("delegate", section.has("node") ? section.text("node") : peer.name);
        }
        if (peer.is_delegated && section.has("role")) {
            peer.options.emplace_back("role", section.text("role"));
        }
        peer.credentials.emplace_back("user", Secret(section.text("user")));
        peer.credentials.emplace_back("password", section.secret("password").copy());
        peer.imports = TSR_TRY(readImports(section));
        TSR_TRY(addSource(section, std::move(peer), config));
    }
    return {};
}

/// The *.sql files of the folder that `section` names as `key`, in the order of their names.
Result<> readScripts(const Section& section, const std::string& key, const std::string& run_as, NodeConfig& config) {
    const std::filesystem::path folder = section.path(key);
    std::error_code code;
    std::vector<std::filesystem::path> paths;
    for (std::filesystem::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
        if (entry->path().extension() == ".sql") {
            paths.push_back(entry->path());
        }
    }
    if (code) {
        return invalid(section.where(key), "cannot read the folder '" + folder.string() + "': " + code.message());
    }
    std::sort(paths.begin(), paths.end());
    for (const std::filesystem::path& path : paths) {
        std::ifstream in(path, std::ios::binary);
        std::string sql((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
        if (!in.is_open() || in.bad()) {
            return invalid(section.where(key), "cannot read '" + path.string() + "': " + std::strerror(errno));
        }
        const std::filesystem::path folder_name = path.parent_path().filename();
        config.init_scripts.push_back({(folder_name / path.filename()).string(), std::move(sql), run_as});
    }
    return {};
}

Result<> readInitScripts(const Section& file, NodeConfig& config) {
    if (file.has("init")) {
        TSR_TRY(readScripts(file, "init", "", config));
    }
    std::vector<std::string> users;
    for (const UserConfig& user : config.users) {
        users.push_back(user.name);
    }
    for (const Section& section : file.sections("scripts")) {
        const std::string& user = section.text("run_as");
        if (std::find(users.begin(), users.end(), user) == users.end()) {
            return invalid(section.where("run_as"), "there is no user '" + user + "'", suggestion(user, users));
        }
        TSR_TRY(readScripts(section, "folder", user, config));
    }
    return {};
}

}  // namespace

std::set<std::string> NodeConfig::endpointsOnly() const {
    std::set<std::string> roles = identity.endpoints_only;
    for (const UserConfig& user : users) {
        if (user.is_endpoints_only) {
            roles.insert(user.name);
        }
    }
    return roles;
}

/// "zone=eu": with one '=', so that it is nobody's name.
Result<std::set<std::string>> readLabels(const Section& section) {
    std::set<std::string> labels;
    for (const std::string& label : section.list("labels")) {
        const std::size_t sign = label.find('=');
        if (sign == std::string::npos || sign == 0 || sign + 1 == label.size() ||
            label.find_first_of(" \t,=", sign + 1) != std::string::npos || label.find_first_of(" \t,") < sign) {
            return invalid(section.where("labels"), "'" + label + "' is not a label",
                           "write what it says of the node: zone=eu");
        }
        labels.insert(label);
    }
    return labels;
}

catalog::RoleLimits readRoleLimits(const Section& section) {
    return {static_cast<int>(section.integer("statement_seconds")),
            static_cast<int>(section.integer("session_memory_mb"))};
}

Result<NodeConfig> readNodeConfig(const config::Section& file) {
    NodeConfig config;
    TSR_TRY(checkName(file, "node"));
    config.name = file.text("node");
    config.data_directory = file.path("data_directory");
    TSR_TRY(readGateway(file, config));
    readRest(file.section("rest"), config.rest);
    readAudit(file.section("audit"), config.audit);
    TSR_TRY(readUsers(file, config));
    const Section& postgres = file.section("postgres");
    TSR_TRY(checkSettings(postgres));
    config.postgres = {optionalPath(postgres, "binaries"), optionalPath(postgres, "extension_directory"),
                       optionalPath(postgres, "connector_directory"), postgres.map("settings")};
    const Section& query = file.section("query");
    config.query = {static_cast<int>(query.integer("max_statements")),
                    static_cast<int>(query.integer("idle_sessions_per_user")),
                    static_cast<int>(query.integer("session_idle_seconds")),
                    static_cast<int>(query.integer("open_sessions")),
                    static_cast<int>(query.integer("open_sessions_per_person")),
                    static_cast<int>(query.integer("open_session_idle_seconds"))};
    config.identity = TSR_TRY(readIdentity(file.section("identity"), config));
    config.store = TSR_TRY(readStore(file.section("store"), config));
    letReadersIn(config);
    config.jobs = TSR_TRY(readJobs(file.section("jobs"), config));
    const Section& endpoints = file.section("endpoints");
    config.endpoints = {config.name, TSR_TRY(readRoles(endpoints, "readers", config)),
                        TSR_TRY(readRoles(endpoints, "authors", config))};
    config.mesh = {config.name, TSR_TRY(readRoles(file.section("mesh"), "administrators", config)), kSuperuser};
    config.mesh_labels = TSR_TRY(readLabels(file.section("mesh")));
    TSR_TRY(readSources(file, config));
    TSR_TRY(readPeers(file, config));
    TSR_TRY(readInitScripts(file, config));
    config.dialect_directory = optionalPath(file, "dialect_directory");
    config.log_level = file.section("log").text("level");
    return config;
}

}  // namespace tessera::node
