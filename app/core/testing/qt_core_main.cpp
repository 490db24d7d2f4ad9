// The main function of tests that need Qt's event loop but no display.

#include "app/core/testing/pinned_locale.h"

#include <gtest/gtest.h>

#include <QCoreApplication>
#include <QStandardPaths>

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    tessera::app::pinLocale();
    const QCoreApplication application(argc, argv);
    QStandardPaths::setTestModeEnabled(true);
    return RUN_ALL_TESTS();
}
