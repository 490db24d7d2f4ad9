/// The gateway from outside: with clients that nobody here wrote, and with what no client would send.

#include "common/net.h"
#include "nodeservice/gateway/postgres_protocol.h"
#include "tests/support/node_test.h"
#include "tests/support/raw_client.h"
#include "tests/support/tls_client.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <sys/socket.h>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <future>

namespace tessera {
namespace {

using gateway::MessageWriter;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

namespace fs = std::filesystem;

std::string startup(const std::string& user, const std::vector<std::pair<std::string, std::string>>& more = {},
                    std::uint32_t version = gateway::kProtocol3) {
    MessageWriter writer;
    writer.begin(0).int32(version).text("user").text(user).text("database").text("tessera");
    for (const auto& [name, value] : more) {
        writer.text(name).text(value);
    }
    return writer.bytes(std::string_view("\0", 1)).end().take();
}

std::string bytesOf(std::initializer_list<int> values) {
    std::string bytes;
    for (const int value : values) {
        bytes += static_cast<char>(value);
    }
    return bytes;
}

/// One node for all tests: with TLS, and a short time for sign-ins.
class GatewayTest : public NodeTest {
  protected:
    static void SetUpTestSuite() {
        startNode({.yaml = "gateway: {sign_in_seconds: 10, max_waiting_per_address: 60}" +
                           identityYaml("{role: analyst, issuer: corp, when: [{claim: [groups], any: [analysts]}]}"),
                   .listen = kTls});
    }

    static std::string connectionString(const std::string& more = {}) {
        return "host=127.0.0.1 port=" + std::to_string(node_->port()) + " user=tester dbname=tessera " + more;
    }

    static std::string tls() { return "sslmode=verify-full sslrootcert=" + (node_->folder() / "node.pem").string(); }

    static Result<std::string> tool(std::vector<std::string> arguments, const std::string& input = {}) {
        return runChecked({.arguments = std::move(arguments),
                           .environment = {{"PGPASSWORD", TemporaryNode::kPassword}},
                           .standard_input = input},
                          kPatience);
    }

    static Result<std::string> psql(const std::string& sql, const std::string& more = {}) {
        return tool({"psql", "-XAtq", "-v", "ON_ERROR_STOP=1", connectionString(more)}, sql);
    }

    /// Whatever happened, the others are served.
    /// A client may see that its connection has ended before the log says why.
    static void expectLogged(const std::string& text) {
        EXPECT_TRUE(waitUntil([&] { return node_->log().find(text) != std::string::npos; }, kPatience)) << text;
    }

    static void expectServing() {
        const auto answer = psql("SELECT 'served'");
        EXPECT_TRUE(answer) << answer.error().describe();
        EXPECT_EQ(answer.value_or(""), "served\n");
        EXPECT_EQ(node_->httpGet("/readyz"), "200 ready\n");
    }
};

class ConnectionOfTester {
  public:
    explicit ConnectionOfTester(const std::string& text) {
        connection_.reset(PQconnectdb((text + " password='" + TemporaryNode::kPassword + "'").c_str()));
    }

    PGconn* get() const { return connection_.get(); }

