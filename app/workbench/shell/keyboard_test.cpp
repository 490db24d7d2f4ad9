// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: all of it can be done without a mouse: from a word in a comment to a table, its rows, chart, export and plan,
// and through pages, panels and settings; every control is a stop of Tab and says what it is, and nothing keeps the
// focus. Method: the whole window over fake nodes; every step is a key to whatever has the focus, and nothing else.
#include "app/core/testing/fake_agent.h"
#include "app/workbench/activity/mesh_page.h"
#include "app/workbench/catalog/catalog_panel.h"
#include "app/workbench/catalog/lineage_view.h"
#include "app/workbench/catalog/object_page.h"
#include "app/workbench/catalog/schema_page.h"
#include "app/workbench/endpoints/endpoints_page.h"
#include "app/workbench/graph/graph_view.h"
#include "app/workbench/jobs/jobs_page.h"
#include "app/workbench/palette/command_palette.h"
#include "app/workbench/plan/plan_view.h"
#include "app/workbench/results/chart_view.h"
#include "app/workbench/results/result_grid.h"
#include "app/workbench/results/result_page.h"
#include "app/workbench/testing/window_fixture.h"
#include "app/workbench/ui/theme.h"

#include <QAccessible>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QContextMenuEvent>
#include <QDialog>
#include <QDockWidget>
#include <QMenu>
#include <QStatusBar>
#include <QTabBar>
#include <QTimer>
#include <set>

