#include "nodeservice/daemon/node_config.h"

#include "common/strings.h"
#include "nodeservice/daemon/identity_config.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>

namespace tessera::node {

namespace {

using config::Section;

Error invalid(const std::string& where, const std::string& message, std::string hint = {}) {
    return fail(ErrorCode::kInvalidArgument, where + ": " + message, std::move(hint));
}

Result<ListenAddress> readListen(const Section& listen, const std::string& name) {
    const std::string& text = listen.address(name);
    const std::size_t colon = text.rfind(':');
    ListenAddress address{text.substr(0, colon), 0};
    std::from_chars(text.data() + colon + 1, text.data() + text.size(), address.port);
    if (address.host != "127.0.0.1") {
        return invalid(listen.where(name), "'listen." + name + "' must be on 127.0.0.1, and is '" + text + "'",
                       "this version has no TLS: it listens on loopback only");
    }
    if (address.port == 0) {
        return invalid(listen.where(name), "'listen." + name + "' needs a port", "for example: 127.0.0.1:7410");
    }
    return address;
}

Result<> readListeners(const Section& file, NodeConfig& config) {
    const Section& listen = file.section("listen");
    config.grpc = TSR_TRY(readListen(listen, "grpc"));
    config.http = TSR_TRY(readListen(listen, "http"));
    config.postgres_address = TSR_TRY(readListen(listen, "postgres"));
    if (std::set{config.grpc.port, config.http.port, config.postgres_address.port}.size() != 3) {
        return invalid(file.where("listen"), "two interfaces of the node have the same port", "give each its own");
    }
    return {};
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
                                               "logging_collector",
                                               "log_destination",
                                               "lc_messages",
                                               "tessera.connector_path",
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

Result<> readUsers(const Section& file, NodeConfig& config) {
    std::set<std::string> names;
    for (const Section& section : file.sections("users")) {
        TSR_TRY(checkName(section, "name"));
        const std::string& name = section.text("name");
        if (name.starts_with("tessera_") || name.starts_with("pg_") || name == "public" || name == "none") {
            return invalid(section.where("name"), "the name '" + name + "' is reserved", "choose another name");
        }
        if (section.secret("password").empty()) {
            return invalid(section.where("password"), "the password of user '" + name + "' is empty");
        }
        if (!names.insert(name).second) {
            return invalid(section.where("name"), "there is a second user '" + name + "'");
        }
        config.users.push_back({name, section.secret("password").copy()});
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

Result<> readPeers(const Section& file, NodeConfig& config) {
    for (const Section& section : file.sections("peers")) {
        const std::string& address = section.address("address");
        const std::size_t colon = address.rfind(':');
        catalog::Source peer;
        peer.name = section.text("name");
        peer.connector = "node";
        peer.comment = section.text("comment");
        peer.is_peer = true;
        peer.options = {{"node", peer.name},
                        {"host", address.substr(0, colon)},
                        {"port", address.substr(colon + 1)},
                        {"dbname", section.text("database")}};
        peer.credentials.emplace_back("user", Secret(section.text("user")));
        peer.credentials.emplace_back("password", section.secret("password").copy());
        peer.imports = TSR_TRY(readImports(section));
        TSR_TRY(addSource(section, std::move(peer), config));
    }
    return {};
}

Result<> readInitScripts(const Section& file, NodeConfig& config) {
    if (!file.has("init")) {
        return {};
    }
    const std::filesystem::path folder = file.path("init");
    std::error_code code;
    std::vector<std::filesystem::path> paths;
    for (std::filesystem::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
        if (entry->path().extension() == ".sql") {
            paths.push_back(entry->path());
        }
    }
    if (code) {
        return invalid(file.where("init"), "cannot read the folder '" + folder.string() + "': " + code.message());
    }
    std::sort(paths.begin(), paths.end());
    for (const std::filesystem::path& path : paths) {
        std::ifstream in(path, std::ios::binary);
        std::string sql((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
        if (!in.is_open() || in.bad()) {
            return invalid(file.where("init"), "cannot read '" + path.string() + "': " + std::strerror(errno));
        }
        config.init_scripts.push_back({path.filename().string(), std::move(sql)});
    }
    return {};
}

std::optional<std::filesystem::path> optionalPath(const Section& section, const std::string& name) {
    return section.has(name) ? std::optional(section.path(name)) : std::nullopt;
}

}  // namespace

Result<NodeConfig> readNodeConfig(const config::Section& file) {
    NodeConfig config;
    TSR_TRY(checkName(file, "node"));
    config.name = file.text("node");
    config.data_directory = file.path("data_directory");
    TSR_TRY(readListeners(file, config));
    TSR_TRY(readUsers(file, config));
    const Section& postgres = file.section("postgres");
    TSR_TRY(checkSettings(postgres));
    config.postgres = {optionalPath(postgres, "binaries"), optionalPath(postgres, "extension_directory"),
                       optionalPath(postgres, "connector_directory"), postgres.map("settings")};
    const Section& query = file.section("query");
    config.query = {static_cast<int>(query.integer("max_statements")),
                    static_cast<int>(query.integer("idle_sessions_per_user")),
                    static_cast<int>(query.integer("session_idle_seconds"))};
    config.identity = TSR_TRY(readIdentity(file.section("identity"), config));
    TSR_TRY(readSources(file, config));
    TSR_TRY(readPeers(file, config));
    TSR_TRY(readInitScripts(file, config));
    config.log_level = file.section("log").text("level");
    return config;
}

}  // namespace tessera::node
