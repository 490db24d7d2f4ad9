// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: changing rows as a person does. Method: the whole window over a fake node that knows one table with a key.
#include "app/workbench/results/cell_editor.h"
#include "app/workbench/results/result_grid.h"
#include "app/workbench/results/review_dialog.h"
#include "app/workbench/testing/window_fixture.h"

#include <gtest/gtest.h>

#include <QLabel>
#include <QMessageBox>
#include <QPushButton>
#include <QTreeWidget>

namespace tessera::workbench {
namespace {

class RowEditTest : public MainWindowTest {
  protected:
    void SetUp() override {
        MainWindowTest::SetUp();
        MainWindowTest::answer(operations_->waiting_schemas,
                               Result<std::vector<client::SchemaInfo>>(std::vector<client::SchemaInfo>{}));
        ASSERT_EQ(operations_->names_readings.size(), 1U);
        const app::FakeStatement& reading = *operations_->names_readings[0];
        reading.sendColumns({"kind", "schema", "name", "detail", "extra", "comment"});
        reading.sendRows(6, {{"p", "", "public", "", "", ""},
                             {"t", "public", "people", "r", "", ""},
                             {"c", "", "id", "text", "1n", ""},
                             {"c", "", "name", "text", "0", ""},
                             {"c", "", "country", "text", "0n", ""}});
        reading.complete("SELECT 5", 5);
        app::processPendingEvents();
        show("select *, upper(name) as loud from people");
    }

    void show(const char* sql) {
        typeAndRun(sql);
        const auto statement = operations_->statements.back();
        statement->sendColumns({"id", "name", "country", "loud"});
        statement->sendRows(4, {{"1", "Ann", "NO", "ANN"}, {"2", std::nullopt, "DE", std::nullopt}});
        statement->complete("SELECT 2", 2);
        ASSERT_TRUE(processEventsUntil([&] { return !tab().session().isRunning(); }));
        ASSERT_TRUE(processEventsUntil([&] { return grid().rowCount() == 2 && page().isEditable(); }));
        grid().setFocus();
    }

    ResultPage& page() { return tab().results().page(); }

    template <class T>
    T* child(const char* name) {
        return page().findChild<T*>(QLatin1String(name));
    }

    /// Null when none is open.
    CellEditor* editor() {
        for (auto* found : grid().findChildren<CellEditor*>()) {
            if (found->isVisible()) {
                return found;
            }
        }
        return nullptr;
    }

    void type(GridCell cell, const char* text) {
        grid().setCurrentCell(cell);
        QTest::keyClick(&grid(), Qt::Key_F2);
        ASSERT_NE(editor(), nullptr);
        QTest::keyClicks(editor(), QLatin1String(text));
        QTest::keyClick(editor(), Qt::Key_Return);
        ASSERT_EQ(editor(), nullptr);
    }

    QString label() { return child<QLabel>("editLabel")->text(); }

    ReviewDialog* review() {
        QTest::mouseClick(child<QPushButton>("reviewButton"), Qt::LeftButton);
        return page().findChild<ReviewDialog*>();
    }

