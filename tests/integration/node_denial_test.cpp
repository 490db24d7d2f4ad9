/// Administrators deny people and users while the node runs: by the program `tessera`, by REST and by SQL, for every
/// protocol, and until they say otherwise.

#include "tests/support/node_test.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>

#include <csignal>

namespace tessera {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kUsers =
    "{name: chief, password: only for tests}, {name: machine, certificate: 'CN=etl,O=Example'}, "
    "{name: loader, password: only for tests}";

class NodeDenial : public NodeTest {
  protected:
    static void SetUpTestSuite() {
        prepareNode({.yaml = "init: '@FOLDER@/init'\naudit: {statements: true}" + identityYaml(),
                     .listen = std::string(kTls) + ", tls_client_ca: @FOLDER@/ca.pem",
                     .users = kUsers});
        makeCertificate("ca", "/CN=authority", "basicConstraints=critical,CA:TRUE");
        makeCertificate("etl", "/O=Example/CN=etl", {}, "ca");
        writeFile(path("init/roles.sql"), "GRANT tessera_administrator TO chief; GRANT tessera_governor TO " +
                                              std::string(TemporaryNode::kUser) + ";");
        launchNode();
        writeFile(path("mesh.yaml"),
                  "mesh: trial\nnodes:\n  - {name: node, address: '127.0.0.1:" + std::to_string(node_->port()) +
                      "', user: chief, password: '" + TemporaryNode::kPassword + "'}\n");
    }

    static ProcessResult tessera(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), TESSERA_BUILD_DIR "/bin/tessera");
        const auto result =
            run({.arguments = std::move(arguments), .environment = {{"TESSERA_MESH", path("mesh.yaml").string()}}},
                kPatience);
        EXPECT_TRUE(result) << result.error().describe();
        return result.value_or(ProcessResult{});
    }

    /// Status and body of a statement through REST.
    static std::string rest(const std::string& sql, const std::vector<std::string>& authorization) {
        std::vector<std::string> arguments = {"curl",
                                              "-sS",
                                              "-w",
                                              " %{http_code}",
                                              "-H",
                                              "Content-Type: application/json",
                                              "--data",
                                              nlohmann::json{{"sql", sql}}.dump(),
                                              "http://127.0.0.1:" + std::to_string(node_->port()) + "/api/v1/query"};
        arguments.insert(arguments.end(), authorization.begin(), authorization.end());
        const auto answer = runChecked({.arguments = arguments}, kPatience);
        return answer ? *answer : answer.error().describe();
    }

    static std::vector<std::string> basic(const std::string& user) {
        return {"-u", user + ":" + TemporaryNode::kPassword};
    }

    static std::string loader(const std::string& more = {}) {
        return target(std::string("user=loader password='") + TemporaryNode::kPassword + "' " + more);
    }

    static bool isLetIn(const std::string& target) {
        const postgres::ConnectionHandle connection(PQconnectdb(target.c_str()));
        return PQstatus(connection.get()) == CONNECTION_OK;
    }

    static bool ends(const SessionClient& session) {
        return waitUntil([&] { return session.ask("SELECT 1") != "1"; }, kPatience);
    }

    /// The list's only entry goes; who was denied is let in again.
    static void allowAll(const std::string& denied) {
        const SessionClient chief(target(std::string("user=chief password='") + TemporaryNode::kPassword + "'"));
        EXPECT_EQ(chief.ask("DELETE FROM tessera_governance.denied"), "(done)");
        EXPECT_TRUE(waitUntil([&] { return isLetIn(denied); }, kPatience));
    }
};

