/// Who is let in, and who no longer: by a program that knows passwords, by the list of who is denied, by revoked
/// certificates, and never by a token that travelled in clear.

#include "common/net.h"
#include "common/service_user.h"
#include "tests/support/temporary_node.h"
#include "tests/support/token_maker.h"
#include "tests/support/wait_until.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ifaddrs.h>
#include <libpq-fe.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <filesystem>

namespace tessera {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace fs = std::filesystem;

constexpr std::chrono::seconds kPatience{60};

constexpr const char* kYaml = R"yaml(
init: "@FOLDER@/init"
identity:
  issuers:
    - name: corp
      issuer: https://login.example.org
      jwks_file: "@FOLDER@/keys.json"
      algorithms: [ES256]
  command: {name: directory, run: [/usr/bin/python3, "@FOLDER@/check.py"], timeout_seconds: 20}
  deny_file: "@FOLDER@/denied.yaml"
  roles:
    - {role: analyst, issuer: corp}
    - {role: clerk, issuer: directory, when: [{claim: [groups], any: [clerks]}]}
)yaml";

constexpr const char* kInit = R"sql(
CREATE SCHEMA IF NOT EXISTS ruled;
CREATE TABLE IF NOT EXISTS ruled.account (id int, owner text, iban text);
ALTER TABLE ruled.account ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS plain ON ruled.account;
CREATE POLICY plain ON ruled.account FOR SELECT TO analyst USING (id > 0);
GRANT USAGE ON SCHEMA ruled TO analyst;
GRANT SELECT ON ruled.account TO analyst;
GRANT UPDATE (owner) ON ruled.account TO clerk;
SELECT tessera.create_policy('ruled.account', 'own', using_expression => 'owner = (SELECT tessera.user_id())',
    command => 'select', roles => '{analyst}');
SELECT tessera.create_mask('ruled.account', 'iban', 'left(iban, 4)', '{clerk}');
GRANT tessera_governor TO tester;
)sql";

constexpr const char* kProgram = R"python(
import json, sys
asked = json.load(sys.stdin)
if asked["user"] == "broken":
    sys.exit(3)
right = asked["password"] == "right for " + asked["user"]
groups = [] if asked["user"] == "stranger" else ["clerks"]
print(json.dumps({"subject": asked["user"], "claims": {"groups": groups}} if right else {}))
)python";

constexpr const char* kListen =
    "tls_certificate: @FOLDER@/node.pem, tls_key: @FOLDER@/node.key, tls_client_ca: @FOLDER@/ca.pem, "
    "tls_client_crl: @FOLDER@/ca.crl";

/// An IPv4 address of this machine that is not loopback's; empty when there is none.
std::string otherAddress() {
    ifaddrs* found = nullptr;
    if (::getifaddrs(&found) != 0) {
        return {};
    }
    std::string address;
    for (const ifaddrs* one = found; one != nullptr && address.empty(); one = one->ifa_next) {
        const bool is_usable = one->ifa_addr != nullptr && one->ifa_addr->sa_family == AF_INET &&
                               (one->ifa_flags & IFF_LOOPBACK) == 0 && (one->ifa_flags & IFF_UP) != 0;
        char text[INET_ADDRSTRLEN] = "";
        if (is_usable && ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(one->ifa_addr)->sin_addr, text,
                                     sizeof text) != nullptr) {
            address = text;
        }
    }
    ::freeifaddrs(found);
    return address;
}

