// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the window speaks the language that was chosen. Method: a window with the translation installed; that every
// text has one is workbench.translations' business (translations/check.py).
#include "app/workbench/ui/language.h"

#include "app/core/mesh/agent_words.h"
#include "app/workbench/plan/plan_model.h"
#include "app/workbench/results/results_panel.h"
#include "app/workbench/testing/window_fixture.h"
#include "nodeservice/client/agent_sentences.h"

#include <QComboBox>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QMenuBar>
#include <QPushButton>
#include <QSettings>
#include <QTranslator>

namespace tessera::workbench {
namespace {

class LanguageTest : public MainWindowTest {
  protected:
    void SetUp() override {
        installLanguage(*QCoreApplication::instance(), QStringLiteral("de"));
        MainWindowTest::SetUp();
        window_->resize(1280, 800);
    }

    void TearDown() override {
        window_.reset();
        for (QTranslator* translator : QCoreApplication::instance()->findChildren<QTranslator*>()) {
            QCoreApplication::removeTranslator(translator);
            delete translator;
        }
        QLocale::setDefault(before_);
    }

  private:
    const QLocale before_;
};

TEST_F(LanguageTest, NumbersAreWrittenAsTheLanguageDoes) {
    EXPECT_EQ(rowsText(1'204'331), QStringLiteral("1.204.331 Zeilen"));
    EXPECT_EQ(durationText(3200), QStringLiteral("3,2 s"));
    EXPECT_EQ(planTimeText(1250), QStringLiteral("1,25 s"));
}

TEST_F(LanguageTest, WhatTheAgentSaysIsGerman) {
    namespace says = client::agent_says;
    EXPECT_EQ(app::agentWords(says::said(says::kNotSignedInAnyMore, {"demo", says::kProviderEndedIt})),
              QStringLiteral("Sie sind bei „demo“ nicht angemeldet: der Identitätsanbieter hat die Anmeldung beendet"));
    EXPECT_EQ(app::agentWords("node 'lake': " + says::said(says::kSomebodyElse, {"Bob", "Ann"})),
              QStringLiteral("node 'lake': das war die Anmeldung von Bob, und Sie sind als Ann angemeldet"));
    for (const std::string_view sentence : says::kAll) {
        const std::string said = says::said(sentence, {"A", "B"});
        EXPECT_NE(app::agentWords(said).toStdString(), said);
    }
}

TEST_F(LanguageTest, TheWindowIsGerman) {
    EXPECT_EQ(window_->menuBar()->actions().front()->text(), QStringLiteral("&Datei"));
    EXPECT_EQ(window_->findChild<QAction*>(QStringLiteral("runAction"))->text(), QStringLiteral("Ausführen"));
    fillCatalog();
    saveScreenshots("german");
    window_->findChild<QAction*>(QStringLiteral("meshAction"))->trigger();
    app::processPendingEvents();
    saveScreenshots("german-mesh");
}

TEST_F(LanguageTest, IsChosenInTheSettings) {
    window_->findChild<QAction*>(QStringLiteral("settingsAction"))->trigger();
    auto* choice = window_->findChild<QComboBox*>(QStringLiteral("languageChoice"));
    ASSERT_NE(choice, nullptr);
    auto* restart = window_->findChild<QPushButton*>(QStringLiteral("restartButton"));
    EXPECT_TRUE(restart->isHidden());
    choice->setCurrentIndex(choice->findData(QStringLiteral("de")));
    EXPECT_FALSE(restart->isHidden());
    const QSettings settings(MainWindow::settingsFile(directory_.filePath(QStringLiteral("profile"))),
                             QSettings::IniFormat);
    EXPECT_EQ(chosenLanguage(settings), QStringLiteral("de"));
    EXPECT_EQ(languageFor(QStringLiteral("de")), QStringLiteral("de"));
    EXPECT_EQ(languageFor(QStringLiteral("xx")), QStringLiteral("en"));
}

}  // namespace
}  // namespace tessera::workbench