namespace tessera::workbench {
namespace {

const std::optional<std::string> kNone;

class KeyboardTest : public MainWindowTest {
  protected:
    void SetUp() override {
        MainWindowTest::SetUp();
        window_->resize(1280, 800);
        ASSERT_TRUE(QTest::qWaitForWindowActive(window_.get(), 60'000));
    }

    app::AgentConnector agentConnector() override { return app::FakeAgentClient::connector(agent_); }

    static QWidget* focus() {
        QWidget* popup = QApplication::activePopupWidget();
        return popup != nullptr ? popup : QApplication::focusWidget();
    }

    static std::string focused() { return focus() != nullptr ? focus()->objectName().toStdString() : std::string(); }

    /// To whatever has the focus, which has to be somewhere, and to have a name.
    void press(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) {
        ASSERT_TRUE(processEventsUntil([] { return focus() != nullptr; }));
        expectNamed(*focus());
        QTest::keyClick(focus(), key, modifiers);
        app::processPendingEvents();
    }

    void type(const char* text) {
        ASSERT_TRUE(processEventsUntil([] { return focus() != nullptr; }));
        QTest::keyClicks(focus(), QString::fromUtf8(text));
        app::processPendingEvents();
    }

    static void expectNamed(QWidget& widget) {
        if (qobject_cast<QMenu*>(&widget) != nullptr) {
            return;
        }
        QAccessibleInterface* interface = QAccessible::queryAccessibleInterface(&widget);
        ASSERT_NE(interface, nullptr);
        EXPECT_FALSE(interface->text(QAccessible::Name).isEmpty())
            << widget.metaObject()->className() << " " << widget.objectName().toStdString();
    }

    /// Steps on by Tab, or what else is pressed, until that has the focus.
    bool stepTo(const char* object_name, Qt::Key key = Qt::Key_Tab, Qt::KeyboardModifiers modifiers = {}) {
        constexpr int kMostSteps = 80;
        QStringList way;
        for (int step = 0; step < kMostSteps && focused() != object_name; ++step) {
            way += QString::fromStdString(focused());
            press(key, modifiers);
        }
        EXPECT_EQ(focused(), object_name) << way.join(QStringLiteral(" → ")).toStdString();
        return focused() == object_name;
    }

    /// After a dialog. Without a display there is no window manager to do it.
    void expectBackInTheWindow() {
        if (QGuiApplication::platformName() == QLatin1String("offscreen")) {
            window_->activateWindow();
        }
        ASSERT_TRUE(processEventsUntil([&] { return focus() != nullptr && focus()->window() == window_.get(); }));
    }

    /// As a platform's plugin does it when the menu key is pressed.
    static void openMenuOf(QWidget& widget) {
        const QPoint place = widget.inputMethodQuery(Qt::ImCursorRectangle).toRect().center();
        QContextMenuEvent event(QContextMenuEvent::Keyboard, place, widget.mapToGlobal(place));
        QApplication::sendEvent(&widget, &event);
    }

    /// Chooses an entry of the menu that is open, by the arrows.
    void chooseFromMenu(const QString& text) {
        ASSERT_TRUE(
            processEventsUntil([] { return qobject_cast<QMenu*>(QApplication::activePopupWidget()) != nullptr; }));
        auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget());
        for (int step = 0;
             step < menu->actions().size() && (menu->activeAction() == nullptr || menu->activeAction()->text() != text);
             ++step) {
            press(Qt::Key_Down);
        }
        ASSERT_NE(menu->activeAction(), nullptr);
        ASSERT_EQ(menu->activeAction()->text(), text);
        press(Qt::Key_Return);
    }

    static void sendNames(app::FakeNodeClient& node, const std::vector<app::TextRow>& rows) {
        ASSERT_TRUE(processEventsUntil([&] { return !node.names_readings.empty(); }));
        const app::FakeStatement& reading = *node.names_readings.back();
        reading.sendColumns({"kind", "schema", "name", "detail", "extra", "comment"});
        reading.sendRows(6, rows);
        reading.complete("SELECT", rows.size());
    }

    void answerFacts() {
        ASSERT_TRUE(processEventsUntil([&] { return !lake_->statements.empty(); }));
        const std::shared_ptr<app::FakeStatement> facts = lake_->statements.back();
        lake_->statements.clear();
        facts->sendColumns({"kind", "name", "a", "b", "c", "d", "e"});
        facts->sendRows(7, {{"f", "kind", "f", kNone, kNone, kNone, kNone},
                            {"f", "owner", "ann", kNone, kNone, kNone, kNone},
                            {"c", "id", "bigint", "1n", kNone, kNone, kNone},
                            {"c", "delay", "integer", "0", kNone, kNone, kNone}});
        facts->complete("SELECT 4", 4);
    }

    /// By a word of a column's comment, from the window as it stands after its start.
    void findTheTable() {
        for (app::FakeNodeClient* node : {lake_.get(), operations_.get()}) {
            answer(node->waiting_schemas, Result<std::vector<client::SchemaInfo>>(std::vector<client::SchemaInfo>{}));
        }
        QTest::keyClick(window_.get(), Qt::Key_P, Qt::ControlModifier);
        EXPECT_EQ(focused(), "paletteField");
        sendNames(*lake_, {{"p", "", "files", "", "", ""},
                           {"t", "files", "flights", "f", "", "On-time records of every departure"},
                           {"c", "", "delay", "integer", "0", "Minutes"}});
        type("minutes");
        auto& list = *window_->findChild<QAbstractItemView*>(QStringLiteral("paletteList"));
        ASSERT_TRUE(processEventsUntil([&] { return list.model()->rowCount() == 1; }));
        press(Qt::Key_Return);
    }

    std::shared_ptr<app::FakeAgent> agent_ = app::annsAgent();

    ObjectPage* objectPage() { return qobject_cast<ObjectPage*>(window_->tabs().currentWidget()); }

    void runAndSendRows() {
        press(Qt::Key_Return, Qt::ControlModifier);
        ASSERT_TRUE(processEventsUntil([&] { return !lake_->statements.empty(); }));
        lake_->statement().sendColumns({"id", "delay"});
        lake_->statement().sendRows(2, {{"1", "5"}, {"2", "7"}, {"3", "11"}});
        lake_->statement().complete("SELECT 3", 3);
        ASSERT_TRUE(processEventsUntil([&] { return grid().rowCount() == 3; }));
        press(Qt::Key_2, Qt::ControlModifier);
        EXPECT_EQ(focused(), "resultGrid");
    }

    /// Tab after Tab gets back to where it began, over stops that all have names; and by Shift+Tab over the same ones.
    void expectTabGoesRound(const char* where) {
        press(Qt::Key_Tab);  // from wherever it begins to the first stop
        ASSERT_TRUE(processEventsUntil([] { return focus() != nullptr; }));
        constexpr int kMostStops = 150;
        const auto walk = [&](Qt::Key key, Qt::KeyboardModifiers modifiers) {
            std::set<const QWidget*> stops;
            const QWidget* first = focus();
            do {
                stops.insert(focus());
                press(key, modifiers);
            } while (focus() != first && static_cast<int>(stops.size()) < kMostStops && stops.count(focus()) == 0);
            EXPECT_EQ(focus(), first) << where << ": " << focused() << " keeps the focus";
            return stops;
        };
        const std::set<const QWidget*> forth = walk(Qt::Key_Tab, {});
        const std::set<const QWidget*> back = walk(Qt::Key_Backtab, Qt::ShiftModifier);
        EXPECT_EQ(forth, back) << where;
        for (const QWidget* widget : window_->focusWidget()->window()->findChildren<QWidget*>()) {
            const bool is_stop = (widget->focusPolicy() & Qt::TabFocus) == Qt::TabFocus &&
                                 widget->focusProxy() == nullptr && widget->isVisible() && widget->isEnabled() &&
                                 widget->window() == focus()->window();
            EXPECT_TRUE(!is_stop || forth.count(widget) != 0 || !isControl(*widget))
                << where << ": Tab goes past " << widget->metaObject()->className() << " "
                << widget->objectName().toStdString();
        }
    }
};

TEST_F(KeyboardTest, FromAWordInACommentToRowsChartExportAndPlan) {
    findTheTable();
    ASSERT_NE(objectPage(), nullptr);
    answerFacts();
    ASSERT_TRUE(processEventsUntil([&] { return objectPage()->facts() != nullptr; }));
    ASSERT_TRUE(stepTo("objectQueryButton"));
    press(Qt::Key_Space);
    ASSERT_NE(window_->currentTab(), nullptr);
    EXPECT_TRUE(tab().editor().text().contains(QLatin1String("FROM files.flights")));

    EXPECT_EQ(focused(), "sqlEditor");
    runAndSendRows();
    press(Qt::Key_End, Qt::ControlModifier);
    press(Qt::Key_A, Qt::ControlModifier);
    press(Qt::Key_C, Qt::ControlModifier);
    ASSERT_TRUE(processEventsUntil([] { return QApplication::clipboard()->text().contains(QLatin1String("3\t11")); }));
    // Sorted by the last column, the greatest first; then only what is above six.
    press(Qt::Key_Down, Qt::AltModifier);
    chooseFromMenu(QStringLiteral("Sort descending"));
    ResultPage& page = tab().results().page();
    ASSERT_TRUE(
        processEventsUntil([&] { return !page.arrangementText().isEmpty() && grid().view().order != nullptr; }));
    press(Qt::Key_F, Qt::ControlModifier | Qt::ShiftModifier);
    EXPECT_EQ(focused(), "filterField");
    type("1");
    press(Qt::Key_Return);
    ASSERT_TRUE(processEventsUntil([&] { return grid().rowCount() == 2; }));
    press(Qt::Key_2, Qt::ControlModifier);
    press(Qt::Key_Home, Qt::ControlModifier);
    press(Qt::Key_C, Qt::ControlModifier);
    ASSERT_TRUE(processEventsUntil([] { return QApplication::clipboard()->text().trimmed() == QLatin1String("1"); }));

    press(Qt::Key_C, Qt::ControlModifier | Qt::AltModifier);
    auto* chart = tab().results().page().findChild<ChartView*>();
    ASSERT_NE(chart, nullptr);
    ASSERT_TRUE(processEventsUntil([&] { return chart->isVisible(); }));
    EXPECT_TRUE(chart->isAncestorOf(focus())) << focused();
    press(Qt::Key_E, Qt::ControlModifier | Qt::AltModifier);
    const auto exporting = [&] {
        const auto* dialog = window_->findChild<QDialog*>(QStringLiteral("exportDialog"));
        return dialog != nullptr && dialog->isVisible();
    };
    ASSERT_TRUE(processEventsUntil(exporting));
    ASSERT_TRUE(processEventsUntil([&] { return focus() != nullptr && focus()->window() != window_.get(); }));
    expectTabGoesRound("export");
    press(Qt::Key_Escape);
    ASSERT_TRUE(processEventsUntil([&] { return !exporting(); }));
    expectBackInTheWindow();

    press(Qt::Key_E, Qt::ControlModifier);
    ASSERT_TRUE(processEventsUntil([&] { return lake_->statements.size() == 2; }));
    lake_->statement().sendColumns({"QUERY PLAN"});
    lake_->statement().sendRows(1, {{R"([{"Plan": {"Node Type": "Foreign Scan", "Relation Name": "flights",
        "Schema": "files", "Total Cost": 700, "Plan Rows": 3000, "Source": "lake", "Remote SQL": "SELECT 1"}}])"}});
    lake_->statement().complete("EXPLAIN", 1);
    ASSERT_TRUE(processEventsUntil([&] { return tab().results().plan() != nullptr; }));
    ASSERT_TRUE(stepTo("planTree", Qt::Key_F6));
    const int tabs = window_->tabs().count();
    press(Qt::Key_W, Qt::ControlModifier);
    EXPECT_EQ(window_->tabs().count(), tabs - 1);
}

TEST_F(KeyboardTest, PagesPanelsTabsAndSettingsAreReachedAndLeft) {
    fillCatalog();
    QTest::keyClick(window_.get(), Qt::Key_1, Qt::ControlModifier);
    EXPECT_EQ(focused(), "sqlEditor");
    // Tab writes in the editor; F6 leaves it, to the results and on, and comes back.
    press(Qt::Key_Tab);
    EXPECT_EQ(focused(), "sqlEditor");
    EXPECT_TRUE(stepTo("catalogSearchField", Qt::Key_F6));
    EXPECT_TRUE(stepTo("sqlEditor", Qt::Key_F6, Qt::ShiftModifier));
    press(Qt::Key_0, Qt::ControlModifier);
    EXPECT_EQ(focused(), "catalogTree");
    press(Qt::Key_Slash);
    EXPECT_EQ(focused(), "catalogSearchField");
    press(Qt::Key_Escape);
    EXPECT_EQ(focused(), "catalogTree");

    // Panels open with the focus in them.
    for (const auto& [key, dock] : {std::pair(Qt::Key_H, "historyDock"), std::pair(Qt::Key_Q, "queriesDock")}) {
        press(key, Qt::ControlModifier | Qt::ShiftModifier);
        auto* panel = window_->findChild<QDockWidget*>(QLatin1String(dock));
        ASSERT_NE(panel, nullptr) << dock;
        EXPECT_TRUE(processEventsUntil([&] { return panel->isVisible() && panel->isAncestorOf(focus()); }))
            << dock << ": " << focused();
        press(key, Qt::ControlModifier | Qt::ShiftModifier);
        EXPECT_TRUE(processEventsUntil([&] { return !panel->isVisible(); })) << dock;
        EXPECT_TRUE(processEventsUntil([&] { return focus() != nullptr && focus()->isVisible(); })) << dock;
    }

    // The mesh by the palette, jobs by their keys; tabs in turn.
    press(Qt::Key_P, Qt::ControlModifier | Qt::ShiftModifier);
    EXPECT_EQ(focused(), "paletteField");
    type("nodes health");
    press(Qt::Key_Return);
    ASSERT_TRUE(processEventsUntil([&] { return window_->tabs().currentWidget() == window_->meshPage(); }));
    EXPECT_TRUE(window_->meshPage()->isAncestorOf(focus())) << focused();
    expectTabGoesRound("mesh");
    press(Qt::Key_J, Qt::ControlModifier | Qt::ShiftModifier);
    ASSERT_TRUE(processEventsUntil([&] { return window_->tabs().currentWidget() == window_->jobsPage(); }));
    EXPECT_TRUE(window_->jobsPage()->isAncestorOf(focus())) << focused();
    // There are none: what there is to do then has the focus, however late that is known.
    EXPECT_TRUE(processEventsUntil([&] { return focused() == "emptyStateAction"; })) << focused();
    expectTabGoesRound("jobs");
    const int jobs_tab = window_->tabs().currentIndex();
    press(Qt::Key_PageUp, Qt::ControlModifier);
    EXPECT_EQ(window_->tabs().currentIndex(), jobs_tab - 1);
    press(Qt::Key_PageDown, Qt::ControlModifier);
    EXPECT_EQ(window_->tabs().currentIndex(), jobs_tab);
    press(Qt::Key_W, Qt::ControlModifier);
    EXPECT_EQ(window_->jobsPage(), nullptr);
    press(Qt::Key_I, Qt::ControlModifier | Qt::ShiftModifier);
    ASSERT_TRUE(processEventsUntil([&] { return window_->endpointsPage() != nullptr; }));
    EXPECT_TRUE(processEventsUntil([&] { return focused() == "emptyStateAction"; })) << focused();
    expectTabGoesRound("endpoints");
    press(Qt::Key_W, Qt::ControlModifier);

    // Settings: the theme by its field, and out again.
    press(Qt::Key_Comma, Qt::ControlModifier);
    ASSERT_TRUE(processEventsUntil([&] { return focus() != nullptr && focus()->window() != window_.get(); }));
    expectTabGoesRound("settings");
    ASSERT_TRUE(stepTo("themeChoice"));
    press(Qt::Key_End);
    EXPECT_EQ(currentTheme().name, ThemeName::kDark);
    press(Qt::Key_Home);
    press(Qt::Key_Escape);
    expectBackInTheWindow();
    applyTheme(*qobject_cast<QApplication*>(QCoreApplication::instance()), ThemeName::kLight);
}

TEST_F(KeyboardTest, TheSignInMenuTheTreeAndDrawings) {
    fillCatalog();
    // A name of the tree goes to the caret.
    QTest::keyClick(window_.get(), Qt::Key_1, Qt::ControlModifier);
    type("select count(*) from ");
    press(Qt::Key_Escape);
    press(Qt::Key_0, Qt::ControlModifier);
    EXPECT_EQ(focused(), "catalogTree");
    press(Qt::Key_Insert);
    EXPECT_EQ(focused(), "sqlEditor");
    EXPECT_EQ(tab().editor().text(), QStringLiteral("select count(*) from files.flights"));

    // The sign-in in the status bar: a local port for other programs.
    ASSERT_TRUE(
        processEventsUntil([&] { return window_->findChild<QWidget*>(QStringLiteral("agentButton"))->isVisible(); }));
    for (int step = 0; step < 20 && !window_->statusBar()->isAncestorOf(focus()); ++step) {
        press(Qt::Key_F6);
    }
    ASSERT_TRUE(stepTo("agentButton"));
    // The menu runs an event loop of its own.
    QTimer::singleShot(0, window_.get(), [this] {
        chooseFromMenu(QStringLiteral("Other programs on operations"));
        chooseFromMenu(QStringLiteral("Open a local port"));
    });
    press(Qt::Key_Space);
    EXPECT_TRUE(processEventsUntil([&] {
        return window_->statusBar()->currentMessage() ==
               QStringLiteral("operations is at 127.0.0.1:6432 for other programs");
    })) << window_->statusBar()->currentMessage().toStdString();

    // The diagram of a schema's keys, by the menu of its row; walked through, zoomed, saved, and one of its tables
    // opened.
    press(Qt::Key_0, Qt::ControlModifier);
    press(Qt::Key_Left);
    press(Qt::Key_Left);
    EXPECT_EQ(window_->catalog().tree().currentIndex().data().toString(), QStringLiteral("files"));
    openMenuOf(*focus());
    chooseFromMenu(QStringLiteral("Diagram of its keys"));
    auto* page = qobject_cast<SchemaPage*>(window_->tabs().currentWidget());
    ASSERT_NE(page, nullptr);
    sendNames(*lake_, {{"p", "", "files", "", "", ""},
                       {"t", "files", "flights", "t", "", ""},
                       {"c", "", "id", "bigint", "1", ""},
                       {"c", "", "airport_id", "bigint", "0", ""},
                       {"t", "files", "airports", "t", "", ""},
                       {"c", "", "id", "bigint", "1", ""}});
    GraphView& graph = page->graph();
    ASSERT_TRUE(processEventsUntil([&] { return graph.picture().places.size() == 2; }));
    ASSERT_TRUE(stepTo(graph.objectName().toUtf8().constData()));
    press(Qt::Key_Right);
    const QString first = graph.selectedId();
    press(Qt::Key_Left);
    EXPECT_NE(graph.selectedId(), first);
    const double scale = graph.transform().m11();
    press(Qt::Key_Plus);
    EXPECT_GT(graph.transform().m11(), scale);
    press(Qt::Key_0);
    expectTabGoesRound("diagram");
    ASSERT_TRUE(stepTo(graph.objectName().toUtf8().constData()));
    const QString chosen = graph.selectedId().mid(1);
    press(Qt::Key_Return);
    ASSERT_NE(objectPage(), nullptr);
    EXPECT_EQ(objectPage()->place().table, chosen);

    // Its lineage, one section of the page: from the drawing to what it reads.
    answerFacts();
    ASSERT_TRUE(processEventsUntil([&] { return objectPage()->facts() != nullptr; }));
    for (int step = 0; step < 10 && objectPage()->sections().tabText(objectPage()->sections().currentIndex()) !=
                                        QLatin1String("Lineage");
         ++step) {
        objectPage()->sections().tabBar()->setFocus();
        press(Qt::Key_Right);
    }
    const auto place = objectPage()->place();
    ASSERT_TRUE(processEventsUntil([&] { return !lake_->statements.empty(); }));
    const auto asked = lake_->statements.back();
    asked->sendColumns(std::vector<std::string>(10, "x"));
    const std::string own = place.table.toStdString();
    asked->sendRows(10, {{"t", "1", "files", own, "v", "b", kNone, kNone, kNone, kNone},
                         {"t", "2", "files", "raw", "f", "u", "parquet", kNone, kNone, "flights-3m.parquet"},
                         {"e", "2", "1", kNone, kNone, kNone, kNone, kNone, kNone, kNone}});
    asked->complete("SELECT 3", 3);
    ASSERT_TRUE(processEventsUntil([&] { return !operations_->statements.empty(); }));
    operations_->statements.back()->failWith(fail(ErrorCode::kUnavailable, "node 'operations' cannot be reached"));
    GraphView& lineage = objectPage()->findChild<LineageView*>()->graph();
    ASSERT_TRUE(processEventsUntil([&] { return lineage.picture().places.size() >= 2; }));
    ASSERT_TRUE(stepTo(lineage.objectName().toUtf8().constData()));
    // First to the table itself, then to what it reads.
    press(Qt::Key_Left);
    press(Qt::Key_Left);
    press(Qt::Key_Return);
    ASSERT_NE(objectPage(), nullptr);
    EXPECT_EQ(objectPage()->place().table, QStringLiteral("raw"));
}

}  // namespace
}  // namespace tessera::workbench
