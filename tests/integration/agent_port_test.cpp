// Goal: programs that speak only PostgreSQL get in as the person, with the port's password or as the same user; nobody
// else does. Method: psql and libpq at the agent's local ports.

#include "common/service_user.h"
#include "nodeservice/postgres/connection.h"
#include "tests/integration/agent_fixture.h"

#include <unistd.h>

#include <regex>

namespace tessera {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class AgentPort : public AgentTest {
  protected:
    void SetUp() override {
        AgentTest::SetUp();
        agent_ = signedIn();
        const ProcessResult opened = agent_->tessera({"port", "open", "--node", "lake"});
        ASSERT_EQ(opened.status.exit_code, 0) << opened.error;
        shown_ = opened.output;
    }

    /// A line of `tessera port show`.
    std::string shown(const std::string& name) const {
        std::smatch found;
        return std::regex_search(shown_, found, std::regex("(?:^|\n)" + name + " +([^ \n]+)")) ? found[1].str() : "";
    }

    /// What stands behind a name, without the note at its end.
    std::string line(const std::string& name) const {
        std::smatch found;
        return std::regex_search(shown_, found, std::regex("(?:^|\n)" + name + " +([^\n]+?)(?:    \\([^\n]*)?\n"))
                   ? found[1].str()
                   : "";
    }

    std::uint16_t port() const { return static_cast<std::uint16_t>(std::stoi(shown("port"))); }

    std::filesystem::path socketFolder() const { return agent_->runtime() / "test-lake"; }

    ProcessResult psql(const std::string& host, const std::string& password, const std::string& sql,
                       const std::string& more = {}) const {
        ProcessOptions options;
        options.arguments = {"psql",
                             "-X",
                             "-A",
                             "-t",
                             "-v",
                             "ON_ERROR_STOP=1",
                             "host=" + host + " port=" + shown("port") + " dbname=tessera " + more,
                             "-c",
                             sql};
        options.environment = {{"PGPASSWORD", password}, {"HOME", agent_->runtime().string()}};
        auto result = run(std::move(options), std::chrono::seconds(60));
        return result ? *result : ProcessResult{{-1, 0}, {}, result.error().describe()};
    }

