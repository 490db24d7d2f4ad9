/// Goal: a run that fails is told on the desktop of whom its job names: once, with what they need to know. Method: a
/// real node, a person signed in at a real agent, and a server of org.freedesktop.Notifications (in Python, on the
/// test's own session bus) that prints what it is given and clicks when it is told to.

#include "nodeservice/client/agent_notices.h"

#include "nodeservice/client/jobs_client.h"
#include "tests/integration/agent_fixture.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <mutex>
#include <thread>

namespace tessera {
namespace {

using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kServer = R"(
import dbus, dbus.service, dbus.mainloop.glib, json, sys
from gi.repository import GLib
NAME = 'org.freedesktop.Notifications'
dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.bus.BusConnection(sys.argv[1])
class Server(dbus.service.Object):
    last = 0
    @dbus.service.method(NAME, in_signature='', out_signature='as')
    def GetCapabilities(self):
        return ['body', 'body-markup', 'actions']
    @dbus.service.method(NAME, in_signature='susssasa{sv}i', out_signature='u')
    def Notify(self, app, replaces, icon, title, text, actions, hints, timeout):
        self.last += 1
        print(json.dumps({'app': app, 'title': title, 'text': text, 'actions': list(actions)}), flush=True)
        return dbus.UInt32(self.last)
    @dbus.service.signal(NAME, signature='us')
    def ActionInvoked(self, number, action): pass
    @dbus.service.signal(NAME, signature='uu')
    def NotificationClosed(self, number, reason): pass
    @dbus.service.method('org.example.Person', in_signature='', out_signature='')
    def Click(self):
        self.ActionInvoked(dbus.UInt32(self.last), 'default')
        self.NotificationClosed(dbus.UInt32(self.last), dbus.UInt32(2))
name = dbus.service.BusName(NAME, bus)
server = Server(bus, '/org/freedesktop/Notifications')
print('ready', flush=True)
GLib.MainLoop().run()
)";

class DesktopOfPerson {
  public:
    explicit DesktopOfPerson(std::string bus) : bus_(std::move(bus)) {
        auto server = Process::start({.arguments = {"/usr/bin/python3", "-c", kServer, bus_},
                                      .standard_output = ProcessOutput::capture(),
                                      .standard_error = ProcessOutput::capture(),
                                      .signal_on_parent_death = SIGTERM});
        EXPECT_TRUE(server) << server.error().describe();
        server_.emplace(std::move(*server));
        EXPECT_TRUE(waitUntil([&] { return server_->capturedOutput().starts_with("ready"); }, seconds(30)))
            << server_->capturedError();
    }

    ~DesktopOfPerson() { server_->terminate(seconds(10)); }

    /// All that were shown.
    std::vector<nlohmann::json> shown() {
        std::vector<nlohmann::json> all;
        std::istringstream lines(server_->capturedOutput());
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with("{")) {
                all.push_back(nlohmann::json::parse(line));
            }
        }
        return all;
    }

    /// The last one.
    void click() {
        const auto done =
            run({.arguments = {"dbus-send", "--bus=" + bus_, "--print-reply", "--dest=org.freedesktop.Notifications",
                               "/org/freedesktop/Notifications", "org.example.Person.Click"}},
                seconds(30));
        EXPECT_TRUE(done && done->status.ok());
    }

  private:
    const std::string bus_;
    std::optional<Process> server_;
};

using Event = client::AgentNotice::Event;

/// What a workbench hears from the agent.
class Listener {
  public:
    explicit Listener(const std::filesystem::path& socket)
        : thread_([this, socket](const std::stop_token& stop) {
              static_cast<void>(client::followNoticesAt(
                  socket,
                  [this](const client::AgentNotice& notice) {
                      const std::lock_guard lock(mutex_);
                      heard_.push_back(notice);
                  },
                  stop));
          }) {}

    bool hasHeard(Event event, const std::string& job) {
        const std::lock_guard lock(mutex_);
        return std::any_of(heard_.begin(), heard_.end(), [&](const client::AgentNotice& notice) {
            return notice.event == event && notice.job == job && notice.run > 0;
        });
    }

  private:
    std::mutex mutex_;
    std::vector<client::AgentNotice> heard_;  // guarded by mutex_
    std::jthread thread_;
};

class AgentNotices : public testing::Test {
  protected:
    static constexpr seconds kPatience{60};

    void SetUp() override {
        auto provider = TemporaryIdentityProvider::start(60);
        ASSERT_TRUE(provider) << provider.error().describe();
        provider_.emplace(std::move(*provider));
        auto keychain = TemporaryKeychain::start();
        ASSERT_TRUE(keychain) << keychain.error().describe();
        keychain_.emplace(std::move(*keychain));
        const std::string issuer = provider_->issuer();
        auto node = TemporaryNode::start(
            {.name = "lake",
             .yaml = "identity:\n  issuers:\n    - {name: corp, issuer: \"" + issuer + "\", jwks_url: \"" + issuer +
                     "/jwks\", algorithms: [ES256], audiences: [\"" + TemporaryIdentityProvider::kAudience +
                     "\"]}\n  roles:\n    - {role: analyst, issuer: corp}\n"
                     "jobs: {run_as: [etl], authors: [etl]}\n",
             .users = "{name: etl, password: e}"});
        ASSERT_TRUE(node) << node.error().describe();
        node_.emplace(std::move(*node));
        auto jobs = client::JobsClient::create({"lake", "127.0.0.1:" + std::to_string(node_->port()), "etl", "e"});
        ASSERT_TRUE(jobs);
        jobs_ = *jobs;
        agent_ = std::make_unique<TemporaryAgent>(
            "profiles:\n  - name: test\n    issuer: \"" + issuer + "\"\n    client: tessera\n    audience: \"" +
                TemporaryIdentityProvider::kAudience +
                "\"\n    nodes: [{name: lake, address: \"127.0.0.1:" + std::to_string(node_->port()) +
                "\"}, {name: same, address: \"127.0.0.1:" + std::to_string(node_->port()) + "\"}]\n",
            keychain_->bus());
        ASSERT_TRUE(agent_->start());
        const ProcessResult done = agent_->login("ann");
        ASSERT_EQ(done.status.exit_code, 0) << done.error << agent_->log();
    }

