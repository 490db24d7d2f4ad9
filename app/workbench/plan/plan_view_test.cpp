// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: a person sees where a statement's time goes and why. Method: the whole window over a fake node that answers
// with a plan as PostgreSQL prints it.
#include "app/workbench/plan/plan_view.h"

#include "app/workbench/graph/graph_view.h"
#include "app/workbench/results/result_grid.h"
#include "app/workbench/testing/window_fixture.h"
#include "app/workbench/ui/empty_state.h"

#include <QAbstractItemModelTester>
#include <QFileDialog>
#include <QImage>
#include <QLabel>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTabBar>
#include <QTreeWidget>
#include <algorithm>

namespace tessera::workbench {
namespace {

constexpr const char* kPlan = R"json([{"Plan": {
  "Node Type": "Sort", "Total Cost": 1200, "Plan Rows": 50, "Actual Total Time": 812.0, "Actual Rows": 48, "Actual Loops": 1,
  "Sort Key": ["count(*) DESC"], "Sort Method": "quicksort",
  "Plans": [{"Node Type": "Aggregate", "Strategy": "Hashed", "Total Cost": 1100, "Plan Rows": 50, "Actual Total Time": 809.0,
    "Actual Rows": 48, "Actual Loops": 1, "Group Key": ["a.state"], "Plans": [
    {"Node Type": "Hash Join", "Join Type": "Inner", "Total Cost": 900, "Plan Rows": 3000, "Actual Total Time": 760.0,
     "Actual Rows": 180000, "Actual Loops": 1, "Hash Cond": "(f.origin = a.iata)", "Plans": [
      {"Node Type": "Foreign Scan", "Relation Name": "flights", "Schema": "files", "Alias": "f", "Total Cost": 700,
       "Plan Rows": 3000, "Actual Total Time": 640.0, "Actual Rows": 180000, "Actual Loops": 1, "Source": "lake",
       "Filter": "(f.tail ~ '^N1'::text)", "Rows Removed by Filter": 2820000, "Rows Received": 3000000,
       "Bytes Received": 48000000, "Round Trips": 1, "Source Wait": 410.0,
       "Not Pushed": ["files has no exact ~ of this pattern"],
       "Remote SQL": "SELECT \"origin\", \"tail\" FROM read_parquet('flights/*.parquet') WHERE (\"delay\" > 15)"},
      {"Node Type": "Hash", "Plan Rows": 3400, "Actual Total Time": 12.0, "Actual Rows": 3376, "Actual Loops": 1,
       "Hash Batches": 1, "Plans": [
        {"Node Type": "Foreign Scan", "Relation Name": "airports", "Schema": "maria", "Alias": "a", "Plan Rows": 3400,
         "Total Cost": 90, "Actual Total Time": 11.0, "Actual Rows": 3376, "Actual Loops": 1, "Source": "mariadb",
         "Rows Received": 3376, "Bytes Received": 91000, "Round Trips": 1, "Source Wait": 8.0,
         "Remote SQL": "SELECT `iata`, `state` FROM `airports`"}]}]}]}]},
  "Planning Time": 3.1, "Execution Time": 815.0}])json";

class PlanViewTest : public MainWindowTest {
  protected:
    void explain(const char* sql, const char* action) {
        tab().editor().setText(QString::fromUtf8(sql));
        window_->findChild<QAction*>(QLatin1String(action))->trigger();
    }

    void answerWith(const char* plan) {
        operations_->statement().sendColumns({"QUERY PLAN"});
        operations_->statement().sendRows(1, {{plan}});
        operations_->statement().complete("EXPLAIN", 1);
        ASSERT_TRUE(
            processEventsUntil([&] { return tab().session().state() == app::QuerySession::State::kSucceeded; }));
    }

    template <class T>
    T& part(const char* name) {
        return *tab().results().plan()->findChild<T*>(QLatin1String(name));
    }
};

