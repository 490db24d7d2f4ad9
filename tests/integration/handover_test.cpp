/// Sessions in clear go on between the client and PostgreSQL alone; what is the gateway's of them holds all the same.

#include "tests/support/cached.h"
#include "tests/support/node_test.h"
#include "tests/support/proc_file.h"
#include "tests/support/raw_client.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <tuple>
#include <vector>

namespace tessera {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

namespace fs = std::filesystem;

class HandoverTest : public NodeTest {
  protected:
    static void SetUpTestSuite() {
        startNode({.yaml = "gateway: {idle_seconds: 2}\naudit: {statements: true, text: full}" + identityYaml(),
                   .listen = kTls});
    }

    static std::string person(const std::string& subject, const std::string& more = "sslmode=disable") {
        return target("user=analyst password=" + tokenOf(subject) + " " + more);
    }

    /// Does the process hold the other end of the client's connection?
    static bool holdsClient(pid_t process, PGconn* client) {
        sockaddr_in own{};
        socklen_t size = sizeof own;
        EXPECT_EQ(::getsockname(PQsocket(client), reinterpret_cast<sockaddr*>(&own), &size), 0);
        char local[16];
        char remote[16];
        std::snprintf(local, sizeof local, "0100007F:%04X", node_->port());
        std::snprintf(remote, sizeof remote, "0100007F:%04X", ntohs(own.sin_port));
        std::ifstream table("/proc/net/tcp");
        std::string inode = "?";
        for (std::string number, from, to, skipped; table >> number >> from >> to;) {
            std::string rest;
            std::getline(table, rest);
            if (from == local && to == remote) {
                std::istringstream fields(rest);
                for (int i = 0; i < 7; ++i) {
                    fields >> inode;
                }
            }
        }
        std::error_code ignored;
        for (const auto& entry : fs::directory_iterator("/proc/" + std::to_string(process) + "/fd", ignored)) {
            if (fs::read_symlink(entry, ignored) == "socket:[" + inode + "]") {
                return true;
            }
        }
        return false;
    }
};

TEST_F(HandoverTest, WhatIsClearIsHandedOverAndWhatIsEncryptedIsRelayed) {
    const SessionClient clear(person("ann"));
    EXPECT_TRUE(holdsClient(clear.pid(), clear.get()));
    EXPECT_TRUE(waitUntil([&] { return !holdsClient(node_->pid(), clear.get()); }));
    const SessionClient encrypted(person("ann", "sslmode=require"));
    EXPECT_FALSE(holdsClient(encrypted.pid(), encrypted.get()));
    EXPECT_TRUE(holdsClient(node_->pid(), encrypted.get()));
    for (const SessionClient* client : {&clear, &encrypted}) {
        EXPECT_EQ(client->ask("SELECT tessera.user_id()"), "ann");
        EXPECT_EQ(client->ask("SELECT length(repeat('x', 50000000))"), "50000000");
        EXPECT_THAT(client->ask("SELECT 1/0"), HasSubstr("division by zero"));
        EXPECT_EQ(client->ask("LISTEN news"), "(done)");
        EXPECT_EQ(client->ask("NOTIFY news, 'hello'"), "(done)");
        const Handle<PGnotify, PQfreemem> notification(PQnotifies(client->get()));
        EXPECT_TRUE(notification && std::string(notification->extra) == "hello");
    }
}

/// A driver formats times and reads texts by what the server said last, and it may say so long after the sign-in.
TEST_F(HandoverTest, WhatChangesLaterIsToldToTheClient) {
    for (const char* mode : {"sslmode=disable", "sslmode=require"}) {
        const SessionClient client(person("ann", std::string(mode) + " application_name=first"));
        const auto told = [&](const char* name) {
            const char* value = PQparameterStatus(client.get(), name);
            return std::string(value == nullptr ? "(none)" : value);
        };
        ASSERT_EQ(client.ask("SET idle_session_timeout = 0"), "(done)");
        EXPECT_EQ(told("application_name"), "first");
        EXPECT_EQ(told("session_authorization"), "analyst");
        EXPECT_EQ(told("is_superuser"), "off");
        EXPECT_EQ(client.ask("SET TimeZone = 'Asia/Tokyo'"), "(done)");
        EXPECT_EQ(told("TimeZone"), "Asia/Tokyo") << mode;
        EXPECT_EQ(client.ask("SELECT set_config('DateStyle', 'SQL, DMY', false)"), "SQL, DMY");
        EXPECT_EQ(told("DateStyle"), "SQL, DMY") << mode;
        EXPECT_EQ(client.ask("DO $$ BEGIN SET IntervalStyle = iso_8601; END $$"), "(done)");
        EXPECT_EQ(told("IntervalStyle"), "iso_8601") << mode;
        EXPECT_EQ(client.ask("SET application_name = 'second'"), "(done)");
        EXPECT_EQ(told("application_name"), "second") << mode;
        EXPECT_EQ(client.ask("SET client_encoding = 'LATIN1'"), "(done)");
        EXPECT_EQ(told("client_encoding"), "LATIN1") << mode;
        EXPECT_EQ(client.ask("SELECT U&'\\00fc'"), "\xfc") << mode;
        // What a transaction takes back is told as well.
        EXPECT_EQ(client.ask("BEGIN; SET TimeZone = 'Europe/Berlin'"), "(done)");
        EXPECT_EQ(told("TimeZone"), "Europe/Berlin") << mode;
        EXPECT_EQ(client.ask("ROLLBACK"), "(done)");
        EXPECT_EQ(told("TimeZone"), "Asia/Tokyo") << mode;
        // The role: its own, and the one whose rights it has anyway.
        EXPECT_EQ(client.ask("SET ROLE analyst"), "(done)");
        EXPECT_THAT(client.ask("SET ROLE tessera_node"), HasSubstr("permission denied"));
        EXPECT_EQ(client.ask("SELECT current_user"), "analyst");
        EXPECT_EQ(client.ask("RESET ALL"), "(done)");
        EXPECT_EQ(told("application_name"), "first") << mode;
        EXPECT_EQ(told("session_authorization"), "analyst");
        EXPECT_EQ(client.ask("SELECT tessera.user_id()"), "ann") << mode;
    }
}

/// The same, by drivers that keep such values to themselves.
TEST_F(HandoverTest, DriversHearWhatChangesLater) {
    const char* python = R"(
import sys, datetime, jpype, jpype.imports, psycopg, psycopg2
port, token, mode = sys.argv[1:]
target = dict(host='127.0.0.1', port=port, dbname='tessera', user='analyst', password=token, sslmode=mode)
moment = datetime.datetime(2024, 2, 29, 12, tzinfo=datetime.timezone.utc)
with psycopg.connect(**target, autocommit=True) as connection:
    connection.execute('SET idle_session_timeout = 0')
    connection.execute("SET TimeZone = 'Asia/Tokyo'")
    assert connection.info.parameter_status('TimeZone') == 'Asia/Tokyo', mode
    value = connection.execute("SELECT timestamptz '2024-02-29 12:00+00'").fetchone()[0]
    assert value == moment and value.utcoffset() == datetime.timedelta(hours=9), value
    connection.execute("SET client_encoding = 'LATIN1'")
    assert connection.info.encoding == 'iso8859-1'
    assert connection.execute('SELECT %s::text', ('ü',)).fetchone() == ('ü',)
    with connection.transaction(force_rollback=True):
        connection.execute("SET TimeZone = 'UTC'")
        assert connection.info.parameter_status('TimeZone') == 'UTC'
    assert connection.info.parameter_status('TimeZone') == 'Asia/Tokyo'
connection = psycopg2.connect(**target)
connection.autocommit = True
cursor = connection.cursor()
cursor.execute('SET idle_session_timeout = 0')
cursor.execute("SET DateStyle = 'ISO, DMY'; SET TimeZone = 'Asia/Tokyo'")
assert connection.get_parameter_status('DateStyle') == 'ISO, DMY'
cursor.execute("SELECT timestamptz '2024-02-29 12:00+00'")
assert cursor.fetchone()[0].utcoffset() == datetime.timedelta(hours=9)
connection.set_client_encoding('LATIN1')
assert connection.get_parameter_status('client_encoding') == 'LATIN1'
cursor.execute('SELECT %s', ('ü',))
assert cursor.fetchone() == ('ü',)
connection.close()
jpype.startJVM(classpath=['/usr/share/java/postgresql.jar', '/usr/share/java/org.jpype.jar'])
from java.sql import DriverManager
from java.util import Properties
given = Properties()
for name, value in {'user': 'analyst', 'password': token, 'sslmode': mode}.items():
    given.setProperty(name, value)
connection = DriverManager.getConnection('jdbc:postgresql://127.0.0.1:' + port + '/tessera', given)
statement = connection.createStatement()
statement.execute('SET idle_session_timeout = 0')
statement.execute("SET TimeZone = 'Asia/Tokyo'; SET application_name = 'later'")
told = connection.unwrap(jpype.JClass('org.postgresql.PGConnection')).getParameterStatuses()
assert told.get('TimeZone') == 'Asia/Tokyo' and told.get('application_name') == 'later', told
try:
    # The driver cannot do without UTF-8, and says so: only because it heard of it.
    statement.execute("SET client_encoding = 'LATIN1'"); assert False
except jpype.JException as error:
    assert 'client_encoding' in str(error), error
print('done')
)";
    const char* node = R"js(
const assert = require('assert'), { Client } = require('pg');
const [port, token, mode] = process.argv.slice(1);
async function main() {
    const client = new Client({ host: '127.0.0.1', port: Number(port), database: 'tessera', user: 'analyst', password: token,
                                ssl: mode === 'disable' ? false : { rejectUnauthorized: false } });
    await client.connect();
    const told = {};
    client.connection.on('parameterStatus', (message) => { told[message.parameterName] = message.parameterValue; });
    await client.query('SET idle_session_timeout = 0');
    await client.query("SET TimeZone = 'Asia/Tokyo'");
    assert.equal(told.TimeZone, 'Asia/Tokyo');
    await client.query({ text: "SELECT set_config('application_name', $1, false)", values: ['later'] });
    assert.equal(told.application_name, 'later');
    await client.end();
    console.log('done');
}
main().catch((error) => { console.error(error); process.exit(1); });
)js";
    const fs::path packages = cached("node-clients-4", "node_modules/pg/package.json");
    ASSERT_FALSE(packages.empty()) << "npm's pg is not there: run ./dev setup";
    for (const std::string mode : {"disable", "require"}) {
        for (const auto& [program, option, script] :
             {std::tuple{"/usr/bin/python3", "-c", python}, std::tuple{"node", "-e", node}}) {
            const auto done =
                runChecked({.arguments = {program, option, script, std::to_string(node_->port()), tokenOf("ann"), mode},
                            .environment = {{"NODE_PATH", (packages / "node_modules").string()}}},
                           kPatience);
            ASSERT_TRUE(done) << program << " " << mode << done.error().describe();
            EXPECT_THAT(*done, HasSubstr("done"));
        }
    }
}

