// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the catalog is searched, drawn, followed and described as a person does it. Method: the whole window over two
// fake nodes, driven by keys and mouse.
#include "app/workbench/catalog/catalog_search.h"

#include "app/core/testing/sample_names.h"
#include "app/workbench/catalog/comment_editor.h"
#include "app/workbench/catalog/lineage_view.h"
#include "app/workbench/catalog/object_page.h"
#include "app/workbench/catalog/schema_page.h"
#include "app/workbench/graph/graph_view.h"
#include "app/workbench/testing/window_fixture.h"
#include "app/workbench/ui/empty_state.h"

#include <QAbstractItemModelTester>
#include <QCheckBox>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSvgRenderer>
#include <QToolButton>

namespace tessera::workbench {
namespace {

const std::optional<std::string> kNone;

class CatalogSearchTest : public MainWindowTest {
  protected:
    void SetUp() override {
        MainWindowTest::SetUp();
        window_->resize(1280, 800);
        fillCatalog();
    }

    QLineEdit& field() { return window_->catalog().searchField(); }

    CatalogSearch& found() { return window_->catalog().found(); }

    /// Names of lake: two tables with a key between them, a foreign table that is only called so, a view.
    void sendNames() {
        ASSERT_TRUE(processEventsUntil([&] { return !lake_->names_readings.empty(); }));
        const auto asked = lake_->names_readings.back();
        asked->sendColumns({"kind", "schema", "name", "detail", "extra", "comment"});
        asked->sendRows(6, {{"s", "", "files", "", "", ""},
                            {"t", "files", "airports", "r", "", "Where planes land\n\n#places #weekly"},
                            {"c", "", "id", "integer", "1n", ""},
                            {"c", "", "iata", "text", "0n", "Three letters #places"},
                            {"t", "files", "flights", "r", "", "On-time records of 2001"},
                            {"c", "", "id", "bigint", "1n", ""},
                            {"c", "", "origin_id", "integer", "0", "From where"},
                            {"c", "", "delay", "integer", "0", "Minutes; negative: early"},
                            {"t", "files", "strikes", "f", "", "Birds"},
                            {"c", "", "airport_id", "integer", "0", ""},
                            {"t", "files", "late_flights", "v", "", ""},
                            {"c", "", "id", "bigint", "0", ""},
                            {"k", "files", "flights",
                             "files\x1f"
                             "airports",
                             "origin_id\x1fid", ""}});
        asked->complete("SELECT 13", 13);
    }

    QModelIndex filesRow() {
        app::CatalogModel& model = window_->catalog().model();
        return model.index(0, 0, model.index(0, 0, model.index(1, 0, model.index(0, 0))));
    }

