/// Clients that nobody here wrote, through the gateway with TLS and a token; certificates as sign-in; limits of roles;
/// gRPC's health.

#include "tests/support/cached.h"
#include "tests/support/node_test.h"
#include "tests/support/raw_call.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <ctime>
#include <filesystem>

namespace tessera {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace fs = std::filesystem;

constexpr const char* kUsers =
    "{name: machine, certificate: 'CN=etl,O=Example'}, {name: hasty, password: only for tests, statement_seconds: 1}";

class GatewayClientsTest : public NodeTest {
  protected:
    static void SetUpTestSuite() {
        prepareNode({.yaml = "gateway: {idle_seconds: 2, max_connections_per_user: 3}" +
                             identityYaml("{role: analyst, issuer: corp, statement_seconds: 300}"),
                     .listen = std::string(kTls) + ", tls_client_ca: @FOLDER@/ca.pem",
                     .users = kUsers});
        makeCertificate("ca", "/CN=authority", "basicConstraints=critical,CA:TRUE");
        makeCertificate("etl", "/O=Example/CN=etl", {}, "ca");
        makeCertificate("other", "/O=Example/CN=other", {}, "ca");
        makeCertificate("forged", "/O=Example/CN=etl");
        launchNode();
    }

    static std::string target(const std::string& user, const std::string& more = {}) {
        return NodeTest::target("user=" + user + " sslmode=verify-full sslrootcert=" + path("node.pem").string() + " " +
                                more);
    }

    static std::string certificate(const std::string& name) {
        const std::string base = (node_->folder() / name).string();
        return "sslcert=" + base + ".pem sslkey=" + base + ".key";
    }

    static std::string token() { return tokenOf("ann"); }

    /// What a gRPC method answers to one message, with the headers before it; known to no client of ours.
    static std::string askGrpc(const TemporaryNode& node, const std::string& method, const std::string& message) {
        const std::string framed = std::string(4, '\0') + static_cast<char>(message.size()) + message;
        const auto ask = [&] {
            return run({.arguments = {"curl", "-sS", "-i", "--http2-prior-knowledge", "-H",
                                      "Content-Type: application/grpc", "-H", "TE: trailers", "--data-binary",
                                      "@" + writeFile(node.folder() / "message", framed).string(),
                                      "http://127.0.0.1:" + std::to_string(node.port()) + "/" + method}},
                       kPatience);
        };
        // Where the server ends the call first, curl calls that an error; and shows nothing where it was still sending.
        Result<ProcessResult> answer = ask();
        for (int again = 0; again < 10 && answer && answer->output.empty(); ++again) {
            answer = ask();
        }
        EXPECT_TRUE(answer) << answer.error().describe();
        return answer ? answer->output : "";
    }

    static Result<std::string> psql(const std::string& target, const std::string& sql, const std::string& password) {
        return runChecked(
            {.arguments = {"psql", "-XAtqw", target, "-c", sql}, .environment = {{"PGPASSWORD", password}}}, kPatience);
    }

