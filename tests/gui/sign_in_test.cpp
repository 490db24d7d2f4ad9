// Goal: a person without a mesh signs in from the workbench and asks as themselves. Method: a certified identity
// provider, a node, the agent that the workbench starts, and what the desktop opens pages with.

#include "app/core/testing/event_loop.h"
#include "app/workbench/results/result_grid.h"
#include "app/workbench/results/results_panel.h"
#include "app/workbench/shell/main_window.h"
#include "tests/gui/signed_in.h"
#include "tests/support/temporary_agent.h"
#include "tests/support/temporary_identity_provider.h"
#include "tests/support/temporary_node.h"

#include <gtest/gtest.h>

#include <QAction>
#include <QTest>
#include <future>

namespace tessera::workbench {
namespace {

using app::processEventsUntil;

TEST(SignIn, TheWorkbenchSignsInThroughTheAgentAndAsksAsThePerson) {
    const auto provider = TemporaryIdentityProvider::start(600);
    ASSERT_TRUE(provider) << provider.error().describe();
    const std::string issuer = provider->issuer();
    const auto node = TemporaryNode::start(
        {.name = "lake",
         .yaml = "identity:\n  issuers:\n    - {name: corp, issuer: \"" + issuer + "\", jwks_url: \"" + issuer +
                 "/jwks\", algorithms: [ES256], audiences: [\"" + TemporaryIdentityProvider::kAudience +
                 "\"]}\n  roles: [{role: guest, issuer: corp}]\n"});
    ASSERT_TRUE(node) << node.error().describe();
    const TemporaryAgent agent("profiles:\n  - name: test\n    issuer: \"" + issuer +
                                   "\"\n    client: tessera\n    audience: \"" + TemporaryIdentityProvider::kAudience +
                                   "\"\n    nodes: [{name: lake, address: \"127.0.0.1:" + std::to_string(node->port()) +
                                   "\"}]\n",
                               "");
    const PersonsDesktop desktop(agent);
    const TemporaryDirectory folder;
    WorkbenchOptions options;
    options.profile_directory = QString::fromStdString((folder.path() / "profile").string());
    MainWindow window(std::move(options));
    int loaded = 0;
    bool is_ok = true;
    QObject::connect(&window, &MainWindow::meshLoaded, &window, [&](bool ok) {
        ++loaded;
        is_ok = ok;
    });
    window.show();
    ASSERT_TRUE(processEventsUntil([&] { return loaded == 1; }));
    EXPECT_FALSE(is_ok) << "there is a mesh already";

    window.findChild<QAction*>(QStringLiteral("signInAction"))->trigger();
    std::string url;
    ASSERT_TRUE(processEventsUntil([&] { return !(url = desktop.openedPage()).empty(); })) << agent.log();
    const auto browsed = std::async(std::launch::async, [&] { return browse(url, "ann"); });
    ASSERT_TRUE(processEventsUntil([&] { return loaded == 2; })) << agent.log();
    EXPECT_TRUE(is_ok);

    QueryTab& tab = *window.currentTab();
    tab.editor().setText(QStringLiteral("select tessera.user_id() as who"));
    tab.editor().setFocus();
    QTest::keyClick(&tab.editor(), Qt::Key_Return, Qt::ControlModifier);
    ASSERT_TRUE(processEventsUntil([&] { return tab.session().state() == app::QuerySession::State::kSucceeded; }))
        << tab.session().error().describe();
    EXPECT_EQ(tab.results().grid().rowCount(), 1);
    EXPECT_EQ(agent.tessera({"query", "-q", "-f", "csv", "select tessera.user_id() as who"}).output, "who\nann\n");
}

}  // namespace
}  // namespace tessera::workbench