  private:
    postgres::ConnectionHandle connection_;
};

TEST_F(GatewayTest, EveryProtocolOnOnePort) {
    const auto answer = psql("SELECT current_user, inet_server_addr() IS NULL");
    ASSERT_TRUE(answer) << answer.error().describe();
    EXPECT_EQ(*answer, "tester|t\n");
    EXPECT_EQ(node_->httpGet("/healthz"), "200 ok\n");
    const auto query = runQuery(*node_->client(), "SELECT current_user");
    ASSERT_TRUE(query) << query.error().describe();
    EXPECT_EQ(query->rows[0][0], "tester");
}

TEST_F(GatewayTest, PostgresqlItselfListensNowhereElse) {
    const auto answer = psql("SHOW listen_addresses; SHOW unix_socket_permissions");
    ASSERT_TRUE(answer) << answer.error().describe();
    EXPECT_EQ(*answer, "\n0700\n");
    // Not even who may enter the folder gets in without the node's key.
    const auto inside = runChecked({.arguments = {"psql", "-X", "-h", (node_->dataDirectory() / "run").string(), "-U",
                                                  "tester", "-d", "tessera", "-c", "SELECT 1"},
                                    .environment = {{"PGPASSWORD", TemporaryNode::kPassword}}},
                                   kPatience);
    ASSERT_FALSE(inside);
    EXPECT_THAT(inside.error().describe(), HasSubstr("password authentication failed"));
}

TEST_F(GatewayTest, TlsWithScramBoundToTheCertificate) {
    for (const std::string& more : {tls() + " channel_binding=require", std::string("sslmode=disable")}) {
        const auto answer = psql("SELECT repeat('x', 100000)", more);
        ASSERT_TRUE(answer) << answer.error().describe();
        EXPECT_EQ(answer->size(), 100001u);
    }
    const auto no_binding = psql("SELECT 1", "sslmode=disable channel_binding=require");
    EXPECT_FALSE(no_binding);
    const auto http = tool({"curl", "-sS", "--cacert", (node_->folder() / "node.pem").string(),
                            "https://localhost:" + std::to_string(node_->port()) + "/readyz"});
    ASSERT_TRUE(http) << http.error().describe();
    EXPECT_EQ(*http, "ready\n");
}

TEST_F(GatewayTest, ATokenIsAPasswordOverTlsAndThePersonIsInTheSession) {
    const auto now = std::time(nullptr);
    const nlohmann::json claims = {{"iss", "https://login.example.org"},
                                   {"aud", "node"},
                                   {"sub", "ann"},
                                   {"exp", now + 300},
                                   {"iat", now},
                                   {"groups", {"analysts"}},
                                   {"email", "ann@example.org"}};
    const std::string token = makeToken(claims, *key_, "ES256");
    const auto ask = [&](const std::string& user, const std::string& password, const std::string& more) {
        return runChecked({.arguments = {"psql", "-XAtq", connectionString("user=" + user + " " + more), "-c",
                                         "SELECT current_user, tessera.user_id(), tessera.claim('email')"},
                           .environment = {{"PGPASSWORD", password}}},
                          kPatience);
    };
    for (const char* user : {"analyst", "token"}) {
        const auto answer = ask(user, token, tls());
        ASSERT_TRUE(answer) << answer.error().describe();
        EXPECT_EQ(*answer, "analyst|ann|ann@example.org\n");
    }
    const auto password = psql("SELECT tessera.user_id() IS NULL", tls());
    EXPECT_EQ(password.value_or(""), "t\n");
    // What does not leave this machine may be in clear, as HTTP and gRPC may.
    EXPECT_TRUE(ask("analyst", token, "sslmode=disable"));
    // Another's role and a changed token are refused.
    EXPECT_FALSE(ask("tester", token, tls()));
    EXPECT_FALSE(ask("chief", token, tls()));
    EXPECT_FALSE(ask("tessera_node", token, tls()));
    EXPECT_FALSE(ask("analyst", token.substr(0, token.size() - 8) + "AAAAAAAA", tls()));
    EXPECT_THAT(node_->log(), Not(HasSubstr(token.substr(token.size() - 40))));
}

/// TLS from the first byte on: who agrees on PostgreSQL in the handshake gets it, and nobody else does.
TEST_F(GatewayTest, TlsAtOnceNeedsPostgresqlsName) {
    EXPECT_THAT(TlsClient(node_->port(), "postgresql").send(startup("tester")).receiveAll(),
                AllOf(StartsWith("R"), HasSubstr("SCRAM-SHA-256-PLUS")));
    for (const char* protocol : {"", "h2", "http/1.1"}) {
        EXPECT_EQ(TlsClient(node_->port(), protocol).send(startup("tester")).receiveAll(), "") << protocol;
    }
}

TEST_F(GatewayTest, CertificatesAreReadAgainWithoutDroppingConnections) {
    const ConnectionOfTester before(connectionString(tls()));
    ASSERT_EQ(PQstatus(before.get()), CONNECTION_OK) << PQerrorMessage(before.get());
    // Of every protocol one that goes on: a request on a connection that is kept, and a call whose rows come meanwhile.
    TlsClient http(node_->port(), "http/1.1");
    const std::string request = "GET /version HTTP/1.1\r\nHost: x\r\n\r\n";
    EXPECT_THAT(http.send(request).receive(), HasSubstr("tessera-node"));
    auto call = std::async(std::launch::async, [client = node_->client()] {
        return runQuery(*client, "SELECT i FROM generate_series(1, 3) i, pg_sleep(1)");
    });
    const std::string old = readFile(node_->folder() / "node.pem");
    makeNodeCertificate();
    ASSERT_NE(readFile(node_->folder() / "node.pem"), old);
    ASSERT_EQ(::kill(node_->pid(), SIGHUP), 0);
    ASSERT_TRUE(waitUntil([&] { return node_->log().find("gateway.reloaded") != std::string::npos; }, kPatience));
    // With the new certificate as the only one that it trusts.
    const auto after = psql("SELECT 1", tls());
    EXPECT_TRUE(after) << after.error().describe();
    EXPECT_THAT(http.send(request).receive(), HasSubstr("tessera-node"));
    const auto rows = call.get();
    EXPECT_TRUE(rows && rows->rows.size() == 3) << rows.error().describe();
    const postgres::ResultHandle result(PQexec(before.get(), "SELECT 7"));
    EXPECT_STREQ(PQgetvalue(result.get(), 0, 0), "7");
    // A bad file changes nothing.
    const std::string good = readFile(node_->folder() / "node.pem");
    writeFile(node_->folder() / "node.pem", "nonsense");
    ASSERT_EQ(::kill(node_->pid(), SIGHUP), 0);
    ASSERT_TRUE(waitUntil([&] { return node_->log().find("gateway.reload_failed") != std::string::npos; }, kPatience));
    writeFile(node_->folder() / "node.pem", good);
    EXPECT_TRUE(psql("SELECT 1", tls()));
}

TEST_F(GatewayTest, StartupParametersArriveOrAreRefused) {
    const auto options = psql("SHOW work_mem; SHOW intervalstyle; SHOW application_name",
                              "options='-c work_mem=5MB --intervalstyle=iso_8601' application_name=etl");
    ASSERT_TRUE(options) << options.error().describe();
    EXPECT_EQ(*options, "5MB\niso_8601\netl\n");
    for (const char* bad :
         {"options='-c session_preload_libraries=x'", "options='-d 5'", "options='-c work_mem'",
          "options='-c tessera.identity={}'", "options='--tessera.identity={}'", "options='-c Tessera.Identity={}'",
          "options='-c role=tessera_node'", "options='-c session_authorization=tessera_node'"}) {
        const auto refused = psql("SELECT 1", bad);
        ASSERT_FALSE(refused) << bad;
        EXPECT_THAT(refused.error().describe(), HasSubstr("not possible"));
    }
    const auto replication = psql("IDENTIFY_SYSTEM", "replication=database");
    ASSERT_FALSE(replication);
    EXPECT_THAT(replication.error().describe(), HasSubstr("replication is not possible through this port"));
    const auto database = psql("SELECT 1", "dbname=postgres");
    ASSERT_FALSE(database);
    EXPECT_THAT(database.error().describe(), HasSubstr("database \"postgres\" does not exist"));
}

TEST_F(GatewayTest, CancelReachesTheStatementAndOnlyWithItsKey) {
    const ConnectionOfTester own(connectionString());
    ASSERT_EQ(PQstatus(own.get()), CONNECTION_OK);
    const postgres::ResultHandle pid(PQexec(own.get(), "SELECT pg_backend_pid()"));
    EXPECT_EQ(PQgetvalue(pid.get(), 0, 0), std::to_string(PQbackendPID(own.get())));
    ASSERT_EQ(PQsendQuery(own.get(), "SELECT pg_sleep(60)"), 1);
    // A guessed key for the right process is as good as none.
    MessageWriter guess;
    guess.begin(0).int32(gateway::kCancelRequest).int32(static_cast<std::uint32_t>(PQbackendPID(own.get())));
    EXPECT_EQ(RawClient(node_->port()).send(guess.int32(12345).end().str()).receiveAll(), "");
    expectLogged("a cancel key that nobody has");
    EXPECT_EQ(PQconsumeInput(own.get()), 1);
    EXPECT_EQ(PQisBusy(own.get()), 1);
    // A cancel that comes before its statement is none.
    ASSERT_TRUE(waitUntil(
        [] {
            return psql(
                       "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT pg_sleep(60)'")
                       .value_or("") == "1\n";
        },
        kPatience));
    const Handle<PGcancel, PQfreeCancel> cancel(PQgetCancel(own.get()));
    char error[256] = "";
    ASSERT_EQ(PQcancel(cancel.get(), error, sizeof error), 1) << error;
    const postgres::ResultHandle result(PQgetResult(own.get()));
    EXPECT_STREQ(PQresultErrorField(result.get(), PG_DIAG_SQLSTATE), "57014");
}

TEST_F(GatewayTest, PipeliningNotificationsAndLargeMessagesPass) {
    const ConnectionOfTester own(connectionString(tls()));
    PGconn* connection = own.get();
    ASSERT_EQ(PQstatus(connection), CONNECTION_OK) << PQerrorMessage(connection);
    const std::string large(16 << 20, 'y');
    const char* values[] = {large.c_str()};
    const postgres::ResultHandle echoed(
        PQexecParams(connection, "SELECT $1::text, length($1::text)", 1, nullptr, values, nullptr, nullptr, 0));
    ASSERT_EQ(PQresultStatus(echoed.get()), PGRES_TUPLES_OK) << PQerrorMessage(connection);
    EXPECT_EQ(PQgetvalue(echoed.get(), 0, 0), large);

    ASSERT_EQ(PQenterPipelineMode(connection), 1);
    for (int i = 0; i < 500; ++i) {
        const std::string number = i == 250 ? "bad" : std::to_string(i);
        const char* parameter[] = {number.c_str()};
        ASSERT_EQ(PQsendQueryParams(connection, "SELECT $1::int", 1, nullptr, parameter, nullptr, nullptr, 0), 1);
        ASSERT_EQ(PQpipelineSync(connection), 1);
    }
    int right = 0;
    int wrong = 0;
    for (int i = 0; i < 500; ++i) {
        const postgres::ResultHandle result(PQgetResult(connection));
        if (PQresultStatus(result.get()) == PGRES_TUPLES_OK) {
            right += std::to_string(i) == PQgetvalue(result.get(), 0, 0) ? 1 : 0;
        } else {
            ++wrong;
        }
        EXPECT_EQ(PQgetResult(connection), nullptr);
        const postgres::ResultHandle sync(PQgetResult(connection));
        EXPECT_EQ(PQresultStatus(sync.get()), PGRES_PIPELINE_SYNC);
    }
    EXPECT_EQ(right, 499);
    EXPECT_EQ(wrong, 1);
    ASSERT_EQ(PQexitPipelineMode(connection), 1);

    const postgres::ResultHandle listening(PQexec(connection, "LISTEN news"));
    ASSERT_TRUE(psql("NOTIFY news, 'hello'"));
    ASSERT_TRUE(waitUntil(
        [&] {
            (void)PQconsumeInput(connection);
            const Handle<PGnotify, PQfreemem> notification(PQnotifies(connection));
            return notification && std::string(notification->extra) == "hello";
        },
        kPatience));
}

TEST_F(GatewayTest, CopyBothWaysAndDumps) {
    ASSERT_TRUE(psql("CREATE TABLE copied (n int, t text)"));
    std::string rows;
    for (int i = 0; i < 100000; ++i) {
        rows += std::to_string(i) + "\trow " + std::to_string(i) + "\n";
    }
    const auto in = tool({"psql", "-Xq", connectionString(tls()), "-c", "COPY copied FROM STDIN"}, rows);
    ASSERT_TRUE(in) << in.error().describe();
    const auto out = psql("COPY copied TO STDOUT");
    ASSERT_TRUE(out);
    EXPECT_EQ(*out == rows, true);
    const auto dump = tool({"pg_dump", "--schema-only", "-n", "public", connectionString()});
    ASSERT_TRUE(dump) << dump.error().describe();
    EXPECT_THAT(*dump, HasSubstr("CREATE TABLE public.copied"));
    EXPECT_TRUE(psql("DROP TABLE copied"));
}

TEST_F(GatewayTest, Psycopg) {
    const char* script = R"(
import sys, psycopg2, psycopg
text = sys.argv[1]
with psycopg2.connect(text) as c, c.cursor('named') as cursor:
    cursor.itersize = 100
    cursor.execute('SELECT * FROM generate_series(1, 1000)')
    assert sum(row[0] for row in cursor) == 500500
with psycopg.connect(text) as c:
    with c.pipeline():
        cursors = [c.execute('SELECT %s::int', (i,)) for i in range(100)]
    assert [cursor.fetchone()[0] for cursor in cursors] == list(range(100))
    with c.cursor().copy('COPY (SELECT generate_series(1, 5)) TO STDOUT (FORMAT binary)') as copy:
        copy.set_types(['int4'])
        assert [row[0] for row in copy.rows()] == [1, 2, 3, 4, 5]
print('done')
)";
    const auto done = tool({"/usr/bin/python3", "-c", script, connectionString(tls())});
    ASSERT_TRUE(done) << done.error().describe();
    EXPECT_EQ(*done, "done\n");
}

TEST_F(GatewayTest, PgbenchInItsThreeModes) {
    ASSERT_TRUE(
        psql("CREATE TABLE IF NOT EXISTS bench (id int PRIMARY KEY, v int);"
             "INSERT INTO bench SELECT i, i FROM generate_series(1, 1000) i ON CONFLICT DO NOTHING"));
    const auto script =
        writeFile(node_->folder() / "bench.sql", "\\set i random(1, 1000)\nSELECT v FROM bench WHERE id = :i;\n");
    for (const char* mode : {"simple", "extended", "prepared"}) {
        const auto done = tool({"pgbench", "-n", "-M", mode, "-c", "8", "-j", "2", "-t", "200", "-f", script.string(),
                                connectionString()});
        ASSERT_TRUE(done) << done.error().describe();
        EXPECT_THAT(*done, HasSubstr("number of transactions actually processed: 1600/1600"));
        EXPECT_THAT(*done, HasSubstr("number of failed transactions: 0"));
    }
}

/// How slow they get: sign_in_throttle_test.cpp.
TEST_F(GatewayTest, WrongPasswordsTellNothingAndAreSlowedDown) {
    const auto attempt = [&](const std::string& user) {
        const postgres::ConnectionHandle connection(PQconnectdb(
            ("host=127.0.0.1 port=" + std::to_string(node_->port()) + " dbname=tessera password=wrong user=" + user)
                .c_str()));
        return std::string(PQerrorMessage(connection.get()));
    };
    EXPECT_THAT(attempt("victim"), HasSubstr("authentication failed for user \"victim\""));
    EXPECT_THAT(attempt("tessera_node"), HasSubstr("authentication failed for user \"tessera_node\""));
    for (int i = 0; i < 4; ++i) {
        attempt("victim");
    }
    expectLogged("gateway.slowed_down");
    expectServing();
}

TEST_F(GatewayTest, GarbageIsClosedAndLoggedOnce) {
    const std::vector<std::string> cases = {
        "\x01\x02\x03garbage that is long enough to be judged",
        "GETGETGETGETGET / HTTP/1.1\r\n\r\n",
        "get / HTTP/1.1\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n",
        bytesOf({0, 0, 0, 0, 0, 3, 0, 0}),                        // a length of 0
        bytesOf({0, 0, 0, 7, 0, 3, 0, 0}),                        // shorter than itself
        bytesOf({0x7f, 0xff, 0xff, 0xff, 0, 3, 0, 0}),            // 2 GiB
        bytesOf({0, 1, 0, 0, 0, 3, 0, 0}),                        // 64 KiB
        bytesOf({0, 0, 0, 9, 4, 0xd2, 0x16, 0x2f, 0}),            // an SSLRequest with more in it
        bytesOf({0, 0, 0, 12, 4, 0xd2, 0x16, 0x2e, 0, 0, 0, 1}),  // a cancel request without a key
        bytesOf({0, 0, 0, 20, 0, 3, 0, 0}) + "user" + std::string(1, '\0') + "abcdefg",  // does not end
        bytesOf({0x16, 3, 1, 0, 5}) + "xxxxx",                                           // no ClientHello
    };
    for (const std::string& bytes : cases) {
        RawClient(node_->port()).send(bytes).receiveAll();
    }
    const std::string log = node_->log();
    std::size_t lines = 0;
    for (std::size_t at = 0; (at = log.find("reason=\"unknown protocol\"", at)) != std::string::npos; ++at) {
        ++lines;
    }
    EXPECT_EQ(lines, 1u) << log;
    expectServing();
}

TEST_F(GatewayTest, HandshakesByteByByteAndTwiceAsked) {
    RawClient slow(node_->port());
    for (const char byte : startup("tester")) {
        slow.send({&byte, 1});
    }
    EXPECT_THAT(slow.receive(), StartsWith("R"));
    // GSS is answered no, TLS yes; the same question again ends it.
    const std::string ssl = bytesOf({0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f});
    const std::string gss = bytesOf({0, 0, 0, 8, 4, 0xd2, 0x16, 0x30});
    for (const auto& [second, answer] : {std::pair(gss, ""), std::pair(ssl, "S")}) {
        RawClient asks(node_->port());
        EXPECT_EQ(asks.send(gss).receive(), "N");
        EXPECT_EQ(asks.send(second).endSending().receiveAll(), answer);
    }
    // What is sent along with the question, before TLS, is never read as if it had come within.
    EXPECT_EQ(RawClient(node_->port()).send(ssl + startup("tester")).receiveAll(), "");
    expectLogged("data before the TLS handshake");
}

TEST_F(GatewayTest, MessagesOutOfPlaceEndTheSignIn) {
    const std::string query = MessageWriter().begin('Q').text("SELECT 1").end().take();
    for (const std::string& bytes :
         {query, bytesOf({'p', 0, 0, 0, 3}), bytesOf({'p', 0x7f, 0xff, 0xff, 0xff}), bytesOf({'p', 0, 0, 0, 4}),
          MessageWriter().begin('p').text("SCRAM-SHA-256").int32(0xffffffff).end().take(),
          MessageWriter().begin('p').text("PLAIN").int32(1).bytes("x").end().take(),
          MessageWriter().begin('p').text("SCRAM-SHA-256-PLUS").int32(12).bytes("n,,n=,r=abcd").end().take()}) {
        RawClient client(node_->port());
        EXPECT_THAT(client.send(startup("tester")).receive(), StartsWith("R"));
        EXPECT_THAT(client.send(bytes).receiveAll(), AllOf(StartsWith("E"), HasSubstr("08P01")));
    }
    // Newer versions and their extensions are negotiated down, older ones refused.
    EXPECT_THAT(RawClient(node_->port()).send(startup("tester", {{"_pq_.x", "1"}}, gateway::kProtocol3 + 2)).receive(),
                StartsWith("v"));
    EXPECT_THAT(RawClient(node_->port()).send(startup("tester", {}, 2 << 16)).receiveAll(), HasSubstr("0A000"));
    expectServing();
}

TEST_F(GatewayTest, SlowClientsAreEndedAndDisturbNobody) {
    std::vector<std::unique_ptr<RawClient>> silent;
    for (int i = 0; i < 50; ++i) {
        silent.push_back(std::make_unique<RawClient>(node_->port()));
        // Nothing, half a start-up packet, half a TLS record, half a request, a sign-in that stops.
        silent.back()->send(std::vector<std::string>{"", startup("tester").substr(0, 12), bytesOf({0x16, 3, 1, 2}),
                                                     "GE", startup("tester")}[static_cast<std::size_t>(i % 5)]);
    }
    expectServing();
    for (const auto& client : silent) {
        client->receiveAll();
    }
    expectLogged("too slow: not signed in in time");
}

TEST_F(GatewayTest, ConnectionsThatWaitAreLimited) {
    std::vector<std::unique_ptr<RawClient>> waiting;
    for (int i = 0; i < 80; ++i) {
        waiting.push_back(std::make_unique<RawClient>(node_->port()));
    }
    ASSERT_TRUE(waitUntil([&] { return node_->log().find("too many connections") != std::string::npos; }, kPatience));
    waiting.clear();
    ASSERT_TRUE(waitUntil([&] { return psql("SELECT 1").has_value(); }, kPatience));
    expectServing();
}

TEST_F(GatewayTest, Http2AttacksEndBeforeTheyReachGrpc) {
    const std::string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytesOf({0, 0, 0, 4, 0, 0, 0, 0, 0});
    const auto frame = [](int type, int flags, int stream, const std::string& payload) {
        return bytesOf({static_cast<int>(payload.size() >> 16), static_cast<int>(payload.size() >> 8 & 255),
                        static_cast<int>(payload.size() & 255), type, flags, 0, 0, stream >> 8, stream & 255}) +
               payload;
    };
    // Rapid reset.
    std::string resets = preface;
    for (int stream = 1; stream < 2001; stream += 2) {
        resets += frame(1, 4, stream, "\x82\x86\x84") + frame(3, 0, stream, bytesOf({0, 0, 0, 8}));
    }
    RawClient(node_->port()).send(resets).receiveAll();
    // A header block without end.
    std::string headers = preface + frame(1, 0, 1, "\x82");
    for (int i = 0; i < 100; ++i) {
        headers += frame(9, 0, 1, std::string(100, '\0'));
    }
    RawClient(node_->port()).send(headers).receiveAll();
    // Pings.
    std::string pings = preface;
    for (int i = 0; i < 3000; ++i) {
        pings += frame(6, 0, 0, "12345678");
    }
    RawClient(node_->port()).send(pings).receiveAll();
    expectLogged("HTTP/2: too many resets");
    expectLogged("HTTP/2: headers too large");
    expectLogged("HTTP/2: too many control frames");
    EXPECT_TRUE(runQuery(*node_->client(), "SELECT 1"));
    expectServing();
}

TEST_F(GatewayTest, HttpHeadersAreBounded) {
    EXPECT_EQ(RawClient(node_->port()).send("GET /" + std::string(20000, 'x') + " HTTP/1.1\r\n\r\n").receiveAll(), "");
    std::string bomb = "GET / HTTP/1.1\r\n";
    for (int i = 0; i < 1000; ++i) {
        bomb += "X-" + std::to_string(i) + ": " + std::string(50, 'y') + "\r\n";
    }
    EXPECT_EQ(RawClient(node_->port()).send(bomb).receiveAll(), "");
    expectLogged("HTTP: headers too large");
    expectServing();
}

TEST_F(GatewayTest, AClientThatVanishesTakesItsStatementWithIt) {
    {
        const ConnectionOfTester own(connectionString("application_name=vanishing"));
        ASSERT_EQ(PQsendQuery(own.get(), "SELECT count(*) FROM generate_series(1, 100000000000)"), 1);
        PQflush(own.get());
        ASSERT_TRUE(waitUntil(
            [&] {
                return psql(
                           "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'vanishing' AND state = "
                           "'active'")
                           .value_or("") == "1\n";
            },
            kPatience));
    }
    EXPECT_TRUE(waitUntil(
        [&] {
            return psql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'vanishing'").value_or("") ==
                   "0\n";
        },
        kPatience));
}

TEST(GatewayListeners, ServeTheProtocolsThatAreTheirs) {
    const auto other = freeLoopbackPort();
    ASSERT_TRUE(other);
    const auto node =
        TemporaryNode::start({.listen = "protocols: [http, grpc]}, {address: \"127.0.0.1:" + std::to_string(*other) +
                                        "\", protocols: [postgres]"});
    ASSERT_TRUE(node) << node.error().describe();
    const auto answer = [&](std::uint16_t port, const std::string& bytes) {
        return RawClient(port).send(bytes).endSending().receiveAll();
    };
    const std::string request = "GET /readyz HTTP/1.0\r\n\r\n";
    EXPECT_THAT(answer(node->port(), request), HasSubstr("200 OK"));
    EXPECT_TRUE(runQuery(*node->client(), "SELECT 1"));
    EXPECT_EQ(answer(node->port(), startup("tester")), "");
    EXPECT_THAT(answer(*other, startup("tester")), StartsWith("R"));
    EXPECT_EQ(answer(*other, request), "");
    EXPECT_EQ(answer(*other, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytesOf({0, 0, 0, 4, 0, 0, 0, 0, 0})), "");
    EXPECT_THAT(node->log(), HasSubstr("a protocol that is not served here"));
}

/// With a source, and so with the extension: sessions in clear are handed over.
constexpr const char* kToys = R"yaml(
sources:
  - name: toys
    connector: memory
    options: {tables: '{"t": {"columns": [{"name": "id", "type": "integer"}], "rows": 100}}'}
)yaml";