class NodeAdmission : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        key_ = std::make_unique<SigningKey>(SigningKey::p256("k1"));
        other_ = otherAddress();
        other_port_ = freeLoopbackPort().value_or(0);
        encrypted_port_ = freeLoopbackPort().value_or(0);
        std::string listen = kListen;
        if (!other_.empty()) {
            listen += "}, {address: '" + other_ + ":" + std::to_string(other_port_) + "', clear_text: always";
            listen += "}, {address: '" + other_ + ":" + std::to_string(encrypted_port_) +
                      "', tls_certificate: @FOLDER@/node.pem, tls_key: @FOLDER@/node.key";
        }
        auto node = TemporaryNode::prepare(
            {.yaml = kYaml,
             .listen = listen,
             .users = "{name: machine, certificate: 'CN=etl,O=Example', statement_seconds: 77}"});
        ASSERT_TRUE(node) << node.error().describe();
        node_.emplace(std::move(*node));
        writeFile(path("keys.json"), jwkSet({key_.get()}));
        writeFile(path("check.py"), kProgram);
        writeFile(path("denied.yaml"), "deny: []\n");
        fs::create_directory(path("init"));
        writeFile(path("init/rules.sql"), kInit);
        makeCertificates();
        const auto launched = node_->launch();
        ASSERT_TRUE(launched) << launched.error().describe();
    }

    static void TearDownTestSuite() { node_.reset(); }

    static fs::path path(const std::string& name) { return node_->folder() / name; }

    static void openssl(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "openssl");
        const auto made = runChecked({.arguments = arguments, .working_directory = node_->folder()}, kPatience);
        ASSERT_TRUE(made) << made.error().describe();
    }

    /// An authority, a node's certificate, two clients' of the same subject, and the authority's empty list.
    static void makeCertificates() {
        const auto make = [](const std::string& name, const std::string& subject, std::vector<std::string> more) {
            std::vector<std::string> arguments = {
                "req",         "-x509", "-newkey",    "ec",    "-pkeyopt", "ec_paramgen_curve:P-256",
                "-nodes",      "-days", "2",          "-subj", subject,    "-keyout",
                name + ".key", "-out",  name + ".pem"};
            arguments.insert(arguments.end(), more.begin(), more.end());
            openssl(std::move(arguments));
        };
        make("node", "/CN=localhost", {"-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"});
        make("ca", "/CN=authority", {"-addext", "basicConstraints=critical,CA:TRUE"});
        make("etl", "/O=Example/CN=etl", {"-CA", "ca.pem", "-CAkey", "ca.key"});
        make("lost", "/O=Example/CN=etl", {"-CA", "ca.pem", "-CAkey", "ca.key"});
        fs::permissions(path("node.key"), fs::perms(0644));
        writeFile(path("ca.cnf"),
                  "[ca]\ndefault_ca = own\n[own]\ndatabase = index.txt\ncrlnumber = crlnumber\ndefault_md = sha256\n"
                  "default_crl_days = 2\n");
        writeFile(path("index.txt"), "");
        writeFile(path("crlnumber"), "01\n");
        writeRevoked();
    }

    static void writeRevoked() {
        openssl({"ca", "-config", "ca.cnf", "-gencrl", "-keyfile", "ca.key", "-cert", "ca.pem", "-out", "ca.crl"});
        fs::permissions(path("ca.crl"), fs::perms(0644));
    }

    static nlohmann::json claims(const std::string& subject, const std::string& id) {
        const auto now = std::time(nullptr);
        return {{"iss", "https://login.example.org"},
                {"aud", "node"},
                {"sub", subject},
                {"exp", now + 3600},
                {"iat", now - 5},
                {"jti", id}};
    }

    static std::string token(const std::string& subject, const std::string& id = "t") {
        return makeToken(claims(subject, id), *key_, "ES256");
    }

    static std::string target(const std::string& user, const std::string& more = {}) {
        return "host=127.0.0.1 dbname=tessera port=" + std::to_string(node_->port()) + " user=" + user +
               " sslmode=verify-full sslrootcert=" + path("node.pem").string() + " " + more;
    }

    static Result<std::string> psql(const std::string& target, const std::string& sql, const std::string& password) {
        return runChecked(
            {.arguments = {"psql", "-XAtqw", target, "-c", sql}, .environment = {{"PGPASSWORD", password}}}, kPatience);
    }

    /// Status and body.
    static std::string rest(const std::string& url, const std::vector<std::string>& authorization) {
        std::vector<std::string> arguments = {"curl",
                                              "-sSk",
                                              "-w",
                                              " %{http_code}",
                                              "-H",
                                              "Content-Type: application/json",
                                              "--data",
                                              R"json({"sql": "SELECT tessera.user_id()"})json",
                                              url + "/api/v1/query"};
        arguments.insert(arguments.end(), authorization.begin(), authorization.end());
        const auto answer = runChecked({.arguments = arguments}, kPatience);
        return answer ? *answer : answer.error().describe();
    }

    static std::string here() { return "https://127.0.0.1:" + std::to_string(node_->port()); }

    static bool isListed(const std::string& line) {
        return waitUntil([&] { return node_->log().find(line) != std::string::npos; }, kPatience);
    }

    inline static std::optional<TemporaryNode> node_;
    inline static std::unique_ptr<SigningKey> key_;
    inline static std::string other_;
    inline static std::uint16_t other_port_ = 0;
    inline static std::uint16_t encrypted_port_ = 0;
};

