/// What a node writes down of people's statements, by whichever protocol they come.

#include "common/service_user.h"
#include "nodeservice/client/endpoints_client.h"
#include "tests/support/temporary_node.h"
#include "tests/support/token_maker.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <ctime>
#include <filesystem>
#include <sstream>
#include <thread>

namespace tessera {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kCanary = "canary-4711";
constexpr const char* kYaml = R"yaml(
audit: {statements: true}
endpoints: {authors: [tester]}
identity:
  issuers:
    - {name: corp, issuer: "https://login.example.org", jwks_file: "@FOLDER@/keys.json", algorithms: [ES256]}
  roles:
    - {role: analyst, issuer: corp}
sources:
  - name: toys
    connector: memory
    options: {tables: '{"t": {"columns": [{"name": "id", "type": "integer"}], "rows": 100}}'}
    tables:
      - {name: t, schema: toys, columns: [{name: id, type: integer}], options: {table_name: t}}
)yaml";

class NodeAudit : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        key_ = std::make_unique<SigningKey>(SigningKey::p256("k1"));
        auto node = TemporaryNode::prepare({.yaml = kYaml});
        ASSERT_TRUE(node) << node.error().describe();
        node_ = std::make_unique<TemporaryNode>(std::move(*node));
        writeFile(node_->folder() / "keys.json", jwkSet({key_.get()}));
        const auto launched = node_->launch();
        ASSERT_TRUE(launched) << launched.error().describe();
    }

    static void TearDownTestSuite() { node_.reset(); }

    static std::string token(const std::string& subject) {
        return makeToken({{"iss", "https://login.example.org"},
                          {"aud", "node"},
                          {"sub", subject},
                          {"exp", std::time(nullptr) + 300}},
                         *key_, "ES256");
    }

    static std::string file() { return readFile(node_->dataDirectory() / "log" / "audit.jsonl"); }

    /// The entries whose text holds the marker, when there are as many as expected.
    static std::vector<json> entries(const std::string& marker, std::size_t count = 1) {
        std::vector<json> found;
        waitUntil([&] {
            found.clear();
            std::istringstream lines(file());
            for (std::string line; std::getline(lines, line);) {
                json entry = json::parse(line, nullptr, false);
                if (entry.is_object() && entry.at("text").get<std::string>().find(marker) != std::string::npos) {
                    found.push_back(std::move(entry));
                }
            }
            return found.size() >= count;
        });
        EXPECT_EQ(found.size(), count) << marker << "\n" << file();
        found.resize(count, json::object());
        return found;
    }

    static std::string superuser(const std::string& sql) {
        const auto answer = runChecked({.arguments = {"psql", "-XAtq", "-h", (node_->dataDirectory() / "run").string(),
                                                      "-U", "tessera_node", "-d", "tessera", "-c", sql},
                                        .run_as = serviceUser()->runAs()},
                                       std::chrono::seconds(60));
        return answer ? *answer : answer.error().describe();
    }

    inline static std::unique_ptr<SigningKey> key_;
    inline static std::unique_ptr<TemporaryNode> node_;
};

TEST_F(NodeAudit, EachProtocolsStatementsSayWhoFromWhereAndWhat) {
    ASSERT_TRUE(runQuery(*node_->clientWithToken(token("ann")), "SELECT id AS by_grpc FROM toys.t WHERE id < 7"));
    auto session = node_->connect();
    ASSERT_TRUE(session);
    ASSERT_TRUE(session->query("SELECT id AS by_postgres FROM toys.t WHERE id < $1", {"5"}));
    const auto rest = runChecked({.arguments = {"curl", "-sS", "-H", "Authorization: Bearer " + token("bob"), "-H",
                                                "Content-Type: application/json", "-d",
                                                R"({"sql": "SELECT id AS by_rest FROM toys.t WHERE id < 3"})",
                                                "http://127.0.0.1:" + std::to_string(node_->port()) + "/api/v1/query"}},
                                 std::chrono::seconds(60));
    ASSERT_TRUE(rest) << rest.error().describe();

    const json grpc = entries("by_grpc")[0];
    EXPECT_EQ(grpc.at("subject"), "ann");
    EXPECT_EQ(grpc.at("issuer"), "https://login.example.org");
    EXPECT_EQ(grpc.at("role"), "analyst");
    EXPECT_EQ(grpc.at("client"), "127.0.0.1");
    EXPECT_EQ(grpc.at("protocol"), "grpc");
    EXPECT_EQ(grpc.at("command"), "SELECT");
    EXPECT_EQ(grpc.at("text"), "SELECT id AS by_grpc FROM toys.t WHERE id < ?");
    EXPECT_EQ(grpc.at("sources"), json({"toys"}));
    EXPECT_EQ(grpc.at("sqlstate"), "00000");
    EXPECT_TRUE(grpc.at("fingerprint").is_string());
    const json postgres = entries("by_postgres")[0];
    EXPECT_TRUE(postgres.at("subject").is_null());
    EXPECT_EQ(postgres.at("role"), TemporaryNode::kUser);
    EXPECT_EQ(postgres.at("client"), "127.0.0.1");
    EXPECT_EQ(postgres.at("protocol"), "postgres");
    EXPECT_EQ(postgres.at("text"), "SELECT id AS by_postgres FROM toys.t WHERE id < $1");
    const json by_rest = entries("by_rest")[0];
    EXPECT_EQ(by_rest.at("subject"), "bob");
    EXPECT_EQ(by_rest.at("protocol"), "rest");
    EXPECT_EQ(by_rest.at("client"), "127.0.0.1");
    EXPECT_GT(by_rest.at("ms").get<double>(), 0);
}