    /// The next statement of an application has this text; it changes that many rows.
    void answer(const char* begin, std::uint64_t rows) {
        const std::size_t count = operations_->statements.size();
        ASSERT_TRUE(operations_->statement().request.sql.starts_with(begin)) << operations_->statement().request.sql;
        const bool is_commit = std::string_view(begin) == "COMMIT";
        operations_->sessions.back()->tell(is_commit ? client::TransactionStatus::kNone
                                                     : client::TransactionStatus::kOpen);
        operations_->statement().complete(is_commit ? "COMMIT" : "UPDATE 1", rows);
        processEventsUntil([&] {
            return operations_->statements.size() > count || !child<QWidget>("editBar")->isVisible() ||
                   child<QWidget>("editBar")->isEnabled();
        });
    }
};

TEST_F(RowEditTest, CellsAreTypedOverReviewedAndApplied) {
    type({0, 1}, "Anna");
    EXPECT_EQ(label(), QStringLiteral("1 cell changed in 1 row, not applied yet"));
    EXPECT_EQ(operations_->statements.size(), 1U);
    grid().setCurrentCell({1, 1});
    QTest::keyClick(&grid(), Qt::Key_B);
    QTest::keyClicks(editor(), QStringLiteral("ob"));
    QTest::keyClick(editor(), Qt::Key_Return);
    EXPECT_EQ(page().changes().find(1, 1)->after, "bob");
    EXPECT_FALSE(page().changes().find(1, 1)->before);
    saveScreenshots("rows-changed");

    ReviewDialog* dialog = review();
    ASSERT_NE(dialog, nullptr);
    ASSERT_EQ(dialog->tree().topLevelItemCount(), 2);
    EXPECT_EQ(dialog->tree().topLevelItem(0)->text(0), QStringLiteral("id = 1"));
    const QTreeWidgetItem* changed = dialog->tree().topLevelItem(1)->child(0);
    EXPECT_EQ(changed->text(0) + changed->text(1) + changed->text(2), QStringLiteral("nameNULLbob"));
    saveScreenshotsInBothThemes(*dialog, "rows-review");
    EXPECT_EQ(changed->foreground(2).color(), currentTheme().success);
    QTest::mouseClick(dialog->findChild<QPushButton*>(QStringLiteral("applyButton")), Qt::LeftButton);
    EXPECT_EQ(operations_->statement().request.sql,
              "UPDATE public.people SET name = $1 WHERE id = $2 AND name IS NOT DISTINCT FROM $3");
    EXPECT_TRUE(operations_->statement().is_on_session);
    answer("UPDATE", 1);
    answer("UPDATE", 1);
    answer("COMMIT", 0);
    // The rows are read again.
    ASSERT_TRUE(processEventsUntil(
        [&] { return operations_->statement().request.sql == "select *, upper(name) as loud from people"; }));
    EXPECT_FALSE(page().hasChanges());
}

TEST_F(RowEditTest, AConflictChangesNothingAndKeepsWhatWasTyped) {
    type({0, 1}, "Anna");
    QTest::mouseClick(review()->findChild<QPushButton*>(QStringLiteral("applyButton")), Qt::LeftButton);
    answer("UPDATE", 0);
    auto* note = child<QLabel>("resultNote");
    ASSERT_TRUE(processEventsUntil([&] { return note->isVisible(); }));
    EXPECT_TRUE(note->text().startsWith(
        QStringLiteral("Nothing was applied. Row id = 1: somebody else has changed or deleted the row")))
        << note->text().toStdString();
    EXPECT_TRUE(page().hasChanges());
    EXPECT_TRUE(child<QPushButton>("reviewButton")->isEnabled());
    saveScreenshots("rows-conflict");
    const auto session = operations_->sessions.back();
    EXPECT_TRUE(processEventsUntil([&] { return session->is_closed.load(); }));
}

TEST_F(RowEditTest, ChangesAreTakenBackAndNullIsAKey) {
    type({0, 1}, "Anna");
    QTest::keyClick(&grid(), Qt::Key_Delete, Qt::ControlModifier);
    EXPECT_FALSE(page().changes().find(0, 1)->after);
    QTest::mouseClick(child<QPushButton>("undoChangeButton"), Qt::LeftButton);
    EXPECT_EQ(page().changes().find(0, 1)->after, "Anna");
    grid().setCurrentCell({0, 2});
    QTest::keyClick(&grid(), Qt::Key_Delete, Qt::ControlModifier);
    EXPECT_EQ(child<QLabel>("workLabel")->text(), QStringLiteral("The column cannot be NULL."));
    grid().setCurrentCell({0, 3});
    QTest::keyClick(&grid(), Qt::Key_F2);
    EXPECT_EQ(editor(), nullptr);
    EXPECT_EQ(child<QLabel>("workLabel")->text(),
              QStringLiteral("The column is computed: it is not one of the table's."));
    // Esc leaves the cell as it was.
    grid().setCurrentCell({1, 2});
    QTest::keyClick(&grid(), Qt::Key_F2);
    QTest::keyClicks(editor(), QStringLiteral("x"));
    QTest::keyClick(editor(), Qt::Key_Escape);
    EXPECT_EQ(page().changes().find(1, 2), nullptr);
    QTest::mouseClick(child<QPushButton>("discardButton"), Qt::LeftButton);
    EXPECT_FALSE(page().hasChanges());
    EXPECT_FALSE(child<QWidget>("editBar")->isVisible());
}

TEST_F(RowEditTest, RowsOfSeveralTablesSayWhyNot) {
    typeAndRun("select p.*, 1 from people p join people q using (id)");
    operations_->statement().sendColumns({"id", "name", "country", "one"});
    operations_->statement().sendRows(4, {{"1", "Ann", "NO", "1"}});
    operations_->statement().complete("SELECT 1", 1);
    ASSERT_TRUE(processEventsUntil([&] { return !tab().session().isRunning() && grid().rowCount() == 1; }));
    grid().setCurrentCell({0, 1});
    QTest::keyClick(&grid(), Qt::Key_F2);
    EXPECT_TRUE(child<QLabel>("workLabel")->text().contains(QStringLiteral("not those of one table")));
}

TEST_F(RowEditTest, ChangesSurviveAnotherStatementAndAClosingTabAsks) {
    type({0, 1}, "Anna");
    ResultPage* changed = &page();
    show("select *, upper(name) as loud from people");
    EXPECT_NE(&page(), changed);
    EXPECT_TRUE(changed->hasChanges());
    EXPECT_TRUE(tab().results().hasChanges());
    window_->findChild<QAction*>(QStringLiteral("newTabAction"))->trigger();
    window_->tabs().setCurrentIndex(0);
    window_->findChild<QAction*>(QStringLiteral("closeTabAction"))->trigger();
    auto* box = window_->findChild<QMessageBox*>(QStringLiteral("changedRowsBox"));
    ASSERT_NE(box, nullptr);
    for (QAbstractButton* button : box->buttons()) {
        if (button->text().contains(QStringLiteral("Discard"))) {
            QTest::mouseClick(button, Qt::LeftButton);
            break;
        }
    }
    EXPECT_TRUE(processEventsUntil([&] { return window_->tabs().count() == 1; }));
}

}  // namespace
}  // namespace tessera::workbench
