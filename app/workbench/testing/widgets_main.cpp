// SPDX-License-Identifier: GPL-3.0-or-later
// The main function of tests with widgets. They run without a display, unless QT_QPA_PLATFORM asks for one.

#include "app/core/testing/pinned_locale.h"
#include "app/workbench/ui/theme.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QStandardPaths>

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) {
        qputenv("QT_QPA_PLATFORM", "offscreen");
    }
    tessera::app::pinLocale();
    QApplication application(argc, argv);
    QStandardPaths::setTestModeEnabled(true);
    QApplication::setCursorFlashTime(0);
    tessera::workbench::applyTheme(application, tessera::workbench::ThemeName::kLight);
    return RUN_ALL_TESTS();
}
