// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: endpoints are found, tried out, written with what is wrong at its place, published after a look at what will
// change and whom it may break, and made from a query of an editor; models show their versions side by side. Method:
// the whole window over fakes.
#include "app/workbench/endpoints/endpoints_page.h"

#include "app/workbench/editor/completion_popup.h"
#include "app/workbench/editor/sql_assistant.h"
#include "app/workbench/editor/sql_editor.h"
#include "app/workbench/endpoints/endpoint_editor.h"
#include "app/workbench/jobs/editor/job_editor.h"
#include "app/workbench/testing/window_fixture.h"

#include <QClipboard>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTabBar>
#include <QTreeWidget>
#include <algorithm>

namespace tessera::workbench {
namespace {

constexpr const char* kOrders = R"(/*
endpoint: orders-by-country
documentation: Orders of a country, the newest first
parameters:
  - {name: country, required: true, max_length: 60, documentation: Where they went to, example: France}
  - {name: since, type: date, default: 2024-01-01}
  - {name: states, list: true, enum: [new, paid, sent]}
page: {key: [ordered_at desc, id], size: 20, max: 200}
sort: [total]
roles: [analyst]
cache: {seconds: 30}
*/
SELECT id, country, state, total, ordered_at
FROM sales.orders
WHERE country = :country AND ordered_at >= :since
  AND (:states IS NULL OR state = ANY(:states))
)";

constexpr const char* kCustomer = R"(model: customer
version: 2
documentation: Who buys here
table: sales.customers
key: [id]
writes: [insert]
fields:
  - {name: id, type: bigint, not_null: true, required: true}
  - {name: full_name, column: name, type: text}
  - {name: email, type: text}
  - {name: initial, type: text, sql: 'left(name, 1)'}
older:
  - version: 1
    changes:
      - {rename: full_name, to: name}
      - {without: email}
)";

class EndpointsPageTest : public MainWindowTest {
  protected:
    void SetUp() override {
        MainWindowTest::SetUp();
        window_->resize(1360, 860);
        endpoints_->with([](app::FakeEndpointsClient::Content& content) {
            content.endpoints = {
                {"orders-by-country",
                 2,
                 "Orders of a country, the newest first",
                 "etl",
                 1'763'800'000'000,
                 "country text, since date?, states text[]?",
                 "",
                 1204,
                 {"analyst", "shop"},
                 false,
                 {"analyst"},
                 {}},
                {"add-order",
                 1,
                 "Takes an order",
                 "etl",
                 1'763'700'000'000,
                 "id bigint, total numeric?",
                 "",
                 7,
                 {"shop"},
                 true,
                 {},
                 {}},
                {"customer@v2", 1, "Who buys here", "anna", 1'763'700'000'000, "", "", 310, {"shop"}, false, {}, {}},
                {"customer@v2-insert", 1, "", "anna", 1'763'700'000'000, "", "", 0, {}, true, {}, {}},
                {"customer@v1", 4, "Who buys here", "anna", 1'763'700'000'000, "", "", 12, {"legacy"}, false, {}, {}}};
            content.models = {{"customer", 3, "anna", 1'763'700'000'000}};
            std::string before = kOrders;
            before.replace(before.find("60"), 2, "40");
            content.files["orders-by-country"] = {before, kOrders};
            content.files["add-order"] = {
                "/*\nendpoint: add-order\nwrites: true\nparameters:\n  - {name: id, type: bigint, required: true}\n"
                "*/\nINSERT INTO o VALUES (:id)"};
            content.files["customer.yaml"] = {kCustomer};
            content.answer = {200,
                              {{"Content-Type", "application/json"},
                               {"Tessera-Endpoint-Version", "2"},
                               {"ETag", "W/\"5f2c\""},
                               {"Tessera-Cursor", "WyIxMjMiXQ"}},
                              "{\"items\":[\n{\"id\":\"4711\",\"country\":\"France\",\"state\":\"paid\",\"total\":"
                              "\"12.50\"}\n],\"next\":\"WyIxMjMiXQ\"}\n"};
        });
        QTest::keyClick(window_.get(), Qt::Key_I, Qt::ControlModifier | Qt::ShiftModifier);
        ASSERT_TRUE(processEventsUntil([&] { return button("editEndpointButton")->isEnabled(); }));
        choose("orders-by-country");
    }