TEST_F(HandoverTest, LeavesNoTraceInTheSession) {
    const SessionClient fresh(person("ann"));
    const SessionClient looking(person("ann"));
    EXPECT_EQ(looking.ask("SELECT query || state FROM pg_stat_activity WHERE pid = " + std::to_string(fresh.pid())),
              "idle");
    EXPECT_EQ(looking.ask("SELECT 'marker-of-the-audit'"), "marker-of-the-audit");
    const fs::path audit = node_->dataDirectory() / "log" / "audit.jsonl";
    ASSERT_TRUE(waitUntil([&] { return readFile(audit).find("marker-of-the-audit") != std::string::npos; }));
    EXPECT_THAT(readFile(audit), Not(HasSubstr("adopt_client")));
}

TEST_F(HandoverTest, OnlyTheNodeHandsOver) {
    for (const char* mode : {"sslmode=disable", "sslmode=require"}) {
        const SessionClient client(person("ann", mode));
        ASSERT_THAT(client.ask("SELECT tessera.challenge()"), StartsWith(std::to_string(client.pid())));
        EXPECT_THAT(client.ask("SELECT tessera.adopt_client('\\x00')"), StartsWith("(error)"));
        EXPECT_THAT(client.ask("SELECT tessera.adopt_client(decode(repeat('00', 64), 'hex'))"), StartsWith("(error)"));
        EXPECT_EQ(client.ask("SELECT 7"), "7");
    }
}