    /// Port, certificate and token are the script's arguments.
    static void runPython(const std::string& script) {
        const auto done = runChecked({.arguments = {"/usr/bin/python3", "-c", script, std::to_string(node_->port()),
                                                    (node_->folder() / "node.pem").string(), token()},
                                      .environment = {{"PGSSLROOTCERT", (node_->folder() / "node.pem").string()}}},
                                     kPatience);
        ASSERT_TRUE(done) << done.error().describe();
        EXPECT_THAT(*done, HasSubstr("done"));
    }
};

TEST_F(GatewayClientsTest, Jdbc) {
    runPython(R"(
import sys, jpype, jpype.imports
jpype.startJVM(classpath=['/usr/share/java/postgresql.jar', '/usr/share/java/org.jpype.jar'])
from java.sql import DriverManager
from java.util import Properties
port, root, token = sys.argv[1:]
given = Properties()
for name, value in {'user': 'analyst', 'password': token, 'sslmode': 'verify-full', 'sslrootcert': root}.items():
    given.setProperty(name, value)
connection = DriverManager.getConnection('jdbc:postgresql://127.0.0.1:' + port + '/tessera', given)
statement = connection.createStatement()
rows = statement.executeQuery('SELECT tessera.user_id()'); rows.next(); assert rows.getString(1) == 'ann'
connection.setAutoCommit(False)
statement.setFetchSize(100)
rows = statement.executeQuery('SELECT generate_series(1, 1000)')
total = 0
while rows.next():
    total += rows.getInt(1)
assert total == 500500
prepared = connection.prepareStatement('SELECT ?::int * 2')
for i in range(20):
    prepared.setInt(1, i)
    rows = prepared.executeQuery(); rows.next(); assert rows.getInt(1) == 2 * i
try:
    statement.execute('SELECT 1 / 0'); assert False
except jpype.JException as error:
    assert error.getSQLState() == '22012'
connection.rollback()
tables = connection.getMetaData().getTables(None, 'pg_catalog', 'pg_class', None)
assert tables.next()
connection.close()
print('done')
)");
}

/// npm's `pg`, with its cursors and its streams of COPY.
TEST_F(GatewayClientsTest, NodePostgres) {
    const fs::path packages = cached("node-clients-4", "node_modules/pg/package.json");
    ASSERT_FALSE(packages.empty()) << "npm's pg is not there: run ./dev setup";
    const char* script = R"(
const assert = require('assert'), fs = require('fs'), { Client, Pool } = require('pg'), Cursor = require('pg-cursor');
const { from, to } = require('pg-copy-streams'), { pipeline } = require('stream/promises'), { Readable } = require('stream');
const [port, root, token] = process.argv.slice(1);
const target = { host: '127.0.0.1', port: Number(port), database: 'tessera', user: 'analyst', password: token,
                 ssl: { ca: fs.readFileSync(root) } };
async function main() {
    const client = new Client(target);
    const told = [];
    client.on('notification', (message) => told.push(message.payload));
    await client.connect();
    assert.equal((await client.query('SELECT tessera.user_id() AS who')).rows[0].who, 'ann');
    for (let i = 0; i < 5; ++i) {
        const named = await client.query({ name: 'twice', text: 'SELECT $1::int * 2 AS n', values: [i], rowMode: 'array' });
        assert.deepEqual(named.rows, [[2 * i]]);
    }
    await assert.rejects(client.query('SELECT 1 / 0'), { code: '22012' });
    const cursor = client.query(new Cursor('SELECT generate_series(1, 1000) AS n'));
    let sum = 0;
    for (let rows = await cursor.read(100); rows.length > 0; rows = await cursor.read(100))
        sum += rows.reduce((total, row) => total + row.n, 0);
    await cursor.close();
    assert.equal(sum, 500500);
    await client.query('CREATE TEMP TABLE t (n int, text text)');
    const lines = Array.from({ length: 20000 }, (_, i) => i + '\trow ' + i + '\n').join('');
    await pipeline(Readable.from([lines]), client.query(from('COPY t FROM STDIN')));
    let out = '';
    for await (const part of client.query(to('COPY t TO STDOUT'))) out += part;
    assert.equal(out, lines);
    await client.query('LISTEN news');
    await client.query("NOTIFY news, 'hello'");
    assert.deepEqual(told, ['hello']);
    await client.end();
    const pool = new Pool({ ...target, max: 2 });
    const numbers = await Promise.all(Array.from({ length: 50 }, (_, i) => pool.query('SELECT $1::int AS n', [i])));
    assert.deepEqual(numbers.map((result) => result.rows[0].n), Array.from({ length: 50 }, (_, i) => i));
    await pool.end();
    console.log('done');
}
main().catch((error) => { console.error(error); process.exit(1); });
)";
    const auto done = runChecked({.arguments = {"node", "-e", script, std::to_string(node_->port()),
                                                (node_->folder() / "node.pem").string(), token()},
                                  .environment = {{"NODE_PATH", (packages / "node_modules").string()}}},
                                 kPatience);
    ASSERT_TRUE(done) << done.error().describe();
    EXPECT_EQ(*done, "done\n");
}

