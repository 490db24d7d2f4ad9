// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: a source is added as a person does it: tried out, chosen from, added, and what went wrong is said. Method: the
// whole window over fake nodes; tests/gui does it with a real one.
#include "app/workbench/catalog/add_source_dialog.h"

#include "app/workbench/testing/window_fixture.h"

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTreeWidget>

namespace tessera::workbench {
namespace {

class AddSourceTest : public MainWindowTest {
  protected:
    void SetUp() override {
        MainWindowTest::SetUp();
        window_->resize(1280, 800);
        fillCatalog();
        app::CatalogModel& model = window_->catalog().model();
        const QModelIndex lake = model.index(1, 0, model.index(0, 0));
        QTreeView& tree = window_->catalog().tree();
        Q_EMIT tree.customContextMenuRequested(tree.visualRect(lake).center());
        auto* menu = window_->findChild<QMenu*>(QStringLiteral("catalogMenu"));
        ASSERT_NE(menu, nullptr);
        menu->actions().front()->trigger();
        menu->close();
        dialog_ = window_->findChild<AddSourceDialog*>(QStringLiteral("addSourceDialog"));
        ASSERT_NE(dialog_, nullptr);
    }

    template <class T>
    T* find(const char* name) {
        return dialog_->findChild<T*>(QLatin1String(name));
    }

    QString note() { return find<QLabel>("addSourceNote")->text(); }

    void fillIn() {
        QTest::keyClicks(find<QLineEdit>("sourceName"), QStringLiteral("shop"));
        QTest::keyClicks(find<QLineEdit>("sourceField_host"), QStringLiteral("db.example.org"));
        QTest::keyClicks(find<QLineEdit>("sourceField_dbname"), QStringLiteral("shop"));
        QTest::keyClicks(find<QLineEdit>("sourceField_password"), QStringLiteral("secret"));
    }

    void saveDialog(const char* name) {
        for (const char* theme : {"light", "dark"}) {
            saveWidget(*dialog_, (std::string(name) + "-" + theme).c_str());
            window_->findChild<QAction*>(QStringLiteral("darkThemeAction"))->trigger();
        }
    }

    AddSourceDialog* dialog_ = nullptr;
};

TEST_F(AddSourceTest, IsTriedOutChosenFromAndAdded) {
    auto* next = find<QPushButton>("addSourceNext");
    EXPECT_FALSE(next->isEnabled());
    fillIn();
    ASSERT_TRUE(next->isEnabled());
    saveDialog("add-source");
    QTest::mouseClick(next, Qt::LeftButton);
    ASSERT_EQ(lake_->statements.size(), 1U);
    EXPECT_FALSE(next->isEnabled());
    client::Notice notice;
    notice.message =
        R"(tessera preview [{"name": "customers", "columns": ["id bigint"]}, {"name": "orders", "columns": ["id bigint", "total numeric"]}])";
    lake_->statement().observer->onNotice(notice);
    Error ended = fail(ErrorCode::kUnknown, "the preview ends here");
    ended.sqlstate = app::kPreviewSqlState;
    lake_->statement().failWith(ended);
    auto* preview = find<QTreeWidget>("sourcePreview");
    ASSERT_TRUE(processEventsUntil([&] { return preview->topLevelItemCount() == 2; }));
    EXPECT_EQ(preview->topLevelItem(1)->childCount(), 2);
    EXPECT_EQ(find<QLineEdit>("sourceLocalSchema")->text(), QStringLiteral("shop"));
    saveDialog("add-source-preview");

    // Only the orders; what will be run says so, without the password.
    preview->setFocus();
    preview->setCurrentItem(preview->topLevelItem(0));
    QTest::keyClick(preview, Qt::Key_Space);
    const QString shown = find<QPlainTextEdit>("sourceStatements")->toPlainText();
    EXPECT_TRUE(shown.contains(QStringLiteral("LIMIT TO (orders)"))) << shown.toStdString();
    EXPECT_FALSE(shown.contains(QStringLiteral("secret")));
    QTest::mouseClick(next, Qt::LeftButton);
    ASSERT_EQ(lake_->statements.size(), 2U);
    EXPECT_NE(lake_->statement().request.sql.find("secret"), std::string::npos);
    lake_->statement().complete("DO", 0);
    // The catalog asks for the node's schemas again.
    ASSERT_TRUE(processEventsUntil([&] { return !lake_->waiting_schemas.empty(); }));
}

TEST_F(AddSourceTest, WhatGoesWrongIsSaidAndNothingIsLost) {
    fillIn();
    auto* next = find<QPushButton>("addSourceNext");
    QTest::mouseClick(next, Qt::LeftButton);
    lake_->statement().failWith(fail(ErrorCode::kUnavailable, "cannot connect to db.example.org:5432"));
    ASSERT_TRUE(processEventsUntil([&] { return note() == QLatin1String("Cannot connect to db.example.org:5432"); }));
    EXPECT_EQ(find<QLineEdit>("sourceField_dbname")->text(), QStringLiteral("shop"));
    ASSERT_TRUE(next->isEnabled());
    QTest::mouseClick(next, Qt::LeftButton);
    lake_->statement().failWith(
        fail(ErrorCode::kPermissionDenied, "permission denied for foreign-data wrapper tessera_fdw"));
    ASSERT_TRUE(processEventsUntil([&] { return note().contains(QLatin1String("CREATE on the database")); }));
    QTest::mouseClick(next, Qt::LeftButton);
    client::Notice notice;
    notice.message = "tessera preview []";
    lake_->statement().observer->onNotice(notice);
    Error ended = fail(ErrorCode::kUnknown, "the preview ends here");
    ended.sqlstate = app::kPreviewSqlState;
    lake_->statement().failWith(ended);
    ASSERT_TRUE(processEventsUntil([&] { return note().contains(QLatin1String("no tables in schema public")); }));

    // Another kind asks other questions.
    find<QComboBox>("sourceKind")->setCurrentIndex(2);
    EXPECT_EQ(find<QLineEdit>("sourceField_host"), nullptr);
    EXPECT_EQ(find<QLineEdit>("sourceRemoteSchema")->text(), QStringLiteral("main"));
    EXPECT_FALSE(next->isEnabled());
    QTest::keyClicks(find<QLineEdit>("sourceField_database"), QStringLiteral("/srv/shop.sqlite"));
    EXPECT_TRUE(next->isEnabled());
}

}  // namespace
}  // namespace tessera::workbench
