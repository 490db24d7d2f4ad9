/// Clients that nobody here wrote, through the gateway with TLS and a token; certificates as sign-in; limits of roles;
/// gRPC's health.

#include "tests/support/cached.h"
#include "tests/support/temporary_node.h"
#include "tests/support/token_maker.h"
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

constexpr std::chrono::seconds kPatience{90};

constexpr const char* kListen =
    "tls_certificate: @FOLDER@/node.pem, tls_key: @FOLDER@/node.key, tls_client_ca: @FOLDER@/ca.pem";
constexpr const char* kUsers =
    "{name: machine, certificate: 'CN=etl,O=Example'}, {name: hasty, password: only for tests, statement_seconds: 1}";
constexpr const char* kYaml = R"yaml(
gateway: {idle_seconds: 2, max_connections_per_user: 3}
identity:
  issuers:
    - name: corp
      issuer: https://login.example.org
      jwks_file: "@FOLDER@/keys.json"
      algorithms: [ES256]
  roles:
    - {role: analyst, issuer: corp, statement_seconds: 30}
)yaml";

class GatewayClientsTest : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        key_ = std::make_unique<SigningKey>(SigningKey::p256("k1"));
        auto node = TemporaryNode::prepare({.yaml = kYaml, .listen = kListen, .users = kUsers});
        ASSERT_TRUE(node) << node.error().describe();
        node_ = new TemporaryNode(std::move(*node));
        makeCertificate("node", "/CN=localhost", "subjectAltName=DNS:localhost,IP:127.0.0.1", "");
        makeCertificate("ca", "/CN=authority", "basicConstraints=critical,CA:TRUE", "");
        makeCertificate("etl", "/O=Example/CN=etl", "", "ca");
        makeCertificate("other", "/O=Example/CN=other", "", "ca");
        makeCertificate("forged", "/O=Example/CN=etl", "", "");
        writeFile(node_->folder() / "keys.json", jwkSet({key_.get()}));
        const auto launched = node_->launch();
        ASSERT_TRUE(launched) << launched.error().describe();
    }

    static void TearDownTestSuite() {
        delete node_;
        node_ = nullptr;
    }

    /// NAME.pem and NAME.key; self-signed without an authority.
    static void makeCertificate(const std::string& name, const std::string& subject, const std::string& extension,
                                const std::string& authority) {
        const std::string base = (node_->folder() / name).string();
        std::vector<std::string> arguments = {
            "openssl", "req",        "-x509", "-newkey", "ec",    "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes",  "-days",      "2",     "-subj",   subject, "-keyout",  base + ".key",
            "-out",    base + ".pem"};
        if (!extension.empty()) {
            arguments.insert(arguments.end(), {"-addext", extension});
        }
        if (!authority.empty()) {
            const std::string with = (node_->folder() / authority).string();
            arguments.insert(arguments.end(), {"-CA", with + ".pem", "-CAkey", with + ".key"});
        }
        const auto made = runChecked({.arguments = arguments}, kPatience);
        ASSERT_TRUE(made) << made.error().describe();
        fs::permissions(base + ".key", name == "node" ? fs::perms(0644) : fs::perms(0600));
    }

    static std::string target(const std::string& user, const std::string& more = {}) {
        return "host=127.0.0.1 dbname=tessera port=" + std::to_string(node_->port()) + " user=" + user +
               " sslmode=verify-full sslrootcert=" + (node_->folder() / "node.pem").string() + " " + more;
    }

    static std::string certificate(const std::string& name) {
        const std::string base = (node_->folder() / name).string();
        return "sslcert=" + base + ".pem sslkey=" + base + ".key";
    }

    static std::string token() {
        const auto now = std::time(nullptr);
        return makeToken(
            {{"iss", "https://login.example.org"}, {"aud", "node"}, {"sub", "ann"}, {"exp", now + 300}, {"iat", now}},
            *key_, "ES256");
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

    static TemporaryNode* node_;
    static std::unique_ptr<SigningKey> key_;
};

TemporaryNode* GatewayClientsTest::node_ = nullptr;
std::unique_ptr<SigningKey> GatewayClientsTest::key_;

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
    const fs::path packages = cached("node-clients-1", "node_modules/pg/package.json");
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
    EXPECT_EQ(psql(target("analyst"), "SHOW statement_timeout", token()).value_or(""), "30s\n");
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

/// What a gRPC method answers to one message, with the headers before it; known to no client of ours.
std::string askGrpc(const TemporaryNode& node, const std::string& method, const std::string& message) {
    const std::string framed = std::string(4, '\0') + static_cast<char>(message.size()) + message;
    // Where the server ends the call first, curl calls that an error.
    const auto answer =
        run({.arguments = {"curl", "-sS", "-i", "--http2-prior-knowledge", "-H", "Content-Type: application/grpc", "-H",
                           "TE: trailers", "--data-binary", "@" + writeFile(node.folder() / "message", framed).string(),
                           "http://127.0.0.1:" + std::to_string(node.port()) + "/" + method}},
            kPatience);
    EXPECT_TRUE(answer) << answer.error().describe();
    return answer ? answer->output : "";
}

TEST_F(GatewayClientsTest, GrpcHealth) {
    // An empty message, and {status: SERVING} in gRPC's framing.
    EXPECT_THAT(askGrpc(*node_, "grpc.health.v1.Health/Check", ""),
                HasSubstr(std::string("\r\n\r\n\0\0\0\0\2\x08\x01", 11)));
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
