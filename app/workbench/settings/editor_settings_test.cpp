// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: what is set for the editors counts at once, in every tab, and in the next session. Method: the settings
// dialog's own fields.
#include "app/workbench/editor/completion_popup.h"
#include "app/workbench/settings/settings_dialog.h"
#include "app/workbench/testing/window_fixture.h"

#include <gtest/gtest.h>

#include <QCheckBox>
#include <QComboBox>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QStackedWidget>

namespace tessera::workbench {
namespace {

class EditorSettingsTest : public MainWindowTest {
  protected:
    SettingsDialog& dialog() {
        auto* found = window_->findChild<SettingsDialog*>(QStringLiteral("settingsDialog"));
        if (found == nullptr) {
            window_->findChild<QAction*>(QStringLiteral("settingsAction"))->trigger();
            found = window_->findChild<SettingsDialog*>(QStringLiteral("settingsDialog"));
        }
        return *found;
    }

    template <class Widget>
    Widget& field(const char* name) {
        return *dialog().findChild<Widget*>(QLatin1String(name));
    }

    void showCategory(int category) { field<QListWidget>("settingsCategories").setCurrentRow(category); }

    void comeBack() {
        dialog().close();
        app::processPendingEvents();
        window_->activateWindow();
        ASSERT_TRUE(processEventsUntil([&] { return window_->isActiveWindow(); }));
        tab().editor().setFocus();
    }

    void saveBoth(const char* name) {
        for (const char* theme : {"light", "dark"}) {
            saveWidget(dialog(), (std::string(name) + "-" + theme).c_str());
            window_->findChild<QAction*>(QStringLiteral("darkThemeAction"))->trigger();
        }
    }

    long height() { return tab().editor().SendScintilla(QsciScintillaBase::SCI_TEXTHEIGHT, 0UL); }
};

TEST_F(EditorSettingsTest, CountAtOnceAndInTheNextSession) {
    const long before = height();
    showCategory(2);
    app::processPendingEvents();
    // As high as they are drawn: they would lie upon each other.
    const auto& categories = field<QListWidget>("settingsCategories");
    for (int row = 0; row < categories.count(); ++row) {
        const QModelIndex index = categories.model()->index(row, 0);
        EXPECT_EQ(categories.visualRect(index).height(), categories.sizeHintForRow(row)) << row;
    }
    saveBoth("settings-editor");
    field<QSpinBox>("editorFontSize").setValue(20);
    EXPECT_GT(height(), before);
    field<QSpinBox>("editorTabWidth").setValue(2);
    EXPECT_EQ(tab().editor().tabWidth(), 2);
    field<QCheckBox>("editorTabs").click();
    field<QCheckBox>("editorWrap").click();
    field<QCheckBox>("editorBlanks").click();
    EXPECT_GT(tab().editor().marginWidth(0), 0);
    field<QCheckBox>("editorLineNumbers").click();
    EXPECT_EQ(tab().editor().marginWidth(0), 0);
    EXPECT_TRUE(tab().editor().indentationsUseTabs());
    EXPECT_EQ(tab().editor().wrapMode(), QsciScintilla::WrapWord);
    EXPECT_EQ(tab().editor().whitespaceVisibility(), QsciScintilla::WsVisible);
    const long large = height();
    // Of new tabs, too.
    window_->findChild<QAction*>(QStringLiteral("newTabAction"))->trigger();
    EXPECT_EQ(height(), large);
    window_->close();
    window_.reset();
    start();
    EXPECT_EQ(height(), large);
    EXPECT_EQ(tab().editor().wrapMode(), QsciScintilla::WrapWord);
    // The theme takes none of it away.
    window_->findChild<QAction*>(QStringLiteral("darkThemeAction"))->trigger();
    EXPECT_EQ(height(), large);
    EXPECT_EQ(tab().editor().marginWidth(0), 0);
    field<QPushButton>("editorReset").click();
    EXPECT_EQ(height(), before);
    EXPECT_GT(tab().editor().marginWidth(0), 0);
    EXPECT_EQ(field<QSpinBox>("editorFontSize").value(), 13);
}

TEST_F(EditorSettingsTest, KeywordsHaveTheCaseThatWasChosen) {
    field<QCheckBox>("editorUpperCase").click();
    comeBack();
    tab().editor().setText(QStringLiteral("SELECT a FROM t"));
    window_->findChild<QAction*>(QStringLiteral("formatAction"))->trigger();
    EXPECT_EQ(tab().editor().text(), QStringLiteral("select a\nfrom t"));
    tab().editor().setText({});
    window_->findChild<QAction*>(QStringLiteral("completeAction"))->trigger();
    ASSERT_TRUE(tab().assistant().popup().isVisible());
    const std::string first = tab().assistant().popup().current()->label;
    EXPECT_TRUE(std::all_of(first.begin(), first.end(), [](char c) { return c < 'A' || c > 'Z'; })) << first;
}

TEST_F(EditorSettingsTest, ProposalsComeOnlyWhenAskedForIfSoChosen) {
    field<QCheckBox>("editorProposals").click();
    comeBack();
    QTest::keyClicks(&tab().editor(), QStringLiteral("sel"));
    app::processPendingEvents();
    EXPECT_FALSE(tab().assistant().popup().isVisible());
    window_->findChild<QAction*>(QStringLiteral("completeAction"))->trigger();
    EXPECT_TRUE(tab().assistant().popup().isVisible());
}

TEST_F(EditorSettingsTest, SnippetsAreMadeAndChanged) {
    showCategory(3);
    auto& list = field<QListWidget>("snippetsList");
    ASSERT_TRUE(processEventsUntil([&] { return list.count() >= 8; }));
    saveBoth("settings-snippets");
    const int before = list.count();
    field<QPushButton>("snippetAdd").click();
    ASSERT_TRUE(processEventsUntil([&] { return list.count() == before + 1; }));
    ASSERT_TRUE(processEventsUntil([&] { return field<QLineEdit>("snippetWord").text() == QStringLiteral("new"); }));
    field<QLineEdit>("snippetWord").setText(QStringLiteral("top"));
    field<QPlainTextEdit>("snippetBody").setPlainText(QStringLiteral("ORDER BY ${1:delay} DESC LIMIT ${2:10}"));
    comeBack();
    ASSERT_TRUE(processEventsUntil([&] {
        tab().editor().setText(QStringLiteral("top"));
        tab().editor().setCaret(3);
        QTest::keyClick(&tab().editor(), Qt::Key_Tab);
        return tab().editor().text() == QStringLiteral("ORDER BY delay DESC LIMIT 10");
    })) << tab().editor().text().toStdString();
    EXPECT_EQ(tab().editor().selectedText(), QStringLiteral("delay"));
}

}  // namespace
}  // namespace tessera::workbench
