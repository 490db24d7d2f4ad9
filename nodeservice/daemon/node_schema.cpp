#include "nodeservice/daemon/identity_config.h"
#include "nodeservice/daemon/jobs_config.h"
#include "nodeservice/daemon/node_config.h"
#include "nodeservice/daemon/store_config.h"

namespace tessera::node {

namespace {

using config::Property;
using config::PropertyType;

std::vector<Property> listenProperties() {
    return {
        {.name = "address",
         .type = PropertyType::kAddress,
         .doc = "An IP address of this machine and a port.",
         .required = true,
         .example = "address: 127.0.0.1:7410"},
        {.name = "protocols",
         .type = PropertyType::kTextList,
         .doc = "Only these of `postgres`, `http` and `grpc`. All when absent.",
         .example = "[postgres]"},
        {.name = "tls_certificate",
         .type = PropertyType::kPath,
         .doc = "The certificate and its chain (PEM). It and the key are read again at SIGHUP."},
        {.name = "tls_key", .type = PropertyType::kPath, .doc = "The certificate's key (PEM)."},
        {.name = "tls_client_ca",
         .type = PropertyType::kPath,
         .doc = "The authority whose certificates clients may show (PEM)."},
        {.name = "tls_client_crl",
         .type = PropertyType::kPath,
         .doc =
             "The certificates that this authority has revoked (PEM). Read again at SIGHUP, like the certificate; one "
             "that is out of date lets no certificate in."},
        {.name = "clear_text",
         .type = PropertyType::kText,
         .doc =
             "From whom connections without TLS are taken. gRPC's and tokens are so from loopback at most, whatever is "
             "set here.",
         .default_value = "loopback",
         .choices = {"never", "loopback", "always"}},
    };
}

std::vector<Property> gatewayProperties() {
    return {
        {.name = "max_connections",
         .type = PropertyType::kInteger,
         .doc = "Connections in all. The node's PostgreSQL takes as many.",
         .default_value = "200",
         .least = 1,
         .most = 100000},
        {.name = "max_connections_per_user",
         .type = PropertyType::kInteger,
         .doc = "PostgreSQL sessions of one user.",
         .default_value = "150",
         .least = 1,
         .most = 100000},
        {.name = "max_waiting_per_address",
         .type = PropertyType::kInteger,
         .doc = "Connections of one client address that are not signed in yet.",
         .default_value = "100",
         .least = 1,
         .most = 100000},
        {.name = "sign_in_seconds",
         .type = PropertyType::kInteger,
         .doc = "How long a sign-in may take, from the connection on.",
         .default_value = "10",
         .unit = "s",
         .least = 1,
         .most = 600},
        {.name = "idle_seconds",
         .type = PropertyType::kInteger,
         .doc = "PostgreSQL sessions that do nothing for so long are ended (57P05), unless they chose "
                "`idle_session_timeout` themselves. 0: never.",
         .default_value = "0",
         .unit = "s",
         .least = 0,
         .most = 604800},
        {.name = "pooled_sessions",
         .type = PropertyType::kInteger,
         .doc =
             "PostgreSQL sessions kept, after their clients have left, for the same person with the same claims (the "
             "same token) and the same start-up parameters: reset, and looked at before they are used again. 0: "
             "each client has a session of its own.",
         .default_value = "0",
         .least = 0,
         .most = 10000},
        {.name = "pooled_session_seconds",
         .type = PropertyType::kInteger,
         .doc = "How long such a session is kept.",
         .default_value = "60",
         .unit = "s",
         .least = 1,
         .most = 86400},
        {.name = "drain_seconds",
         .type = PropertyType::kInteger,
         .doc = "How long a node that stops lets running statements go on.",
         .default_value = "5",
         .unit = "s",
         .least = 0,
         .most = 3600},
        {.name = "grpc_memory_mb",
         .type = PropertyType::kInteger,
         .doc = "What messages of gRPC that are on their way take together, of all connections: with more, calls are "
                "slowed down and some end (`RESOURCE_EXHAUSTED`, `UNAVAILABLE`). One request has 32 MiB at most.",
         .default_value = "256",
         .unit = "MiB",
         .least = 64,
         .most = 65536},
        {.name = "grpc_reflection",
         .type = PropertyType::kBoolean,
         .doc = "Does gRPC tell everybody, signed in or not, which services and messages it has? For development "
                "tools.",
         .default_value = "false"},
        {.name = "threads",
         .type = PropertyType::kInteger,
         .doc = "Threads that serve connections.",
         .default_value = "2",
         .least = 1,
         .most = 64},
    };
}

std::vector<Property> postgresProperties() {
    return {
        {.name = "binaries",
         .type = PropertyType::kPath,
         .doc = "The folder of PostgreSQL 15's programs. Found by itself when absent.",
         .example = "/usr/lib/postgresql/15/bin"},
        {.name = "extension_directory",
         .type = PropertyType::kPath,
         .doc = "The folder of `tessera_fdw.control`. Found beside the program when absent."},
        {.name = "connector_directory",
         .type = PropertyType::kPath,
         .doc = "The folder of the connectors (`libtessera_*.so`). Found beside the program when absent."},
        {.name = "settings",
         .type = PropertyType::kTextMap,
         .doc = "Settings of `postgresql.conf` that replace the node's own.",
         .example = "{work_mem: 64MB}"},
    };
}

std::vector<Property> queryProperties() {
    return {
        {.name = "max_statements",
         .type = PropertyType::kInteger,
         .doc = "Statements that run at once through gRPC and REST; one more is refused.",
         .default_value = "32",
         .least = 1,
         .most = 1000},
        {.name = "idle_sessions_per_user",
         .type = PropertyType::kInteger,
         .doc = "PostgreSQL sessions kept open for a user's next statement.",
         .default_value = "4",
         .least = 0,
         .most = 100},
        {.name = "session_idle_seconds",
         .type = PropertyType::kInteger,
         .doc = "How long such a session is kept.",
         .default_value = "60",
         .unit = "s",
         .least = 1,
         .most = 86400},
        {.name = "open_sessions",
         .type = PropertyType::kInteger,
         .doc =
             "Sessions that clients of gRPC may keep over several statements, for transactions; one more is refused.",
         .default_value = "16",
         .least = 0,
         .most = 1000},
        {.name = "open_sessions_per_person",
         .type = PropertyType::kInteger,
         .doc = "How many of those one person may keep, so that the rest is left to others.",
         .default_value = "8",
         .least = 1,
         .most = 1000},
        {.name = "open_session_idle_seconds",
         .type = PropertyType::kInteger,
         .doc = "Without a statement for that long, such a session is closed and its transaction rolled back.",
         .default_value = "900",
         .unit = "s",
         .least = 1,
         .most = 86400},
    };
}

std::vector<Property> restProperties() {
    return {
        {.name = "allowed_origins",
         .type = PropertyType::kTextList,
         .doc = "Web pages of these origins may call it (CORS). None when absent.",
         .example = "['https://app.example.org']"},
        {.name = "max_request_bytes",
         .type = PropertyType::kInteger,
         .doc = "The body of a request.",
         .default_value = "1048576",
         .unit = "bytes",
         .least = 1024,
         .most = 33554432},
        {.name = "max_cursors",
         .type = PropertyType::kInteger,
         .doc = "Cursors open at once. Each is a running statement of `query.max_statements`.",
         .default_value = "8",
         .least = 0,
         .most = 1000},
        {.name = "cursor_idle_seconds",
         .type = PropertyType::kInteger,
         .doc = "A cursor that is not asked for its next page for so long is closed.",
         .default_value = "60",
         .unit = "s",
         .least = 1,
         .most = 3600},
    };
}

std::vector<Property> auditProperties() {
    return {
        {.name = "statements",
         .type = PropertyType::kBoolean,
         .doc = "Is each statement of each person written down, by whichever protocol it came?",
         .default_value = "false"},
        {.name = "text",
         .type = PropertyType::kText,
         .doc = "What is kept of its text. `redacted`: without the values written into it; `full`: as it was, except "
                "for commands that may name secrets. Parameters' values are never kept.",
         .default_value = "redacted",
         .choices = {"none", "redacted", "full"}},
        {.name = "file",
         .type = PropertyType::kPath,
         .doc = "The file of JSON lines. `log/audit.jsonl` in the data directory when absent."},
        {.name = "file_mb",
         .type = PropertyType::kInteger,
         .doc = "How large the file grows before it is kept aside as `FILE.1`, and a new one begun.",
         .default_value = "64",
         .unit = "MiB",
         .least = 1,
         .most = 10240},
        {.name = "files",
         .type = PropertyType::kInteger,
         .doc = "How many are kept aside.",
         .default_value = "10",
         .least = 0,
         .most = 1000},
        {.name = "table_days",
         .type = PropertyType::kInteger,
         .doc = "How long rows stay in the table `tessera_audit.statement`, which the superuser reads, and whoever is "
                "granted it. 0: no table.",
         .default_value = "30",
         .unit = "days",
         .least = 0,
         .most = 3650},
    };
}

Property importProperty(const std::string& schema_doc) {
    return {.name = "import",
            .type = PropertyType::kSectionList,
            .doc = "Schemas whose tables become foreign tables of this node.",
            .children = {
                {.name = "schema",
                 .type = PropertyType::kText,
                 .doc = schema_doc,
                 .required = true,
                 .example = "schema: public"},
                {.name = "into",
                 .type = PropertyType::kText,
                 .doc = "The schema of this node that they are brought into. Created when missing.",
                 .required = true,
                 .example = "into: crm"},
                {.name = "tables",
                 .type = PropertyType::kTextList,
                 .doc = "Only these tables. All of them when absent.",
                 .example = "[orders, customers]"},
            }};
}

std::vector<Property> tableProperties() {
    return {
        {.name = "name",
         .type = PropertyType::kText,
         .doc = "The table's name on this node.",
         .required = true,
         .example = "name: orders"},
        {.name = "schema",
         .type = PropertyType::kText,
         .doc = "The schema of this node that it is created in. Created when missing.",
         .required = true,
         .example = "schema: crm"},
        {.name = "comment", .type = PropertyType::kText, .doc = "What the table holds."},
        {.name = "columns",
         .type = PropertyType::kSectionList,
         .doc = "The table's columns, in order.",
         .required = true,
         .children =
             {
                 {.name = "name",
                  .type = PropertyType::kText,
                  .doc = "The column's name.",
                  .required = true,
                  .example = "name: id"},
                 {.name = "type",
                  .type = PropertyType::kText,
                  .doc = "A PostgreSQL type.",
                  .required = true,
                  .example = "type: numeric(10,2)"},
                 {.name = "not_null",
                  .type = PropertyType::kBoolean,
                  .doc = "Is the column never NULL at the source?",
                  .default_value = "false"},
                 {.name = "options", .type = PropertyType::kTextMap, .doc = "The connector's column options."},
             }},
        {.name = "options",
         .type = PropertyType::kTextMap,
         .doc = "The connector's table options.",
         .example = "{schema_name: public, table_name: orders}"},
    };
}

std::vector<Property> sourceProperties() {
    return {
        {.name = "name",
         .type = PropertyType::kText,
         .doc = "The source's name: its foreign server's.",
         .required = true,
         .example = "name: crm"},
        {.name = "connector",
         .type = PropertyType::kText,
         .doc = "`postgres`, `mysql`, `sqlite`, `files`, `memory` or another library in the connector folder.",
         .required = true,
         .example = "connector: postgres"},
        {.name = "comment", .type = PropertyType::kText, .doc = "What the source holds."},
        {.name = "options",
         .type = PropertyType::kTextMap,
         .doc = "The connector's server options. Paths in them must be absolute.",
         .example = "{host: db.example.org, dbname: crm}"},
        {.name = "credentials",
         .type = PropertyType::kSecretMap,
         .doc = "The connector's user options. Only the node's superuser can read them back.",
         .example = "{user: reader, password: '${file:secrets/crm}'}"},
        importProperty("The schema's name at the source."),
        {.name = "tables",
         .type = PropertyType::kSectionList,
         .doc = "Single tables, for what the source cannot describe by itself.",
         .children = tableProperties()},
    };
}

std::vector<Property> scriptProperties() {
    return {
        {.name = "folder",
         .type = PropertyType::kPath,
         .doc = "Where the `*.sql` files are.",
         .required = true,
         .example = "folder: scripts/etl/"},
        {.name = "run_as",
         .type = PropertyType::kText,
         .doc = "The user, one of `users`, who signs in for each file.",
         .required = true,
         .example = "run_as: etl"},
    };
}

std::vector<Property> peerProperties() {
    return {
        {.name = "name",
         .type = PropertyType::kText,
         .doc = "The peer's name: its foreign server's.",
         .required = true,
         .example = "name: lake"},
        {.name = "address",
         .type = PropertyType::kAddress,
         .doc = "Where it listens.",
         .required = true,
         .example = "127.0.0.1:7510"},
        {.name = "database", .type = PropertyType::kText, .doc = "Its database.", .default_value = kDatabase},
        {.name = "user",
         .type = PropertyType::kText,
         .doc = "A user of the peer.",
         .required = true,
         .example = "user: operations"},
        {.name = "password",
         .type = PropertyType::kSecret,
         .doc = "That user's password.",
         .required = true,
         .example = "password: ${file:secrets/lake}"},
        {.name = "people",
         .type = PropertyType::kText,
         .doc = "As whom people's statements run at the peer. `service`: all as `user`. `delegate`: each person as "
                "themselves, by a token that this node makes for the peer; `user` is then for the node's own work "
                "(import, statistics) only, and people who have no token are refused. The peer's `identity.nodes` and "
                "`identity.roles` say whom it lets this node bring.",
         .default_value = "service",
         .choices = {"service", "delegate"}},
        {.name = "node",
         .type = PropertyType::kText,
         .doc = "What the peer calls itself (its `node`); tokens are made out to it. `name` when absent."},
        {.name = "role",
         .type = PropertyType::kText,
         .doc = "With `delegate`: the role at the peer. The first that the person's claims give when absent."},
        {.name = "tls_ca",
         .type = PropertyType::kPath,
         .doc = "PEM certificates that vouch for the peer's. With it the connection is encrypted and the peer's name "
                "checked; required with `delegate`."},
        {.name = "comment", .type = PropertyType::kText, .doc = "What the peer offers."},
        importProperty("The schema's name on the peer."),
    };
}

}  // namespace

std::vector<Property> withRoleLimits(std::vector<Property> properties) {
    properties.push_back({.name = "statement_seconds",
                          .type = PropertyType::kInteger,
                          .doc = "How long a statement of the role may take, unless its session sets "
                                 "`statement_timeout` itself. 0: no limit.",
                          .default_value = "0",
                          .unit = "s",
                          .least = 0,
                          .most = 2000000});
    properties.push_back(
        {.name = "session_memory_mb",
         .type = PropertyType::kInteger,
         .doc = "How much memory a session of the role may take beyond what it has when it begins, its connectors' "
                "included, the shared buffers not. A statement that wants more fails (53200) and the session goes on. "
                "Each parallel worker may take as much. 0: no limit.",
         .default_value = "0",
         .unit = "MiB",
         .least = 0,
         .most = 1048576});
    properties.push_back({.name = "endpoints_only",
                          .type = PropertyType::kBoolean,
                          .doc = "May its people only call endpoints (HTTP, `/api/v1/endpoints`), and send no SQL of "
                                 "their own, by whichever protocol? [endpoints.md](../endpoints.md#endpoints-only).",
                          .default_value = "false"});
    return properties;
}

const config::Schema& nodeSchema() {
    static const config::Schema instance{
        "Configuration of tessera-node",
        "`tessera-node run --config FILE` reads one YAML file. `tessera-node config check --config FILE` says whether "
        "it is "
        "right, `config show` prints it with all defaults; unknown keys are errors. Values may hold `${env:NAME}`, "
        "`${file:PATH}` (without its last line break), `${arg:NAME}` (from `--arg NAME=VALUE`), `${command:PROGRAM "
        "ARGUMENTS}` (what it prints within 10 s, without its last line break; no shell reads it) and "
        "`${vault:secret/data/PATH#FIELD}` (HashiCorp Vault, key-value engine version 2; `VAULT_ADDR`, `VAULT_TOKEN` "
        "or "
        "`VAULT_TOKEN_FILE`, `VAULT_CACERT` and `VAULT_NAMESPACE` say where and as whom); `$${` is a literal `${`. "
        "All are read once, when the node starts. "
        "Relative paths start at the file's folder. `resources/config/node.example.yaml` is a file to start from.\n\n"
        "This page is made by `tessera-node config reference`.",
        {
            {.name = "node",
             .type = PropertyType::kText,
             .doc = "The node's name in the mesh.",
             .required = true,
             .example = "node: operations"},
            {.name = "data_directory",
             .type = PropertyType::kPath,
             .doc = "A folder that the node owns: its PostgreSQL, logs and state. Created when missing.",
             .required = true,
             .example = "data_directory: /var/lib/tessera/operations"},
            {.name = "listen",
             .type = PropertyType::kSectionList,
             .doc =
                 "Where the node listens: on each address for gRPC (workbench, command line), the PostgreSQL protocol "
                 "(psql, JDBC, peers; database `tessera`) and HTTP (`/healthz`, `/readyz`, `/version`, `/metrics`, "
                 "`/api/v1`) "
                 "alike, told apart by their first bytes. 127.0.0.1:7410 when absent.",
             .children = listenProperties()},
            {.name = "gateway",
             .type = PropertyType::kSection,
             .doc = "Limits of the node's connections.",
             .children = gatewayProperties()},
            {.name = "users",
             .type = PropertyType::kSectionList,
             .doc = "Who may sign in, through gRPC and the PostgreSQL protocol alike. Each is a member of the role "
                    "`tessera_user`, which may read the imported tables and create tables in the schema `public`; init "
                    "scripts may grant and revoke more.",
             .children = withRoleLimits(
                 {{.name = "name",
                   .type = PropertyType::kText,
                   .doc = "The PostgreSQL role's name.",
                   .required = true,
                   .example = "name: analyst"},
                  {.name = "password",
                   .type = PropertyType::kSecret,
                   .doc = "The user's password.",
                   .example = "password: ${file:secrets/analyst}"},
                  {.name = "verifier",
                   .type = PropertyType::kSecret,
                   .doc = "Instead of the password: its SCRAM-SHA-256 verifier, as PostgreSQL keeps it in "
                          "`pg_authid.rolpassword`.",
                   .example = "verifier: ${file:secrets/analyst.scram}"},
                  {.name = "certificate",
                   .type = PropertyType::kText,
                   .doc = "The subject (RFC 2253) of a certificate of a listener's `tls_client_ca` that signs the "
                          "user in through the PostgreSQL protocol, without or beside a password.",
                   .example = "certificate: 'CN=etl,O=Example'"}})},
            {.name = "identity",
             .type = PropertyType::kSection,
             .doc = "Signing in with tokens of identity providers (OpenID Connect).",
             .children = identityProperties()},
            {.name = "postgres",
             .type = PropertyType::kSection,
             .doc = "The node's own PostgreSQL.",
             .children = postgresProperties()},
            {.name = "query",
             .type = PropertyType::kSection,
             .doc = "Limits of the statements that run through gRPC and REST.",
             .children = queryProperties()},
            {.name = "rest",
             .type = PropertyType::kSection,
             .doc = "The REST API under `/api/v1`, described at `/api/v1/openapi.json`.",
             .children = restProperties()},
            {.name = "audit", .type = PropertyType::kSection, .doc = "Who ran what.", .children = auditProperties()},
            {.name = "store",
             .type = PropertyType::kSection,
             .doc =
                 "The replicated store: a small SQL database that several nodes hold alike. A node that says nothing "
                 "has one of its own.",
             .children = storeProperties()},
            {.name = "jobs",
             .type = PropertyType::kSection,
             .doc = "Scheduled jobs, which are kept in the store.",
             .children = jobsProperties()},
            {.name = "endpoints",
             .type = PropertyType::kSection,
             .doc = "Queries published as endpoints, which are kept in the store. Who may call one is said by the "
                    "endpoint.",
             .children = {{.name = "authors",
                           .type = PropertyType::kTextList,
                           .doc = "Users and roles that may publish and remove endpoints. Nobody when absent.",
                           .example = "[etl]"},
                          {.name = "readers",
                           .type = PropertyType::kTextList,
                           .doc = "Those that may see their files and versions.",
                           .example = "[analyst]"}}},
            {.name = "mesh",
             .type = PropertyType::kSection,
             .doc = "Tables cut into shards over the nodes of the mesh, whose map is kept in the store.",
             .children = {{.name = "administrators",
                           .type = PropertyType::kTextList,
                           .doc = "Users and roles that may declare, move and drop them at this node. Nobody when "
                                  "absent.",
                           .example = "[operator]"},
                          {.name = "labels",
                           .type = PropertyType::kTextList,
                           .doc = "What this node says of itself, each as `what=which`: tables can be kept to the "
                                  "nodes that have a label.",
                           .example = "[zone=eu]"}}},
            {.name = "sources",
             .type = PropertyType::kSectionList,
             .doc = "The databases and files the node brings in.",
             .children = sourceProperties()},
            {.name = "dialect_directory",
             .type = PropertyType::kPath,
             .doc = "A folder of dialect files (`NAME.yaml`), which say what SQL a source of the connector odbc can "
                    "evaluate exactly: [dialects.md](../dialects.md). The node's PostgreSQL must be able to read it. "
                    "`tessera-node config check` reads them, too.",
             .example = "dialects/"},
            {.name = "peers",
             .type = PropertyType::kSectionList,
             .doc = "Other nodes, reached through the PostgreSQL protocol.",
             .children = peerProperties()},
            {.name = "init",
             .type = PropertyType::kPath,
             .doc = "A folder of `*.sql` files, run as the node's superuser in the order of their names after the "
                    "sources are "
                    "prepared, and again whenever a source or one of the files has changed: write them so that they "
                    "can run "
                    "twice (`CREATE OR REPLACE VIEW …`).",
             .example = "init/"},
            {.name = "scripts",
             .type = PropertyType::kSectionList,
             .doc = "More folders of `*.sql` files, each run as one of `users` and with that user's rights and limits. "
                    "They follow those of `init`, as listed here; what is said there holds for them, too. The first "
                    "script that fails ends the rest.",
             .children = scriptProperties()},
            {.name = "log",
             .type = PropertyType::kSection,
             .doc = "What the node writes to standard error.",
             .children = {{.name = "level",
                           .type = PropertyType::kText,
                           .doc = "The least level that is written.",
                           .default_value = "info",
                           .choices = {"debug", "info", "warn", "error"}}}},
        }};
    return instance;
}

}  // namespace tessera::node