TEST_F(GatewayClientsTest, Odbc) {
    runPython(R"(
import sys, pyodbc
port, root, token = sys.argv[1:]
connection = pyodbc.connect('Driver=psqlodbcw.so;Server=127.0.0.1;Port=' + port + ';Database=tessera;UID=analyst;'
                            'SSLmode=verify-full;ShowSystemTables=1;UseDeclareFetch=1;Fetch=100;PWD=' + token)
cursor = connection.cursor()
assert cursor.execute('SELECT tessera.user_id()').fetchone()[0] == 'ann'
assert sum(row[0] for row in cursor.execute('SELECT * FROM generate_series(1, 1000)')) == 500500
assert cursor.execute('SELECT ?::int + 1', 41).fetchone()[0] == 42
assert any(row.table_name == 'pg_class' for row in cursor.tables(schema='pg_catalog'))
try:
    cursor.execute('SELECT 1 / 0'); assert False
except pyodbc.Error as error:
    assert error.args[0] == '22012', error
connection.close()
print('done')
)");
}

TEST_F(GatewayClientsTest, Psycopg) {
    runPython(R"(
import sys, psycopg, psycopg2
port, root, token = sys.argv[1:]
target = dict(host='127.0.0.1', port=port, dbname='tessera', user='analyst', password=token, sslmode='verify-full',
              sslrootcert=root)
with psycopg.connect(**target) as connection:
    assert connection.execute('SELECT tessera.user_id()').fetchone() == ('ann',)
    with connection.pipeline():
        cursors = [connection.execute('SELECT %s::int, tessera.user_id()', (i,)) for i in range(100)]
    assert [cursor.fetchone() for cursor in cursors] == [(i, 'ann') for i in range(100)]
    with connection.cursor('named') as cursor:
        cursor.execute('SELECT generate_series(1, 1000)')
        assert sum(row[0] for row in cursor) == 500500
    connection.execute('CREATE TEMP TABLE t (n int, text text)')
    with connection.cursor().copy('COPY t FROM STDIN') as copy:
        for i in range(1000):
            copy.write_row((i, 'row\t%d' % i))
    with connection.cursor().copy('COPY t TO STDOUT') as copy:
        copy.set_types(['int4', 'text'])
        assert [row for row in copy.rows()] == [(i, 'row\t%d' % i) for i in range(1000)]
    try:
        connection.execute('SELECT 1 / 0'); assert False
    except psycopg.errors.DivisionByZero:
        connection.rollback()
with psycopg2.connect(**target) as connection, connection.cursor() as cursor:
    cursor.execute('SELECT tessera.user_id()')
    assert cursor.fetchone() == ('ann',)
print('done')
)");
}

TEST_F(GatewayClientsTest, SqlAlchemy) {
    runPython(R"(
import sys, sqlalchemy
from sqlalchemy.engine import URL
port, root, token = sys.argv[1:]
engine = sqlalchemy.create_engine(URL.create('postgresql+psycopg2', 'analyst', token, '127.0.0.1', int(port), 'tessera',
                                             {'sslmode': 'verify-full', 'sslrootcert': root}))
with engine.connect() as connection:
    assert connection.execute(sqlalchemy.text('SELECT tessera.user_id()')).scalar() == 'ann'
    inspector = sqlalchemy.inspect(connection)
    assert 'public' in inspector.get_schema_names()
    columns = {column['name'] for column in inspector.get_columns('pg_class', schema='pg_catalog')}
    assert {'oid', 'relname', 'reltuples'} <= columns
    table = sqlalchemy.Table('pg_namespace', sqlalchemy.MetaData(), autoload_with=connection, schema='pg_catalog')
    assert connection.execute(sqlalchemy.select(sqlalchemy.func.count()).select_from(table)).scalar() > 2
print('done')
)");
}

TEST_F(GatewayClientsTest, PgbenchDumpAndCopyWithAToken) {
    const std::string password = token();
    const auto tool = [&](std::vector<std::string> arguments) {
        arguments.push_back(target("analyst"));
        return runChecked({.arguments = std::move(arguments), .environment = {{"PGPASSWORD", password}}}, kPatience);
    };
    const auto script =
        writeFile(node_->folder() / "bench.sql", "\\set i random(1, 9)\nSELECT tessera.user_id(), :i;\n");
    for (const char* mode : {"simple", "extended", "prepared"}) {
        const auto done = tool({"pgbench", "-n", "-M", mode, "-c", "2", "-t", "50", "-f", script.string()});
        ASSERT_TRUE(done) << done.error().describe();
        EXPECT_THAT(*done, HasSubstr("number of transactions actually processed: 100/100"));
    }
    const auto dump = tool({"pg_dump", "--schema-only", "-n", "public"});
    ASSERT_TRUE(dump) << dump.error().describe();
    EXPECT_THAT(*dump, HasSubstr("PostgreSQL database dump complete"));
    const auto copied =
        runChecked({.arguments = {"psql", "-XAtq", target("analyst"), "-c", "CREATE TEMP TABLE t (n int)", "-c",
                                  "COPY t FROM STDIN", "-c", "COPY t TO STDOUT (FORMAT csv)"},
                    .environment = {{"PGPASSWORD", password}},
                    .standard_input = "1\n2\n\\N\n"},
                   kPatience);
    ASSERT_TRUE(copied) << copied.error().describe();
    EXPECT_EQ(*copied, "1\n2\n\n");
}