    std::unique_ptr<TemporaryAgent> agent_;
    std::string shown_;
};

constexpr const char* kWho = "select current_user, tessera.claim('email')";

TEST_F(AgentPort, LetsInThePortsPasswordAndTheSameUser) {
    const ProcessResult tcp = psql("127.0.0.1", shown("password"), kWho, "user=token");
    EXPECT_EQ(tcp.output, "analyst|ann@example.org\n") << tcp.error;
    const ProcessResult socket = psql(socketFolder().string(), "", kWho);
    EXPECT_EQ(socket.output, "analyst|ann@example.org\n") << socket.error;
    // The person has two roles; the user's name chooses.
    EXPECT_EQ(psql(socketFolder().string(), "", "select current_user", "user=guest").output, "guest\n");
    EXPECT_THAT(psql(socketFolder().string(), "", "select 1", "user=postgres").error,
                HasSubstr("authentication failed for user \"postgres\""));
    EXPECT_THAT(psql(socketFolder().string(), "", "select 1", "user=app").error,
                AllOf(HasSubstr("'app' may only call endpoints"), HasSubstr("/api/v1/endpoints/NAME")));
    EXPECT_EQ(psql(socketFolder().string(), "", "show intervalstyle", "options='-c intervalstyle=iso_8601'").output,
              "iso_8601\n");
}

/// Each string as `tessera port show` prints it, in the hands of the program that it is for.
TEST_F(AgentPort, ItsConnectionStringsWorkAsTheyStand) {
    const ProcessResult again = agent_->tessera({"port", "show", "--node", "lake"});
    ASSERT_EQ(again.status.exit_code, 0) << again.error;
    EXPECT_EQ(again.output, shown_);
    for (const char* name : {"psql", "psql, socket"}) {
        const auto done = run({.arguments = {"sh", "-c", line(name) + " -XAtc \"select tessera.user_id()\""},
                               .environment = {{"PGPASSWORD", name == std::string("psql") ? shown("password") : ""},
                                               {"HOME", agent_->runtime().string()}}},
                              kPatience);
        ASSERT_TRUE(done);
        EXPECT_EQ(done->output, "ann\n") << name << ": " << line(name) << done->error;
    }
    const std::filesystem::path pgpass = writeFile(agent_->runtime() / "pgpass", line("pgpass") + "\n");
    std::filesystem::permissions(pgpass, std::filesystem::perms(0600));
    const auto by_file = run({.arguments = {"sh", "-c", line("psql") + " -XAtwc \"select tessera.user_id()\""},
                              .environment = {{"PGPASSFILE", pgpass.string()}, {"HOME", agent_->runtime().string()}}},
                             kPatience);
    ASSERT_TRUE(by_file);
    EXPECT_EQ(by_file->output, "ann\n") << by_file->error;
    const char* script = R"(
import sys, jpype, jpype.imports, pyodbc, sqlalchemy, psycopg2
jdbc, odbc, url, dbt = sys.argv[1:]
who = 'SELECT tessera.user_id()'
with sqlalchemy.create_engine(url).connect() as connection:
    assert connection.execute(sqlalchemy.text(who)).scalar() == 'ann'
assert pyodbc.connect(odbc).execute(who).fetchone()[0] == 'ann'
keys = dict(line.strip().split(': ') for line in dbt.splitlines())
assert keys.pop('type') == 'postgres' and keys.pop('schema') == 'public'
keys['password'] = keys['password'].strip('"')
cursor = psycopg2.connect(**keys).cursor()
cursor.execute(who)
assert cursor.fetchone() == ('ann',)
jpype.startJVM(classpath=['/usr/share/java/postgresql.jar', '/usr/share/java/org.jpype.jar'])
from java.sql import DriverManager
connection = DriverManager.getConnection(jdbc)
rows = connection.createStatement().executeQuery(who); rows.next(); assert rows.getString(1) == 'ann'
# What a tool like DBeaver asks first.
facts = connection.getMetaData()
assert facts.getDatabaseProductName() == 'PostgreSQL'
assert facts.getSchemas().next() and facts.getTables(None, 'pg_catalog', 'pg_class', None).next()
assert facts.getColumns(None, 'pg_catalog', 'pg_class', None).next()
print('done')
)";
    const std::string dbt = shown_.substr(shown_.find("type: postgres"));
    const auto tools =
        run({.arguments = {"/usr/bin/python3", "-c", script, line("JDBC"), line("ODBC"), line("SQLAlchemy"), dbt},
             .environment = {{"HOME", agent_->runtime().string()}}},
            std::chrono::seconds(90));
    ASSERT_TRUE(tools);
    EXPECT_EQ(tools->output, "done\n") << tools->error;
}

TEST_F(AgentPort, RefusesAWrongPassword) {
    const ProcessResult refused = psql("127.0.0.1", "not the password", "select 1", "user=token");
    EXPECT_EQ(refused.status.exit_code, 2);
    EXPECT_THAT(refused.error, HasSubstr("wrong password for this local port"));
    EXPECT_NE(psql("127.0.0.1", "", "select 1", "user=token").status.exit_code, 0);
}

TEST_F(AgentPort, RefusesAnotherUser) {
    if (::getuid() != 0) {
        GTEST_SKIP() << "only root can become another user";
    }
    const auto user = serviceUser();
    ASSERT_TRUE(user) << user.error().describe();
    for (auto folder = socketFolder(); folder != "/tmp" && folder != "/"; folder = folder.parent_path()) {
        std::filesystem::permissions(folder, std::filesystem::perms(0755));
    }
    std::filesystem::permissions(socketFolder() / (".s.PGSQL." + shown("port")), std::filesystem::perms(0666));
    const auto refused =
        run({.arguments = {"psql", "-X",
                           "host=" + socketFolder().string() + " port=" + shown("port") + " dbname=tessera user=token",
                           "-c", "select 1"},
             .working_directory = "/",
             .run_as = user->runAs()},
            kPatience);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->status.exit_code, 2) << refused->output;
    EXPECT_THAT(refused->error, HasSubstr("closed the connection unexpectedly"));
    EXPECT_TRUE(waitUntil([&] { return agent_->log().find("peer.refused") != std::string::npos; }, kPatience));
}

