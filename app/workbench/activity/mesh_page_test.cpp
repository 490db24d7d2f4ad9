// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the mesh's page as a person uses it: the graph by mouse and keys, what runs, cancelling, the audit trail; calm
// where a node is away. Method: the whole window over two fake nodes.
#include "app/workbench/activity/mesh_page.h"

#include "app/workbench/graph/graph_view.h"
#include "app/workbench/testing/window_fixture.h"
#include "app/workbench/ui/empty_state.h"

#include <QCheckBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSvgRenderer>
#include <QTreeWidget>
#include <set>

namespace tessera::workbench {
namespace {

const std::optional<std::string> kNone;

app::TextRow statementRow(const char* pid, const char* role, std::optional<std::string> text, const char* elapsed,
                          std::optional<std::string> sources = kNone) {
    return {"s",
            pid,
            role,
            "psql",
            "10.0.0.7",
            text ? std::optional<std::string>("active") : kNone,
            kNone,
            std::move(sources),
            std::move(text),
            elapsed};
}

app::TextRow serverRow(const char* name, const char* connector, std::optional<std::string> peer, const char* running) {
    return {"l", name, connector, std::move(peer), running, kNone, kNone, kNone, kNone, kNone};
}

class MeshPageTest : public MainWindowTest {
  protected:
    void SetUp() override {
        MainWindowTest::SetUp();
        window_->resize(1280, 800);
    }

    void press(Qt::Key key, Qt::KeyboardModifiers modifiers) { QTest::keyClick(window_.get(), key, modifiers); }

    MeshPage& page() { return *window_->meshPage(); }

    template <class T>
    T* find(const char* name) {
        return page().findChild<T*>(QLatin1String(name));
    }

    /// Answers the round of questions that is under way at both nodes.
    void answerRound(const std::vector<app::TextRow>& operations, const std::vector<app::TextRow>& lake) {
        answer(operations_->waiting_info,
               Result<client::NodeInfo>(
                   client::NodeInfo{"operations",
                                    "0.1",
                                    "15.9",
                                    {{"crm", "postgres", {"crm"}, "Customers and orders", ""},
                                     {"archive", "mysql", {}, "", "cannot connect to 10.0.0.9: connection refused"}}}));
        answer(lake_->waiting_info, Result<client::NodeInfo>(client::NodeInfo{
                                        "lake", "0.1", "15.9", {{"flights", "files", {"files"}, "Parquet", ""}}}));
        answerActivity(*operations_, operations);
        answerActivity(*lake_, lake);
    }

    static void answerActivity(app::FakeNodeClient& node, const std::vector<app::TextRow>& rows) {
        ASSERT_TRUE(processEventsUntil([&] {
            return !node.statements.empty() &&
                   node.statement().request.sql.find("pg_stat_activity") != std::string::npos;
        }));
        const std::shared_ptr<app::FakeStatement> asked = node.statements.back();
        node.statements.clear();
        asked->sendColumns({"kind", "name", "a", "b", "c", "d", "e", "f", "g", "h"});
        asked->sendRows(10, rows);
        asked->complete("SELECT", rows.size());
    }