TEST_F(PlanViewTest, ShowsWhereTheTimeWentAndWhy) {
    explain("select state from flights where tail ~ '^N1'", "explainMeasuredAction");
    EXPECT_EQ(operations_->statement().request.sql,
              "EXPLAIN (ANALYZE, VERBOSE, BUFFERS, FORMAT JSON) select state from flights where tail ~ '^N1'");
    answerWith(kPlan);
    ASSERT_NE(tab().results().plan(), nullptr);
    EXPECT_EQ(tab().results().tabs().currentWidget(), tab().results().plan());
    const QAbstractItemModelTester tester(part<QTreeView>("planTree").model(),
                                          QAbstractItemModelTester::FailureReportingMode::Fatal);
    const QString summary = part<QLabel>("planSummary").text();
    EXPECT_TRUE(summary.contains(QStringLiteral("Took 815 ms"))) << summary.toStdString();
    EXPECT_TRUE(summary.contains(QStringLiteral("48.1 MB received from lake, mariadb"))) << summary.toStdString();
    EXPECT_TRUE(part<QLabel>("planTimes").text().startsWith(QStringLiteral("Where the time went: lake ")))
        << part<QLabel>("planTimes").text().toStdString();
    EXPECT_FALSE(part<QLabel>("planNote").isVisible());
    auto& advice = part<QListWidget>("planAdvice");
    ASSERT_GE(advice.count(), 3);
    // The scan took most: choosing what is said of it shows it.
    advice.setCurrentRow(0);
    EXPECT_TRUE(part<QTreeView>("planTree").currentIndex().data().toString().contains(QStringLiteral("files.flights")));
    EXPECT_TRUE(part<QPlainTextEdit>("planRemoteSql").toPlainText().contains(QStringLiteral("read_parquet")));
    EXPECT_FALSE(part<QTreeWidget>("planProperties").findItems(QStringLiteral("Filter"), Qt::MatchExactly).isEmpty());
    window_->resize(1280, 800);
    saveScreenshots("plan");
    // What is run next has rows again.
    typeAndRun("select 1");
    EXPECT_EQ(operations_->statement().request.sql, "select 1");
    operations_->statement().sendColumns({"x"});
    operations_->statement().sendRows(1, {{"1"}});
    operations_->statement().complete("SELECT 1", 1);
    EXPECT_TRUE(processEventsUntil([&] { return grid().rowCount() == 1; }));
}

TEST_F(PlanViewTest, TheGraphLeadsFromTheSourcesToTheResult) {
    const auto plan = app::parsePlan(kPlan);
    ASSERT_TRUE(plan);
    const PlanGraph drawn = planGraph(*plan);
    const auto box = [&](const char* title) {
        const auto found = std::find_if(drawn.graph.boxes.begin(), drawn.graph.boxes.end(),
                                        [&](const GraphBox& one) { return one.title == QLatin1String(title); });
        return static_cast<int>(found - drawn.graph.boxes.begin());
    };
    const auto edge = [&](int from) {
        return *std::find_if(drawn.graph.edges.begin(), drawn.graph.edges.end(),
                             [&](const GraphEdge& one) { return one.from == from; });
    };
    // Six parts and two sources, and nothing but the result leads nowhere.
    ASSERT_EQ(drawn.graph.boxes.size(), 8U);
    ASSERT_EQ(drawn.graph.edges.size(), 7U);
    const GraphEdge lake = edge(box("lake"));
    const GraphEdge mariadb = edge(box("mariadb"));
    EXPECT_EQ(lake.label, QStringLiteral("48.0 MB"));
    EXPECT_EQ(mariadb.label, QStringLiteral("91.0 kB"));
    EXPECT_GT(lake.width, mariadb.width);
    EXPECT_EQ(drawn.graph.boxes[static_cast<std::size_t>(lake.to)].lines.at(0).text, QStringLiteral("files.flights f"));
    EXPECT_EQ(drawn.graph.boxes[static_cast<std::size_t>(lake.to)].tone, GraphBox::Tone::kWarning);
    EXPECT_TRUE(drawn.graph.boxes[static_cast<std::size_t>(lake.to)].subtitle.startsWith(QStringLiteral("at lake")));
    EXPECT_EQ(drawn.graph.boxes[static_cast<std::size_t>(mariadb.to)].tone, GraphBox::Tone::kCalm);
    const GraphEdge joined = edge(box("Hash Join"));
    EXPECT_EQ(joined.label, QStringLiteral("180 k rows"));
    EXPECT_EQ(joined.tone, GraphBox::Tone::kWarning);
    EXPECT_GT(joined.width, edge(box("Hash")).width);
}

TEST_F(PlanViewTest, TheGraphShowsWhatSourcesReadOfEachOther) {
    const auto plan = app::parsePlan(R"json([{"Plan": {
      "Node Type": "Foreign Scan", "Relations": "(shop.orders o) INNER JOIN (read there from its peer: p)",
      "Total Cost": 1.0, "Plan Rows": 1, "Actual Total Time": 3.0, "Actual Rows": 1, "Actual Loops": 1, "Source": "shop",
      "Bytes Received": 33, "Links": [
        {"From": "crm", "To": "shop", "Expected Rows": 334, "Expected Bytes": 1336, "Rows": 330, "Bytes": 1320000},
        {"From": "shop", "To": "here", "Expected Rows": 1, "Expected Bytes": 40, "Rows": 1, "Bytes": 33}]}}])json");
    ASSERT_TRUE(plan);
    const PlanGraph drawn = planGraph(*plan);
    ASSERT_EQ(drawn.graph.boxes.size(), 3U);
    EXPECT_EQ(drawn.graph.boxes[1].title, QStringLiteral("shop"));
    EXPECT_EQ(drawn.graph.boxes[2].title, QStringLiteral("crm"));
    ASSERT_EQ(drawn.graph.edges.size(), 2U);
    EXPECT_EQ(drawn.graph.edges[1].from, 2);
    EXPECT_EQ(drawn.graph.edges[1].to, 1);
    EXPECT_EQ(drawn.graph.edges[1].label, QStringLiteral("1.3 MB"));
    EXPECT_GT(drawn.graph.edges[1].width, drawn.graph.edges[0].width);
}

