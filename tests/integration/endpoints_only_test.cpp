/// Roles that may only call endpoints: by whichever way an SQL text comes, it is refused and said why; the query that
/// was published works. A test for each way in; those by other nodes, the agent and jobs stand in NodeDelegation,
/// AgentPort and JobGrants.

#include "nodeservice/client/endpoints_client.h"
#include "tests/support/curl.h"
#include "tests/support/node_test.h"

#include <gmock/gmock.h>

namespace tessera {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kInit =
    "CREATE TABLE IF NOT EXISTS public.goods(id int PRIMARY KEY, name text);\n"
    "INSERT INTO public.goods VALUES (1, 'pen'), (2, 'ink') ON CONFLICT DO NOTHING;\n"
    "GRANT ALL ON public.goods TO tester, app, phone;\n";
constexpr const char* kGoods =
    "/* {endpoint: goods, parameters: [{name: id, type: integer}]} */ SELECT name, session_user::text AS caller FROM "
    "public.goods WHERE :id IS NULL OR id = :id ORDER BY goods.id";
constexpr const char* kKept =
    "/* {endpoint: kept, cache: {seconds: 60}, page: {key: [id]}} */ SELECT id, name FROM public.goods";
constexpr const char* kRename =
    "/* {endpoint: rename, writes: true, parameters: [{name: id, type: integer, required: true}, {name: name, "
    "required: true}]} */ UPDATE public.goods SET name = :name WHERE id = :id RETURNING name";
constexpr const char* kRefused = "may only call endpoints";

class EndpointsOnlyTest : public NodeTest {
  protected:
    static void SetUpTestSuite() {
        prepareNode({.yaml = "endpoints: {authors: [tester]}\ninit: init\n" +
                             identityYaml("{role: phone, issuer: corp, endpoints_only: true}"),
                     .listen = std::string(kTls) + ", tls_client_ca: @FOLDER@/people.pem",
                     .users = "{name: app, password: a, certificate: 'CN=app', endpoints_only: true}"});
        makeCertificate("people", "/CN=people", "basicConstraints=critical,CA:TRUE");
        makeCertificate("app", "/CN=app", {}, "people");
        std::filesystem::create_directory(path("init"));
        writeFile(path("init") / "1.sql", kInit);
        launchNode();
        auto author = client::EndpointsClient::create(
            {"node", "127.0.0.1:" + std::to_string(node_->port()), TemporaryNode::kUser, TemporaryNode::kPassword});
        ASSERT_TRUE(author) << author.error().describe();
        const auto applied =
            (*author)->apply({{"goods.sql", kGoods}, {"kept.sql", kKept}, {"rename.sql", kRename}}, false, false);
        ASSERT_TRUE(applied) << applied.error().describe();
        ASSERT_TRUE(applied->problems.empty()) << applied->problems.front().describe();
    }

    static HttpAnswer call(const std::string& path, const std::vector<std::string>& more = {},
                           const std::string& config = "user = \"app:a\"\n") {
        return runCurl("http://127.0.0.1:" + std::to_string(node_->port()) + "/api/v1/" + path, config, more);
    }

    static std::string phone() { return "header = \"Authorization: Bearer " + tokenOf("ann") + "\"\n"; }

    /// What libpq's connection attempt says; empty: it is let in.
    static std::string connecting(const std::string& more) {
        const postgres::ConnectionHandle connection(PQconnectdb(target(more).c_str()));
        return PQstatus(connection.get()) == CONNECTION_OK ? "" : PQerrorMessage(connection.get());
    }