    /// A job that fails, whose end is told to `whom`; returns its run.
    std::int64_t fail(const std::string& job, const std::string& whom) {
        const auto applied =
            jobs_->apply({{"job.yaml", "job: " + job + "\nowner: etl\nalerts: [{on: failure, desktop: \"" + whom +
                                           "\"}]\nsteps:\n  - {name: divide, sql: \"SELECT '<b>'::int\"}\n"}},
                         false);
        EXPECT_TRUE(applied && applied->problems.empty());
        const auto run = jobs_->start(job, {}, "");
        EXPECT_TRUE(run) << run.error().describe();
        return run.value_or(0);
    }

    bool logSays(std::int64_t run, const std::string& text) {
        bool is_told = false;
        static_cast<void>(jobs_->log(run, 0, false, [&](const client::JobLogLine& line) {
            is_told = is_told || line.text == text;
            return true;
        }));
        return is_told;
    }

    std::optional<TemporaryIdentityProvider> provider_;
    std::optional<TemporaryKeychain> keychain_;
    std::optional<TemporaryNode> node_;
    std::shared_ptr<client::JobsClient> jobs_;
    std::unique_ptr<TemporaryAgent> agent_;
};

TEST_F(AgentNotices, ShowsAFailedRunOnceOnTheDesktopOfWhomTheJobNames) {
    DesktopOfPerson desktop(keychain_->bus());
    Listener workbench(agent_->socket());
    // For somebody else.
    fail("others", "bob");
    const std::int64_t run = fail("nightly", "ann");
    ASSERT_TRUE(waitUntil([&] { return !desktop.shown().empty(); }, kPatience)) << agent_->log() << node_->log();
    const nlohmann::json shown = desktop.shown().front();
    EXPECT_EQ(shown.at("app"), "Tessera");
    EXPECT_EQ(shown.at("title"), "Job nightly has failed");
    // What PostgreSQL says, as text and not as markup.
    EXPECT_THAT(shown.at("text").get<std::string>(),
                AllOf(HasSubstr("Run " + std::to_string(run) + " on node lake"), HasSubstr("&lt;b&gt;"),
                      HasSubstr("integer"), Not(HasSubstr("<b>"))));
    EXPECT_TRUE(waitUntil([&] { return logSays(run, "a desktop of ann has shown the notice"); }, kPatience))
        << agent_->log();
    EXPECT_TRUE(workbench.hasHeard(Event::kKept, "nightly"));

    desktop.click();
    EXPECT_TRUE(waitUntil([&] { return workbench.hasHeard(Event::kOpened, "nightly"); }, kPatience));

    // Also by their role, and after the agent and the node were away; nothing comes twice, by either way to the node.
    agent_->stop();
    node_->stop();
    ASSERT_TRUE(node_->launch());
    const std::int64_t next = fail("weekly", "analyst");
    ASSERT_TRUE(waitUntil([&] { return logSays(next, "a notice is kept for the desktops of 'analyst'"); }, kPatience));
    ASSERT_TRUE(agent_->start());
    ASSERT_TRUE(waitUntil([&] { return desktop.shown().size() > 1; }, kPatience)) << agent_->log() << node_->log();
    fail("last", "ann");
    ASSERT_TRUE(waitUntil([&] { return desktop.shown().size() > 2; }, kPatience)) << agent_->log() << node_->log();
    std::vector<std::string> titles;
    for (const nlohmann::json& one : desktop.shown()) {
        titles.push_back(one.at("title"));
    }
    EXPECT_THAT(titles, testing::ElementsAre("Job nightly has failed", "Job weekly has failed", "Job last has failed"));
}

TEST_F(AgentNotices, WithoutADesktopAWorkbenchShowsThem) {
    const std::int64_t run = fail("nightly", "ann");
    ASSERT_TRUE(waitUntil([&] { return agent_->log().find("notices.came") != std::string::npos; }, kPatience))
        << agent_->log() << node_->log();
    EXPECT_FALSE(logSays(run, "a desktop of ann has shown the notice"));
    {
        Listener workbench(agent_->socket());
        EXPECT_TRUE(waitUntil([&] { return workbench.hasHeard(Event::kNew, "nightly"); }, kPatience));
    }
    EXPECT_TRUE(waitUntil([&] { return logSays(run, "a desktop of ann has shown the notice"); }, kPatience));
    // The next one lists it, and does not announce it again.
    Listener next(agent_->socket());
    EXPECT_TRUE(waitUntil([&] { return next.hasHeard(Event::kKept, "nightly"); }, kPatience));
    EXPECT_FALSE(next.hasHeard(Event::kNew, "nightly"));
}

}  // namespace
}  // namespace tessera