    EndpointsPage& page() { return *window_->endpointsPage(); }

    /// The one that is seen, where several panels have it.
    template <class T>
    T* find(const char* name) {
        const QList<T*> all = window_->tabs().currentWidget()->template findChildren<T*>(QLatin1String(name));
        const auto seen = std::find_if(all.begin(), all.end(), [](const T* one) { return one->isVisible(); });
        return seen != all.end() ? *seen : all.value(0);
    }

    QPushButton* button(const char* name) { return find<QPushButton>(name); }

    void choose(const char* name) {
        const QAbstractItemModel& model = *page().list().model();
        const QModelIndexList found = model.match(model.index(0, 0), Qt::DisplayRole, QLatin1String(name), 1);
        ASSERT_EQ(found.size(), 1);
        page().list().setCurrentIndex(found.front());
        ASSERT_TRUE(processEventsUntil(
            [&] { return page().watch().chosen() == name && page().watch().details().has_value(); }));
    }

    void showTab(const char* tabs, const char* name) {
        auto* widget = find<QTabWidget>(tabs);
        for (int tab = 0; tab < widget->count(); ++tab) {
            if (widget->tabText(tab) == QLatin1String(name)) {
                widget->setCurrentIndex(tab);
                app::processPendingEvents();
                return;
            }
        }
        FAIL() << "there is no tab " << name;
    }

    void edit() {
        page().findChild<QMenu*>(QStringLiteral("editEndpointMenu"))->actions().front()->trigger();
        ASSERT_EQ(window_->endpointEditors().size(), 1);
        ASSERT_EQ(window_->tabs().currentWidget(), window_->endpointEditors().front());
    }

    EndpointEditor& editor() { return *window_->endpointEditors().back(); }

    void answered() {
        ASSERT_TRUE(
            processEventsUntil([&] { return !editor().draft().isChecking() && !editor().draft().isPublishing(); }));
    }
};

TEST_F(EndpointsPageTest, ListsWhatThereIsAndTriesItOut) {
    EXPECT_EQ(page().list().model()->rowCount(), 2) << "a model's endpoints stand with the model";
    auto* facts = find<QTreeWidget>("endpointFacts");
    ASSERT_TRUE(processEventsUntil([&] { return facts->topLevelItemCount() > 8; }));
    QString all;
    for (int row = 0; row < facts->topLevelItemCount(); ++row) {
        all += facts->topLevelItem(row)->text(0) + QStringLiteral("=") + facts->topLevelItem(row)->text(1) + u'\n';
    }
    EXPECT_TRUE(all.contains(QLatin1String("GET, POST /api/v1/endpoints/orders-by-country"))) << all.toStdString();
    EXPECT_TRUE(all.contains(QLatin1String("calls by analyst, shop"))) << all.toStdString();
    EXPECT_TRUE(all.contains(QStringLiteral(":since=date · else 2024-01-01"))) << all.toStdString();
    saveScreenshots("endpoints");
    // What must be given is asked for at its field; nothing is sent before.
    showTab("endpointDetails", "Try it");
    QTest::mouseClick(button("trySend"), Qt::LeftButton);
    EXPECT_TRUE(find<QLabel>("tryProblem_country")->isVisible());
    EXPECT_TRUE(endpoints_->with([](auto& content) { return content.done.empty(); }));
    QTest::keyClicks(find<QLineEdit>("try_country"), QStringLiteral("France"));
    EXPECT_FALSE(find<QLabel>("tryProblem_country")->isVisible());
    QTest::keyClicks(find<QLineEdit>("try_limit"), QStringLiteral("1"));
    QTest::keyClick(find<QLineEdit>("try_limit"), Qt::Key_Return, Qt::ControlModifier);
    auto* status = find<QLabel>("tryStatus");
    ASSERT_TRUE(processEventsUntil([&] { return status->text().startsWith(QStringLiteral("200 OK · ")); }));
    EXPECT_TRUE(find<QPlainTextEdit>("tryBody")->toPlainText().contains(QLatin1String("4711")));
    EXPECT_EQ(find<QWidget>("tryPanel")->findChild<QTreeWidget*>(QStringLiteral("tryHeaders"))->topLevelItemCount(), 4);
    EXPECT_EQ(endpoints_->with([](auto& content) { return content.call.query; }), "country=France&limit=1");
    saveScreenshots("endpoint-try");
    // The next page, by its cursor.
    QTest::mouseClick(button("tryNext"), Qt::LeftButton);
    ASSERT_TRUE(processEventsUntil([&] {
        return endpoints_->with([](auto& content) { return content.call.query; }) ==
               "country=France&limit=1&cursor=WyIxMjMiXQ";
    }));
    // A refusal is an answer; what does not answer can be left.
    endpoints_->with([](app::FakeEndpointsClient::Content& content) {
        content.answer = {429, {{"Retry-After", "4"}}, "{\"detail\":\"called too often\"}"};
    });
    ASSERT_TRUE(processEventsUntil([&] { return button("trySend")->isEnabled(); }));
    QTest::mouseClick(button("trySend"), Qt::LeftButton);
    ASSERT_TRUE(processEventsUntil([&] { return status->text().startsWith(QLatin1String("429 Too Many Requests")); }));
    expectColorOfEachTheme(*status, &Theme::error);
    endpoints_->with([](app::FakeEndpointsClient::Content& content) { content.is_stuck = true; });
    QTest::mouseClick(button("trySend"), Qt::LeftButton);
    ASSERT_TRUE(processEventsUntil([&] { return button("tryStop")->isVisible(); }));
    QTest::mouseClick(button("tryStop"), Qt::LeftButton);
    EXPECT_TRUE(button("trySend")->isEnabled());
    EXPECT_EQ(status->text(), QStringLiteral("Stopped."));
}