TEST_F(HandoverTest, CancelsReachIt) {
    const SessionClient client(person("ann"));
    const SessionClient looking(person("ann"));
    ASSERT_EQ(PQsendQuery(client.get(), "SELECT pg_sleep(60)"), 1);
    ASSERT_TRUE(waitUntil([&] {
        return looking.ask("SELECT state FROM pg_stat_activity WHERE pid = " + std::to_string(client.pid()) +
                           " AND query LIKE 'SELECT pg_sleep%'") == "active";
    }));
    const Handle<PGcancel, PQfreeCancel> cancel(PQgetCancel(client.get()));
    char error[256] = "";
    ASSERT_EQ(PQcancel(cancel.get(), error, sizeof error), 1) << error;
    const postgres::ResultHandle result(PQgetResult(client.get()));
    EXPECT_STREQ(PQresultErrorField(result.get(), PG_DIAG_SQLSTATE), "57014");
}

TEST_F(HandoverTest, ItsPlaceIsFreeWhenItEndsAndNotBefore) {
    // The page's own.
    constexpr double kNone = 1;
    ASSERT_TRUE(waitUntil([] { return metric("tessera_connections") == kNone; }));
    {
        const SessionClient first(person("ann"));
        const SessionClient second(person("ann"));
        EXPECT_EQ(second.ask("SELECT 1"), "1");
        EXPECT_GE(metric("tessera_connections"), kNone + 2);
        // However it ends.
        EXPECT_EQ(first.ask("SELECT pg_terminate_backend(" + std::to_string(second.pid()) + ")"), "t");
        EXPECT_THAT(second.ask("SELECT 1"), HasSubstr("terminating connection due to administrator command"));
        EXPECT_TRUE(waitUntil([&] { return metric("tessera_connections") == kNone + 1; }));
    }
    EXPECT_TRUE(waitUntil([&] { return metric("tessera_connections") == kNone; }));
}