TEST_F(NodeAudit, RowsCommandsCursorsAndNestedStatements) {
    auto session = node_->connect();
    ASSERT_TRUE(session);
    ASSERT_TRUE(session->execute("CREATE TABLE public.kept (n int)"));
    ASSERT_TRUE(session->execute("INSERT INTO public.kept SELECT generate_series(1, 12)"));
    EXPECT_EQ(entries("CREATE TABLE public.kept")[0].at("command"), "CREATE TABLE");
    EXPECT_EQ(entries("INSERT INTO public.kept")[0].at("rows"), 12);
    // Several in one message are several.
    ASSERT_TRUE(session->execute("SELECT 1 AS first_of; SELECT 2 AS second_of FROM public.kept"));
    EXPECT_EQ(entries("first_of")[0].at("text"), "SELECT ? AS first_of");
    EXPECT_EQ(entries("second_of")[0].at("rows"), 12);
    // What runs within a statement is its own; its sources count.
    ASSERT_TRUE(session->execute("DO $$ BEGIN PERFORM count(*) FROM toys.t; /* nested */ END $$"));
    EXPECT_EQ(entries("DO ?")[0].at("sources"), json({"toys"}));
    ASSERT_TRUE(session->execute("BEGIN; DECLARE walk CURSOR FOR SELECT id FROM toys.t; FETCH 4 FROM walk; COMMIT"));
    EXPECT_EQ(entries("DECLARE walk")[0].at("sources"), json({"toys"}));
    EXPECT_EQ(entries("FROM walk")[0].at("rows"), 4);
    ASSERT_TRUE(
        session->execute("PREPARE again(int) AS SELECT n AS by_execute FROM public.kept WHERE n < $1; EXECUTE "
                         "again(3)"));
    EXPECT_EQ(entries("by_execute", 2)[1].at("rows"), 2);
}

/// What the node puts around an endpoint's statement is nobody's; who sends the same hides no change with it.
TEST_F(NodeAudit, ACallOfAnEndpointIsOneStatement) {
    const auto author = client::EndpointsClient::create(
        {"node", "127.0.0.1:" + std::to_string(node_->port()), TemporaryNode::kUser, TemporaryNode::kPassword});
    ASSERT_TRUE(author) << author.error().describe();
    const auto applied = (*author)->apply(
        {{"x.sql", "/* {endpoint: told} */ SELECT id AS by_call FROM toys.t WHERE id < 4"}}, false, false);
    ASSERT_TRUE(applied) << applied.error().describe();
    ASSERT_TRUE(applied->problems.empty()) << applied->problems.front().describe();
    const std::string url = "http://127.0.0.1:" + std::to_string(node_->port()) + "/api/v1/endpoints/told";
    for (int i = 0; i < 3; ++i) {
        const auto called =
            runChecked({.arguments = {"curl", "-sSf", "-H", "Authorization: Bearer " + token("ann"), url}},
                       std::chrono::seconds(60));
        ASSERT_TRUE(called) << called.error().describe();
    }
    const json last = entries("by_call", 3).back();
    EXPECT_EQ(last.at("rows"), 3);
    EXPECT_EQ(last.at("subject"), "ann");
    EXPECT_EQ(last.at("protocol"), "rest");
    EXPECT_THAT(file(), Not(HasSubstr("BEGIN READ ONLY")));
    auto session = node_->connect();
    ASSERT_TRUE(session);
    ASSERT_TRUE(session->execute("BEGIN"));
    ASSERT_TRUE(session->execute("ROLLBACK /* of a call */"));
    EXPECT_EQ(entries("ROLLBACK")[0].at("role"), TemporaryNode::kUser);
}

TEST_F(NodeAudit, FailuresSayWithWhatTheyEnded) {
    auto session = node_->connect();
    ASSERT_TRUE(session);
    EXPECT_FALSE(session->execute("SELECT 1/0 AS failing"));
    EXPECT_FALSE(session->execute("SELEKT misspelt"));
    EXPECT_FALSE(session->execute("SELECT * FROM toys.t, public.missing_one"));
    EXPECT_FALSE(session->execute("SET ROLE tessera_node"));
    EXPECT_EQ(entries("failing")[0].at("sqlstate"), "22012");
    EXPECT_EQ(entries("misspelt")[0].at("sqlstate"), "42601");
    EXPECT_EQ(entries("missing_one")[0].at("sqlstate"), "42P01");
    EXPECT_EQ(entries("SET ROLE tessera_node")[0].at("sqlstate"), "42501");
    // One that fails within, and is caught there, fails nothing.
    EXPECT_TRUE(session->execute("DO $x$ BEGIN PERFORM 1/0; EXCEPTION WHEN others THEN NULL; END $x$"));
    EXPECT_TRUE(session->execute("SELECT 1 AS afterwards"));
    EXPECT_EQ(entries("afterwards")[0].at("sqlstate"), "00000");
}