TEST_F(NodeAdmission, AProgramKnowsPasswords) {
    const auto ann = psql(target("ann"),
                          "SELECT session_user || '/' || tessera.user_id() || '/' || "
                          "(tessera.identity() ->> 'issuer')",
                          "right for ann");
    ASSERT_TRUE(ann) << ann.error().describe();
    EXPECT_EQ(*ann, "clerk/ann/directory\n");
    const auto refused = psql(target("ann"), "SELECT 1", "right for bob");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().describe(), HasSubstr("authentication failed"));
    const auto stranger = psql(target("stranger"), "SELECT 1", "right for stranger");
    ASSERT_FALSE(stranger);
    EXPECT_THAT(stranger.error().describe(), HasSubstr("authentication failed"));
    EXPECT_TRUE(isListed("identity.no_role"));
    const auto broken = psql(target("broken"), "SELECT 1", "x");
    ASSERT_FALSE(broken);
    EXPECT_THAT(broken.error().describe(), HasSubstr("authentication failed"));
    EXPECT_TRUE(isListed("ended with exit code 3"));
    // Users of the configuration and tokens are no business of its.
    EXPECT_TRUE(psql(target("tester"), "SELECT 1", TemporaryNode::kPassword));
    EXPECT_FALSE(psql(target("tester"), "SELECT 1", "right for tester"));
    EXPECT_EQ(psql(target("analyst"), "SELECT tessera.user_id()", token("cid")).value_or(""), "cid\n");
    EXPECT_THAT(node_->log(), Not(HasSubstr("right for")));
}

TEST_F(NodeAdmission, AProgramKnowsPasswordsOfCallsToo) {
    EXPECT_THAT(rest(here(), {"-u", "ann:right for ann"}), AllOf(HasSubstr("\"ann\""), HasSubstr(" 200")));
    EXPECT_THAT(rest(here(), {"-u", "ann:wrong"}), HasSubstr(" 401"));
    EXPECT_THAT(rest(here(), {"-u", "broken:x"}), HasSubstr(" 503"));
    EXPECT_THAT(rest(here(), {"-u", std::string("tester:") + TemporaryNode::kPassword}), HasSubstr(" 200"));
}

TEST_F(NodeAdmission, WrongPasswordsOfAProgramAreCounted) {
    // Each as slow as the throttle makes it: the fifth waits a quarter of a second, which is not measured here.
    for (int i = 0; i < 4; ++i) {
        EXPECT_THAT(rest(here(), {"-u", "eve:wrong", "--interface", "127.0.0.5"}), HasSubstr(" 401"));
    }
    EXPECT_THAT(rest(here(), {"-u", "eve:right for eve", "--interface", "127.0.0.5"}), HasSubstr(" 429"));
    EXPECT_THAT(rest(here(), {"-u", "eve:right for eve", "--interface", "127.0.0.6"}), HasSubstr(" 200"));
}