TEST_F(EndpointsPageTest, GeneratedCodeIsCopied) {
    showTab("endpointDetails", "Try it");
    QTest::keyClicks(find<QLineEdit>("try_country"), QStringLiteral("Peru"));
    showTab("endpointDetails", "Code");
    auto* details = find<QTabWidget>("endpointDetails");
    auto* text = details->findChild<QPlainTextEdit*>(QStringLiteral("codeText"));
    auto* language = details->findChild<QComboBox*>(QStringLiteral("codeLanguage"));
    ASSERT_TRUE(processEventsUntil([&] { return text->toPlainText() == QLatin1String("// ts of orders-by-country"); }));
    language->setCurrentIndex(language->findData(QStringLiteral("openapi")));
    ASSERT_TRUE(
        processEventsUntil([&] { return text->toPlainText() == QLatin1String("// openapi of orders-by-country"); }));
    language->setCurrentIndex(language->findData(QStringLiteral("curl")));
    EXPECT_TRUE(text->toPlainText().contains(
        QLatin1String("http://127.0.0.1:1/api/v1/endpoints/orders-by-country?country=Peru'")))
        << text->toPlainText().toStdString();
    QTest::mouseClick(details->findChild<QPushButton*>(QStringLiteral("codeCopy")), Qt::LeftButton);
    EXPECT_EQ(QApplication::clipboard()->text(), text->toPlainText());
}