class GatewayLifecycle : public testing::TestWithParam<const char*> {};

TEST_P(GatewayLifecycle, ANodeThatStopsLetsStatementsEnd) {
    // What is used after it was freed is garbage, and not by luck what it was.
    ::setenv("MALLOC_PERTURB_", "165", 1);
    auto node = TemporaryNode::start({.yaml = std::string("gateway: {drain_seconds: 20}") + GetParam()});
    ::unsetenv("MALLOC_PERTURB_");
    ASSERT_TRUE(node) << node.error().describe();
    RawClient kept(node->port());
    EXPECT_THAT(kept.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").receive(), HasSubstr("200 OK"));
    const ConnectionOfTester idle("host=127.0.0.1 user=tester dbname=tessera port=" + std::to_string(node->port()));
    const ConnectionOfTester busy("host=127.0.0.1 user=tester dbname=tessera port=" + std::to_string(node->port()));
    ASSERT_EQ(PQsendQuery(busy.get(), "SELECT 'finished' FROM pg_sleep(3)"), 1);
    PQflush(busy.get());
    auto called = std::async(std::launch::async, [client = node->client()] {
        return runQuery(*client, "SELECT 'finished' FROM pg_sleep(3)");
    });
    auto requested = std::async(std::launch::async, [port = node->port()] {
        return runChecked({.arguments = {"curl", "-sS", "-u", std::string("tester:") + TemporaryNode::kPassword, "-H",
                                         "Content-Type: application/json", "-d",
                                         R"json({"sql": "SELECT 'finished' FROM pg_sleep(3)"})json",
                                         "http://127.0.0.1:" + std::to_string(port) + "/api/v1/query"}},
                          std::chrono::seconds(60));
    });
    ASSERT_TRUE(waitUntil([&] {
        const postgres::ResultHandle running(PQexec(
            idle.get(), "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT ''finished''%'"));
        return PQntuples(running.get()) == 3;
    }));
    EXPECT_TRUE(node->stop().ok());
    const auto call = called.get();
    EXPECT_TRUE(call && call->rows.size() == 1) << call.error().describe();
    EXPECT_THAT(requested.get().value_or(""), HasSubstr("[\"finished\"]"));
    const postgres::ResultHandle result(PQgetResult(busy.get()));
    EXPECT_STREQ(PQgetvalue(result.get(), 0, 0), "finished");
    // What stands in the socket, as libpq may tell it in several ways.
    std::string farewell(1000, '\0');
    const ssize_t got = ::recv(PQsocket(idle.get()), farewell.data(), farewell.size(), 0);
    farewell.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    EXPECT_THAT(farewell, AllOf(StartsWith("E"), HasSubstr("57P01")));
}

INSTANTIATE_TEST_SUITE_P(Sessions, GatewayLifecycle, testing::Values("\n", kToys),
                         [](const auto& value) { return std::string(value.index == 0 ? "Relayed" : "HandedOver"); });

}  // namespace
}  // namespace tessera