TEST_F(GatewayClientsTest, ACertificateSignsItsUserInAndNobodyElse) {
    const auto machine = psql(target("machine", certificate("etl")), "SELECT current_user", "");
    ASSERT_TRUE(machine) << machine.error().describe();
    EXPECT_EQ(*machine, "machine\n");
    EXPECT_FALSE(psql(target("machine", certificate("other")), "SELECT 1", "x"));
    EXPECT_FALSE(psql(target("machine", certificate("forged")), "SELECT 1", "x"));
    EXPECT_FALSE(psql(target("machine"), "SELECT 1", "x"));
    // It opens no other user; who has a password still needs it.
    EXPECT_FALSE(psql(target("tester", certificate("etl")), "SELECT 1", "wrong"));
    EXPECT_FALSE(psql(target("analyst", certificate("etl")), "SELECT 1", ""));
    EXPECT_FALSE(psql(target("tessera_node", certificate("etl")), "SELECT 1", ""));
    EXPECT_TRUE(psql(target("tester", certificate("etl")), "SELECT 1", TemporaryNode::kPassword));
}

TEST_F(GatewayClientsTest, StatementsIdlenessAndConnectionsOfAUserAreLimited) {
    const auto late = psql(target("hasty"), "SELECT pg_sleep(60)", TemporaryNode::kPassword);
    ASSERT_FALSE(late);
    EXPECT_THAT(late.error().describe(), HasSubstr("statement timeout"));
    EXPECT_EQ(psql(target("analyst"), "SHOW statement_timeout", token()).value_or(""), "5min\n");
    EXPECT_EQ(psql(target("tester"), "SHOW statement_timeout", TemporaryNode::kPassword).value_or(""), "0\n");
    const auto connect = [](const std::string& user) {
        return postgres::ConnectionHandle(
            PQconnectdb((target(user) + " password='" + TemporaryNode::kPassword + "'").c_str()));
    };
    std::vector<postgres::ConnectionHandle> held;
    for (int i = 0; i < 3; ++i) {
        held.push_back(connect("hasty"));
        EXPECT_EQ(PQstatus(held.back().get()), CONNECTION_OK) << PQerrorMessage(held.back().get());
    }
    EXPECT_THAT(PQerrorMessage(connect("hasty").get()), HasSubstr("too many connections for user"));
    EXPECT_EQ(PQstatus(connect("tester").get()), CONNECTION_OK);
    // Idle for two seconds, they are ended.
    const postgres::ResultHandle result(PQexec(held[0].get(), "SELECT 1"));
    EXPECT_EQ(PQresultStatus(result.get()), PGRES_TUPLES_OK);
    EXPECT_TRUE(waitUntil([&] { return PQstatus(connect("hasty").get()) == CONNECTION_OK; }, kPatience));
    const postgres::ResultHandle ended(PQexec(held[0].get(), "SELECT 1"));
    EXPECT_THAT(PQerrorMessage(held[0].get()), HasSubstr("idle-session timeout"));
}

