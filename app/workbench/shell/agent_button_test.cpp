// SPDX-License-Identifier: GPL-3.0-or-later
// The status bar's entry of the agent, in the whole window, with an agent that says what the test wants.
#include "app/workbench/shell/agent_button.h"

#include "app/workbench/testing/window_fixture.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QMenu>
#include <QStatusBar>
#include <condition_variable>
#include <mutex>

namespace tessera::workbench {
namespace {

/// What the agent of a test says; used by several threads.
struct FakeAgent {
    std::mutex mutex;
    bool is_there = true;
    client::AgentStatus status;
    std::vector<client::LocalPort> ports;
};

class FakeAgentClient final : public client::AgentClient {
  public:
    explicit FakeAgentClient(std::shared_ptr<FakeAgent> agent) : agent_(std::move(agent)) {}

    Result<client::AgentStatus> status() override {
        const std::lock_guard lock(agent_->mutex);
        return agent_->status;
    }

    Result<client::SignedIn> login(const std::string&, bool,
                                   const std::function<void(const client::LoginStep&)>&) override {
        return fail(ErrorCode::kUnimplemented, "not here");
    }

    Result<client::JobGranted> grantJob(const client::JobGrantWish&,
                                        const std::function<void(const client::LoginStep&)>&) override {
        return fail(ErrorCode::kUnimplemented, "not here");
    }

    void cancelLogin() override {}

    Result<std::pair<std::string, std::string>> logout(const std::string&) override {
        return fail(ErrorCode::kUnimplemented, "not here");
    }

    Result<client::LocalPort> openPort(const client::LocalPort& wanted) override {
        const std::lock_guard lock(agent_->mutex);
        if (wanted.node == "lake") {
            return fail(ErrorCode::kUnavailable, "port 6432 is in use");
        }
        client::LocalPort port = wanted;
        port.database = "tessera";
        port.port = 6432;
        port.user = "ann";
        port.socket_directory = "/run/user/1000/tessera/ports";
        agent_->ports = {port};
        port.password = "only shown";
        return port;
    }

    Result<> closePort(const std::string&, const std::string&) override {
        const std::lock_guard lock(agent_->mutex);
        agent_->ports.clear();
        return {};
    }

    Result<std::vector<client::LocalPort>> listPorts() override {
        const std::lock_guard lock(agent_->mutex);
        return agent_->ports;
    }

    Result<client::LocalPort> showPort(const std::string&, const std::string&) override {
        return fail(ErrorCode::kUnimplemented, "not here");
    }

  private:
    const std::shared_ptr<FakeAgent> agent_;
};

class AgentButtonTest : public MainWindowTest {
  protected:
    void SetUp() override {
        client::AgentProfile profile;
        profile.name = "demo";
        profile.is_signed_in = true;
        profile.subject = "ann";
        profile.person = "Ann Example";
        profile.access_until = 1'767'268'800;
        profile.nodes = {{"operations", "127.0.0.1:1"}, {"lake", "127.0.0.1:2"}};
        agent_->status.profiles = {profile};
        agent_->status.is_persistent = true;
        MainWindowTest::SetUp();
    }

    app::AgentConnector agentConnector() override {
        return [agent = agent_]() -> Result<std::unique_ptr<client::AgentClient>> {
            const std::lock_guard lock(agent->mutex);
            if (!agent->is_there) {
                return fail(ErrorCode::kNotFound, "no agent runs");
            }
            return std::unique_ptr<client::AgentClient>(std::make_unique<FakeAgentClient>(agent));
        };
    }

    /// Says something else from now on.
    void agentSays(const std::function<void(FakeAgent&)>& change) {
        {
            const std::lock_guard lock(agent_->mutex);
            change(*agent_);
        }
        button().refresh();
    }

    AgentButton& button() { return *window_->findChild<AgentButton*>(QStringLiteral("agentButton")); }

    bool comesToSay(const char* text) {
        return processEventsUntil([&] { return button().isVisible() && button().text() == QLatin1String(text); });
    }

    /// The menu as it is opened, a line each; of a submenu if one is named.
    QStringList lines(const char* submenu = nullptr) {
        QMenu* menu = button().menu();
        Q_EMIT menu->aboutToShow();
        QStringList found;
        for (const QAction* action :
             (submenu != nullptr ? window_->findChild<QMenu*>(QLatin1String(submenu)) : menu)->actions()) {
            found += action->text();
        }
        return found;
    }

    void trigger(const char* submenu, const char* text) {
        Q_EMIT button().menu()->aboutToShow();
        for (QAction* action : window_->findChild<QMenu*>(QLatin1String(submenu))->actions()) {
            if (action->text() == QLatin1String(text)) {
                action->trigger();
                return;
            }
        }
        ADD_FAILURE() << "no '" << text << "' in " << submenu;
    }