TEST_F(EndpointsPageTest, IsWrittenWithWhatIsWrongAtItsPlace) {
    edit();
    auto* text = find<SqlEditor>("endpointText");
    answered();
    EXPECT_TRUE(text->problems().empty());
    saveScreenshots("endpoint-editor");
    // By itself: at once, at its word, and on the form's tab.
    const std::size_t type = std::string(kOrders).find("date,");
    text->replaceRange(type, type + 4, "dote");
    ASSERT_FALSE(text->problems().empty());
    EXPECT_EQ(text->utf8(text->problems().front().begin, text->problems().front().end), "dote");
    EXPECT_FALSE(button("publishButton")->isEnabled());
    EXPECT_EQ(find<QListWidget>("endpointProblems")->count(), static_cast<int>(text->problems().size()));
    QTest::keyClick(text, Qt::Key_Z, Qt::ControlModifier);
    EXPECT_TRUE(text->problems().empty());
    EXPECT_FALSE(editor().isChanged());
    // By the mesh: a moment later, in its line.
    endpoints_->with([](app::FakeEndpointsClient::Content& content) {
        content.problems = {fail(ErrorCode::kInvalidArgument, "endpoint.sql:13: column \"ordered_at\" does not exist",
                                 "perhaps you meant \"ordered\"")};
    });
    text->setCaret(text->utf8Size());
    QTest::keyClicks(text, QStringLiteral(" AND true"));
    answered();
    ASSERT_EQ(text->problems().size(), 1U);
    EXPECT_EQ(text->utf8(text->problems().front().begin, text->problems().front().end),
              "SELECT id, country, state, total, ordered_at");
    saveScreenshots("endpoint-problem");
    endpoints_->with([](app::FakeEndpointsClient::Content& content) { content.problems.clear(); });
    // Forms and the file are two views of one.
    showTab("endpointTabs", "Parameters");
    auto* name = editor().findChild<QLineEdit*>(QStringLiteral("draft_max_length"));
    ASSERT_NE(name, nullptr);
    name->setFocus();
    name->selectAll();
    QTest::keyClicks(name, QStringLiteral("80"));
    EXPECT_NE(std::string(text->utf8()).find("max_length: 80"), std::string::npos);
    answered();
    saveScreenshots("endpoint-parameters");
    showTab("endpointTabs", "General");
    saveScreenshots("endpoint-general");
}

