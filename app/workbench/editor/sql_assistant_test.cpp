// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: what helps while writing, driven by keys as a person types. Oracle: the exact text and list.
#include "app/workbench/editor/sql_assistant.h"

#include "app/core/testing/event_loop.h"
#include "app/core/testing/sample_names.h"
#include "app/workbench/editor/completion_popup.h"
#include "app/workbench/editor/live_check.h"
#include "app/workbench/testing/screenshots.h"
#include "app/workbench/ui/theme.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QDir>
#include <QLabel>
#include <QTest>

namespace tessera::workbench {
namespace {

using app::processEventsUntil;

class SqlAssistantTest : public testing::Test {
  protected:
    SqlAssistantTest() {
        editor_.resize(900, 500);
        editor_.show();
        editor_.setFocus();
        assistant_.setNames(names_);
    }

    void type(const char* text) { QTest::keyClicks(&editor_, QString::fromUtf8(text)); }

    void press(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) { QTest::keyClick(&editor_, key, modifiers); }

    /// The text holds the caret as "|".
    void setText(std::string text) {
        const std::size_t caret = text.find('|');
        text.erase(caret, 1);
        editor_.setText(QString::fromStdString(text));
        editor_.setCaret(caret);
    }

    std::string text() const { return std::string(editor_.utf8()); }

    bool isOpen() const { return assistant_.popup().isVisible(); }

    std::vector<std::string> labels() const {
        std::vector<std::string> list;
        for (int row = 0; row < assistant_.popup().model().rowCount(); ++row) {
            list.push_back(assistant_.popup().model().at(row).label);
        }
        return list;
    }