    std::shared_ptr<FakeAgent> agent_ = std::make_shared<FakeAgent>();
};

TEST_F(AgentButtonTest, SaysWhoIsSignedInAndWhenThatIsOver) {
    ASSERT_TRUE(comesToSay("demo"));
    EXPECT_TRUE(button().toolTip().contains(QStringLiteral("Ann Example")));
    EXPECT_TRUE(lines().contains(QStringLiteral("Signed in to demo as Ann Example")));
    EXPECT_TRUE(lines().contains(QStringLiteral("Sign out")));
    EXPECT_FALSE(lines().join(u' ').contains(QStringLiteral("keychain")));
    saveScreenshots("agent");
    saveWidget(*button().menu(), "agent-menu");

    agentSays([](FakeAgent& agent) {
        agent.status.is_persistent = false;
        agent.status.profiles[0].note = "the identity provider cannot be reached";
    });
    EXPECT_TRUE(processEventsUntil([&] { return button().toolTip().startsWith(QStringLiteral("the identity")); }));
    EXPECT_TRUE(lines().contains(QStringLiteral("No keychain: the sign-in ends with the agent")));

    agentSays([](FakeAgent& agent) {
        agent.status.profiles[0].is_signed_in = false;
        agent.status.profiles[0].note = "";
    });
    EXPECT_TRUE(comesToSay("demo: signed out"));
    EXPECT_FALSE(lines().join(u' ').contains(QStringLiteral("Other programs")));

    agentSays([](FakeAgent& agent) { agent.is_there = false; });
    EXPECT_TRUE(comesToSay("No agent"));
    EXPECT_TRUE(lines().contains(QStringLiteral("The agent does not run")));
}

TEST_F(AgentButtonTest, GivesOtherProgramsAWayIn) {
    ASSERT_TRUE(comesToSay("demo"));
    EXPECT_EQ(lines("portMenu-operations"), QStringList{QStringLiteral("Open a local port")});
    trigger("portMenu-operations", "Open a local port");
    ASSERT_TRUE(
        processEventsUntil([&] { return lines("portMenu-operations").contains(QStringLiteral("127.0.0.1:6432")); }));
    EXPECT_TRUE(window_->statusBar()->currentMessage().contains(QStringLiteral("127.0.0.1:6432")));
    trigger("portMenu-operations", "Copy for JDBC");
    EXPECT_TRUE(processEventsUntil([] {
        return QGuiApplication::clipboard()->text() ==
               QStringLiteral("jdbc:postgresql://127.0.0.1:6432/tessera?user=ann&password=only shown&sslmode=disable");
    })) << QGuiApplication::clipboard()->text().toStdString();
    trigger("portMenu-operations", "Close the local port");
    EXPECT_TRUE(processEventsUntil(
        [&] { return lines("portMenu-operations") == QStringList{QStringLiteral("Open a local port")}; }));
    trigger("portMenu-lake", "Open a local port");
    EXPECT_TRUE(processEventsUntil(
        [&] { return window_->statusBar()->currentMessage() == QStringLiteral("port 6432 is in use"); }));
}

class NoticesTest : public AgentButtonTest {
  protected:
    /// One that the desktop has shown, then one that nobody has.
    app::NoticeSource noticeSource() override {
        return [](const std::function<void(const client::AgentNotice&)>& sink, const std::stop_token& stop) {
            using Event = client::AgentNotice::Event;
            sink({Event::kKept, "demo", 7, "nightly-export", "failed", "division by zero", "lake", 1'767'268'800'000});
            sink({Event::kNew, "demo", 8, "hourly-copy", "succeeded", "", "lake", 1'767'272'400'000});
            std::mutex mutex;
            std::condition_variable_any ended;
            std::unique_lock lock(mutex);
            ended.wait(lock, stop, [] { return false; });
            return Result<>();
        };
    }
};

TEST_F(NoticesTest, SaysWhatNoDesktopHasShownAndLeadsToTheRun) {
    ASSERT_TRUE(comesToSay("demo"));
    EXPECT_TRUE(processEventsUntil([&] {
        return window_->statusBar()->currentMessage() == QStringLiteral("Job hourly-copy has succeeded: run 8");
    }));
    ASSERT_EQ(lines("noticeMenu").size(), 2);
    EXPECT_TRUE(lines("noticeMenu")[0].endsWith(QStringLiteral("Job hourly-copy has succeeded: run 8")));
    EXPECT_TRUE(lines("noticeMenu")[1].endsWith(QStringLiteral("Job nightly-export has failed: run 7")));
    saveWidget(*window_->findChild<QMenu*>(QStringLiteral("noticeMenu")), "notices");
    EXPECT_EQ(window_->jobsPage(), nullptr);
    window_->findChild<QMenu*>(QStringLiteral("noticeMenu"))->actions()[1]->trigger();
    EXPECT_NE(window_->jobsPage(), nullptr);
}

TEST_F(MainWindowTest, WithoutAnAgentNothingIsSaidOfIt) {
    app::processPendingEvents();
    EXPECT_FALSE(window_->findChild<QWidget*>(QStringLiteral("agentButton"))->isVisible());
}

}  // namespace
}  // namespace tessera::workbench