TEST_F(EndpointsPageTest, IsPublishedAfterALookAtWhomItMayBreak) {
    edit();
    answered();
    endpoints_->with([](app::FakeEndpointsClient::Content& content) {
        content.breaking = {"the parameter 'since' is gone", "called 1204 times since node 'lake' was started"};
        content.table_changes = {"CREATE TABLE sales.people (\n  \"id\" uuid NOT NULL,\n  PRIMARY KEY (\"id\")\n)"};
    });
    auto* text = find<SqlEditor>("endpointText");
    text->setCaret(text->utf8Size());
    QTest::keyClicks(text, QStringLiteral(" AND true"));
    answered();
    window_->activateWindow();
    ASSERT_TRUE(QTest::qWaitForWindowActive(window_.get(), 60'000));
    QTest::keyClick(window_.get(), Qt::Key_S, Qt::ControlModifier);
    auto* dialog = editor().findChild<QDialog*>(QStringLiteral("publishDialog"));
    ASSERT_NE(dialog, nullptr);
    EXPECT_TRUE(dialog->findChild<QLabel*>(QStringLiteral("publishWarning"))
                    ->text()
                    .contains(QLatin1String("'since' is gone")));
    const QString shown = dialog->findChild<QPlainTextEdit*>(QStringLiteral("publishDiff"))->toPlainText();
    EXPECT_TRUE(shown.contains(QLatin1String("+a: new")));
    EXPECT_TRUE(shown.contains(QLatin1String("+  PRIMARY KEY (\"id\")\n+);"))) << "tables that are made";
    auto* confirm = dialog->findChild<QPushButton*>(QStringLiteral("publishConfirm"));
    EXPECT_FALSE(confirm->isDefault());
    saveWidget(*dialog, "endpoint-publish-light");
    QTest::mouseClick(confirm, Qt::LeftButton);
    answered();
    EXPECT_EQ(endpoints_->with([](auto& content) { return content.done.back(); }), "apply orders-by-country breaking");
    EXPECT_FALSE(editor().isChanged());
    EXPECT_EQ(editor().draft().version(), 3);
    showTab("endpointTabs", "Versions");
    auto* versions = find<QTreeWidget>("versionsList");
    ASSERT_TRUE(processEventsUntil([&] { return versions->topLevelItemCount() == 3; }));
    auto* diff = find<QPlainTextEdit>("versionDiff");
    ASSERT_TRUE(processEventsUntil([&] { return diff->toPlainText().contains(QLatin1String("AND true")); }));
    saveScreenshots("endpoint-versions");
    // Back to the first one.
    versions->setCurrentItem(versions->topLevelItem(2));
    ASSERT_TRUE(processEventsUntil([&] { return button("restoreVersionButton")->isEnabled(); }));
    QTest::mouseClick(button("restoreVersionButton"), Qt::LeftButton);
    EXPECT_TRUE(editor().isChanged());
    EXPECT_NE(editor().draft().text().find("max_length: 40"), std::string::npos);
    // Nothing is lost without a question.
    window_->close();
    auto* box = editor().findChild<QMessageBox*>(QStringLiteral("changedEndpointBox"));
    ASSERT_NE(box, nullptr);
    box->reject();
    EXPECT_TRUE(window_->isVisible());
}

TEST_F(EndpointsPageTest, AModelShowsItsVersionsSideBySideAndWhoUsesTheOld) {
    find<QTabBar>("endpointViews")->setCurrentIndex(1);
    auto* models = find<QTreeWidget>("modelsTable");
    ASSERT_EQ(models->topLevelItemCount(), 1);
    EXPECT_EQ(models->topLevelItem(0)->text(1), QStringLiteral("v2, v1"));
    EXPECT_TRUE(models->topLevelItem(0)->text(2).contains(QLatin1String("v1: 12 calls by legacy")));
    auto* table = find<QTreeWidget>("modelVersions");
    ASSERT_TRUE(processEventsUntil([&] { return table->topLevelItemCount() == 5; }));
    EXPECT_EQ(table->headerItem()->text(1), QStringLiteral("v2"));
    EXPECT_EQ(table->topLevelItem(2)->text(0), QStringLiteral("name"));
    EXPECT_EQ(table->topLevelItem(2)->text(1), QStringLiteral("full_name · text"));
    EXPECT_EQ(table->topLevelItem(2)->text(2), QStringLiteral("name · text"));
    EXPECT_EQ(table->topLevelItem(3)->text(2), QStringLiteral("–"));
    saveScreenshots("models");
    edit();
    EXPECT_EQ(editor().draft().kind(), app::EndpointDraft::Kind::kModel);
    auto* yaml = find<QPlainTextEdit>("yamlText");
    yaml->setPlainText(yaml->toPlainText().replace(QLatin1String("Who buys here"), QLatin1String("Who buys")));
    answered();
    EXPECT_TRUE(button("publishButton")->isEnabled());
    saveScreenshots("model-editor");
    showTab("endpointTabs", "Fields");
    saveScreenshots("model-fields");
    QTest::mouseClick(button("publishButton"), Qt::LeftButton);
    QTest::mouseClick(editor().findChild<QPushButton*>(QStringLiteral("publishConfirm")), Qt::LeftButton);
    answered();
    EXPECT_EQ(endpoints_->with([](auto& content) { return content.done.back(); }), "apply customer.yaml");
    EXPECT_FALSE(editor().isChanged());
}

TEST_F(EndpointsPageTest, AModelIsTriedByEachOfItsEndpoints) {
    endpoints_->with([](app::FakeEndpointsClient::Content& content) {
        content.files["customer@v2"] = {
            "/*\nendpoint: customer@v2\nparameters:\n  - {name: id, type: bigint}\n*/\n"
            "SELECT id FROM sales.customers WHERE id = :id"};
        content.files["customer@v2-insert"] = {
            "/*\nendpoint: customer@v2-insert\nwrites: true\nparameters:\n  - {name: full_name, required: true}\n*/\n"
            "INSERT INTO sales.customers (name) VALUES (:full_name)"};
    });
    find<QTabBar>("endpointViews")->setCurrentIndex(1);
    showTab("modelDetails", "Try it");
    auto* which = find<QComboBox>("modelTryEndpoint");
    ASSERT_TRUE(processEventsUntil([&] { return find<QLineEdit>("try_id") != nullptr; }));
    EXPECT_EQ(which->currentText(), QStringLiteral("customer@v2"));
    QTest::keyClicks(find<QLineEdit>("try_id"), QStringLiteral("7"));
    QTest::mouseClick(button("trySend"), Qt::LeftButton);
    auto* status = find<QLabel>("tryStatus");
    ASSERT_TRUE(processEventsUntil([&] { return status->text().startsWith(QStringLiteral("200 OK · ")); }));
    EXPECT_EQ(endpoints_->with([](auto& content) { return content.done.back(); }), "call customer@v2?id=7");
    saveScreenshots("model-try");
    // What writes has fields of its own, and is not called without them.
    which->setCurrentIndex(which->findText(QStringLiteral("customer@v2-insert")));
    ASSERT_TRUE(processEventsUntil(
        [&] { return find<QLineEdit>("try_full_name") != nullptr && button("trySend")->isEnabled(); }));
    QTest::mouseClick(button("trySend"), Qt::LeftButton);
    EXPECT_FALSE(find<QLabel>("tryProblem_full_name")->text().isEmpty());
    EXPECT_EQ(endpoints_->with([](auto& content) { return content.done.back(); }), "call customer@v2?id=7");
    QTest::keyClicks(find<QLineEdit>("try_full_name"), QStringLiteral("Eve"));
    QTest::mouseClick(button("trySend"), Qt::LeftButton);
    ASSERT_TRUE(processEventsUntil(
        [&] { return endpoints_->with([](auto& content) { return content.call.name; }) == "customer@v2-insert"; }));
    // One that the node does not serve says so, and can't be called.
    which->setCurrentIndex(which->findText(QStringLiteral("customer@v1")));
    auto* note = find<QLabel>("modelTryNote");
    ASSERT_TRUE(processEventsUntil([&] { return note->text().contains(QLatin1String("no endpoint 'customer@v1'")); }));
    EXPECT_FALSE(button("trySend")->isEnabled());
}

/// The names are those of a node that serves it.
TEST_F(EndpointsPageTest, NamesOfTheNodeAreProposedWhereItIsWritten) {
    edit();
    answer(operations_->waiting_schemas,
           Result<std::vector<client::SchemaInfo>>(std::vector<client::SchemaInfo>{{"sales", "", "orders"}}));
    ASSERT_TRUE(processEventsUntil([&] { return !operations_->names_readings.empty(); }));
    const app::FakeStatement& reading = *operations_->names_readings[0];
    reading.sendColumns({"kind", "schema", "name", "detail", "extra", "comment"});
    reading.sendRows(6, {{"p", "", "sales", "", "", ""},
                         {"t", "sales", "orders", "f", "", "What was ordered"},
                         {"c", "", "delivered_at", "timestamptz", "0", "When it came"}});
    reading.complete("SELECT 3", 3);
    auto* text = find<SqlEditor>("endpointText");
    const std::string before = std::string(text->utf8());
    text->setCaret(before.find("ordered_at\nFROM"));
    text->setFocus();
    QTest::keyClicks(text, QStringLiteral("deliv"));
    auto* complete = window_->findChild<QAction*>(QStringLiteral("completeAction"));
    ASSERT_TRUE(processEventsUntil([&] {
        complete->trigger();
        return editor().assistant()->popup().isVisible() && editor().assistant()->popup().current() != nullptr;
    }));
    EXPECT_EQ(editor().assistant()->popup().current()->label, "delivered_at");
    QTest::keyClick(text, Qt::Key_Tab);
    EXPECT_NE(text->utf8().find("total, delivered_at"), std::string::npos) << text->utf8();
}

TEST_F(EndpointsPageTest, AQueryOfAnEditorIsPublished) {
    QTest::keyClick(window_.get(), Qt::Key_T, Qt::ControlModifier);
    tab().setNodeName(QStringLiteral("lake"));
    tab().editor().setText(
        QStringLiteral("SELECT 1;\nSELECT * FROM files.flights WHERE origin = :Origin AND delay >= :least;"));
    tab().editor().setCaret(tab().editor().utf8Size() - 3);
    window_->findChild<QAction*>(QStringLiteral("publishQueryAction"))->trigger();
    ASSERT_EQ(window_->endpointEditors().size(), 1);
    EXPECT_TRUE(editor().draft().isNew());
    EXPECT_EQ(editor().draft().name(), "flights");
    ASSERT_EQ(lake_->sessions.size(), 1U);
    EXPECT_EQ(lake_->statement().request.sql,
              "PREPARE tessera_endpoint AS SELECT * FROM files.flights WHERE origin = $1 AND delay >= $2");
    lake_->statement().complete("PREPARE", 0);
    ASSERT_TRUE(processEventsUntil([&] { return lake_->statement().request.sql.starts_with("SELECT t.type"); }));
    lake_->statement().sendColumns({"type"});
    lake_->statement().sendRows(1, {{"text"}, {"integer"}});
    lake_->statement().complete("SELECT 2", 2);
    ASSERT_TRUE(
        processEventsUntil([&] { return editor().draft().document().value("parameters/1/type") == "integer"; }));
    EXPECT_EQ(editor().draft().document().value("parameters/0/name"), "origin");
    answered();
    EXPECT_TRUE(editor().draft().problems().empty());
    EXPECT_TRUE(button("publishButton")->isEnabled());
    saveScreenshots("publish-query");
}

/// As after kill -9: the journal is what was written last, and nothing was asked.
TEST_F(EndpointsPageTest, WhatIsBeingWrittenComesBack) {
    edit();
    auto* text = find<SqlEditor>("endpointText");
    text->setCaret(text->utf8Size());
    QTest::keyClicks(text, QStringLiteral(" AND true"));
    const std::string written = editor().draft().text();
    QTest::keyClick(window_.get(), Qt::Key_J, Qt::ControlModifier | Qt::ShiftModifier);
    QTest::mouseClick(window_->tabs().currentWidget()->findChild<QPushButton*>(QStringLiteral("newJobButton")),
                      Qt::LeftButton);
    ASSERT_EQ(window_->jobEditors().size(), 1);
    window_->jobEditors().front()->draft().change(
        "documentation", [](app::YamlDocument& document) { document.set("documentation", "Each night"); });
    const QString journal = directory_.filePath(QStringLiteral("profile/drafts/drafts-1.json"));
    ASSERT_TRUE(processEventsUntil([&] {
        QFile file(journal);
        const QByteArray bytes = file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
        return bytes.contains("AND true") && bytes.contains("Each night");
    }));
    const QString kept = journal + QStringLiteral(".kept");
    ASSERT_TRUE(QFile::copy(journal, kept));
    for (EndpointEditor* one : window_->endpointEditors()) {
        one->draft().undo();
    }
    window_.reset();
    QFile::remove(journal);
    ASSERT_TRUE(QFile::copy(kept, journal));
    start();
    ASSERT_EQ(window_->endpointEditors().size(), 1);
    EXPECT_EQ(editor().draft().text(), written);
    EXPECT_EQ(editor().draft().version(), 2);
    EXPECT_TRUE(editor().isChanged());
    ASSERT_EQ(window_->jobEditors().size(), 1);
    EXPECT_EQ(window_->jobEditors().front()->draft().document().value("documentation"), "Each night");
    EXPECT_TRUE(window_->jobEditors().front()->draft().isNew());
    editor().draft().undo();
    EXPECT_EQ(editor().draft().text(), kOrders) << "what is published is the beginning of undo";
}

TEST_F(EndpointsPageTest, RemovingAsksAndNodesWithoutEndpointsSaySo) {
    page().findChild<QMenu*>(QStringLiteral("editEndpointMenu"))->actions().back()->trigger();
    auto* box = page().findChild<QMessageBox*>(QStringLiteral("removeEndpointBox"));
    ASSERT_NE(box, nullptr);
    EXPECT_TRUE(box->informativeText().contains(QLatin1String("calls by analyst, shop")));
    for (QAbstractButton* one : box->buttons()) {
        if (box->buttonRole(one) == QMessageBox::DestructiveRole) {
            one->click();
            break;
        }
    }
    ASSERT_TRUE(processEventsUntil([&] { return page().list().model()->rowCount() == 1; }));
    EXPECT_EQ(endpoints_->with([](auto& content) { return content.done.back(); }), "remove orders-by-country");
    endpoints_->with([](app::FakeEndpointsClient::Content& content) {
        content.error = fail(ErrorCode::kPermissionDenied, "the role 'x' may not see the files of endpoints", "ask");
    });
    QTest::keyClick(&page().list(), Qt::Key_F5);
    auto* note = find<QLabel>("endpointsNote");
    ASSERT_TRUE(processEventsUntil([&] { return note->text().startsWith(QLatin1String("Not up to date")); }));
}

}  // namespace
}  // namespace tessera::workbench
