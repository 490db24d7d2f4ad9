#include "nodeservice/daemon/node_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace tessera::node {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Result<NodeConfig> read(const std::string& text) {
    const auto file = config::parse(text, "n.yaml", std::filesystem::temp_directory_path(), nodeSchema());
    if (!file) {
        return file.error();
    }
    return readNodeConfig(*file);
}

std::string readText(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

TEST(NodeConfig, TwoLinesAreEnough) {
    const auto config = read("node: lake\ndata_directory: /d");
    ASSERT_TRUE(config) << config.error().describe();
    ASSERT_EQ(config->gateway.listeners.size(), 1u);
    EXPECT_EQ(config->gateway.listeners[0].text(), "127.0.0.1:7410");
    EXPECT_EQ(config->gateway.listeners[0].protocols.size(), 3u);
    EXPECT_EQ(config->query.max_statements, 32);
    EXPECT_TRUE(config->sources.empty());
}

TEST(NodeConfig, AVerifierStandsForThePassword) {
    const std::string verifier = identity::ScramVerifier::derive("pw", "salt", 4096).text();
    const auto config =
        read("node: a\ndata_directory: /d\nusers: [{name: b, verifier: '" + verifier + "'}, {name: c, password: pw}]");
    ASSERT_TRUE(config) << config.error().describe();
    ASSERT_EQ(config->users.size(), 2u);
    EXPECT_TRUE(config->users[0].verifier->matches("pw"));
    EXPECT_TRUE(config->users[1].verifier->matches("pw"));
}

TEST(NodeConfig, WhoMayOnlyCallEndpointsMayNothingElse) {
    const std::string people =
        "node: a\ndata_directory: /d\nusers: [{name: app, password: a, endpoints_only: true}, {name: etl, password: "
        "e}]\n"
        "identity: {command: {run: [check]}, roles: [{role: phone, issuer: command}, {role: phone, issuer: command, "
        "endpoints_only: true}, {role: clerk, issuer: command}]}\n";
    const auto config = read(people);
    ASSERT_TRUE(config) << config.error().describe();
    EXPECT_EQ(config->endpointsOnly(), (std::set<std::string>{"app", "phone"}));
    for (const char* list : {"store: {readers: [app]}", "store: {writers: [phone]}", "store: {administrators: [app]}",
                             "jobs: {run_as: [app]}", "jobs: {readers: [phone]}", "jobs: {operators: [app]}",
                             "jobs: {authors: [app]}", "jobs: {administrators: [app]}", "endpoints: {authors: [phone]}",
                             "endpoints: {readers: [app]}", "mesh: {administrators: [app]}"}) {
        const auto refused = read(people + list);
        ASSERT_FALSE(refused) << list;
        EXPECT_THAT(refused.error().describe(),
                    AllOf(HasSubstr("may only call endpoints"), HasSubstr("endpoints_only")))
            << list;
    }
    EXPECT_TRUE(read(people + "endpoints: {authors: [etl], readers: [clerk]}"));
}

TEST(NodeConfig, BucketsOfJobsAreChecked) {
    const auto message = [](const std::string& name, const std::string& endpoint, const std::string& key,
                            const std::string& more = {}) {
        const auto config = read("node: a\ndata_directory: /d\njobs:\n  s3:\n    - {bucket: " + name + ", endpoint: '" +
                                 endpoint + "', " + key + more + "}\n");
        return config ? std::string("no error") : config.error().describe();
    };
    const std::string key = "access_key: AKIA1, secret_key: not-to-be-seen";
    EXPECT_EQ(message("lake", "https://s3.example.org/", key), "no error");
    EXPECT_EQ(message("lake", "http://127.0.0.1:9000", key, ", prefix: exports/"), "no error");
    for (const char* endpoint : {"http://s3.example.org", "ftp://s3.example.org", "s3.example.org", ""}) {
        EXPECT_THAT(message("lake", endpoint, key), AllOf(HasSubstr("n.yaml:5"), HasSubstr("no safe address")))
            << endpoint;
    }
    for (const char* endpoint : {"https://", "https:///lake", "https://:9000", "https://s3.example.org?x=1"}) {
        EXPECT_THAT(message("lake", endpoint, key), AllOf(HasSubstr("n.yaml:5"), HasSubstr("address"))) << endpoint;
    }
    EXPECT_THAT(message("lake", "https://me:not-to-be-seen@s3.example.org", key),
                HasSubstr("without user and password"));
    EXPECT_THAT(message("'lake/day'", "https://s3.example.org", key), HasSubstr("'lake/day' is no name of a bucket"));
    EXPECT_THAT(message("lake", "https://s3.example.org", key, ", prefix: /day"), HasSubstr("begins with '/'"));
    EXPECT_THAT(message("lake", "https://s3.example.org", "access_key: AKIA1"), HasSubstr("secret_key"));
    EXPECT_THAT(message("lake", "https://s3.example.org", "access_key: AKIA1, secret_key: ' '"), HasSubstr("is empty"));
    EXPECT_THAT(message("lake", "https://s3.example.org", "access_key: 'a b', secret_key: not-to-be-seen"),
                HasSubstr("access_key"));
    for (const char* endpoint : {"https://me:not-to-be-seen@s3.example.org", "ftp://x", "https://s3.example.org"}) {
        EXPECT_THAT(message("'no/name'", endpoint, key), Not(HasSubstr("not-to-be-seen"))) << endpoint;
    }
    const auto file =
        config::parse("node: a\ndata_directory: /d\njobs:\n  s3: [{bucket: b, endpoint: 'https://h', " + key + "}]\n",
                      "n.yaml", std::filesystem::temp_directory_path(), nodeSchema());
    ASSERT_TRUE(file) << file.error().describe();
    EXPECT_THAT(config::show(*file), AllOf(HasSubstr("AKIA1"), Not(HasSubstr("not-to-be-seen"))));
}

TEST(NodeConfig, PeersAreSourcesOfThePostgresConnector) {
    const auto config = read(R"yaml(node: a
data_directory: /d
sources:
  - name: crm
    connector: mysql
    options: {host: h}
    credentials: {user: u, password: p}
    import: [{schema: s, into: t, tables: [x]}]
    tables: [{name: t, schema: s, columns: [{name: c, type: "numeric(10,2)", not_null: true}], options: {
k:
    v
}
}]
peers:
  - {name: lake, address: "127.0.0.1:7532", user: ops, password: pw, import: [{schema: flights, into: flights}]}
)yaml");
    ASSERT_TRUE(config) << config.error().describe();
    ASSERT_EQ(config->sources.size(), 2u);
    EXPECT_EQ(config->sources[0].tables[0].columns[0].type, "numeric(10,2)");
    EXPECT_EQ(config->sources[0].credentials[1].second.reveal(), "p");
    const catalog::Source& peer = config->sources[1];
    EXPECT_TRUE(peer.is_peer);
    EXPECT_EQ(peer.connector, "node");
    EXPECT_EQ(peer.options,
              (catalog::Options{{"node", "lake"}, {"host", "127.0.0.1"}, {"port", "7532"}, {"dbname", "tessera"}}));
}

struct BadCase {
    std::string text;
    const char* message;
};

class BadNodeConfig : public testing::TestWithParam<BadCase> {};

TEST_P(BadNodeConfig, IsRefusedWithItsPlace) {
    const auto config = read(std::string("node: a\ndata_directory: /d\n") + GetParam().text);
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(config.error().message, HasSubstr(GetParam().message));
}

const std::string kNodeB = "identity: {nodes: [{name: b, jwks_file: /k}]}\n";

INSTANTIATE_TEST_SUITE_P(
    Each, BadNodeConfig,
    testing::Values(
        BadCase{"listen: [{address: 0.0.0.0:7410}]",
                "n.yaml:3:20: '0.0.0.0:7410' would let nobody in without a certificate"},
        BadCase{"listen: [{address: 127.0.0.1:7410, clear_text: never}]", "would let nobody in without a certificate"},
        BadCase{"listen: [{address: 127.0.0.1:7410}, {address: 127.0.0.1:7410}]",
                "n.yaml:3:47: two listeners have the same address"},
        BadCase{"listen: [{address: 127.0.0.1:0}]", "'address' needs a port"},
        BadCase{"listen: [{address: 127.0.0.1:1, protocols: [ftp]}]", "there is no protocol 'ftp'"},
        BadCase{"listen: [{address: 127.0.0.1:1, tls_key: k}]", "'tls_certificate' and 'tls_key' belong together"},
        BadCase{"users: [{name: a}]", "user 'a' needs a password or a verifier"},
        BadCase{"users: [{name: a, verifier: md5x}]", "this is not a SCRAM-SHA-256 verifier"},
        BadCase{"users: [{name: tessera_node, password: x}]", "n.yaml:3:16: the name 'tessera_node' is reserved"},
        BadCase{"users: [{name: a, password: x}, {name: a, password: y}]", "n.yaml:3:40: there is a second user 'a'"},
        BadCase{"users: [{name: a, password: ''}]", "the password of user 'a' is empty"},
        BadCase{"sources: [{name: s, connector: c}, {name: s, connector: c}]", "there is a second source or peer 's'"},
        BadCase{"sources: [{name: s, connector: c, import: [{schema: x, into: pg_x}]}]",
                "the schema 'pg_x' is reserved"},
        BadCase{"sources: [{name: s}]", "n.yaml:3:11: 'connector' is missing in an entry of 'sources'"},
        BadCase{"sources: [{name: s, connector: c, option: {}}]", "n.yaml:3:35: unknown key 'option'"},
        BadCase{"postgres: {settings: {work_mem: 8MB, Port: 1}}", "n.yaml:3:22: the setting 'Port' is the node's own"},
        BadCase{"sources: [{name: s, connector: c, import: [{schema: x, into: tessera}]}]",
                "the schema 'tessera' is reserved"},
        BadCase{"users: [{name: tessera_user, password: x}]", "the name 'tessera_user' is reserved"},
        BadCase{"init: no/such/folder", "n.yaml:3:7: cannot read the folder"},
        BadCase{"store: {readers: [annn]}\nusers: [{name: ann, password: x}]",
                "n.yaml:3:18: there is no user or role 'annn'"},
        BadCase{"store: {members: [{node: b, id: 1, address: h:1}]}", "there is no node 'b' in identity.nodes"},
        BadCase{kNodeB + "store: {members: [{node: b, id: 1, address: 127.0.0.1:1}]}",
                "this node, 'a', is not among the store's members"},
        BadCase{kNodeB + "store: {members: [{node: a, id: 1, address: h:1}, {node: b, id: 1, address: h:2}]}",
                "two members of the store have the number 1"},
        BadCase{kNodeB + "store: {members: [{node: a, id: 1, address: h:1}, {node: b, id: 2, address: h:2}]}",
                "'h:2' needs 'store.tls_ca'"},
        BadCase{kNodeB + "store: {tls_ca: /no/such/file}", "n.yaml:4:17: cannot read '/no/such/file'"},
        BadCase{"query: {max_statements: 0}", "'max_statements' must be at least 1"}));

TEST(NodeConfig, AStoreOfOneNeedsNothingAndMembersAreKnownByTheirKeys) {
    const auto alone = read("node: a\ndata_directory: /d");
    ASSERT_TRUE(alone) << alone.error().describe();
    EXPECT_TRUE(alone->store.members.empty());
    EXPECT_TRUE(alone->store.readers.empty());
    const auto config = read("node: a\ndata_directory: /d\nusers: [{name: ann, password: x}]\n" + kNodeB +
                             "store: {writers: [ann], members: [{node: a, id: 7, address: h:1}, "
                             "{node: b, id: 9, address: 127.0.0.1:2, founder: false}]}");
    ASSERT_TRUE(config) << config.error().describe();
    ASSERT_EQ(config->store.members.size(), 2u);
    EXPECT_EQ(config->store.members[1].id, 9u);
    EXPECT_FALSE(config->store.members[1].is_founder);
    ASSERT_EQ(config->store.nodes.size(), 1u);
    EXPECT_EQ(config->store.nodes[0].rules.issuer, "b");
    EXPECT_EQ(config->store.writers, std::set<std::string>{"ann"});
}

TEST(NodeConfig, InitScriptsAreReadInTheOrderOfTheirNames) {
    const std::filesystem::path folder =
        std::filesystem::path(testing::TempDir()) / ("node_config_test." + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "20.sql") << "second";
    std::ofstream(folder / "10.sql") << "first";
    std::ofstream(folder / "notes.txt") << "no";
    const auto config = read("node: a\ndata_directory: /d\ninit: " + folder.string());
    std::filesystem::remove_all(folder);
    ASSERT_TRUE(config) << config.error().describe();
    ASSERT_EQ(config->init_scripts.size(), 2u);
    EXPECT_EQ(config->init_scripts[0].name, folder.filename() / "10.sql");
    EXPECT_EQ(config->init_scripts[0].sql, "first");
    EXPECT_EQ(config->init_scripts[0].run_as, "") << "the superuser";
}

TEST(NodeConfig, ScriptsNameTheUserWhoRunsThem) {
    const std::filesystem::path folder =
        std::filesystem::path(testing::TempDir()) / ("node_scripts_test." + std::to_string(getpid()));
    std::filesystem::create_directories(folder / "init");
    std::filesystem::create_directories(folder / "etl");
    std::ofstream(folder / "etl/10.sql") << "as etl";
    std::ofstream(folder / "init/20.sql") << "as superuser";
    const auto configOf = [&](const std::string& scripts) {
        return read("node: a\ndata_directory: /d\nusers: [{name: etl, password: x}]\ninit: " +
                    (folder / "init").string() + "\nscripts: [" + scripts + "]");
    };
    const std::string in_folder = "{folder: " + (folder / "etl").string();
    const auto config = configOf(in_folder + "/, run_as: etl}");
    const auto unknown = configOf(in_folder + ", run_as: elt}");
    const auto nobody = configOf(in_folder + "}");
    const auto nowhere = configOf("{folder: /nowhere, run_as: etl}");
    std::filesystem::remove_all(folder);
    ASSERT_TRUE(config) << config.error().describe();
    ASSERT_EQ(config->init_scripts.size(), 2u);
    EXPECT_EQ(config->init_scripts[0].sql + config->init_scripts[0].run_as, "as superuser");
    EXPECT_EQ(config->init_scripts[1].name, "etl/10.sql");
    EXPECT_EQ(config->init_scripts[1].run_as, "etl");
    ASSERT_FALSE(unknown);
    EXPECT_THAT(unknown.error().describe(),
                AllOf(HasSubstr("there is no user 'elt'"), HasSubstr("did you mean 'etl'")));
    ASSERT_FALSE(nobody);
    EXPECT_THAT(nobody.error().describe(), HasSubstr("'run_as'"));
    ASSERT_FALSE(nowhere);
    EXPECT_THAT(nowhere.error().describe(), HasSubstr("cannot read the folder '/nowhere'"));
}

/// From a vault: vault_test.cpp.
TEST(NodeConfig, ServiceUsersSecretsComeFromFilesEnvironmentAndCommands) {
    const std::filesystem::path folder =
        std::filesystem::path(testing::TempDir()) / ("node_secrets_test." + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "etl") << "from a file\n";
    ASSERT_EQ(setenv("TESSERA_NODE_CONFIG_TEST", "from the environment", 1), 0);
    const auto file = config::parse(R"(node: a
data_directory: /d
users:
  - {name: by_file, password: "${file:etl}"}
  - {name: by_environment, password: "${env:TESSERA_NODE_CONFIG_TEST}"}
  - {name: by_command, password: "${command:/bin/echo from a command}"}
)",
                                    "n.yaml", folder, nodeSchema());
    std::filesystem::remove_all(folder);
    ASSERT_TRUE(file) << file.error().describe();
    EXPECT_THAT(config::show(*file), Not(HasSubstr("from a")));
    const auto config = readNodeConfig(*file);
    ASSERT_TRUE(config) << config.error().describe();
    ASSERT_EQ(config->users.size(), 3u);
    EXPECT_TRUE(config->users[0].verifier->matches("from a file"));
    EXPECT_TRUE(config->users[1].verifier->matches("from the environment"));
    EXPECT_TRUE(config->users[2].verifier->matches("from a command"));
}

TEST(NodeConfig, TheReferencePageIsUpToDate) {
    const std::filesystem::path page =
        std::filesystem::path(TESSERA_SOURCE_DIR) / "docs/reference/node-configuration.md";
    EXPECT_EQ(readText(page), config::referencePage(nodeSchema()))
        << "run: tessera-node config reference > docs/reference/node-configuration.md";
}

TEST(NodeConfig, TheExampleFileIsRight) {
    const std::filesystem::path example =
        std::filesystem::path(TESSERA_SOURCE_DIR) / "resources/config/node.example.yaml";
    const std::filesystem::path folder =
        std::filesystem::path(testing::TempDir()) / ("node_example_test." + std::to_string(getpid()));
    std::filesystem::create_directories(folder / "secrets");
    std::filesystem::create_directories(folder / "init");
    for (const char* secret : {"analyst", "crm", "lake"}) {
        std::ofstream(folder / "secrets" / secret) << "x\n";
    }
    const auto file = config::parse(readText(example), "node.example.yaml", folder, nodeSchema());
    ASSERT_TRUE(file) << file.error().describe();
    const auto config = readNodeConfig(*file);
    EXPECT_TRUE(config) << config.error().describe();
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace tessera::node