TEST_F(NodeDenial, ByTheProgramUntilItIsAllowed) {
    const std::string ann = target("user=analyst password=" + tokenOf("ann"));
    const SessionClient in_clear(ann + " sslmode=disable");
    const SessionClient encrypted(ann + " sslmode=require");
    const SessionClient bob(target("user=analyst password=" + tokenOf("bob")));
    const ProcessResult denied =
        tessera({"deny", "--subject", "ann", "--issuer", kIssuer, "--reason", "left the company"});
    ASSERT_EQ(denied.status.exit_code, 0) << denied.error;
    EXPECT_THAT(denied.output, AllOf(HasSubstr("entry"), HasSubstr("chief")));
    EXPECT_TRUE(ends(in_clear));
    EXPECT_TRUE(ends(encrypted));
    EXPECT_EQ(bob.ask("SELECT 1"), "1");
    EXPECT_FALSE(isLetIn(ann));
    EXPECT_THAT(rest("SELECT 1", {"-H", "Authorization: Bearer " + tokenOf("ann")}), HasSubstr(" 401"));
    EXPECT_FALSE(runQuery(*node_->clientWithToken(tokenOf("ann")), "SELECT 1"));

    const auto list = nlohmann::json::parse(tessera({"denied", "-f", "json"}).output, nullptr, false);
    ASSERT_TRUE(list.is_array() && list.size() == 1) << list;
    EXPECT_EQ(list[0].at("reason"), "left the company");
    EXPECT_EQ(list[0].at("denied_by"), "chief");
    const std::string entry = list[0].at("id").dump();
    EXPECT_EQ(tessera({"allow", entry}).status.exit_code, 0);
    const ProcessResult again = tessera({"allow", entry});
    EXPECT_EQ(again.status.exit_code, 1);
    EXPECT_THAT(again.error, HasSubstr("nobody is denied by an entry " + entry));
    EXPECT_TRUE(waitUntil([&] { return isLetIn(ann); }, kPatience));
}

TEST_F(NodeDenial, ByRestUsersWithPasswordsAcrossARestart) {
    {
        const SessionClient in_clear(loader("sslmode=disable"));
        const SessionClient encrypted(loader("sslmode=require"));
        EXPECT_THAT(rest("INSERT INTO tessera_governance.denied (user_name) VALUES ('loader')", basic("chief")),
                    HasSubstr(" 200"));
        EXPECT_TRUE(ends(in_clear));
        EXPECT_TRUE(ends(encrypted));
    }
    const auto expect_out = [] {
        const postgres::ConnectionHandle refused(PQconnectdb(loader().c_str()));
        EXPECT_THAT(PQerrorMessage(refused.get()), HasSubstr("authentication failed for user \"loader\""));
        EXPECT_THAT(rest("SELECT 1", basic("loader")), HasSubstr(" 401"));
        EXPECT_FALSE(runQuery(*node_->client("loader"), "SELECT 1"));
        EXPECT_TRUE(isLetIn(targetOfTester()));
    };
    expect_out();
    node_->stop();
    launchNode();
    expect_out();
    allowAll(loader());
    EXPECT_THAT(rest("SELECT 1", basic("loader")), HasSubstr(" 200"));
}

TEST_F(NodeDenial, UsersWithCertificates) {
    const std::string base = path("etl").string();
    const std::string machine = target("user=machine sslmode=require sslcert=" + base + ".pem sslkey=" + base + ".key");
    const SessionClient session(machine);
    EXPECT_EQ(session.ask("SELECT current_user"), "machine");
    ASSERT_EQ(tessera({"deny", "--user", "machine"}).status.exit_code, 0);
    EXPECT_TRUE(ends(session));
    EXPECT_FALSE(isLetIn(machine));
    allowAll(machine);
}

TEST_F(NodeDenial, OnlyByAdministrators) {
    const SessionClient governor(targetOfTester());
    EXPECT_EQ(governor.ask("SELECT count(*) FROM tessera_governance.denied"), "0");
    EXPECT_THAT(governor.ask("INSERT INTO tessera_governance.denied (subject) VALUES ('ann')"),
                HasSubstr("permission denied for table denied"));
    EXPECT_THAT(governor.ask("DELETE FROM tessera_governance.denied"), HasSubstr("permission denied"));
    const SessionClient person(target("user=analyst password=" + tokenOf("ann")));
    EXPECT_THAT(person.ask("SELECT count(*) FROM tessera_governance.denied"), HasSubstr("permission denied"));
    EXPECT_THAT(person.ask("SET ROLE tessera_administrator"), StartsWith("(error)"));
    const SessionClient chief(target(std::string("user=chief password='") + TemporaryNode::kPassword + "'"));
    for (const char* sql : {"INSERT INTO tessera_governance.denied (reason) VALUES ('nobody')",
                            "INSERT INTO tessera_governance.denied (user_name, subject) VALUES ('a', 'b')",
                            "INSERT INTO tessera_governance.denied (subject, denied_by) VALUES ('a', 'somebody else')",
                            "UPDATE tessera_governance.denied SET subject = 'x'"}) {
        EXPECT_THAT(chief.ask(sql), StartsWith("(error)")) << sql;
    }
    // Who it was is written down.
    EXPECT_TRUE(waitUntil(
        [] {
            return readFile(node_->dataDirectory() / "log" / "audit.jsonl").find("INSERT INTO tessera_governance") !=
                   std::string::npos;
        },
        kPatience));
}

}  // namespace
}  // namespace tessera
