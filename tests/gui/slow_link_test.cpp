// Goal: over a link that is slow and thin, a person's own requests come first and the catalog comes nevertheless.
// Method: a real node behind a proxy that holds back every byte; the whole window.

#include "app/core/catalog/name_index.h"
#include "app/core/testing/event_loop.h"
#include "app/workbench/catalog/catalog_panel.h"
#include "app/workbench/catalog/catalog_search.h"
#include "app/workbench/results/result_grid.h"
#include "app/workbench/results/results_panel.h"
#include "app/workbench/shell/main_window.h"
#include "tests/support/fault_proxy.h"
#include "tests/support/temporary_node.h"

#include <gtest/gtest.h>

#include <QAction>
#include <QLineEdit>
#include <QTest>
#include <QTreeView>
#include <chrono>
#include <cstdio>

namespace tessera::workbench {
namespace {

using app::processEventsUntil;

constexpr int kDeadline_ms = 120'000;

/// A satellite link, or a telephone in a train.
constexpr LinkSpeed kSlow{std::chrono::milliseconds(1000), 10'000};

class SlowLinkTest : public testing::Test {
  protected:
    void SetUp() override {
        auto started = TemporaryNode::start({.name = "lake"});
        ASSERT_TRUE(started) << started.error().describe();
        node_ = std::make_unique<TemporaryNode>(std::move(*started));
        auto session = node_->connect();
        ASSERT_TRUE(session);
        const auto made = session->query(
            "DO $$ BEGIN FOR i IN 1..300 LOOP "
            "EXECUTE format('CREATE TABLE public.t%s (id bigint PRIMARY KEY, amount numeric, remark text)', i); "
            "END LOOP; END $$");
        ASSERT_TRUE(made) << made.error().describe();
        link_ = std::make_unique<FaultProxy>(node_->port());
        link_->setSpeed(kSlow);
        WorkbenchOptions options;
        options.mesh_file = writeFile(
            folder_.path() / "mesh.yaml",
            "mesh: trial\nnodes:\n  - name: lake\n    address: 127.0.0.1:" + std::to_string(link_->port()) +
                "\n    user: " + TemporaryNode::kUser + "\n    password: \"" + TemporaryNode::kPassword + "\"\n");
        options.profile_directory = QString::fromStdString((folder_.path() / "profile").string());
        window_ = std::make_unique<MainWindow>(std::move(options));
        window_->show();
        start_ = std::chrono::steady_clock::now();
    }

    void TearDown() override {
        window_.reset();
        link_.reset();
        node_.reset();
    }

    /// For whoever wants to know; nothing hangs on it.
    void tell(const char* what) const {
        const auto passed = std::chrono::steady_clock::now() - start_;
        std::printf("  %s after %.1f s\n", what, std::chrono::duration<double>(passed).count());
    }

    app::CatalogModel& model() { return window_->catalog().model(); }

    /// The row of that name below `parent`, once it is there.
    QModelIndex row(const QModelIndex& parent, const char* name) {
        QModelIndex found;
        EXPECT_TRUE(processEventsUntil(
            [&] {
                for (int i = 0; i < model().rowCount(parent) && !found.isValid(); ++i) {
                    const QModelIndex child = model().index(i, 0, parent);
                    found = child.data().toString() == QLatin1String(name) ? child : QModelIndex();
                }
                return found.isValid() || (model().rowCount(parent) == 1 &&
                                           model().kindOf(model().index(0, 0, parent)) == app::CatalogKind::kFailure);
            },
            kDeadline_ms))
            << name;
        EXPECT_TRUE(found.isValid()) << name << " is not there; "
                                     << model().index(0, 0, parent).data().toString().toStdString();
        return found;
    }

    TemporaryDirectory folder_;
    std::unique_ptr<TemporaryNode> node_;
    std::unique_ptr<FaultProxy> link_;
    std::unique_ptr<MainWindow> window_;
    std::chrono::steady_clock::time_point start_;
};

TEST_F(SlowLinkTest, TheCatalogComesAndNamesAreReadBehindIt) {
    ASSERT_TRUE(processEventsUntil([&] { return window_->currentTab() != nullptr && model().rowCount() > 0; }));
    const QModelIndex lake = row(model().index(0, 0), "lake");
    // The window opens the node by itself; the editor wants its names at the same time.
    const QModelIndex schema = row(lake, "public");
    ASSERT_TRUE(schema.isValid());
    tell("schemas");
    window_->catalog().tree().expand(schema);
    const QModelIndex table = row(schema, "t7");
    ASSERT_TRUE(table.isValid());
    tell("tables");
    EXPECT_EQ(model().rowCount(schema), 300);
    window_->catalog().tree().expand(table);
    EXPECT_TRUE(row(table, "amount").isValid());
    tell("columns");
    QueryTab& tab = *window_->currentTab();
    tab.editor().setText(QStringLiteral("select 42 as answer"));
    window_->findChild<QAction*>(QStringLiteral("runAction"))->trigger();
    ASSERT_TRUE(processEventsUntil([&] { return !tab.session().isRunning(); }, kDeadline_ms));
    EXPECT_EQ(tab.session().state(), app::QuerySession::State::kSucceeded) << tab.session().error().describe();
    ASSERT_TRUE(processEventsUntil([&] { return tab.results().grid().rowCount() == 1; }));
    EXPECT_EQ(tab.results().grid().cellText(0, 0), QStringLiteral("42"));
    tell("a row");
    // Once the link is as others are, the names come to their end.
    link_->setSpeed({});
    window_->catalog().search(QStringLiteral("t77"));
    EXPECT_TRUE(processEventsUntil([&] { return window_->catalog().findChild<CatalogSearch*>()->current() != nullptr; },
                                   kDeadline_ms));
}

}  // namespace
}  // namespace tessera::workbench
