// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/editor/sql_editor.h"

#include "app/core/testing/event_loop.h"
#include "app/core/text/utf8.h"
#include "app/workbench/editor/editor_find_bar.h"

#include <gtest/gtest.h>

#include <QLineEdit>
#include <QTest>
#include <QToolButton>

namespace tessera::workbench {
namespace {

class SqlEditorTest : public testing::Test {
  protected:
    void placeCaret(std::size_t byte) { editor_.SendScintilla(QsciScintillaBase::SCI_GOTOPOS, byte); }

    SqlEditor editor_;
};

TEST_F(SqlEditorTest, RunsTheStatementUnderTheCaretOrTheSelection) {
    const std::string sql = "select 'é;';\nselect 2;\nselect 3";
    editor_.setText(QString::fromStdString(sql));
    EXPECT_EQ(editor_.utf8(), sql);
    placeCaret(sql.find("select 2") + 3);
    EXPECT_EQ(editor_.pieceToRun(), (SqlPiece{"select 2", sql.find("select 2")}));
    editor_.SendScintilla(QsciScintillaBase::SCI_SETSEL, static_cast<unsigned long>(sql.find("2;")),
                          static_cast<long>(sql.size()));
    EXPECT_EQ(editor_.pieceToRun()->sql, "2;\nselect 3");
    EXPECT_EQ(editor_.allPieces().size(), 3U);
    editor_.setText(QStringLiteral(" -- nothing"));
    EXPECT_FALSE(editor_.pieceToRun());
}

TEST_F(SqlEditorTest, MarksTheWordTheServerMeansBehindEmojiAndTabs) {
    const std::string statement = "select '😀é',\n\tfoo, bar";
    const std::string sql = "select 1;\n" + statement;
    editor_.setText(QString::fromStdString(sql));
    constexpr int kCharacterOfFoo = 15;
    const std::size_t begin = sql.size() - statement.size();
    editor_.showError(begin + app::byteOffsetOfCharacter(statement, kCharacterOfFoo),
                      QStringLiteral("column \"foo\" does not exist"));
    const auto [from, to] = editor_.errorRange();
    EXPECT_EQ(sql.substr(from, to - from), "foo");
    EXPECT_EQ(editor_.annotation(2).toStdString(), "column \"foo\" does not exist");
    editor_.insert(QStringLiteral("x"));
    EXPECT_EQ(editor_.errorRange(), (std::pair<std::size_t, std::size_t>{0, 0}));
    EXPECT_TRUE(editor_.annotation(2).isEmpty());
}

TEST_F(SqlEditorTest, AnErrorAtTheEndMarksTheLastCharacter) {
    editor_.setText(QStringLiteral("select"));
    editor_.showError(6, QStringLiteral("syntax error at end of input"));
    EXPECT_EQ(editor_.errorRange(), (std::pair<std::size_t, std::size_t>{5, 6}));
    editor_.setText(QString());
    editor_.showError(0, QStringLiteral("nothing here"));
}

TEST_F(SqlEditorTest, LinesBecomeCommentsAndLinesAgain) {
    const QString sql = QStringLiteral("select 1,\n    2\n\nfrom t");
    editor_.setText(sql);
    editor_.setSelection(0, 3, 3, 0);
    editor_.toggleComment();
    EXPECT_EQ(editor_.text(), QStringLiteral("-- select 1,\n    -- 2\n\nfrom t"));
    editor_.setSelection(0, 3, 3, 0);
    editor_.toggleComment();
    EXPECT_EQ(editor_.text(), sql);
    editor_.undo();
    EXPECT_EQ(editor_.text(), QStringLiteral("-- select 1,\n    -- 2\n\nfrom t"));
}

TEST_F(SqlEditorTest, FormattingIsOneStepAndRefusesWhatDoesNotParse) {
    editor_.setText(QStringLiteral("select 1;\nselect a from t where b=1;"));
    placeCaret(15);
    EXPECT_EQ(editor_.format(), QString());
    EXPECT_EQ(editor_.text(), QStringLiteral("select 1;\nSELECT a\nFROM t\nWHERE b = 1;"));
    editor_.undo();
    EXPECT_EQ(editor_.text(), QStringLiteral("select 1;\nselect a from t where b=1;"));
    editor_.setText(QStringLiteral("selec 1"));
    EXPECT_TRUE(editor_.format().contains(QStringLiteral("does not parse")));
    EXPECT_EQ(editor_.text(), QStringLiteral("selec 1"));
}

TEST_F(SqlEditorTest, TheFrameIsAroundWhatRunWouldRun) {
    const std::string sql = "select 1;\nselect\n  ';';\nselect 3";
    editor_.setText(QString::fromStdString(sql));
    placeCaret(sql.find("';'"));
    const std::size_t begin = sql.find("select\n");
    EXPECT_TRUE(app::processEventsUntil([&] { return editor_.framed() == std::pair(begin, sql.rfind(";\n")); }));
    EXPECT_EQ(editor_.pieceToRun()->begin, begin);
}

TEST_F(SqlEditorTest, FindsAndReplacesByRegularExpression) {
    EditorFindBar bar(&editor_, nullptr);
    auto* find = bar.findChild<QLineEdit*>(QStringLiteral("editorFindField"));
    auto* replace = bar.findChild<QLineEdit*>(QStringLiteral("editorReplaceField"));
    editor_.setText(QStringLiteral("é a1 b22\na333"));
    find->setText(QStringLiteral("a1"));
    EXPECT_TRUE(bar.findNext(true));
    EXPECT_EQ(editor_.selectedText(), QStringLiteral("a1"));
    bar.findChild<QToolButton*>(QStringLiteral("editorFindRegex"))->setChecked(true);
    find->setText(QStringLiteral("([a-z])([0-9]+)"));
    replace->setText(QStringLiteral("\\2\\1"));
    EXPECT_EQ(bar.replaceAll(), 3);
    EXPECT_EQ(editor_.text(), QStringLiteral("é 1a 22b\n333a"));
    editor_.undo();
    EXPECT_EQ(editor_.text(), QStringLiteral("é a1 b22\na333"));
    find->setText(QStringLiteral("x*"));
    bar.replaceAll();  // ends
    find->setText(QStringLiteral("nowhere"));
    EXPECT_FALSE(bar.findNext(true));
}

TEST_F(SqlEditorTest, WordsHaveTheStyleOfWhatTheyAre) {
    const QString sql = QStringLiteral("select bigint 'text' \"name\" 42 other -- why");
    editor_.setText(sql);
    editor_.recolor();
    const auto styleOf = [&](const char* word) {
        return editor_.SendScintilla(QsciScintilla::SCI_GETSTYLEAT,
                                     static_cast<unsigned long>(sql.indexOf(QLatin1String(word))), 0L);
    };
    EXPECT_EQ(styleOf("select"), QsciLexerSQL::Keyword);
    EXPECT_EQ(styleOf("bigint"), QsciLexerSQL::KeywordSet5);
    EXPECT_EQ(styleOf("text"), QsciLexerSQL::SingleQuotedString);
    EXPECT_EQ(styleOf("name"), QsciLexerSQL::DoubleQuotedString);
    EXPECT_EQ(styleOf("42"), QsciLexerSQL::Number);
    EXPECT_EQ(styleOf("other"), QsciLexerSQL::Identifier);
    EXPECT_EQ(styleOf("why"), QsciLexerSQL::CommentLine);
}

TEST_F(SqlEditorTest, PartsAreFoldedAndBracesHaveTheirPartner) {
    editor_.setText(QStringLiteral("begin\n  select 1;\n  select (2);\nend;\nselect 3;\n"));
    editor_.recolor();
    const auto isShown = [&](int line) {
        return editor_.SendScintilla(QsciScintilla::SCI_GETLINEVISIBLE, static_cast<unsigned long>(line), 0L) != 0;
    };
    EXPECT_TRUE(isShown(1));
    editor_.foldLine(0);
    EXPECT_FALSE(isShown(1));
    EXPECT_FALSE(isShown(2));
    EXPECT_TRUE(isShown(4));
    editor_.foldLine(0);
    EXPECT_TRUE(isShown(2));
    // Drawn with the colours of the theme, which the test of contrast knows.
    EXPECT_EQ(editor_.braceMatching(), QsciScintilla::SloppyBraceMatch);
    const auto placeOf = [&](char brace) { return editor_.text().indexOf(QLatin1Char(brace)); };
    EXPECT_EQ(editor_.SendScintilla(QsciScintilla::SCI_BRACEMATCH, static_cast<unsigned long>(placeOf('(')), 0L),
              placeOf(')'));
}

TEST_F(SqlEditorTest, SeveralCaretsTypeAtOnce) {
    editor_.setText(QStringLiteral("a\nb\nc"));
    editor_.SendScintilla(QsciScintillaBase::SCI_SETSELECTION, 0UL, 0L);
    editor_.SendScintilla(QsciScintillaBase::SCI_ADDSELECTION, 2UL, 2L);
    editor_.SendScintilla(QsciScintillaBase::SCI_ADDSELECTION, 4UL, 4L);
    QTest::keyClicks(&editor_, QStringLiteral("x."));
    EXPECT_EQ(editor_.text(), QStringLiteral("x.a\nx.b\nx.c"));
}

}  // namespace
}  // namespace tessera::workbench