TEST_F(NodeAdmission, WhoIsDeniedStaysOutAndTheirSessionsEnd) {
    const auto connect = [](const std::string& bearer) {
        return postgres::ConnectionHandle(PQconnectdb((target("analyst") + " password=" + bearer).c_str()));
    };
    const auto dan = connect(token("dan"));
    const auto eva = connect(token("eva", "lost"));
    const auto fay = connect(token("fay"));
    for (const auto* one : {&dan, &eva, &fay}) {
        ASSERT_EQ(PQstatus(one->get()), CONNECTION_OK) << PQerrorMessage(one->get());
    }
    const auto runs = [](const postgres::ConnectionHandle& session) {
        const postgres::ResultHandle result(PQexec(session.get(), "SELECT 1"));
        return PQresultStatus(result.get()) == PGRES_TUPLES_OK;
    };
    writeFile(path("denied.yaml"), "deny: [{subject: dan}, {token: lost}]\n");
    EXPECT_TRUE(waitUntil([&] { return !runs(dan) && !runs(eva); }, kPatience)) << node_->log();
    EXPECT_TRUE(runs(fay));
    EXPECT_FALSE(psql(target("analyst"), "SELECT 1", token("dan", "new")));
    EXPECT_FALSE(psql(target("analyst"), "SELECT 1", token("eva", "lost")));
    EXPECT_TRUE(isListed("identity.denied"));
    EXPECT_TRUE(psql(target("analyst"), "SELECT 1", token("eva", "another")));
    EXPECT_THAT(rest(here(), {"-H", "Authorization: Bearer " + token("dan")}), HasSubstr(" 401"));
    // A list that cannot be read denies as before; and everything before a moment.
    writeFile(path("denied.yaml"), "deny: [{");
    EXPECT_TRUE(isListed("identity.deny_list_failed"));
    EXPECT_FALSE(psql(target("analyst"), "SELECT 1", token("dan")));
    writeFile(path("denied.yaml"), "deny: [{issuer: 'https://login.example.org', issued_before: " +
                                       std::to_string(std::time(nullptr)) + "}]\n");
    EXPECT_TRUE(waitUntil([&] { return !runs(fay); }, kPatience));
    nlohmann::json later = claims("dan", "t");
    later["iat"] = std::time(nullptr) + 5;
    EXPECT_TRUE(psql(target("analyst"), "SELECT 1", makeToken(later, *key_, "ES256")));
    writeFile(path("denied.yaml"), "deny: []\n");
    EXPECT_TRUE(waitUntil([&] { return psql(target("analyst"), "SELECT 1", token("fay")).has_value(); }, kPatience));
}

TEST_F(NodeAdmission, ARevokedCertificateOpensNothing) {
    const auto with = [](const std::string& name) {
        const std::string base = path(name).string();
        return target("machine", "sslcert=" + base + ".pem sslkey=" + base + ".key");
    };
    EXPECT_TRUE(psql(with("etl"), "SELECT 1", ""));
    EXPECT_TRUE(psql(with("lost"), "SELECT 1", ""));
    const auto connect = [](const std::string& text) { return postgres::ConnectionHandle(PQconnectdb(text.c_str())); };
    const auto runs = [](const postgres::ConnectionHandle& session) {
        const postgres::ResultHandle result(PQexec(session.get(), "SELECT 1"));
        return PQresultStatus(result.get()) == PGRES_TUPLES_OK;
    };
    const auto running = connect(with("lost"));
    const auto unconcerned = connect(with("etl"));
    const auto without = connect(target("tester") + " password='" + TemporaryNode::kPassword + "'");
    ASSERT_TRUE(runs(running) && runs(unconcerned) && runs(without));
    openssl({"ca", "-config", "ca.cnf", "-revoke", "lost.pem", "-keyfile", "ca.key", "-cert", "ca.pem"});
    writeRevoked();
    ::kill(node_->pid(), SIGHUP);
    EXPECT_TRUE(isListed("gateway.reloaded"));
    EXPECT_TRUE(waitUntil([&] { return !runs(running); }, kPatience));
    EXPECT_TRUE(isListed("gateway.certificate_ended"));
    EXPECT_TRUE(runs(unconcerned));
    EXPECT_TRUE(runs(without));
    EXPECT_FALSE(psql(with("lost"), "SELECT 1", ""));
    const auto kept = psql(with("etl"), "SELECT current_user", "");
    EXPECT_TRUE(kept) << kept.error().describe();
    // Who shows none needs none.
    EXPECT_TRUE(psql(target("tester"), "SELECT 1", TemporaryNode::kPassword));
}