TEST_F(PlanViewTest, WhatIsChosenInTheGraphIsChosenInTheTree) {
    explain("select state from flights where tail ~ '^N1'", "explainMeasuredAction");
    answerWith(kPlan);
    window_->resize(1280, 800);
    auto& tree = part<QTreeView>("planTree");
    auto& graph = part<GraphView>("planGraph");
    ASSERT_TRUE(processEventsUntil([&] { return !graph.picture().places.empty(); }));
    part<QTabBar>("planSides").setCurrentIndex(1);
    EXPECT_TRUE(graph.isVisible());
    EXPECT_FALSE(graph.selectedId().isEmpty());
    app::processPendingEvents();
    QTest::mouseClick(&part<QPushButton>("fitPlanButton"), Qt::LeftButton);
    const auto click = [&](const char* title) {
        const auto& boxes = graph.picture().graph.boxes;
        for (std::size_t i = 0; i < boxes.size(); ++i) {
            if (boxes[i].title == QLatin1String(title)) {
                const QPoint at = graph.mapFromScene(graph.picture().places[i].center());
                ASSERT_TRUE(graph.viewport()->rect().contains(at)) << title;
                QTest::mouseClick(graph.viewport(), Qt::LeftButton, {}, at);
            }
        }
    };
    click("Hash Join");
    EXPECT_TRUE(tree.currentIndex().data().toString().startsWith(QStringLiteral("Hash Join")));
    click("mariadb");
    EXPECT_TRUE(tree.currentIndex().data().toString().contains(QStringLiteral("maria.airports")));
    // And back: with the keys of the tree.
    tree.setFocus();
    QTest::keyClick(&tree, Qt::Key_Home);
    EXPECT_EQ(graph.selectedId(), graph.picture().graph.boxes.front().id);
    click("lake");
    window_->resize(1440, 900);
    app::processPendingEvents();
    EXPECT_GE(graph.transform().m11(), 0.75) << "what is shown by itself can be read";
    saveScreenshots("plan-graph");
    for (const char* file : {"plan.svg", "plan.png"}) {
        const QString path = directory_.filePath(QLatin1String(file));
        QTest::mouseClick(&part<QPushButton>("savePlanButton"), Qt::LeftButton);
        auto* dialog = graph.findChild<QFileDialog*>(QStringLiteral("graphFileDialog"));
        ASSERT_NE(dialog, nullptr);
        Q_EMIT dialog->fileSelected(path);
        dialog->close();
        EXPECT_GT(QFile(path).size(), 1000) << file;
        app::processPendingEvents();
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    }
    EXPECT_FALSE(QImage(directory_.filePath(QStringLiteral("plan.png"))).isNull());
    EXPECT_TRUE(part<QLabel>("planGraphNote").text().contains(QStringLiteral("plan.png")));
    // Enter shows what is known of it.
    graph.setFocus();
    QTest::keyClick(&graph, Qt::Key_Return);
    EXPECT_TRUE(part<QTreeWidget>("planProperties").isVisible());
}

TEST_F(PlanViewTest, WhatChangesRowsIsNotRunForItsPlan) {
    explain("update t set a = 1", "explainMeasuredAction");
    EXPECT_EQ(operations_->statement().request.sql, "EXPLAIN (VERBOSE, FORMAT JSON) update t set a = 1");
    answerWith(R"json([{"Plan": {"Node Type": "ModifyTable", "Operation": "Update", "Plan Rows": 0}}])json");
    EXPECT_TRUE(part<QLabel>("planNote").text().contains(QStringLiteral("changes or locks rows")));
    EXPECT_TRUE(part<QLabel>("planSummary").text().startsWith(QStringLiteral("Estimated, not run")));
}

TEST_F(PlanViewTest, AnErrorIsMarkedInTheStatementItself) {
    explain("select nope from t", "explainAction");
    Error error = Error::make(ErrorCode::kInvalidArgument, "column \"nope\" does not exist");
    error.position = static_cast<int>(std::string("EXPLAIN (VERBOSE, FORMAT JSON) select ").size()) + 1;
    operations_->statement().failWith(error);
    ASSERT_TRUE(processEventsUntil([&] { return tab().editor().errorRange().second != 0; }));
    const auto [from, to] = tab().editor().errorRange();
    EXPECT_EQ(tab().editor().utf8().substr(from, to - from), "nope");
}

TEST_F(PlanViewTest, WhatHasNoPlanIsSaidWithoutAskingTheNode) {
    explain("create table t (a int)", "explainAction");
    EXPECT_TRUE(operations_->statements.empty());
    explain("select 1", "explainAction");
    answerWith("no plan at all");
    auto* empty = tab().results().findChild<EmptyState*>();
    EXPECT_TRUE(empty->sentence().contains(QStringLiteral("is no plan"))) << empty->sentence().toStdString();
    EXPECT_EQ(tab().results().plan(), nullptr);
}

}  // namespace
}  // namespace tessera::workbench