TEST_F(NodeAudit, SecretsAndParametersAreNotKept) {
    const std::string canary = kCanary;
    auto session = node_->connect();
    ASSERT_TRUE(session);
    ASSERT_TRUE(session->query("SELECT $1::text AS bound", {canary}));
    ASSERT_TRUE(session->execute("SELECT '" + canary + "' AS written, $$" + canary + "$$ /* " + canary + " */"));
    EXPECT_FALSE(session->execute("ALTER ROLE tester PASSWORD '" + canary + "'"));
    EXPECT_FALSE(session->execute("SELECT '" + canary));
    (void)entries("bound");
    (void)entries("written");
    EXPECT_EQ(entries("ALTER ROLE tester")[0].at("sqlstate"), "42501");
    EXPECT_THAT(file(), Not(HasSubstr(canary)));
    EXPECT_THAT(file(), Not(HasSubstr("tessera.attach"))) << "the gateway's own steps are nobody's statements";
}

TEST_F(NodeAudit, TheTableHoldsTheSame) {
    ASSERT_TRUE(runQuery(*node_->clientWithToken(token("eve")), "SELECT count(*) AS in_table FROM toys.t"));
    const std::string sql =
        "SELECT subject, role, client, protocol, sources, rows, sqlstate FROM tessera_audit.statement WHERE text LIKE "
        "'%in_table%'";
    EXPECT_TRUE(waitUntil([&] { return superuser(sql) == "eve|analyst|127.0.0.1|grpc|{toys}|1|00000\n"; }))
        << superuser(sql) << node_->log();
    auto session = node_->connect();
    EXPECT_FALSE(session->query("SELECT * FROM tessera_audit.statement"));
    EXPECT_FALSE(session->query("SHOW tessera.audit_socket"));
}

/// Far more than any queue between holds, from sessions that do not wait.
TEST_F(NodeAudit, ABurstIsThereToTheLastStatement) {
    constexpr int kSessions = 4;
    constexpr int kStatements = 2000;
    std::vector<std::thread> sessions;
    for (int i = 0; i < kSessions; ++i) {
        sessions.emplace_back([] {
            auto session = node_->connect();
            ASSERT_TRUE(session);
            for (int statement = 0; statement < kStatements; ++statement) {
                ASSERT_TRUE(session->execute("SELECT " + std::to_string(statement) + " AS burst"));
            }
        });
    }
    for (std::thread& session : sessions) {
        session.join();
    }
    const auto lines = [] {
        const std::string all = file();
        int count = 0;
        for (std::size_t at = all.find("AS burst"); at != std::string::npos; at = all.find("AS burst", at + 1)) {
            ++count;
        }
        return count;
    };
    EXPECT_TRUE(waitUntil([&] { return lines() >= kSessions * kStatements; }));
    EXPECT_EQ(lines(), kSessions * kStatements);
    const std::string sql = "SELECT count(*) FROM tessera_audit.statement WHERE text = 'SELECT ? AS burst'";
    const std::string all = std::to_string(kSessions * kStatements) + "\n";
    EXPECT_TRUE(waitUntil([&] { return superuser(sql) == all; })) << superuser(sql) << node_->log();
}

TEST_F(NodeAudit, WhatASessionCannotTellIsCounted) {
    const auto socket = node_->dataDirectory() / "run" / "audit.sock";
    const auto away = node_->dataDirectory() / "run" / "audit.away";
    auto session = node_->connect();
    ASSERT_TRUE(session);
    std::filesystem::rename(socket, away);
    EXPECT_TRUE(session->execute("SELECT 1 AS unheard"));
    EXPECT_TRUE(session->execute("SELECT 2 AS unheard"));
    std::filesystem::rename(away, socket);
    EXPECT_TRUE(session->execute("SELECT 1 AS heard_again"));
    (void)entries("heard_again");
    EXPECT_TRUE(waitUntil([] { return node_->log().find("audit.untold") != std::string::npos; })) << node_->log();
    EXPECT_THAT(node_->log(), HasSubstr("statements=2\n"));
    EXPECT_THAT(file(), Not(HasSubstr("unheard")));
}

TEST_F(NodeAudit, WhatWasToldLastIsInTheTableToo) {
    {
        auto session = node_->connect();
        ASSERT_TRUE(session);
        for (int i = 0; i < 50; ++i) {
            ASSERT_TRUE(session->execute("SELECT 1 AS before_the_end"));
        }
    }
    node_->stop();
    const auto launched = node_->launch();
    ASSERT_TRUE(launched) << launched.error().describe();
    EXPECT_EQ(superuser("SELECT count(*) FROM tessera_audit.statement WHERE text LIKE '%before_the_end'"), "50\n");
}

}  // namespace
}  // namespace tessera
