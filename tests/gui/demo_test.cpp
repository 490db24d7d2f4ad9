// Goal: the README's picture is what a person gets. Method: the demo mesh, one window, the first query of
// resources/demo pasted into the editor and run; the rows on the grid are read, and the window is saved as a picture.

#include "app/core/testing/event_loop.h"
#include "app/workbench/catalog/catalog_panel.h"
#include "app/workbench/results/result_grid.h"
#include "app/workbench/results/results_panel.h"
#include "app/workbench/shell/main_window.h"
#include "tests/support/temporary_demo.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QClipboard>
#include <QDir>
#include <QTest>
#include <QTreeView>

namespace tessera::workbench {
namespace {

using app::processEventsUntil;
using State = app::QuerySession::State;

/// The row named so under `parent`, when it has come.
QModelIndex rowNamed(app::CatalogModel& model, const QModelIndex& parent, const char* name) {
    QModelIndex found;
    processEventsUntil(
        [&] {
            for (int row = 0; row < model.rowCount(parent) && !found.isValid(); ++row) {
                const QModelIndex index = model.index(row, 0, parent);
                found = index.data().toString() == QLatin1String(name) ? index : QModelIndex();
            }
            return found.isValid();
        },
        30'000);
    return found;
}

TEST(Demo, TheFederatedQueryShowsItsRowsInTheWorkbench) {
    auto demo = TemporaryDemo::start();
    ASSERT_TRUE(demo) << demo.error().describe();
    const TemporaryDirectory profile;
    WorkbenchOptions options;
    options.mesh_file = (*demo)->meshFile();
    options.profile_directory = QString::fromStdString((profile.path() / "profile").string());
    MainWindow window(std::move(options));
    bool is_loaded = false;
    QObject::connect(&window, &MainWindow::meshLoaded, &window, [&](bool is_ok) { is_loaded = is_ok; });
    window.resize(1440, 900);
    window.show();
    ASSERT_TRUE(QTest::qWaitForWindowActive(&window));
    ASSERT_TRUE(processEventsUntil([&] { return is_loaded; }));

    // What the query reads stands in the tree.
    app::CatalogModel& model = window.catalog().model();
    const QModelIndex mesh = model.index(0, 0);
    for (const auto& [node, schema] : {std::pair("operations", "geography"), std::pair("lake", "lake")}) {
        const QModelIndex node_row = rowNamed(model, mesh, node);
        ASSERT_TRUE(node_row.isValid()) << node;
        window.catalog().tree().expand(node_row);
        const QModelIndex schema_row = rowNamed(model, node_row, schema);
        ASSERT_TRUE(schema_row.isValid()) << schema;
        window.catalog().tree().expand(schema_row);
        ASSERT_TRUE(rowNamed(model, schema_row, node == std::string("lake") ? "flights" : "airports").isValid());
    }

    QueryTab& tab = *window.currentTab();
    QApplication::clipboard()->setText(QString::fromStdString(readFile(demoQueries().front())));
    tab.editor().setFocus();
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_V, Qt::ControlModifier);
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Return, Qt::ControlModifier);
    ASSERT_TRUE(processEventsUntil([&] { return tab.session().state() == State::kSucceeded; }, 120'000))
        << tab.session().error().describe();

    ResultGrid& grid = tab.results().grid();
    EXPECT_EQ(grid.rowCount(), 15);
    ASSERT_EQ(grid.columnCount(), 8);
    QStringList first;
    for (int column = 0; column < grid.columnCount(); ++column) {
        first += grid.cellText(0, column);
    }
    EXPECT_EQ(first.join(u'|').toStdString(), "JFK|New York|New York|31270|12.3|2.9|391|6370278");

    app::processPendingEvents();
    ASSERT_TRUE(QDir().mkpath(QStringLiteral(TESSERA_SCREENSHOT_DIR)));
    EXPECT_TRUE(window.grab().save(QStringLiteral(TESSERA_SCREENSHOT_DIR "/federated-query.png")));
}

}  // namespace
}  // namespace tessera::workbench

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    QApplication application(argc, argv);
    QApplication::setCursorFlashTime(0);
    return RUN_ALL_TESTS();
}