    void answerSample() {
        answerRound({statementRow("41", "ann", "SELECT *\nFROM crm.orders o JOIN lake.flights f ON f.id = o.flight_id",
                                  "95000\x1f"
                                  "c",
                                  "crm\x1flake"),
                     statementRow("42", "etl", kNone, "", "crm"),
                     serverRow("crm", "postgres", kNone, "2"),
                     serverRow("lake", "node", "lake", "1"),
                     {"h", "4", kNone, kNone, kNone, kNone, kNone, kNone, kNone, kNone}},
                    {statementRow("7", "operations", "SELECT id FROM files.flights", "94000", "flights"),
                     serverRow("flights", "files", kNone, "1"),
                     {"a", "true", kNone, kNone, kNone, kNone, kNone, kNone, kNone, kNone}});
        ASSERT_TRUE(processEventsUntil([&] { return find<QTreeView>("runningTable")->model()->rowCount() == 3; }));
        ASSERT_TRUE(processEventsUntil([&] { return !lake_->statements.empty(); }));
        // How much went to each source, for who may know.
        const std::shared_ptr<app::FakeStatement> traffic = lake_->statements.back();
        lake_->statements.clear();
        traffic->sendColumns({"name", "count", "rows"});
        traffic->sendRows(3, {{"flights", "1234", "56000000"}});
        traffic->complete("SELECT 1", 1);
        ASSERT_TRUE(processEventsUntil([&] { return !page().watch().nodes()[1].traffic.empty(); }));
        ASSERT_TRUE(processEventsUntil([&] { return !find<GraphView>("meshGraph")->isPlacing(); }));
    }
};

TEST_F(MeshPageTest, TheGraphShowsNodesSourcesAndLinks) {
    press(Qt::Key_M, Qt::ControlModifier | Qt::ShiftModifier);
    ASSERT_NE(window_->meshPage(), nullptr);
    answerSample();
    GraphView& graph = *find<GraphView>("meshGraph");
    const GraphPicture& picture = graph.picture();
    // Two nodes, three sources; the link to lake is one between the nodes.
    EXPECT_EQ(picture.graph.boxes.size(), 5U);
    EXPECT_EQ(picture.graph.edges.size(), 4U);
    EXPECT_EQ(picture.graph.boxes[0].tone, GraphBox::Tone::kGood);

    // By the mouse: the box of lake; its facts stand beside.
    const QPoint lake = graph.mapFromScene(picture.places[1].center());
    QTest::mouseClick(graph.viewport(), Qt::LeftButton, {}, lake);
    EXPECT_EQ(graph.selectedId(), QStringLiteral("node:lake"));
    const auto* facts = find<QTreeWidget>("meshFacts");
    EXPECT_EQ(facts->topLevelItem(0)->text(1), QStringLiteral("lake"));
    // By the keys: back to the node that it is linked with.
    QTest::keyClick(&graph, Qt::Key_Left);
    EXPECT_EQ(graph.selectedId(), QStringLiteral("node:operations"));
    QTest::keyClick(&graph, Qt::Key_Plus);
    QTest::keyClick(&graph, Qt::Key_0);

    // In the list, the twin: a source that is not ready says why.
    auto* list = find<QTreeWidget>("meshList");
    ASSERT_EQ(list->topLevelItemCount(), 2);
    list->setFocus();
    for (int row = 0; row < list->topLevelItem(0)->childCount(); ++row) {
        if (list->topLevelItem(0)->child(row)->text(0) == QLatin1String("archive")) {
            list->setCurrentItem(list->topLevelItem(0)->child(row));
        }
    }
    EXPECT_EQ(graph.selectedId(), QStringLiteral("server:operations/archive"));
    EXPECT_EQ(find<QLabel>("meshProblem")->text(), QStringLiteral("Cannot connect to 10.0.0.9: connection refused"));
    saveScreenshots("mesh");

    // Texts are there at any scale of the screen: a box without them is of one colour.
    const QImage drawn = graph.viewport()->grab().toImage();
    const double scale = drawn.devicePixelRatio();
    const QRect box = graph.mapFromScene(graph.picture().places[0]).boundingRect().adjusted(8, 8, -8, -8);
    std::set<QRgb> colors;
    for (int y = box.top(); y < box.bottom(); ++y) {
        for (int x = box.left(); x < box.right(); ++x) {
            colors.insert(drawn.pixel(static_cast<int>(x * scale), static_cast<int>(y * scale)));
        }
    }
    EXPECT_GT(colors.size(), 8U);
}

TEST_F(MeshPageTest, WhatIsToldAgainMovesNothing) {
    press(Qt::Key_M, Qt::ControlModifier | Qt::ShiftModifier);
    answerSample();
    GraphView& graph = *find<GraphView>("meshGraph");
    const std::vector<QRectF> places = graph.picture().places;
    auto* list = find<QTreeWidget>("meshList");
    const QTreeWidgetItem* first = list->topLevelItem(0);
    press(Qt::Key_F5, {});
    QTest::keyClick(&graph, Qt::Key_F5);
    answerSample();
    EXPECT_FALSE(graph.isPlacing());
    EXPECT_EQ(graph.picture().places, places);
    EXPECT_EQ(list->topLevelItem(0), first);
}

TEST_F(MeshPageTest, RunningStatementsAreFilteredOpenedAndCancelled) {
    press(Qt::Key_A, Qt::ControlModifier | Qt::ShiftModifier);
    answerSample();
    auto* table = find<QTreeView>("runningTable");
    auto* cancel = find<QPushButton>("cancelStatementButton");
    auto* open = find<QPushButton>("openStatementButton");
    EXPECT_FALSE(cancel->isEnabled());
    EXPECT_TRUE(find<QLabel>("runningNote")->text().contains(QLatin1String("4")));
    // The longest first.
    table->setFocus();
    QTest::keyClick(table, Qt::Key_End);
    QTest::keyClick(table, Qt::Key_Home);
    EXPECT_EQ(table->currentIndex().siblingAtColumn(2).data().toString(), QStringLiteral("95 s"));
    EXPECT_TRUE(cancel->isEnabled());
    EXPECT_TRUE(open->isEnabled());
    saveScreenshots("activity");

    QTest::keyClick(table, Qt::Key_Delete);
    ASSERT_EQ(operations_->statements.size(), 1U);
    EXPECT_EQ(operations_->statement().request.parameters[0].text, "41");
    operations_->statement().sendColumns({"done"});
    operations_->statement().sendRows(1, {{"true"}});
    operations_->statement().complete("SELECT 1", 1);
    ASSERT_TRUE(processEventsUntil(
        [&] { return find<QLabel>("runningNote")->text().contains(QLatin1String("told to stop")); }));

    // Somebody else's cannot be cancelled, nor read.
    auto* filter = find<QLineEdit>("runningFilter");
    QTest::keyClicks(filter, QStringLiteral("etl"));
    ASSERT_EQ(table->model()->rowCount(), 1);
    QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, table->visualRect(table->model()->index(0, 0)).center());
    EXPECT_FALSE(cancel->isEnabled());
    EXPECT_FALSE(open->isEnabled());
    filter->setText(QStringLiteral("nobody"));
    EXPECT_TRUE(find<EmptyState>("runningState")->isVisible());
    filter->setText(QStringLiteral("orders"));
    table->setCurrentIndex(table->model()->index(0, 0));
    QTest::keyClick(table, Qt::Key_Return);
    ASSERT_NE(window_->currentTab(), nullptr);
    EXPECT_TRUE(tab().editor().text().startsWith(QLatin1String("SELECT *\nFROM crm.orders")));
    EXPECT_EQ(tab().nodeName(), QStringLiteral("operations"));
    // Nobody looks at it any more: nobody is asked.
    EXPECT_FALSE(page().watch().isRunning());
}

TEST_F(MeshPageTest, ANodeThatIsAwayIsSaidCalmly) {
    press(Qt::Key_A, Qt::ControlModifier | Qt::ShiftModifier);
    EXPECT_TRUE(find<EmptyState>("runningState")->isVisible());
    answer(operations_->waiting_info,
           Result<client::NodeInfo>(fail(ErrorCode::kUnavailable, "node 'operations' cannot be reached")));
    answer(lake_->waiting_info, Result<client::NodeInfo>(client::NodeInfo{"lake", "0.1", "15.9", {}}));
    answerActivity(*lake_, {});
    ASSERT_TRUE(processEventsUntil([&] {
        return find<QLabel>("runningNote")->text() == QLatin1String("operations: node 'operations' cannot be reached.");
    }));
    EXPECT_EQ(find<EmptyState>("runningState")->sentence(), QStringLiteral("Nothing runs at the moment."));
    auto* list = find<QTreeWidget>("meshList");
    EXPECT_EQ(list->topLevelItem(0)->text(1), QStringLiteral("cannot be reached"));
}

TEST_F(MeshPageTest, TheAuditTrailIsThereForWhoMayReadIt) {
    press(Qt::Key_M, Qt::ControlModifier | Qt::ShiftModifier);
    auto* sections = find<QTabWidget>("meshSections");
    EXPECT_FALSE(sections->isTabVisible(2));
    answerSample();
    ASSERT_TRUE(sections->isTabVisible(2));
    sections->setCurrentIndex(2);
    ASSERT_TRUE(processEventsUntil([&] { return !lake_->statements.empty(); }));
    const auto send = [&](const std::vector<app::TextRow>& rows) {
        const std::shared_ptr<app::FakeStatement> asked = lake_->statements.back();
        lake_->statements.clear();
        asked->sendColumns(
            {"t", "subject", "role", "client", "protocol", "command", "text", "sources", "rows", "ms", "s"});
        if (!rows.empty()) {
            asked->sendRows(11, rows);
        }
        asked->complete("SELECT", rows.size());
    };
    send({{"1763700000000", "ann@example.org", "analyst", "10.0.0.7", "grpc", "SELECT", "SELECT ? FROM files.flights",
           "flights", "15", "1234.5", "00000"},
          {"1763699000000", kNone, "etl", "10.0.0.8", "postgres", kNone, "SELEC ?", "", kNone, "0.2", "42601"}});
    auto* table = find<QTreeView>("auditTable");
    ASSERT_TRUE(processEventsUntil([&] { return table->model()->rowCount() == 2; }));
    EXPECT_EQ(table->model()->index(0, 5).data().toString(), QStringLiteral("1.2 s"));
    EXPECT_EQ(table->model()->index(1, 7).data().toString(), QStringLiteral("42601"));
    expectColumnsFit(*table);
    saveScreenshots("audit");

    // The filter is the node's.
    QTest::keyClicks(find<QLineEdit>("auditFilter"), QStringLiteral("ann"));
    ASSERT_TRUE(processEventsUntil([&] { return !lake_->statements.empty(); }));
    EXPECT_EQ(lake_->statement().request.parameters[0].text, "{\"%ann%\"}");
    send({});
    ASSERT_TRUE(processEventsUntil([&] { return find<EmptyState>("auditState")->isVisible(); }));
    QTest::mouseClick(find<QCheckBox>("auditFailedOnly"), Qt::LeftButton);
    ASSERT_FALSE(lake_->statements.empty());
    EXPECT_EQ(lake_->statement().request.parameters[1].text, "true");
    lake_->statement().failWith(fail(ErrorCode::kPermissionDenied, "permission denied for table statement"));
    ASSERT_TRUE(processEventsUntil([&] {
        return find<EmptyState>("auditState")->sentence() == QLatin1String("Permission denied for table statement.");
    }));
}

TEST_F(MeshPageTest, AGraphIsSavedAsSvgAndPng) {
    press(Qt::Key_M, Qt::ControlModifier | Qt::ShiftModifier);
    answerSample();
    const GraphPicture& picture = find<GraphView>("meshGraph")->picture();
    const QString svg = directory_.filePath(QStringLiteral("mesh.svg"));
    const QString png = directory_.filePath(QStringLiteral("mesh.png"));
    ASSERT_TRUE(saveGraph(picture, svg));
    ASSERT_TRUE(saveGraph(picture, png));
    EXPECT_FALSE(saveGraph(picture, QStringLiteral("/nowhere/mesh.svg")));
    EXPECT_FALSE(saveGraph(picture, QStringLiteral("/nowhere/mesh.png")));
    const QSvgRenderer renderer(svg);
    EXPECT_TRUE(renderer.isValid());
    const QSize size = picture.bounds().size().toSize();
    EXPECT_EQ(renderer.viewBox().size(), size);
    EXPECT_EQ(QImage(png).width(), 2 * size.width());
}

}  // namespace
}  // namespace tessera::workbench
