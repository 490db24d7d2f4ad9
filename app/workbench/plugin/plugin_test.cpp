// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: each kind of plugin that is shipped does its work in the window, and one that is none harms nothing. Method:
// the libraries as they are built, found, loaded and used as a person uses them.
#include "app/workbench/plugin/plugin_registry.h"
#include "app/workbench/plugin/plugin_writer.h"
#include "app/workbench/results/cell_viewer.h"
#include "app/workbench/results/export_dialog.h"
#include "app/workbench/results/result_grid.h"
#include "app/workbench/results/result_page.h"
#include "app/workbench/testing/window_fixture.h"

#include <QAction>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QToolButton>

namespace tessera::workbench {
namespace {

class PluginTest : public MainWindowTest {
  protected:
    void SetUp() override {
        MainWindowTest::SetUp();
        find({QStringLiteral(TESSERA_WORKBENCH_PLUGIN_DIR)});
    }

    static void find(const QStringList& folders) {
        QSignalSpy found(&registry(), &PluginRegistry::found);
        registry().find(folders);
        ASSERT_TRUE(processEventsUntil([&] { return found.count() > 0; }));
    }

    static PluginRegistry& registry() { return PluginRegistry::ofProcess(); }

    void runRows(const std::vector<app::TextRow>& rows) {
        typeAndRun("SELECT name, shape FROM places");
        operations_->statement().sendColumns({"name", "shape"});
        operations_->statement().sendRows(2, rows);
        operations_->statement().complete("SELECT", rows.size());
        ASSERT_TRUE(
            processEventsUntil([&] { return tab().session().state() == app::QuerySession::State::kSucceeded; }));
    }
};

TEST_F(PluginTest, WhatIsShippedIsFoundWithoutBeingLoaded) {
    std::map<std::string, PluginRegistry::Kind> kinds;
    for (const PluginRegistry::Plugin& plugin : registry().plugins()) {
        EXPECT_TRUE(plugin.problem.isEmpty()) << plugin.problem.toStdString();
        kinds[plugin.name.toStdString()] = plugin.kind;
    }
    EXPECT_EQ(kinds.size(), 3U);
    EXPECT_EQ(kinds["notes"], PluginRegistry::Kind::kPanel);
    EXPECT_EQ(kinds["html_export"], PluginRegistry::Kind::kExporter);
    EXPECT_EQ(kinds["wkt_viewer"], PluginRegistry::Kind::kViewer);
}

TEST_F(PluginTest, APanelOpensInATabAndUsesTheWindow) {
    tab().editor().setText(QStringLiteral("SELECT 42"));
    auto* action = window_->findChild<QAction*>(QStringLiteral("panelAction_notes"), Qt::FindChildrenRecursively);
    if (action == nullptr) {
        for (QAction* candidate : window_->findChild<QMenu*>(QStringLiteral("viewMenu"))->actions()) {
            action = candidate->objectName() == QLatin1String("panelAction_notes") ? candidate : action;
        }
    }
    ASSERT_NE(action, nullptr);
    action->trigger();
    QWidget* panel = window_->tabs().currentWidget();
    ASSERT_EQ(panel->objectName(), QStringLiteral("panel_notes"));
    auto* text = panel->findChild<QPlainTextEdit*>(QStringLiteral("notesText"));
    ASSERT_NE(text, nullptr);
    text->setFocus();
    QTest::keyClicks(text, QStringLiteral("SELECT 7"));
    saveScreenshots("plugin-panel");
    QTest::mouseClick(panel->findChild<QPushButton*>(QStringLiteral("notesOpenButton")), Qt::LeftButton);
    ASSERT_NE(window_->currentTab(), nullptr);
    EXPECT_EQ(tab().editor().text(), QStringLiteral("SELECT 7"));
    // What was written is on disk by itself.
    QFile file(directory_.filePath(QStringLiteral("profile/notes.txt")));
    ASSERT_TRUE(processEventsUntil([&] { return file.exists(); }));
    ASSERT_TRUE(file.open(QIODevice::ReadOnly));
    EXPECT_EQ(file.readAll(), QByteArray("SELECT 7"));
}

TEST_F(PluginTest, AnExporterWritesTheResult) {
    runRows({{"A & B", "POINT (1 2)"}, {"<c>", std::nullopt}});
    const QString path = directory_.filePath(QStringLiteral("places.html"));
    auto* page = tab().results().findChild<ResultPage*>();
    ASSERT_NE(page, nullptr);
    page->findChild<QToolButton*>(QStringLiteral("exportButton"))->click();
    auto* dialog = page->findChild<ExportDialog*>(QStringLiteral("exportDialog"));
    ASSERT_NE(dialog, nullptr);
    EXPECT_GE(dialog->findChild<QComboBox*>(QStringLiteral("exportFormat"))->findData(QStringLiteral("html")), 0);
    dialog->findChild<QLineEdit*>(QStringLiteral("exportPath"))->setText(path);
    auto* preview = dialog->findChild<QPlainTextEdit*>(QStringLiteral("exportPreview"));
    ASSERT_TRUE(processEventsUntil([&] { return preview->toPlainText().contains(QStringLiteral("<th>shape</th>")); }));
    dialog->findChild<QPushButton*>(QStringLiteral("exportStart"))->click();
    QFile file(path);
    ASSERT_TRUE(processEventsUntil([&] { return file.exists(); }));
    ASSERT_TRUE(file.open(QIODevice::ReadOnly));
    const QByteArray text = file.readAll();
    EXPECT_TRUE(text.contains("<tr><th>name</th><th>shape</th></tr>")) << text.toStdString();
    EXPECT_TRUE(text.contains("<tr><td>A &amp; B</td><td>POINT (1 2)</td></tr>")) << text.toStdString();
    EXPECT_TRUE(text.contains("<tr><td>&lt;c&gt;</td><td class=\"z\">NULL</td></tr>")) << text.toStdString();
    EXPECT_TRUE(text.trimmed().endsWith("</html>"));
}

TEST_F(PluginTest, AViewerShowsWhatItCan) {
    runRows({{"square", "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0), (1 1, 2 1, 2 2, 1 2, 1 1))"}, {"none", "not a shape"}});
    CellViewer viewer;
    viewer.resize(400, 300);
    viewer.show();
    const app::ResultView view = grid().view();
    viewer.showCell(view, 0, 1);
    QWidget* shape = nullptr;
    ASSERT_TRUE(processEventsUntil([&] {
        shape = viewer.findChild<QWidget*>(QStringLiteral("shapeView"));
        return shape != nullptr && viewer.tabs().isTabVisible(viewer.tabs().indexOf(shape));
    }));
    viewer.tabs().setCurrentWidget(shape);
    const QImage drawn = shape->grab().toImage();
    // Something in the ring and nothing in its hole.
    const QPoint middle(drawn.width() / 2, drawn.height() / 2);
    const int unit = (drawn.height() - 48) / 4;
    EXPECT_NE(drawn.pixelColor(middle + QPoint(unit / 2, -unit / 2)), drawn.pixelColor(2, 2));
    EXPECT_EQ(drawn.pixelColor(middle + QPoint(-unit / 2, unit / 2)), drawn.pixelColor(2, 2));
    viewer.showCell(view, 1, 1);
    ASSERT_TRUE(processEventsUntil([&] { return !viewer.tabs().isTabVisible(viewer.tabs().indexOf(shape)); }));
}

TEST_F(PluginTest, WhatIsNoPluginIsLeftOutWithItsReason) {
    QFile broken(directory_.filePath(QStringLiteral("libtessera_workbench_broken.so")));
    ASSERT_TRUE(broken.open(QIODevice::WriteOnly));
    broken.write("no library at all");
    broken.close();
    find({QStringLiteral(TESSERA_WORKBENCH_PLUGIN_DIR), directory_.path(), QStringLiteral("/nowhere")});
    ASSERT_EQ(registry().plugins().size(), 4U);
    EXPECT_EQ(registry().plugins().back().name, QStringLiteral("broken"));
    EXPECT_FALSE(registry().plugins().back().problem.isEmpty());
    EXPECT_EQ(registry().panel(QStringLiteral("broken")), nullptr);

    // One that goes between being found and being used is told once, and its neighbours work on.
    QTemporaryDir copies;
    const QString copy = copies.filePath(QStringLiteral("libtessera_workbench_gone.so"));
    ASSERT_TRUE(QFile::copy(QStringLiteral(TESSERA_WORKBENCH_PLUGIN_DIR "/libtessera_workbench_notes.so"), copy));
    find({copies.path()});
    ASSERT_EQ(registry().plugins().size(), 1U);
    QFile::remove(copy);
    QSignalSpy failed(&registry(), &PluginRegistry::failed);
    EXPECT_EQ(registry().panel(QStringLiteral("gone")), nullptr);
    EXPECT_EQ(registry().panel(QStringLiteral("gone")), nullptr);
    EXPECT_EQ(failed.count(), 1);
}

}  // namespace
}  // namespace tessera::workbench
