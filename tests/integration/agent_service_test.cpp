// Goal: the agent is the service that its unit promises. Method: systemd's own checker reads the unit, and the program
// is started, signalled and started again as a manager does it by what the unit says: no manager is started, because
// one of a test's own would take the machine's processes into its control groups.

#include "tests/integration/agent_fixture.h"

#include <csignal>
#include <map>
#include <sstream>

namespace tessera {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace fs = std::filesystem;

class AgentService : public AgentTest {
  protected:
    /// As it is installed, but for where the program is.
    static std::string unitText() {
        std::string text = readFile(TESSERA_BUILD_DIR "/agent/tessera-agent.service");
        const std::size_t at = text.find("ExecStart=") + 10;
        text.replace(at, text.find(' ', at) - at, TESSERA_BUILD_DIR "/bin/tessera-agent");
        return text;
    }

    /// The settings of its section [Service].
    static std::map<std::string, std::string> service() {
        std::map<std::string, std::string> settings;
        std::istringstream lines(unitText());
        bool is_service = false;
        for (std::string line; std::getline(lines, line);) {
            is_service = line.starts_with('[') ? line == "[Service]" : is_service;
            const std::size_t sign = line.find('=');
            if (is_service && sign != std::string::npos) {
                settings[line.substr(0, sign)] = line.substr(sign + 1);
            }
        }
        return settings;
    }

    /// What a user's manager does with the unit's ExecStart: an environment of its own, no input, output to the
    /// journal.
    static Result<Process> start(const TemporaryAgent& agent) {
        const auto settings = service();
        std::string command = "umask " + settings.at("UMask") + "; exec env -i";
        for (const char* name : {"HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "TESSERA_PROFILES",
                                 "DBUS_SESSION_BUS_ADDRESS"}) {
            command += std::string(" ") + name + "=\"$" + name + "\"";
        }
        command += " PATH=/usr/bin:/bin INVOCATION_ID=1 prlimit --core=" + settings.at("LimitCORE") +
                   " setpriv --no-new-privs " + settings.at("ExecStart");
        return Process::start({.arguments = {"/bin/sh", "-c", command},
                               .environment = agent.environment(),
                               .standard_output = ProcessOutput::capture(),
                               .standard_error = ProcessOutput::capture(),
                               .signal_on_parent_death = SIGTERM});
    }

    static bool isReady(const Process& process) {
        return waitUntil([&] { return process.capturedError().find("agent.ready") != std::string::npos; }, kPatience);
    }

    /// The manager's default, after which it kills.
    static constexpr std::chrono::seconds kStopTime{90};
};

TEST_F(AgentService, SystemdTakesTheUnit) {
    if (!fs::exists("/usr/bin/systemd-analyze")) {
        GTEST_SKIP() << "systemd-analyze is not installed";
    }
    const TemporaryDirectory folder;
    const fs::path unit = folder.path() / "tessera-agent.service";
    writeFile(unit, unitText());
    const auto verified =
        run({.arguments = {"systemd-analyze", "verify", "--user", "--man=no", unit.string()},
             .environment = {{"XDG_RUNTIME_DIR", folder.path().string()}, {"HOME", folder.path().string()}}},
            kPatience);
    ASSERT_TRUE(verified);
    EXPECT_EQ(verified->status.exit_code, 0) << verified->error;
    EXPECT_THAT(verified->error, Not(HasSubstr("tessera-agent"))) << "it warns of the unit";
    // What the tests below act on; whoever changes the unit's kind has other promises to keep.
    const auto settings = service();
    EXPECT_FALSE(settings.contains("Type")) << "simple: the process that is started is the service";
    EXPECT_FALSE(settings.contains("WatchdogSec"));
    EXPECT_FALSE(settings.contains("TimeoutStopSec"));
    EXPECT_EQ(settings.at("Restart"), "on-failure");
    EXPECT_EQ(settings.at("NoNewPrivileges"), "yes");
}

TEST_F(AgentService, IsTheProcessThatIsStartedWithoutTerminalOrDisplay) {
    const auto agent = this->agent();
    auto process = start(*agent);
    ASSERT_TRUE(process) << process.error().describe();
    ASSERT_TRUE(isReady(*process)) << process->capturedError();
    EXPECT_EQ(agent->pid(), process->pid()) << "it must not put itself into the background";
    std::string status = readFile("/proc/" + std::to_string(process->pid()) + "/status");
    EXPECT_THAT(status, AllOf(HasSubstr("NoNewPrivs:\t1"), HasSubstr("Umask:\t0077")));
    EXPECT_EQ(agent->login("ann").status.exit_code, 0) << process->capturedError();
    EXPECT_EQ(ask(*agent, "select tessera.user_id() as id").output, "id\nann\n");
    EXPECT_EQ(fs::status(agent->runtime()).permissions(), fs::perms(0700));
    EXPECT_TRUE(process->terminate(kStopTime).ok());
}

/// With a call, a session of a local port and a sign-in under way.
TEST_F(AgentService, EndsWhenItIsTold) {
    const auto agent = this->agent();
    auto process = start(*agent);
    ASSERT_TRUE(process) << process.error().describe();
    ASSERT_TRUE(isReady(*process)) << process->capturedError();
    ASSERT_EQ(agent->login("ann").status.exit_code, 0) << process->capturedError();
    const auto started = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), TESSERA_BUILD_DIR "/bin/tessera");
        return Process::start({.arguments = std::move(arguments),
                               .environment = agent->environment(),
                               .standard_output = ProcessOutput::capture(),
                               .standard_error = ProcessOutput::capture()});
    };
    auto call = started({"query", "select pg_sleep(600), 'a call that lasts'"});
    auto sign_in = started({"login", "--no-browser"});
    ASSERT_TRUE(call && sign_in);
    EXPECT_TRUE(waitUntil([&] { return sign_in->capturedError().find("http://") != std::string::npos; }, kPatience));
    EXPECT_TRUE(waitUntil(
        [&] {
            return ask(*agent,
                       "select count(*) as n from pg_stat_activity where query like '%pg_sleep(600)%' and pid <> "
                       "pg_backend_pid()")
                       .output == "n\n1\n";
        },
        kPatience));
    ASSERT_TRUE(process->signal(SIGTERM));
    const auto ended = process->wait(kStopTime);
    ASSERT_TRUE(ended) << "the manager would kill it now";
    EXPECT_EQ(ended->signal, 0);
    EXPECT_EQ(ended->exit_code, 0) << "a stop must not count as a failure: " << process->capturedError();
    EXPECT_FALSE(fs::exists(agent->socket()));
    // Those who waited are told.
    EXPECT_TRUE(call->wait(kPatience) && !call->poll()->ok());
    EXPECT_TRUE(sign_in->wait(kPatience) && !sign_in->poll()->ok());
}

