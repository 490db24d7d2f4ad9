// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: a text is kept, found again by its words, renamed, moved, deleted and brought back; snippets write themselves
// and are filled in by Tab. Method: the whole window, driven by keys and buttons; a second library is another
// workbench.
#include "app/workbench/editor/completion_popup.h"
#include "app/workbench/editor/file_link.h"
#include "app/workbench/library/queries_panel.h"
#include "app/workbench/palette/command_palette.h"
#include "app/workbench/testing/window_fixture.h"

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QDialog>
#include <QLineEdit>
#include <QListView>
#include <QMimeData>
#include <QPushButton>

namespace tessera::workbench {
namespace {

class SavedQueriesTest : public MainWindowTest {
  protected:
    QueriesPanel& panel() {
        auto* found = window_->findChild<QueriesPanel*>(QStringLiteral("queriesPanel"));
        if (!found->isVisible()) {
            window_->findChild<QAction*>(QStringLiteral("queriesAction"))->trigger();
        }
        return *found;
    }

    QString title() const { return window_->tabs().tabText(window_->tabs().currentIndex()); }

    /// Keeps the current tab's text by the action's dialog.
    void keep(const char* name) {
        window_->findChild<QAction*>(QStringLiteral("keepQueryAction"))->trigger();
        auto* dialog = window_->findChild<QDialog*>(QStringLiteral("keepQueryDialog"));
        ASSERT_NE(dialog, nullptr);
        dialog->findChild<QLineEdit*>(QStringLiteral("keepName"))->setText(QLatin1String(name));
        dialog->findChild<QPushButton*>(QStringLiteral("keepButton"))->click();
        ASSERT_TRUE(processEventsUntil([&] { return title() == QLatin1String(name); }));
    }

    /// The tree's rows, those in a folder behind its name.
    std::string shown(const QModelIndex& folder = {}) {
        std::string list;
        QueriesModel& model = panel().model();
        for (int row = 0; row < model.rowCount(folder); ++row) {
            const QModelIndex index = model.index(row, 0, folder);
            const std::string within = shown(index);
            list += (list.empty() ? "" : " ") + index.data().toString().toStdString() +
                    (within.empty() ? "" : "(" + within + ")");
        }
        return list;
    }

    bool becomes(const std::string& wanted) {
        const bool is_so = processEventsUntil([&] { return shown() == wanted; });
        EXPECT_EQ(shown(), wanted);
        return is_so;
    }

    QModelIndex row(const char* name) {
        const QModelIndexList found =
            panel().model().match(panel().model().index(0, 0), Qt::DisplayRole, QLatin1String(name), 1,
                                  Qt::MatchExactly | Qt::MatchRecursive);
        EXPECT_FALSE(found.isEmpty()) << name;
        return found.value(0);
    }

    void comeBack() {
        window_->activateWindow();
        ASSERT_TRUE(processEventsUntil([&] { return window_->isActiveWindow(); }));
        tab().editor().setFocus();
    }

    void type(const char* keys) { QTest::keyClicks(&tab().editor(), QLatin1String(keys)); }

    void press(Qt::Key key, Qt::KeyboardModifiers modifiers = Qt::NoModifier) {
        QTest::keyClick(&tab().editor(), key, modifiers);
    }

    void closeProposals() {
        if (tab().assistant().popup().isVisible()) {
            press(Qt::Key_Escape);
        }
    }

