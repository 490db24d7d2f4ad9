// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: what the person chooses counts at once, is kept, and can be taken back. Method: the dialog of the whole window.
#include "app/workbench/settings/settings_dialog.h"

#include "app/workbench/testing/window_fixture.h"
#include "app/workbench/ui/theme.h"

#include <QComboBox>
#include <QKeySequenceEdit>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSettings>
#include <QTreeWidget>

namespace tessera::workbench {
namespace {

class SettingsDialogTest : public MainWindowTest {
  protected:
    SettingsDialog& open() {
        action("settingsAction").trigger();
        return *window_->findChild<SettingsDialog*>();
    }

    QAction& action(const char* name) { return *window_->findChild<QAction*>(QLatin1String(name)); }

    template <class T>
    T& part(const char* name) {
        return *window_->findChild<SettingsDialog*>()->findChild<T*>(QLatin1String(name));
    }

    void chooseAction(const QString& text) {
        auto& table = part<QTreeWidget>("shortcutsTable");
        const auto found = table.findItems(text, Qt::MatchStartsWith);
        ASSERT_EQ(found.size(), 1) << text.toStdString();
        table.setCurrentItem(found.front());
    }

    void pressKeys(const QKeySequence& keys) {
        auto& field = part<QKeySequenceEdit>("shortcutKeys");
        field.setKeySequence(keys);
        Q_EMIT field.editingFinished();
    }

    void saveDialogScreenshots(const char* name) {
        for (const char* theme : {"light", "dark"}) {
            auto& choice = part<QComboBox>("themeChoice");
            choice.setCurrentIndex(theme == std::string("light") ? 1 : 2);
            saveWidget(*window_->findChild<SettingsDialog*>(), (std::string(name) + "-" + theme).c_str());
            choice.setCurrentIndex(0);
        }
    }
};

TEST_F(SettingsDialogTest, TheThemeCountsAtOnce) {
    open();
    auto& theme = part<QComboBox>("themeChoice");
    EXPECT_EQ(theme.currentIndex(), 0);  // as the system
    theme.setCurrentIndex(2);
    EXPECT_EQ(currentTheme().name, ThemeName::kDark);
    EXPECT_TRUE(action("darkThemeAction").isChecked());
    action("darkThemeAction").trigger();
    EXPECT_EQ(currentTheme().name, ThemeName::kLight);
    EXPECT_EQ(theme.currentIndex(), 1);
    theme.setCurrentIndex(0);
    EXPECT_EQ(currentTheme().name, ThemeName::kLight);
    saveDialogScreenshots("settings");
}

TEST_F(SettingsDialogTest, KeysOfAnActionAreChangedKeptAndTakenBack) {
    open();
    chooseAction(QStringLiteral("New tab"));
    pressKeys(QKeySequence(QStringLiteral("Ctrl+Alt+N")));
    EXPECT_EQ(action("newTabAction").shortcut(), QKeySequence(QStringLiteral("Ctrl+Alt+N")));
    EXPECT_EQ(action("newTabAction").toolTip(), QStringLiteral("New tab (Ctrl+Alt+N)"));
    window_.reset();
    start();
    EXPECT_EQ(action("newTabAction").shortcut(), QKeySequence(QStringLiteral("Ctrl+Alt+N")));
    open();
    chooseAction(QStringLiteral("New tab"));
    part<QListWidget>("settingsCategories").setCurrentRow(1);
    saveDialogScreenshots("settings-shortcuts");
    part<QPushButton>("shortcutReset").click();
    EXPECT_EQ(action("newTabAction").shortcut(), QKeySequence(QStringLiteral("Ctrl+T")));
    part<QPushButton>("shortcutClear").click();
    EXPECT_TRUE(action("newTabAction").shortcuts().isEmpty());
    window_.reset();
    start();
    EXPECT_TRUE(action("newTabAction").shortcuts().isEmpty());
}

TEST_F(SettingsDialogTest, KeysOfAnotherActionAreTakenOnlyWhenAskedFor) {
    open();
    chooseAction(QStringLiteral("Format"));
    pressKeys(QKeySequence(QStringLiteral("Ctrl+Return")));
    EXPECT_TRUE(part<QLabel>("shortcutNote").text().contains(QStringLiteral("Run")));
    EXPECT_EQ(action("formatAction").shortcut(), QKeySequence(QStringLiteral("Ctrl+Shift+F")));
    part<QPushButton>("shortcutTake").click();
    EXPECT_EQ(action("formatAction").shortcut(), QKeySequence(QStringLiteral("Ctrl+Return")));
    EXPECT_EQ(action("runAction").shortcuts(), QList<QKeySequence>{QKeySequence(QStringLiteral("Ctrl+Enter"))});
    EXPECT_FALSE(part<QPushButton>("shortcutTake").isVisibleTo(part<QWidget>("shortcutsPage").parentWidget()));
}

TEST_F(SettingsDialogTest, TheSearchGoesThroughActionsAndTheirKeys) {
    open();
    part<QLineEdit>("settingsSearch").setText(QStringLiteral("ctrl+shift+h"));
    EXPECT_EQ(part<QListWidget>("settingsCategories").currentRow(), 1);
    const auto& table = part<QTreeWidget>("shortcutsTable");
    int shown = 0;
    for (int row = 0; row < table.topLevelItemCount(); ++row) {
        shown += table.topLevelItem(row)->isHidden() ? 0 : 1;
    }
    EXPECT_EQ(shown, 1);
    part<QLineEdit>("settingsSearch").setText(QStringLiteral("scale"));
    EXPECT_EQ(part<QListWidget>("settingsCategories").currentRow(), 0);
}

TEST_F(SettingsDialogTest, AnotherScaleAsksForAStartAndIsTakenFromTheSettings) {
    open();
    EXPECT_FALSE(part<QPushButton>("restartButton").isVisible());
    auto& scale = part<QComboBox>("scaleChoice");
    scale.setCurrentIndex(scale.findData(150));
    EXPECT_TRUE(part<QPushButton>("restartButton").isVisible());
    window_.reset();
    const QString file = MainWindow::settingsFile(directory_.filePath(QStringLiteral("profile")));
    // The tests themselves may be run at another scale.
    const QByteArray before = qgetenv("QT_SCALE_FACTOR");
    qunsetenv("QT_SCALE_FACTOR");
    EXPECT_TRUE(Appearance::applyScale(file));
    EXPECT_EQ(qgetenv("QT_SCALE_FACTOR"), QByteArray("1.5"));
    EXPECT_FALSE(Appearance::applyScale(file));  // the environment's own stays
    qunsetenv("QT_SCALE_FACTOR");
    QSettings(file, QSettings::IniFormat).setValue(QStringLiteral("ui/scale"), 4000);
    EXPECT_FALSE(Appearance::applyScale(file));
    if (!before.isEmpty()) {
        qputenv("QT_SCALE_FACTOR", before);
    }
}

TEST_F(SettingsDialogTest, TheLayoutIsWrittenDownWithoutAClose) {
    const QString file = MainWindow::settingsFile(directory_.filePath(QStringLiteral("profile")));
    window_->resize(1111, 777);
    ASSERT_TRUE(processEventsUntil(
        [&] { return QSettings(file, QSettings::IniFormat).contains(QStringLiteral("window/geometry")); }));
    MainWindow other({.mesh_file = directory_.filePath(QStringLiteral("mesh.yaml")).toStdString(),
                      .profile_directory = directory_.filePath(QStringLiteral("profile"))});
    EXPECT_EQ(other.size(), QSize(1111, 777));
}

}  // namespace
}  // namespace tessera::workbench
