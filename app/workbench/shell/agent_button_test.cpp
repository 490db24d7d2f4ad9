// SPDX-License-Identifier: GPL-3.0-or-later
// The status bar's entry of the agent, in the whole window, with an agent that says what the test wants.
#include "app/workbench/shell/agent_button.h"

#include "app/core/testing/fake_agent.h"
#include "app/workbench/jobs/jobs_page.h"
#include "app/workbench/testing/window_fixture.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QLabel>
#include <QMenu>
#include <QStatusBar>
#include <condition_variable>
#include <mutex>

namespace tessera::workbench {
namespace {

class AgentButtonTest : public MainWindowTest {
  protected:
    app::AgentConnector agentConnector() override { return app::FakeAgentClient::connector(agent_); }

    /// Says something else from now on.
    void agentSays(const std::function<void(app::FakeAgent&)>& change) {
        agent_->with(change);
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

    std::shared_ptr<app::FakeAgent> agent_ = app::annsAgent();
};

TEST_F(AgentButtonTest, SaysWhoIsSignedInAndWhenThatIsOver) {
    ASSERT_TRUE(comesToSay("demo"));
    EXPECT_TRUE(button().toolTip().contains(QStringLiteral("Ann Example")));
    EXPECT_TRUE(lines().contains(QStringLiteral("Signed in to demo as Ann Example")));
    EXPECT_TRUE(lines().contains(QStringLiteral("Sign out")));
    EXPECT_FALSE(lines().join(u' ').contains(QStringLiteral("keychain")));
    saveScreenshots("agent");
    saveWidget(*button().menu(), "agent-menu");

    agentSays([](app::FakeAgent& agent) {
        agent.status.is_persistent = false;
        agent.status.profiles[0].note = "the identity provider cannot be reached";
    });
    EXPECT_TRUE(processEventsUntil([&] { return button().toolTip().startsWith(QStringLiteral("the identity")); }));
    EXPECT_TRUE(lines().contains(QStringLiteral("No keychain: the sign-in ends with the agent")));

    agentSays([](app::FakeAgent& agent) {
        agent.status.profiles[0].is_signed_in = false;
        agent.status.profiles[0].note = "";
    });
    EXPECT_TRUE(comesToSay("demo: signed out"));
    EXPECT_FALSE(lines().join(u' ').contains(QStringLiteral("Other programs")));

    agentSays([](app::FakeAgent& agent) { agent.is_there = false; });
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
    jobs_->with([](app::FakeJobsClient::Content& content) {
        for (const auto& [id, job] :
             {std::pair(8, "hourly-copy"), std::pair(9, "nightly-export"), std::pair(7, "nightly-export")}) {
            client::JobRun run;
            run.id = id;
            run.job = job;
            run.state = "failed";
            content.runs.push_back(run);
        }
        for (const char* name : {"hourly-copy", "nightly-export"}) {
            client::JobInfo job;
            job.name = name;
            content.jobs.push_back(job);
        }
    });
    ASSERT_TRUE(comesToSay("demo"));
    EXPECT_TRUE(processEventsUntil([&] {
        return window_->statusBar()->currentMessage() == QStringLiteral("Job hourly-copy has succeeded: run 8");
    }));
    ASSERT_EQ(lines("noticeMenu").size(), 2);
    EXPECT_TRUE(lines("noticeMenu")[0].endsWith(QStringLiteral("Job hourly-copy has succeeded: run 8")));
    EXPECT_TRUE(lines("noticeMenu")[1].endsWith(QStringLiteral("Job nightly-export has failed: run 7")));
    auto* menu = window_->findChild<QMenu*>(QStringLiteral("noticeMenu"));
    saveScreenshotsInBothThemes(*menu, "notices");
    EXPECT_EQ(window_->jobsPage(), nullptr);
    // By the keys: the second is the older one, of which not the newest run is told.
    menu->popup({});
    for (int step = 0; step < 2; ++step) {
        QTest::keyClick(menu, Qt::Key_Down);
    }
    QTest::keyClick(menu, Qt::Key_Return);
    ASSERT_NE(window_->jobsPage(), nullptr);
    JobsPage& page = *window_->jobsPage();
    ASSERT_TRUE(processEventsUntil([&] { return page.watch().run() && page.watch().runId() == 7; }));
    EXPECT_EQ(page.watch().job(), QStringLiteral("nightly-export"));
    auto* title = page.findChild<QLabel*>(QStringLiteral("runTitle"));
    EXPECT_TRUE(processEventsUntil([&] { return title->text().startsWith(QLatin1String("Run 7")); }));
}

TEST_F(MainWindowTest, WithoutAnAgentNothingIsSaidOfIt) {
    app::processPendingEvents();
    EXPECT_FALSE(window_->findChild<QWidget*>(QStringLiteral("agentButton"))->isVisible());
}

}  // namespace
}  // namespace tessera::workbench