    template <class T>
    T* current() {
        return qobject_cast<T*>(window_->tabs().currentWidget());
    }
};

TEST_F(CatalogSearchTest, FindsByWordsOfNamesAndCommentsAndOpensWhatWasFound) {
    const QAbstractItemModelTester tester(found().model(), QAbstractItemModelTester::FailureReportingMode::Fatal);
    QTreeView& tree = window_->catalog().tree();
    tree.setFocus();
    QTest::keyClick(&tree, '/');
    EXPECT_TRUE(field().hasFocus());
    QTest::keyClicks(&field(), QStringLiteral("land"));
    EXPECT_TRUE(found().isVisible());
    EXPECT_FALSE(tree.isVisible());
    // Until names are there it says so.
    ASSERT_TRUE(processEventsUntil([&] { return !found().isSearching(); }));
    EXPECT_TRUE(window_->findChild<QLabel*>(QStringLiteral("catalogFoundNote"))->isVisible());
    sendNames();
    ASSERT_TRUE(processEventsUntil([&] { return found().model()->rowCount() == 1; }));
    EXPECT_EQ(found().currentIndex().data().toString(), QStringLiteral("airports"));
    EXPECT_EQ(found().currentIndex().data(FoundNamesModel::kPlaceRole).toString(),
              QStringLiteral("lake · files — Where planes land #places #weekly"));
    saveScreenshots("catalog-search");

    QTest::keyClick(&field(), Qt::Key_Return);
    ASSERT_NE(current<ObjectPage>(), nullptr);
    EXPECT_EQ(current<ObjectPage>()->place().table, QStringLiteral("airports"));

    // Into the list by the arrow, out of it by Esc.
    field().setFocus();
    field().setText(QStringLiteral("delay"));
    ASSERT_TRUE(processEventsUntil([&] { return !found().isSearching() && found().model()->rowCount() > 0; }));
    QTest::keyClick(&field(), Qt::Key_Down);
    EXPECT_TRUE(found().hasFocus());
    QTest::keyClick(&found(), Qt::Key_Return);
    ASSERT_NE(current<ObjectPage>(), nullptr);
    EXPECT_EQ(current<ObjectPage>()->place().table, QStringLiteral("flights"));
    found().setFocus();
    QTest::keyClick(&found(), Qt::Key_Escape);
    EXPECT_TRUE(tree.isVisible());
    EXPECT_TRUE(tree.hasFocus());
    EXPECT_TRUE(field().text().isEmpty());
}

TEST_F(CatalogSearchTest, TagsAreListedChosenAndLeadFromTheTablesPageToWhatElseHasThem) {
    field().setFocus();
    QTest::keyClicks(&field(), QStringLiteral("#"));
    sendNames();
    ASSERT_TRUE(processEventsUntil([&] { return found().model()->rowCount() == 4; }));
    EXPECT_EQ(found().currentIndex().data().toString(), QStringLiteral("#places"));
    EXPECT_EQ(found().currentIndex().data(FoundNamesModel::kDetailRole).toString(), QStringLiteral("2 objects"));
    saveScreenshots("catalog-tags");
    QTest::keyClick(&field(), Qt::Key_Return);
    EXPECT_EQ(field().text(), QStringLiteral("#places"));
    ASSERT_TRUE(processEventsUntil([&] { return !found().isSearching() && found().model()->rowCount() == 2; }));
    EXPECT_EQ(found().model()->index(1, 0).data().toString(), QStringLiteral("iata"));
    field().clear();

    // In the palette, too.
    window_->findChild<QAction*>(QStringLiteral("quickOpenAction"))->trigger();
    auto* list = window_->findChild<QListView*>(QStringLiteral("paletteList"));
    QTest::keyClicks(QApplication::focusWidget(), QStringLiteral("#week"));
    ASSERT_TRUE(
        processEventsUntil([&] { return list->currentIndex().data().toString() == QStringLiteral("#weekly"); }));
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Return);
    ASSERT_TRUE(
        processEventsUntil([&] { return list->currentIndex().data().toString() == QStringLiteral("airports"); }));
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
}

TEST_F(CatalogSearchTest, ASchemasKeysAreDrawnAndSaved) {
    QTreeView& tree = window_->catalog().tree();
    tree.setCurrentIndex(filesRow());
    Q_EMIT tree.customContextMenuRequested(tree.visualRect(filesRow()).center());
    auto* menu = window_->findChild<QMenu*>(QStringLiteral("catalogMenu"));
    ASSERT_NE(menu, nullptr);
    menu->actions().front()->trigger();
    menu->close();
    auto* page = current<SchemaPage>();
    ASSERT_NE(page, nullptr);
    EXPECT_TRUE(page->findChild<EmptyState*>(QStringLiteral("schemaState"))->isVisible());
    sendNames();
    GraphView& graph = page->graph();
    ASSERT_TRUE(processEventsUntil([&] { return graph.picture().places.size() == 4; }));
    const Graph& drawn = graph.picture().graph;
    ASSERT_EQ(drawn.edges.size(), 2U);
    EXPECT_EQ(drawn.edges[0].label, QStringLiteral("origin_id → id"));
    EXPECT_FALSE(drawn.edges[0].is_dashed);
    EXPECT_TRUE(drawn.edges[1].is_dashed);
    saveScreenshots("schema-keys");

    QTest::mouseClick(page->findChild<QCheckBox*>(QStringLiteral("schemaAllColumns")), Qt::LeftButton);
    ASSERT_TRUE(processEventsUntil([&] {
        return std::any_of(graph.picture().graph.boxes.begin(), graph.picture().graph.boxes.end(),
                           [](const GraphBox& box) { return box.lines.size() == 3; });
    }));

    // As a person saves it.
    QTest::mouseClick(page->findChild<QPushButton*>(QStringLiteral("saveSchemaButton")), Qt::LeftButton);
    auto* dialog = page->findChild<QFileDialog*>(QStringLiteral("graphFileDialog"));
    ASSERT_NE(dialog, nullptr);
    const QString file = directory_.filePath(QStringLiteral("files.svg"));
    Q_EMIT dialog->fileSelected(file);
    dialog->close();
    EXPECT_TRUE(QSvgRenderer(file).isValid());
    EXPECT_TRUE(page->findChild<QLabel*>(QStringLiteral("schemaSummary"))->text().contains(file));

    // A box leads to its table.
    graph.setFocus();
    graph.select(QStringLiteral(".flights"));
    QTest::keyClick(&graph, Qt::Key_Return);
    ASSERT_NE(current<ObjectPage>(), nullptr);
    EXPECT_EQ(current<ObjectPage>()->place().schema, QStringLiteral("files"));
}

class DescribedTableTest : public CatalogSearchTest {
  protected:
    void openPage() {
        QTreeView& tree = window_->catalog().tree();
        tree.setFocus();
        QTest::keyClick(&tree, Qt::Key_Return);
        ASSERT_NE(page(), nullptr);
        sendFacts("Old words");
    }