TEST_F(NodeAdmission, GovernorsSeeWhoMayWhat) {
    const auto list = [](const std::string& name) {
        const auto answer =
            runChecked({.arguments = {"curl", "-sSk", "-u", std::string("tester:") + TemporaryNode::kPassword,
                                      here() + "/api/v1/governance/" + name}},
                       kPatience);
        EXPECT_TRUE(answer) << answer.error().describe();
        const auto json = nlohmann::json::parse(answer.value_or(""), nullptr, false);
        EXPECT_TRUE(json.is_object() && json.contains(name)) << answer.value_or("");
        return json.is_object() ? json.value(name, nlohmann::json::array()) : nlohmann::json::array();
    };
    const auto has = [](const nlohmann::json& rows, const nlohmann::json& wanted) {
        return std::any_of(rows.begin(), rows.end(), [&](const nlohmann::json& row) {
            return std::all_of(wanted.items().begin(), wanted.items().end(), [&](const auto& member) {
                return row.value(member.key(), nlohmann::json()) == member.value();
            });
        });
    };
    const auto roles = list("roles");
    EXPECT_TRUE(has(roles, {{"name", "analyst"}, {"can_sign_in", true}, {"member_of", {"tessera_reader"}}})) << roles;
    EXPECT_TRUE(has(roles, {{"name", "clerk"}})) << roles;
    EXPECT_FALSE(has(roles, {{"name", "tessera_node"}})) << "the node itself";
    const auto users = list("users");
    EXPECT_TRUE(has(users, {{"name", "machine"}, {"settings", {"statement_timeout=77s"}}})) << users;
    EXPECT_FALSE(has(users, {{"name", "analyst"}})) << users;
    const auto grants = list("grants");
    EXPECT_TRUE(has(grants, {{"grantee", "analyst"},
                             {"privilege", "SELECT"},
                             {"kind", "table"},
                             {"schema", "ruled"},
                             {"relation", "account"},
                             {"column", nullptr}}))
        << grants;
    EXPECT_TRUE(has(grants, {{"grantee", "analyst"}, {"privilege", "USAGE"}, {"kind", "schema"}, {"schema", "ruled"}}));
    EXPECT_TRUE(has(grants, {{"grantee", "clerk"}, {"privilege", "UPDATE"}, {"kind", "column"}, {"column", "owner"}}));
    const auto policies = list("policies");
    EXPECT_TRUE(has(policies, {{"relation", "account"},
                               {"name", "own"},
                               {"kept_by", "tessera"},
                               {"roles", {"analyst"}},
                               {"using_expression", "owner = (SELECT tessera.user_id())"}}))
        << policies;
    EXPECT_TRUE(has(policies, {{"name", "plain"}, {"command", "select"}, {"kept_by", "postgresql"}})) << policies;
    const auto masks = list("masks");
    EXPECT_TRUE(has(masks, {{"relation", "account"}, {"column", "iban"}, {"roles", {"clerk"}}})) << masks;
    // By SQL as well; and nobody else.
    EXPECT_EQ(
        psql(target("tester"), "SELECT count(*) FROM tessera_governance.masks", TemporaryNode::kPassword).value_or(""),
        "1\n");
    EXPECT_FALSE(psql(target("analyst"), "SELECT count(*) FROM tessera_governance.masks", token("ann")));
    const auto other =
        runChecked({.arguments = {"curl", "-sSk", "-w", " %{http_code}", "-H", "Authorization: Bearer " + token("ann"),
                                  here() + "/api/v1/governance/roles"}},
                   kPatience);
    EXPECT_THAT(other.value_or(""), HasSubstr(" 403"));
    const auto none = runChecked(
        {.arguments = {"curl", "-sSk", "-w", " %{http_code}", "-u", std::string("tester:") + TemporaryNode::kPassword,
                       here() + "/api/v1/governance/secrets"}},
        kPatience);
    EXPECT_THAT(none.value_or(""), HasSubstr(" 404"));
}