    /// The snippets are read by a thread of their own.
    void waitForSnippets() {
        ASSERT_TRUE(processEventsUntil([&] {
            tab().editor().setText(QStringLiteral("cnt"));
            tab().editor().setCaret(3);
            press(Qt::Key_Tab);
            return tab().editor().text().startsWith(QStringLiteral("SELECT"));
        }));
        press(Qt::Key_Escape);
        tab().editor().setText({});
    }
};

TEST_F(SavedQueriesTest, ATextIsKeptChangedAndFoundAgain) {
    tab().editor().setText(QStringLiteral("select delay from flights"));
    keep("late flights");
    comeBack();
    EXPECT_EQ(panel().model().rowCount(), 1);
    press(Qt::Key_End, Qt::ControlModifier);
    type(" limit 3");
    EXPECT_EQ(title(), QStringLiteral("late flights •"));
    press(Qt::Key_Escape);
    press(Qt::Key_S, Qt::ControlModifier);
    ASSERT_TRUE(processEventsUntil([&] { return title() == QStringLiteral("late flights"); }));
    window_->findChild<QAction*>(QStringLiteral("closeTabAction"))->trigger();
    EXPECT_NE(title(), QStringLiteral("late flights"));
    // By a word of its text, in Ctrl+P.
    window_->palette().openQuickly();
    auto* field = window_->palette().findChild<QLineEdit*>(QStringLiteral("paletteField"));
    field->setText(QStringLiteral("delay limit"));
    auto* list = window_->palette().findChild<QListView*>(QStringLiteral("paletteList"));
    ASSERT_TRUE(processEventsUntil([&] { return !window_->palette().isSearching(); }));
    EXPECT_EQ(list->currentIndex().data().toString(), QStringLiteral("late flights"));
    QTest::keyClick(field, Qt::Key_Return);
    EXPECT_EQ(title(), QStringLiteral("late flights"));
    EXPECT_EQ(tab().editor().text(), QStringLiteral("select delay from flights limit 3"));
    // Once only.
    const int tabs = window_->tabs().count();
    window_->palette().openQuickly();
    field->setText(QStringLiteral("late flights"));
    QTest::keyClick(field, Qt::Key_Return);
    EXPECT_EQ(window_->tabs().count(), tabs);
}

TEST_F(SavedQueriesTest, TheTreeRenamesMovesDeletesAndBringsBack) {
    const QAbstractItemModelTester tester(&panel().model());
    EXPECT_EQ(shown(), "");
    tab().editor().setText(QStringLiteral("select 1"));
    keep("one");
    panel().findChild<QPushButton*>(QStringLiteral("queriesFolderButton"))->click();
    ASSERT_TRUE(becomes("New folder one"));
    // Its name is asked for at once.
    ASSERT_TRUE(processEventsUntil([&] { return panel().tree().findChild<QLineEdit*>() != nullptr; }));
    auto* name = panel().tree().findChild<QLineEdit*>();
    name->setText(QStringLiteral("Reports"));
    QTest::keyClick(name, Qt::Key_Return);
    ASSERT_TRUE(becomes("Reports one"));
    // As a drag does it.
    const std::unique_ptr<QMimeData> dragged(panel().model().mimeData({row("one")}));
    EXPECT_EQ(dragged->text(), QStringLiteral("select 1"));
    panel().model().dropMimeData(dragged.get(), Qt::MoveAction, -1, -1, row("Reports"));
    ASSERT_TRUE(becomes("Reports(one)"));
    panel().tree().expandAll();
    saveScreenshots("saved-queries");
    comeBack();
    panel().tree().setCurrentIndex(row("Reports"));
    panel().tree().setFocus();
    QTest::keyClick(&panel().tree(), Qt::Key_Delete);
    ASSERT_TRUE(becomes(""));
    auto* undo = panel().findChild<QPushButton*>(QStringLiteral("queriesUndoButton"));
    ASSERT_TRUE(undo->isVisible());
    undo->click();
    ASSERT_TRUE(becomes("Reports(one)"));
    panel().tree().setCurrentIndex(row("one"));
    panel().tree().setFocus();
    QTest::keyClick(&panel().tree(), Qt::Key_Z, Qt::ControlModifier);
    ASSERT_TRUE(becomes("Reports one"));
    // What is not there is said to be so.
    panel().findChild<QLineEdit*>(QStringLiteral("queriesSearch"))->setText(QStringLiteral("SELECT one"));
    EXPECT_EQ(shown(), "one");
    panel().findChild<QLineEdit*>(QStringLiteral("queriesSearch"))->setText(QStringLiteral("nowhere"));
    EXPECT_EQ(shown(), "");
}

TEST_F(SavedQueriesTest, WhatAnotherWorkbenchSavedIsNotWrittenOver) {
    tab().editor().setText(QStringLiteral("select 1"));
    keep("shared");
    app::Library other(directory_.filePath(QStringLiteral("profile/library.sqlite")));
    other.refresh();
    const qint64 id = tab().file().savedQuery();
    ASSERT_TRUE(processEventsUntil([&] { return other.find(id) != nullptr; }));
    other.setText(id, QStringLiteral("select 'theirs'"), {}, other.find(id)->revision);
    ASSERT_TRUE(processEventsUntil([&] { return other.find(id)->text == QStringLiteral("select 'theirs'"); }));
    comeBack();
    press(Qt::Key_End, Qt::ControlModifier);
    type(", 2");
    press(Qt::Key_S, Qt::ControlModifier);
    ASSERT_TRUE(processEventsUntil([&] { return title() == QStringLiteral("shared (mine)"); }));
    ASSERT_TRUE(becomes("shared shared (mine)"));
    other.refresh();
    ASSERT_TRUE(processEventsUntil([&] { return other.find(tab().file().savedQuery()) != nullptr; }));
    EXPECT_EQ(other.find(id)->text, QStringLiteral("select 'theirs'"));
    EXPECT_EQ(other.find(tab().file().savedQuery())->text, QStringLiteral("select 1, 2"));
}

TEST_F(SavedQueriesTest, ASnippetIsWrittenByItsWordAndFilledInByTab) {
    waitForSnippets();
    comeBack();
    type("  grp");
    press(Qt::Key_Escape);
    press(Qt::Key_Tab);
    EXPECT_EQ(tab().editor().text(),
              QStringLiteral("  SELECT column, count(*)\n  FROM table\n  GROUP BY column\n  ORDER BY count(*) DESC;"));
    EXPECT_EQ(tab().editor().selectedText(), QStringLiteral("table"));
    saveScreenshots("snippet");
    type("flights");
    closeProposals();
    ASSERT_TRUE(tab().assistant().snippet().isActive());
    press(Qt::Key_Tab);
    EXPECT_EQ(tab().editor().selectedText(), QStringLiteral("column"));
    press(Qt::Key_Backtab, Qt::ShiftModifier);
    EXPECT_EQ(tab().editor().selectedText(), QStringLiteral("flights"));
    press(Qt::Key_Tab);
    type("airport");
    closeProposals();
    press(Qt::Key_Tab);
    EXPECT_EQ(
        tab().editor().text(),
        QStringLiteral("  SELECT airport, count(*)\n  FROM flights\n  GROUP BY airport\n  ORDER BY count(*) DESC;"));
    EXPECT_FALSE(tab().assistant().snippet().isActive());
    EXPECT_EQ(tab().editor().caret(), tab().editor().utf8().size());
    // From now on Tab is a tab.
    press(Qt::Key_Tab);
    EXPECT_TRUE(tab().editor().text().endsWith(u' ')) << tab().editor().text().toStdString();
}

TEST_F(SavedQueriesTest, SnippetsAreProposedAndAcceptedLikeNames) {
    waitForSnippets();
    comeBack();
    type("up");
    ASSERT_TRUE(processEventsUntil([&] { return tab().assistant().popup().isVisible(); }));
    type("d");
    ASSERT_TRUE(processEventsUntil([&] {
        const app::Proposal* current = tab().assistant().popup().current();
        return current != nullptr && current->kind == app::Proposal::Kind::kSnippet;
    }));
    press(Qt::Key_Tab);
    EXPECT_TRUE(tab().editor().text().startsWith(QStringLiteral("UPDATE table\nSET column = value")));
    EXPECT_EQ(tab().editor().selectedText(), QStringLiteral("table"));
}

}  // namespace
}  // namespace tessera::workbench