    SqlEditor editor_;
    SqlAssistant assistant_{&editor_};
    LiveCheck check_{&editor_};
    std::shared_ptr<const app::NameIndex> names_ = std::make_shared<app::NameIndex>(app::sampleNames());
};

TEST_F(SqlAssistantTest, AQueryIsWrittenWithTab) {
    type("sel");
    ASSERT_TRUE(isOpen());
    press(Qt::Key_Tab);
    EXPECT_EQ(text(), "select");
    type(" * from ord");
    ASSERT_TRUE(isOpen());
    EXPECT_EQ(labels(), (std::vector<std::string>{"order_items", "orders", "orders"}));
    press(Qt::Key_Down);
    press(Qt::Key_Tab);
    EXPECT_EQ(text(), "select * from orders");
    // What joins stands there by itself.
    type(" o join ");
    ASSERT_TRUE(isOpen());
    const auto* said = assistant_.popup().findChild<QLabel*>(QStringLiteral("completionDocumentation"));
    ASSERT_NE(said, nullptr);
    EXPECT_TRUE(said->text().startsWith(QStringLiteral("join by a foreign key"))) << said->text().toStdString();
    press(Qt::Key_Tab);
    EXPECT_EQ(text(), "select * from orders o join order_items oi ON oi.order_id = o.id");
    type(" where oi.");
    EXPECT_EQ(labels(), (std::vector<std::string>{"order_id", "line", "product"}));
    type("l");
    press(Qt::Key_Tab);
    EXPECT_EQ(text(), "select * from orders o join order_items oi ON oi.order_id = o.id where oi.line");
    EXPECT_FALSE(isOpen());
}

TEST_F(SqlAssistantTest, EnterIsALineEndUnlessSomethingWasChosen) {
    setText("select * from ord|");
    editor_.setCaret(editor_.utf8().size());
    assistant_.complete();
    ASSERT_TRUE(isOpen());
    press(Qt::Key_Return);
    EXPECT_EQ(text(), "select * from ord\n");
    EXPECT_FALSE(isOpen());
    setText("select * from ord|");
    assistant_.complete();
    press(Qt::Key_Down);
    press(Qt::Key_Return);
    EXPECT_EQ(text(), "select * from orders");
}

TEST_F(SqlAssistantTest, EscapeAndOtherCharactersCloseTheList) {
    type("sel");
    ASSERT_TRUE(isOpen());
    press(Qt::Key_Escape);
    EXPECT_FALSE(isOpen());
    type("e");
    ASSERT_TRUE(isOpen());
    type(" ");
    EXPECT_FALSE(isOpen());
    EXPECT_EQ(text(), "sele ");
}

TEST_F(SqlAssistantTest, BackspaceWidensTheList) {
    setText("select * from orders o where o.to|");
    type("t");
    ASSERT_TRUE(isOpen());
    EXPECT_EQ(labels(), (std::vector<std::string>{"total"}));
    for (int i = 0; i < 3; ++i) {
        press(Qt::Key_Backspace);
    }
    ASSERT_TRUE(processEventsUntil([&] { return labels().size() == 4; }));
    EXPECT_EQ(labels().front(), "id");
}

TEST_F(SqlAssistantTest, ATypoFindsItsNameFromAWorker) {
    setText("select * from oi|");
    type("t");
    EXPECT_FALSE(isOpen());
    ASSERT_TRUE(processEventsUntil([&] { return isOpen(); }));
    press(Qt::Key_Tab);
    EXPECT_EQ(text(), "select * from order_items");
    EXPECT_EQ(editor_.caret(), text().size());
}

TEST_F(SqlAssistantTest, AFunctionGetsItsParenthesesAndShowsItsArguments) {
    setText("select roun|");
    type("d");
    press(Qt::Key_Tab);
    EXPECT_EQ(text(), "select round()");
    EXPECT_EQ(editor_.caret(), text().size() - 1);
    EXPECT_TRUE(assistant_.signature().isVisible());
    EXPECT_TRUE(assistant_.signature().text().contains(QStringLiteral("round(<b>numeric</b>, integer)")));
    type("1, ");
    EXPECT_TRUE(assistant_.signature().text().startsWith(QStringLiteral("round(numeric, <b>integer</b>)")));
    press(Qt::Key_End);
    EXPECT_TRUE(processEventsUntil([&] { return !assistant_.signature().isVisible(); }));
}

TEST_F(SqlAssistantTest, TheSecondStatementHasItsOwnScopeBehindEmoji) {
    setText("select '😀' from customers;\nselect o.| from orders o;\nselect 1");
    assistant_.complete();
    EXPECT_EQ(labels(), (std::vector<std::string>{"id", "customer_id", "placed_at", "total", "*"}));
    press(Qt::Key_Tab);
    EXPECT_EQ(text(), "select '😀' from customers;\nselect o.id from orders o;\nselect 1");
}

TEST_F(SqlAssistantTest, TheListIsDrawnInBothThemes) {
    auto* application = qobject_cast<QApplication*>(QCoreApplication::instance());
    for (const ThemeName theme : {ThemeName::kDark, ThemeName::kLight}) {
        applyTheme(*application, theme);
        setText("select o| from orders o join customers c on c.id = o.customer_id");
        assistant_.complete();
        ASSERT_TRUE(isOpen());
        const QImage image = const_cast<CompletionPopup&>(assistant_.popup()).grab().toImage();
        EXPECT_EQ(image.pixelColor(image.width() - 30, image.height() - 40), currentTheme().surface);
        saveScreenshot(const_cast<CompletionPopup&>(assistant_.popup()),
                       theme == ThemeName::kDark ? "proposals-dark" : "proposals-light");
        press(Qt::Key_Escape);
    }
}

TEST_F(SqlAssistantTest, HoverTellsTypeAndComments) {
    const std::string sql = "select 1;\nselect o.placed_at from orders o";
    editor_.setText(QString::fromStdString(sql));
    EXPECT_EQ(assistant_.hoverText(sql.find("placed")).toStdString(),
              "<b>orders.placed_at  timestamp with time zone</b><br>When the customer paid");
    EXPECT_TRUE(assistant_.hoverText(3).isEmpty());
}

TEST_F(SqlAssistantTest, DefinitionsAreInTheCatalogOrInTheText) {
    std::string asked;
    QObject::connect(
        &assistant_, &SqlAssistant::definitionRequested, &assistant_,
        [&](const QString& schema, const QString& table) { asked = schema.toStdString() + "." + table.toStdString(); });
    setText("with big as (select 1) select * from big, or|ders");
    assistant_.goToDefinition();
    EXPECT_EQ(asked, "public.orders");
    setText("with big as (select 1) select * from bi|g");
    assistant_.goToDefinition();
    EXPECT_EQ(editor_.caret(), 5U);
}

TEST_F(SqlAssistantTest, ErrorsAreMarkedWhileTypingAndF8FindsThem) {
    check_.setNames(names_);
    QStringList reached;
    QObject::connect(&editor_, &SqlEditor::problemReached, &editor_, [&](const QString& text) { reached += text; });
    const std::string sql = "select '😀é',\n\t* frm orders;\nselect o.nope from orders o;";
    editor_.setText(QString::fromStdString(sql));
    ASSERT_TRUE(processEventsUntil([&] { return editor_.problems().size() == 2; }));
    const auto marked = [&](std::size_t i) {
        const app::ScriptProblem& problem = editor_.problems()[i];
        return sql.substr(problem.begin, problem.end - problem.begin);
    };
    EXPECT_EQ(marked(0), "frm");
    EXPECT_EQ(marked(1), "nope");
    EXPECT_TRUE(editor_.problems()[1].is_warning);
    editor_.setCaret(0);
    editor_.goToNextProblem();
    EXPECT_EQ(editor_.caret(), sql.find("frm"));
    editor_.goToNextProblem();
    EXPECT_EQ(editor_.caret(), sql.find("nope"));
    editor_.goToNextProblem();
    EXPECT_EQ(editor_.caret(), sql.find("frm"));
    EXPECT_EQ(reached.size(), 3);
    EXPECT_TRUE(assistant_.hoverText(sql.find("nope")).contains(QStringLiteral("has no column")));
    editor_.replaceRange(sql.find("frm"), sql.find("frm") + 3, "from");
    ASSERT_TRUE(processEventsUntil([&] { return editor_.problems().size() == 1; }));
}

}  // namespace
}  // namespace tessera::workbench