TEST_F(NodeAdmission, FromElsewhereClearTextIsRefusedUnlessItIsAllowed) {
    if (other_.empty()) {
        GTEST_SKIP() << "this machine has no address but loopback's";
    }
    const std::string there =
        "host=" + other_ + " dbname=tessera user=tester port=" + std::to_string(encrypted_port_) + " sslmode=";
    const auto clear = psql(there + "disable", "SELECT 1", TemporaryNode::kPassword);
    ASSERT_FALSE(clear);
    EXPECT_THAT(clear.error().describe(),
                AllOf(HasSubstr("the connection must be encrypted"), HasSubstr("sslmode=require")));
    EXPECT_TRUE(psql(there + "require", "SELECT 1", TemporaryNode::kPassword));
    const std::string url = "://" + other_ + ":" + std::to_string(encrypted_port_);
    EXPECT_THAT(rest("http" + url, {"-u", std::string("tester:") + TemporaryNode::kPassword}),
                AllOf(HasSubstr("wants https"), HasSubstr(" 426")));
    EXPECT_THAT(rest("https" + url, {"-u", std::string("tester:") + TemporaryNode::kPassword}), HasSubstr(" 200"));
    EXPECT_TRUE(isListed("HTTP without TLS"));
}

/// Even where clear text is allowed.
TEST_F(NodeAdmission, ATokenInClearFromElsewhereIsRefused) {
    if (other_.empty()) {
        GTEST_SKIP() << "this machine has no address but loopback's";
    }
    const std::string there = "host=" + other_ + " dbname=tessera sslmode=disable port=" + std::to_string(other_port_);
    EXPECT_TRUE(psql(there + " user=tester", "SELECT 1", TemporaryNode::kPassword)) << "by SCRAM";
    const auto by_token = psql(there + " user=analyst", "SELECT 1", token("gus"));
    ASSERT_FALSE(by_token);
    EXPECT_THAT(by_token.error().describe(), HasSubstr("authentication failed"));
    const auto clear = psql(there + " user=analyst require_auth=password", "SELECT 1", token("gus"));
    EXPECT_FALSE(clear) << "the node does not even ask for it";
    EXPECT_FALSE(psql(there + " user=ann", "SELECT 1", "right for ann"));
    const std::string url = "http://" + other_ + ":" + std::to_string(other_port_);
    EXPECT_THAT(rest(url, {"-H", "Authorization: Bearer " + token("gus")}), HasSubstr(" 401"));
    EXPECT_THAT(rest(url, {"-u", "ann:right for ann"}), HasSubstr(" 401"));
    EXPECT_THAT(rest(url, {"-u", std::string("tester:") + TemporaryNode::kPassword}), HasSubstr(" 401"));
    const auto grpc = run(
        {.arguments = {"curl", "-sS", "--http2-prior-knowledge", "-X", "POST", url + "/grpc.health.v1.Health/Check"}},
        kPatience);
    ASSERT_TRUE(grpc);
    EXPECT_FALSE(grpc->status.ok());
    EXPECT_TRUE(isListed("HTTP/2 without TLS"));
    // The same from this machine itself.
    EXPECT_TRUE(psql(target("analyst"), "SELECT 1", token("gus")));
}

}  // namespace
}  // namespace tessera