TEST_F(AgentPort, PassesCopyAndCancels) {
    const ProcessResult copied =
        psql(socketFolder().string(), "", "copy (select repeat('x', 100) from generate_series(1, 300000)) to stdout");
    EXPECT_EQ(copied.output.size(), 300000u * 101) << copied.error;
    auto running = Process::start(
        {.arguments = {"psql", "-X", "host=" + socketFolder().string() + " port=" + shown("port") + " dbname=tessera",
                       "-c", "select pg_sleep(60)"},
         .standard_output = ProcessOutput::capture(),
         .standard_error = ProcessOutput::capture()});
    ASSERT_TRUE(running);
    ASSERT_TRUE(waitUntil(
        [&] {
            return psql(socketFolder().string(), "",
                        "select count(*) from pg_stat_activity where query = 'select pg_sleep(60)'")
                       .output == "1\n";
        },
        kPatience));
    ASSERT_TRUE(running->signal(SIGINT));
    const auto ended = running->wait(kPatience);
    ASSERT_TRUE(ended);
    EXPECT_THAT(running->capturedError(), HasSubstr("canceling statement due to user request"));
}

TEST_F(AgentPort, IsThereAgainWithItsPasswordWhenTheAgentIs) {
    agent_->stop();
    EXPECT_NE(psql("127.0.0.1", shown("password"), kWho, "user=token").status.exit_code, 0);
    ASSERT_TRUE(agent_->start());
    EXPECT_EQ(psql("127.0.0.1", shown("password"), kWho, "user=token").output, "analyst|ann@example.org\n");
    node_->stop();
    EXPECT_THAT(psql("127.0.0.1", shown("password"), kWho, "user=token").error, HasSubstr("cannot reach node 'lake'"));
    ASSERT_TRUE(node_->launch());
    EXPECT_EQ(psql("127.0.0.1", shown("password"), kWho, "user=token").output, "analyst|ann@example.org\n");
}

TEST_F(AgentPort, EndsItsSessionsWithTheSignInAndItselfWhenClosed) {
    auto session = postgres::Connection::open(
        {.host = "127.0.0.1", .port = port(), .user = "token", .password = shown("password"), .database = "tessera"});
    ASSERT_TRUE(session) << session.error().describe();
    EXPECT_EQ(agent_->tessera({"logout"}).status.exit_code, 0);
    const auto ended = session->execute("select 1");
    ASSERT_FALSE(ended);
    EXPECT_THAT(ended.error().describe(),
                AllOf(HasSubstr("the sign-in to 'test' has ended"), HasSubstr("tessera login test")));
    EXPECT_THAT(psql("127.0.0.1", shown("password"), kWho, "user=token").error, HasSubstr("tessera login"));
    EXPECT_EQ(agent_->tessera({"port", "close", "--node", "lake"}).status.exit_code, 0);
    EXPECT_THAT(psql("127.0.0.1", shown("password"), kWho, "user=token").error, HasSubstr("Connection refused"));
    EXPECT_EQ(agent_->tessera({"port", "list", "-f", "csv"}).output, "profile,node,database,port,socket,state\n");
}

TEST_F(AgentPort, AnswersWhoeverSpeaksAnotherProtocol) {
    const auto answer = run(
        {.arguments = {"curl", "--silent", "--http0.9", "--max-time", "5", "http://127.0.0.1:" + shown("port") + "/"}},
        kPatience);
    ASSERT_TRUE(answer);
    EXPECT_THAT(answer->output, HasSubstr("this port speaks the PostgreSQL protocol"));
}

}  // namespace
}  // namespace tessera
