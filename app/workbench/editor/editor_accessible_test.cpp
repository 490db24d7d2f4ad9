// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/editor/editor_accessible.h"

#include "app/core/testing/event_loop.h"
#include "app/workbench/editor/sql_editor.h"
#include "app/workbench/ui/accessibility.h"

#include <gtest/gtest.h>

#include <QTest>
#include <vector>

namespace tessera::workbench {
namespace {

class SqlEditorAccessibleTest : public testing::Test {
  protected:
    QAccessibleInterface& interface() { return *QAccessible::queryAccessibleInterface(&editor_); }

    QAccessibleTextInterface& text() { return *interface().textInterface(); }

    QString whole() { return text().text(0, text().characterCount()); }

    SqlEditor editor_;
};

struct Part {
    QString text;
    int start = 0;
    int end = 0;

    bool operator==(const Part&) const = default;
};

TEST_F(SqlEditorAccessibleTest, HasItsNameRoleTextCaretAndSelection) {
    const QString sql = QStringLiteral("select '😀é' as x;\nselect 2\n");
    editor_.setText(sql);
    EXPECT_EQ(interface().role(), QAccessible::EditableText);
    EXPECT_EQ(interface().text(QAccessible::Name), editor_.accessibleName());
    EXPECT_TRUE(interface().state().multiLine);
    EXPECT_TRUE(interface().state().editable);
    EXPECT_EQ(text().characterCount(), sql.size());
    EXPECT_EQ(whole(), sql);
    // Every place there and back, each a unit of the string.
    const auto behind_emoji = static_cast<int>(sql.indexOf(QStringLiteral("é")));
    text().setCursorPosition(behind_emoji);
    EXPECT_EQ(text().cursorPosition(), behind_emoji);
    EXPECT_EQ(editor_.caret(), std::string("select '😀").size());
    EXPECT_EQ(text().selectionCount(), 0);
    text().setSelection(0, behind_emoji, behind_emoji + 1);
    EXPECT_EQ(editor_.selectedText(), QStringLiteral("é"));
    EXPECT_EQ(text().selectionCount(), 1);
    int start = 0;
    int end = 0;
    text().selection(0, &start, &end);
    EXPECT_EQ(std::pair(start, end), std::pair(behind_emoji, behind_emoji + 1));
    text().removeSelection(0);
    EXPECT_EQ(text().selectionCount(), 0);
    interface().editableTextInterface()->replaceText(behind_emoji, behind_emoji + 1, QStringLiteral("ü€"));
    EXPECT_EQ(editor_.text(), QString(sql).replace(QStringLiteral("é"), QStringLiteral("ü€")));
}

TEST_F(SqlEditorAccessibleTest, ReadsByCharactersWordsAndLines) {
    editor_.setText(QStringLiteral("ab 😀c\n\nlast"));
    const auto at = [&](int offset, QAccessible::TextBoundaryType type) {
        Part part;
        part.text = text().textAtOffset(offset, type, &part.start, &part.end);
        return part;
    };
    EXPECT_EQ(at(1, QAccessible::WordBoundary), (Part{QStringLiteral("ab"), 0, 2}));
    EXPECT_EQ(at(3, QAccessible::CharBoundary), (Part{QStringLiteral("😀"), 3, 5}));
    EXPECT_EQ(at(4, QAccessible::CharBoundary), (Part{QStringLiteral("😀"), 3, 5}));
    EXPECT_EQ(at(0, QAccessible::LineBoundary), (Part{QStringLiteral("ab 😀c\n"), 0, 7}));
    EXPECT_EQ(at(7, QAccessible::LineBoundary), (Part{QStringLiteral("\n"), 7, 8}));
    EXPECT_EQ(at(-1, QAccessible::LineBoundary), (Part{QStringLiteral("last"), 8, 12}));
    EXPECT_EQ(at(99, QAccessible::LineBoundary), (Part{QString(), -1, -1}));
    Part part;
    part.text = text().textBeforeOffset(8, QAccessible::LineBoundary, &part.start, &part.end);
    EXPECT_EQ(part, (Part{QStringLiteral("\n"), 7, 8}));
    part.text = text().textAfterOffset(0, QAccessible::WordBoundary, &part.start, &part.end);
    EXPECT_EQ(part, (Part{QStringLiteral(" "), 2, 3}));
    part.text = text().textAfterOffset(9, QAccessible::LineBoundary, &part.start, &part.end);
    EXPECT_EQ(part, (Part{QString(), -1, -1}));
    editor_.setText({});
    EXPECT_EQ(at(0, QAccessible::LineBoundary), (Part{QString(), 0, 0}));
    EXPECT_EQ(text().characterCount(), 0);
}

TEST_F(SqlEditorAccessibleTest, AMarkedErrorIsSaid) {
    editor_.setText(QStringLiteral("-- é\nselekt 1"));
    const std::size_t begin = editor_.text().toStdString().find("selekt");
    editor_.showProblems({{begin, begin + 6, "syntax error", false}});
    int start = 0;
    int end = 0;
    EXPECT_EQ(text().attributes(7, &start, &end), QStringLiteral("invalid:true;"));
    EXPECT_EQ(std::pair(start, end), std::pair(5, 11));
    EXPECT_EQ(text().attributes(1, &start, &end), QString());
}

TEST_F(SqlEditorAccessibleTest, TheCaretIsToldAndWhatQScintillaTellsHasTheSameOffsets) {
    editor_.show();
    editor_.setText(QStringLiteral("😀é"));
    editor_.setCaret(editor_.utf8Size());
    app::processPendingEvents();
    std::vector<int> told;
    setAccessibilityListener([&](QAccessibleEvent& event) {
        if (event.type() == QAccessible::TextCaretMoved) {
            told.push_back(static_cast<QAccessibleTextCursorEvent&>(event).cursorPosition());
        }
    });
    QTest::keyClicks(&editor_, QStringLiteral("x"));
    app::processPendingEvents();
    setAccessibilityListener(nullptr);
    EXPECT_EQ(told, std::vector<int>{4});
    // Its question, as it asks it: two units for what is one code point.
    EXPECT_EQ(editor_.SendScintilla(QsciScintillaBase::SCI_COUNTCHARACTERS, 0UL, static_cast<long>(editor_.caret())),
              4);
}

TEST_F(SqlEditorAccessibleTest, AKeyReadsAFewKilobytesOfALargeText) {
    std::string sql;
    while (sql.size() < 5'000'000) {
        sql += "INSERT INTO measurements VALUES (1, 'sensor é');\n";
    }
    editor_.resize(800, 400);
    editor_.show();
    editor_.setText(QString::fromStdString(sql));
    editor_.setCaret(editor_.utf8Size());
    QTest::keyClicks(&editor_, QStringLiteral("x"));
    app::processPendingEvents();
    const SqlEditor::Counting before = editor_.counting();
    constexpr std::size_t kKeys = 20;
    for (std::size_t i = 0; i < kKeys; ++i) {
        QTest::keyClicks(&editor_, QStringLiteral("y"));
        app::processPendingEvents();
    }
    const SqlEditor::Counting after = editor_.counting();
    // QScintilla asks here, and not its own counting from the start (character_count.cpp).
    EXPECT_GE(after.questions - before.questions, kKeys);
    EXPECT_LE(after.bytes_read - before.bytes_read, kKeys * 4 * app::Utf16Index::kStep);
}

}  // namespace
}  // namespace tessera::workbench
