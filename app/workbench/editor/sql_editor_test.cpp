// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/editor/sql_editor.h"

#include "app/core/text/utf8.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace tessera::workbench