    ObjectPage* page() { return current<ObjectPage>(); }

    template <class T>
    T* find(const char* name) {
        return page()->findChild<T*>(QLatin1String(name));
    }

    std::shared_ptr<app::FakeStatement> nextOf(app::FakeNodeClient& node) {
        EXPECT_TRUE(processEventsUntil([&] { return !node.statements.empty(); }));
        const auto asked = node.statements.back();
        node.statements.clear();
        return asked;
    }

    void sendFacts(const char* comment) {
        const auto asked = nextOf(*lake_);
        asked->sendColumns({"kind", "name", "a", "b", "c", "d", "e"});
        asked->sendRows(7, {{"f", "kind", "v", kNone, kNone, kNone, kNone},
                            {"f", "owner", "ann", kNone, kNone, kNone, kNone},
                            {"f", "comment", comment, kNone, kNone, kNone, kNone},
                            {"f", "may_comment", "true", kNone, kNone, kNone, kNone},
                            {"f", "definition", "SELECT 1", kNone, kNone, kNone, kNone},
                            {"c", "id", "bigint", "0", kNone, "Counts", kNone}});
        asked->complete("SELECT 6", 6);
        ASSERT_TRUE(processEventsUntil(
            [&] { return page()->facts() != nullptr && page()->facts()->comment == QLatin1String(comment); }));
    }
};

TEST_F(DescribedTableTest, ACommentIsWrittenInPlace) {
    openPage();
    QTest::mouseClick(find<QToolButton>("objectCommentButton"), Qt::LeftButton);
    auto* editor = find<CommentEditor>("commentEditor");
    auto* text = find<QPlainTextEdit>("commentText");
    ASSERT_TRUE(editor->isVisible());
    EXPECT_EQ(text->toPlainText(), QStringLiteral("Old words"));
    text->selectAll();
    QTest::keyClicks(text, QStringLiteral("It's late"));
    saveScreenshots("comment");
    QTest::keyClick(text, Qt::Key_Return, Qt::ControlModifier);
    const auto refused = nextOf(*lake_);
    EXPECT_EQ(refused->request.sql, "COMMENT ON VIEW files.flights IS 'It''s late'");
    refused->failWith(fail(ErrorCode::kPermissionDenied, "must be owner of view flights"));
    ASSERT_TRUE(processEventsUntil([&] {
        return find<QLabel>("commentProblem")->text() == QLatin1String("Not saved: must be owner of view flights.");
    }));
    expectColorOfEachTheme(*find<QLabel>("commentProblem"), &Theme::error);
    // Nothing is lost; the next attempt works.
    EXPECT_EQ(text->toPlainText(), QStringLiteral("It's late"));
    QTest::mouseClick(find<QPushButton>("commentSaveButton"), Qt::LeftButton);
    nextOf(*lake_)->complete("COMMENT", 0);
    ASSERT_TRUE(processEventsUntil([&] { return !editor->isVisible(); }));
    sendFacts("It's late\n\n#late #daily");
    EXPECT_FALSE(find<QLabel>("objectDescription")->text().contains(u'#' + QStringLiteral("late")));
    const auto tags = page()->findChildren<QToolButton*>(QStringLiteral("objectTag"));
    ASSERT_EQ(tags.size(), 2);
    QTest::mouseClick(tags[1], Qt::LeftButton);
    EXPECT_EQ(field().text(), QStringLiteral("#daily"));
    EXPECT_TRUE(field().hasFocus());
    field().clear();

    // A column's, by the keyboard; Esc leaves it as it is.
    auto* columns = find<QTreeView>("objectColumns");
    columns->setFocus();
    columns->setCurrentIndex(columns->model()->index(0, 0));
    QTest::keyClick(columns, Qt::Key_F2);
    ASSERT_TRUE(editor->isVisible());
    EXPECT_EQ(text->toPlainText(), QStringLiteral("Counts"));
    QTest::keyClick(text, Qt::Key_Escape);
    EXPECT_FALSE(editor->isVisible());
    EXPECT_TRUE(lake_->statements.empty());
}

TEST_F(DescribedTableTest, LineageIsDrawnWhenItIsLookedAt) {
    jobs_->with([](app::FakeJobsClient::Content& content) {
        client::JobInfo nightly;
        nightly.name = "nightly-export";
        content.jobs = {nightly};
        content.files["nightly-export"] =
            "job: nightly-export\nowner: ann\nsteps:\n  - {name: late, sql: INSERT INTO reports.late SELECT * FROM "
            "files.flights}\n";
    });
    endpoints_->with([](app::FakeEndpointsClient::Content& content) {
        content.endpoints.emplace_back().name = "late-flights";
        content.models.emplace_back().name = "flight";
        content.files = {{"late-flights", {"/*\nendpoint: late-flights\n*/\nSELECT id FROM files.flights"}},
                         {"flight.yaml",
                          {"model: flight\nversion: 1\ntable: files.flights\nkey: [id]\nwrites: [insert]\nfields:\n"
                           "  - {name: id, type: bigint, not_null: true, required: true}\n"}}};
    });
    openPage();
    EXPECT_TRUE(lake_->statements.empty());
    for (int tab = 0; tab < page()->sections().count(); ++tab) {
        if (page()->sections().tabText(tab) == QLatin1String("Lineage")) {
            page()->sections().setCurrentIndex(tab);
        }
    }
    const auto asked = nextOf(*lake_);
    asked->sendColumns(std::vector<std::string>(10, "x"));
    asked->sendRows(10, {{"t", "1", "files", "flights", "v", "b", kNone, kNone, kNone, kNone},
                         {"t", "2", "files", "raw", "f", "u", "parquet", kNone, kNone, "flights-3m.parquet"},
                         {"t", "3", "files", "late_flights", "m", "d", kNone, kNone, kNone, kNone},
                         {"e", "2", "1", kNone, kNone, kNone, kNone, kNone, kNone, kNone},
                         {"e", "1", "3", kNone, kNone, kNone, kNone, kNone, kNone, kNone}});
    asked->complete("SELECT 5", 5);
    nextOf(*operations_)->failWith(fail(ErrorCode::kUnavailable, "node 'operations' cannot be reached"));
    auto* view = find<LineageView>("lineageView");
    ASSERT_TRUE(processEventsUntil([&] { return view->graph().picture().places.size() == 4; }));
    EXPECT_EQ(view->graph().picture().graph.edges.size(), 3U);
    EXPECT_EQ(find<QTreeView>("lineageUsers")->model()->index(0, 0).data().toString(),
              QStringLiteral("files.late_flights"));
    const QAbstractItemModel& users = *find<QTreeView>("lineageUsers")->model();
    ASSERT_TRUE(processEventsUntil([&] { return users.rowCount() == 4; }));
    EXPECT_EQ(users.index(1, 0).data().toString(), QStringLiteral("nightly-export"));
    EXPECT_EQ(users.index(1, 1).data().toString(), QStringLiteral("job, reads it in step late"));
    EXPECT_EQ(users.index(1, 2).data().toString(), QStringLiteral("lake"));
    EXPECT_EQ(users.index(2, 0).data().toString(), QStringLiteral("late-flights"));
    EXPECT_EQ(users.index(2, 1).data().toString(), QStringLiteral("endpoint, reads it"));
    EXPECT_EQ(users.index(3, 0).data().toString(), QStringLiteral("flight"));
    EXPECT_EQ(users.index(3, 1).data().toString(), QStringLiteral("model, reads and writes it"));
    // "Used by" is said once, by the table's own heading.
    EXPECT_FALSE(find<QLabel>("lineageUsersTitle")->isVisible());
    find<QTreeView>("lineageUsers")->setCurrentIndex(users.index(1, 0));
    EXPECT_EQ(find<QLabel>("lineageNote")->text(), QStringLiteral("operations: node 'operations' cannot be reached"));
    saveScreenshots("lineage");

    // To the left is what it reads; a double click opens it.
    GraphView& graph = view->graph();
    graph.setFocus();
    graph.select(QStringLiteral("0"));
    QTest::keyClick(&graph, Qt::Key_Right);
    EXPECT_EQ(graph.selectedId(), QStringLiteral("3"));
    QTest::mouseDClick(graph.viewport(), Qt::LeftButton, {}, graph.mapFromScene(graph.picture().places[3].center()));
    // The toolkit's double click leaves its button down.
    QTest::mouseRelease(graph.viewport(), Qt::LeftButton);
    ASSERT_NE(page(), nullptr);
    EXPECT_EQ(page()->place().table, QStringLiteral("late_flights"));
    // Enter on an endpoint leads to the page of endpoints, on the job to the page of jobs.
    for (const auto& [row, title] : {std::pair(2, "Endpoints"), std::pair(1, "Jobs")}) {
        window_->tabs().setCurrentIndex(1);
        auto* list = find<QTreeView>("lineageUsers");
        list->setFocus();
        list->setCurrentIndex(list->model()->index(row, 0));
        QTest::keyClick(list, Qt::Key_Return);
        EXPECT_EQ(window_->tabs().tabText(window_->tabs().currentIndex()), QLatin1String(title));
    }
}

}  // namespace
}  // namespace tessera::workbench