TEST_F(HandoverTest, ItsTimesEndIt) {
    const SessionClient idle(person("ann"));
    ASSERT_TRUE(waitUntil([&] { return ::kill(idle.pid(), 0) != 0; }));
    EXPECT_THAT(idle.ask("SELECT 1"), HasSubstr("idle-session timeout"));
    // Past its end by a part of what clocks may differ by: there is a little left of it.
    const SessionClient ending(
        target("user=analyst sslmode=disable password=" + tokenOf("bob", {{"exp", std::time(nullptr) - 20}})));
    EXPECT_THAT(ending.ask("SELECT pg_sleep(60)"), HasSubstr("the identity of this session has expired"));
}

/// It may end, but must not go on with what the backend's descriptors were before.
TEST_F(HandoverTest, ServersThatDieLetTheirClientsGo) {
    const SessionClient client(person("ann"));
    const pid_t postmaster = node_->postmasterPid();
    ASSERT_EQ(::kill(client.pid(), SIGKILL), 0);
    EXPECT_THAT(client.ask("SELECT 1"), StartsWith("(error)"));
    ASSERT_TRUE(waitUntil([&] {
        const postgres::ConnectionHandle again(PQconnectdb(person("ann").c_str()));
        const postgres::ResultHandle result(PQexec(again.get(), "SELECT 1"));
        return PQresultStatus(result.get()) == PGRES_TUPLES_OK;
    }));
    EXPECT_EQ(node_->postmasterPid(), postmaster);
}

/// What a node keeps for sessions that do nothing is counted, clear and encrypted ones: ./dev bench gateway idle has
/// thousands of them.
class IdleSessions : public NodeTest {
  protected:
    static void SetUpTestSuite() {
        startNode({.yaml = "gateway: {max_connections: 250, max_connections_per_user: 250}" + identityYaml(),
                   .listen = kTls});
    }

    static std::size_t entriesOf(const char* folder) {
        std::error_code ignored;
        const fs::directory_iterator all("/proc/" + std::to_string(node_->pid()) + "/" + folder, ignored);
        return static_cast<std::size_t>(std::distance(fs::begin(all), fs::end(all)));
    }

    static long memory_KB() { return kilobytesOf("/proc/" + std::to_string(node_->pid()) + "/status", "VmRSS"); }
};

TEST_F(IdleSessions, CostFewDescriptorsNoThreadsAndLittleMemory) {
    constexpr std::size_t kEach = 100;
    constexpr std::size_t kSlack = 5;  // what the node opens meanwhile for work of its own
    const std::string user = "user=analyst password=" + tokenOf("ann");
    const auto opened = [&](const std::string& mode, std::size_t count) {
        std::vector<std::unique_ptr<SessionClient>> sessions;
        for (std::size_t i = 0; i < count; ++i) {
            sessions.push_back(std::make_unique<SessionClient>(target(user + " sslmode=" + mode)));
            EXPECT_EQ(sessions.back()->ask("SELECT tessera.user_id()"), "ann");
        }
        return sessions;
    };
    // What the first ones make stays.
    opened("disable", 5);
    opened("require", 5);
    ASSERT_TRUE(waitUntil([] { return metric("tessera_connections") == 1; }, kPatience));
    const std::size_t threads = entriesOf("task");
    const std::size_t files = entriesOf("fd");
    const long memory = memory_KB();
    {
        const auto clear = opened("disable", kEach);
        const std::size_t with_clear = entriesOf("fd");
        const auto encrypted = opened("require", kEach);
        EXPECT_EQ(metric("tessera_connections"), 1 + 2 * kEach);
        EXPECT_LE(entriesOf("task"), threads);
        // Of a session that was handed over, the way to end it; of a relayed one both sides as well.
        EXPECT_LE(with_clear, files + kEach + kSlack);
        EXPECT_LE(entriesOf("fd"), with_clear + 3 * kEach + kSlack);
        constexpr long kMost_KB = 60;
        EXPECT_LE(memory_KB() - memory, static_cast<long>(2 * kEach) * kMost_KB);
        // They are all still good.
        for (const auto* sessions : {&clear, &encrypted}) {
            EXPECT_EQ(sessions->front()->ask("SELECT 1"), "1");
            EXPECT_EQ(sessions->back()->ask("SELECT 1"), "1");
        }
    }
    EXPECT_TRUE(waitUntil([] { return metric("tessera_connections") == 1; }, kPatience));
    EXPECT_TRUE(waitUntil([&] { return entriesOf("fd") <= files + kSlack; }, kPatience))
        << entriesOf("fd") << " of " << files;
}

}  // namespace
}  // namespace tessera