    static auto isRefusal() {
        return AllOf(HasSubstr(kRefused), HasSubstr("call /api/v1/endpoints/NAME by HTTP"),
                     HasSubstr("endpoints_only"));
    }
};

TEST_F(EndpointsOnlyTest, NamedQueriesWorkByHttp) {
    EXPECT_EQ(call("endpoints/goods?id=1").asJson()["items"].dump(), R"([{"caller":"app","name":"pen"}])");
    EXPECT_EQ(call("endpoints/goods?id=1", {}, phone()).asJson()["items"].dump(),
              R"([{"caller":"phone","name":"pen"}])");
    // In sessions that are kept for calls, kept answers, other formats, pages, and writes.
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(call("endpoints/kept?limit=1").status, 200);
        EXPECT_EQ(call("endpoints/goods?format=csv").body, "name,caller\r\npen,app\r\nink,app\r\n");
        const HttpAnswer renamed =
            call("endpoints/rename", {"-H", "Content-Type: application/json", "-d", R"({"id": 2, "name": "ink"})"});
        EXPECT_EQ(renamed.status, 200) << renamed.body;
    }
    EXPECT_EQ(call("endpoints").asJson()["endpoints"].size(), 3U);
    for (const char* page : {"openapi.json", "client.ts", "client.py"}) {
        EXPECT_EQ(call(std::string("endpoints/") + page).status, 200) << page;
    }
}

TEST_F(EndpointsOnlyTest, NotThePostgreSqlProtocolByPasswordTokenOrCertificate) {
    EXPECT_EQ(connecting(std::string("user=tester password='") + TemporaryNode::kPassword + "'"), "");
    EXPECT_THAT(connecting("user=app password=a"), isRefusal());
    EXPECT_THAT(connecting("user=app password=a sslmode=require"), isRefusal());
    EXPECT_THAT(connecting("user=phone sslmode=require password=" + tokenOf("ann")), isRefusal());
    EXPECT_THAT(connecting("user=app sslmode=require sslcert=" + path("app.pem").string() +
                           " sslkey=" + path("app.key").string()),
                isRefusal());
    // Who does not know the password is not told what it would open.
    EXPECT_THAT(connecting("user=app password=wrong"),
                AllOf(HasSubstr("authentication failed"), Not(HasSubstr(kRefused))));
}

TEST_F(EndpointsOnlyTest, NotGrpcStatementsAndSessions) {
    class Closed final : public client::SessionObserver {
        void onTransaction(client::TransactionState) override {}

        void onClosed(Error) override {}
    };

    for (const auto& client : {node_->client("app", "a"), node_->clientWithToken(tokenOf("ann"), "phone")}) {
        const auto refused = runQuery(*client, "SELECT 1");
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::kPermissionDenied);
        EXPECT_THAT(refused.error().describe(), isRefusal());
        const auto session = client->openSession(std::make_shared<Closed>());
        const auto within = runQuery(*session, "SELECT 1");
        ASSERT_FALSE(within);
        EXPECT_THAT(within.error().describe(), isRefusal());
    }
    const auto author =
        client::EndpointsClient::create({"node", "127.0.0.1:" + std::to_string(node_->port()), "app", "a"});
    ASSERT_TRUE(author);
    const auto published = (*author)->apply({{"x.sql", "/* {endpoint: x} */ SELECT 1 AS one"}}, true, false);
    ASSERT_FALSE(published);
    EXPECT_EQ(published.error().code, ErrorCode::kPermissionDenied);
}

TEST_F(EndpointsOnlyTest, NotRestQueriesAndWhatTheCatalogReadsForThem) {
    for (const std::string& who : {std::string("user = \"app:a\"\n"), phone()}) {
        const HttpAnswer query =
            call("query", {"-H", "Content-Type: application/json", "-d", R"({"sql": "SELECT 1"})"}, who);
        EXPECT_EQ(query.status, 403) << query.body;
        EXPECT_THAT(query.body, isRefusal());
        for (const char* path : {"catalog", "catalog/public", "catalog/public/goods", "node", "governance/roles"}) {
            const HttpAnswer answer = call(path, {}, who);
            EXPECT_EQ(answer.status, 403) << path << answer.body;
            EXPECT_THAT(answer.body, isRefusal()) << path;
        }
    }
    // Not even in the place of an endpoint's parameter.
    EXPECT_EQ(call("endpoints/goods?id=1%3B%20SELECT%202").status, 400);
    EXPECT_EQ(call("endpoints/goods?sql=SELECT%202").status, 400);
}

}  // namespace
}  // namespace tessera