/// Restart=on-failure: what a crash leaves behind does not keep the next one from starting, and the sign-in is kept.
TEST_F(AgentService, IsStartedAgainAfterACrash) {
    const auto agent = this->agent();
    auto process = start(*agent);
    ASSERT_TRUE(process) << process.error().describe();
    ASSERT_TRUE(isReady(*process)) << process->capturedError();
    ASSERT_EQ(agent->login("ann").status.exit_code, 0) << process->capturedError();
    for (int crash = 0; crash < 3; ++crash) {
        ASSERT_TRUE(process->signal(SIGKILL));
        const auto ended = process->wait(kPatience);
        ASSERT_TRUE(ended);
        EXPECT_FALSE(ended->ok()) << "the manager would not start it again";
        EXPECT_TRUE(fs::exists(agent->socket())) << "what a crash leaves behind";
        process = start(*agent);
        ASSERT_TRUE(process) << process.error().describe();
        ASSERT_TRUE(isReady(*process)) << process->capturedError();
        EXPECT_EQ(ask(*agent, "select tessera.user_id() as id").output, "id\nann\n") << process->capturedError();
    }
    EXPECT_TRUE(process->terminate(kStopTime).ok());
}

/// One that a program has started when it was needed: the service is content with it, and does not try again and again.
TEST_F(AgentService, LeavesTheWorkToAnAgentThatRuns) {
    const auto agent = this->agent();
    ASSERT_TRUE(agent->start());
    auto process = start(*agent);
    ASSERT_TRUE(process) << process.error().describe();
    const auto ended = process->wait(kPatience);
    ASSERT_TRUE(ended);
    EXPECT_TRUE(ended->ok()) << ended->describe();
    EXPECT_THAT(process->capturedError(), HasSubstr("it runs already"));
    EXPECT_THAT(agent->tessera({"status"}).error, HasSubstr("process " + std::to_string(agent->pid())));
}

/// A folder for its sockets that others may change: a failure, which the journal explains.
TEST_F(AgentService, SaysWhyItCannotStart) {
    const auto agent = this->agent();
    fs::create_directories(agent->runtime());
    fs::permissions(agent->runtime(), fs::perms(0777));
    auto process = start(*agent);
    ASSERT_TRUE(process) << process.error().describe();
    const auto ended = process->wait(kPatience);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->exit_code, 1);
    EXPECT_THAT(process->capturedError(), AllOf(HasSubstr("tessera-agent: "), HasSubstr(agent->runtime().string())));
}

}  // namespace
}  // namespace tessera