/// However full it is, clients are told so, and a place that is free is used.
TEST(GatewayLimits, WhoIsTooManyIsToldSoAndMayCancel) {
    constexpr std::size_t kMost = 3;
    constexpr std::chrono::seconds kPatience{90};
    const auto node = TemporaryNode::start({.yaml = "gateway: {max_connections: 3}"});
    ASSERT_TRUE(node) << node.error().describe();
    const auto connect = [&] {
        return postgres::ConnectionHandle(
            PQconnectdb(("host=127.0.0.1 dbname=tessera user=tester port=" + std::to_string(node->port()) +
                         " password='" + TemporaryNode::kPassword + "'")
                            .c_str()));
    };
    std::vector<postgres::ConnectionHandle> held;
    const auto gets_a_place = [&] {
        held.push_back(connect());
        if (PQstatus(held.back().get()) != CONNECTION_OK) {
            held.pop_back();
            return false;
        }
        return true;
    };
    // Whoever looked whether it is ready may just be going.
    for (std::size_t i = 0; i < kMost; ++i) {
        ASSERT_TRUE(waitUntil(gets_a_place, kPatience));
    }
    const postgres::ConnectionHandle refused = connect();
    EXPECT_THAT(PQerrorMessage(refused.get()),
                AllOf(HasSubstr("FATAL:  too many connections"), HasSubstr("gateway.max_connections")));
    EXPECT_EQ(node->httpGet("/readyz"), "503 This node has as many connections as it may: try again.");
    EXPECT_FALSE(runQuery(*node->client(), "SELECT 1"));
    // Those that are there go on, and can be cancelled, which takes a connection.
    ASSERT_EQ(PQsendQuery(held[0].get(), "SELECT pg_sleep(600)"), 1);
    ASSERT_TRUE(waitUntil([&] {
        const postgres::ResultHandle running(PQexec(
            held[1].get(), "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT pg_sleep(600)'"));
        return PQntuples(running.get()) == 1;
    }));
    const Handle<PGcancel, PQfreeCancel> cancel(PQgetCancel(held[0].get()));
    char error[256] = "";
    ASSERT_EQ(PQcancel(cancel.get(), error, sizeof error), 1) << error;
    const postgres::ResultHandle cancelled(PQgetResult(held[0].get()));
    EXPECT_STREQ(PQresultErrorField(cancelled.get(), PG_DIAG_SQLSTATE), "57014");
    EXPECT_THAT(node->log(), HasSubstr("gateway.refused client=127.0.0.1 reason=\"too many connections\""));
    held.pop_back();
    EXPECT_TRUE(waitUntil(gets_a_place, kPatience));
    held.clear();
    EXPECT_TRUE(waitUntil([&] { return node->httpGet("/readyz") == "200 ready\n"; }, kPatience));
}

TEST_F(GatewayClientsTest, GrpcHealth) {
    // An empty message, and {status: SERVING} in gRPC's framing.
    EXPECT_THAT(askGrpc(*node_, "grpc.health.v1.Health/Check", ""),
                HasSubstr(std::string("\r\n\r\n\0\0\0\0\2\x08\x01", 11)));
}

TEST_F(GatewayClientsTest, AGrpcDeadlineEndsTheStatement) {
    const auto is_running = [] {
        // People see what those of their own role run.
        return psql(
                   target("analyst"),
                   "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT ''deadline''%'",
                   token())
                   .value_or("") == "1\n";
    };
    const std::string sql = "SELECT 'deadline' FROM pg_sleep(600)";
    const std::string request = "\x0a" + std::string(1, static_cast<char>(sql.size())) + sql;  // {sql: …}
    RawCaller caller(node_->port());
    auto outcome = caller.start("tessera.v1.Query/Execute", request, token(), std::chrono::seconds(15));
    EXPECT_TRUE(waitUntil(is_running, kPatience));
    EXPECT_EQ(outcome.get().status, RawCaller::kDeadlineExceeded);
    // Before the role's own time limit ends it.
    EXPECT_TRUE(waitUntil([&] { return !is_running(); }, kPatience));
}

TEST_F(GatewayClientsTest, GrpcReflectionIsThereWhereItIsSwitchedOn) {
    const std::string method = "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
    const std::string list_services = "\x3a\x01*";  // {list_services: "*"}
    EXPECT_THAT(askGrpc(*node_, method, list_services),
                AllOf(HasSubstr("grpc-status: 12"), Not(HasSubstr("tessera."))));
    const auto open = TemporaryNode::start({.yaml = "gateway: {grpc_reflection: true}"});
    ASSERT_TRUE(open) << open.error().describe();
    EXPECT_THAT(
        askGrpc(*open, method, list_services),
        AllOf(HasSubstr("tessera.v1.Query"), HasSubstr("tessera.v1.Catalog"), HasSubstr("grpc.health.v1.Health")));
}

}  // namespace
}  // namespace tessera
