// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the desktop's wish for dark colours is heard. Method: a D-Bus daemon of the test's own, and a portal on it that
// answers as xdg-desktop-portal does.
#include "app/workbench/ui/system_theme.h"

#include "app/core/testing/event_loop.h"

#include <gtest/gtest.h>

#include <QDBusMessage>
#include <QDBusVariant>
#include <QProcess>

namespace tessera::workbench {

/// At its path, the value of color-scheme; the answer is wrapped twice, as the method Read does.
class FakePortal : public QObject {
    Q_OBJECT
    Q_CLASSINFO("D-Bus Interface", "org.freedesktop.portal.Settings")

  public:
    uint scheme = 0;

  public Q_SLOTS:

    // The name is the portal's.
    // NOLINTNEXTLINE(readability-identifier-naming)
    QDBusVariant Read(const QString& group, const QString& key) const {
        const bool is_known =
            group == QLatin1String("org.freedesktop.appearance") && key == QLatin1String("color-scheme");
        return QDBusVariant(QVariant::fromValue(QDBusVariant(is_known ? QVariant(scheme) : QVariant())));
    }
};

namespace {

using app::processEventsUntil;

class SystemThemeTest : public testing::Test {
  protected:
    void SetUp() override {
        daemon_.start(QStringLiteral("dbus-daemon"),
                      {QStringLiteral("--session"), QStringLiteral("--nofork"), QStringLiteral("--print-address")});
        ASSERT_TRUE(daemon_.waitForStarted()) << "dbus-daemon is not installed; run ./dev setup";
        ASSERT_TRUE(daemon_.waitForReadyRead());
        address_ = QString::fromUtf8(daemon_.readLine()).trimmed();
    }

    void TearDown() override {
        QDBusConnection::disconnectFromBus(QStringLiteral("portal"));
        QDBusConnection::disconnectFromBus(QStringLiteral("program"));
        daemon_.terminate();
        daemon_.waitForFinished();
    }

    QDBusConnection connectAs(const char* name) const {
        return QDBusConnection::connectToBus(address_, QLatin1String(name));
    }

    void startPortal(uint scheme) {
        portal_.scheme = scheme;
        QDBusConnection bus = connectAs("portal");
        ASSERT_TRUE(bus.registerObject(QStringLiteral("/org/freedesktop/portal/desktop"), &portal_,
                                       QDBusConnection::ExportAllSlots));
        ASSERT_TRUE(bus.registerService(QStringLiteral("org.freedesktop.portal.Desktop")));
    }

    void tellOfChange(const char* key, uint scheme) const {
        QDBusMessage signal = QDBusMessage::createSignal(QStringLiteral("/org/freedesktop/portal/desktop"),
                                                         QStringLiteral("org.freedesktop.portal.Settings"),
                                                         QStringLiteral("SettingChanged"));
        signal << QStringLiteral("org.freedesktop.appearance") << QString(QLatin1String(key))
               << QVariant::fromValue(QDBusVariant(scheme));
        ASSERT_TRUE(connectAs("portal").send(signal));
    }

    QProcess daemon_;
    QString address_;
    FakePortal portal_;
};

TEST_F(SystemThemeTest, FollowsThePortal) {
    startPortal(1);
    SystemTheme theme(connectAs("program"), false);
    int changes = 0;
    QObject::connect(&theme, &SystemTheme::changed, &theme, [&] { ++changes; });
    EXPECT_FALSE(theme.isDark());
    theme.start();
    ASSERT_TRUE(processEventsUntil([&] { return changes == 1; }));
    EXPECT_TRUE(theme.isDark());
    tellOfChange("contrast", 2);  // another setting
    tellOfChange("color-scheme", 2);
    ASSERT_TRUE(processEventsUntil([&] { return changes == 2; }));
    EXPECT_FALSE(theme.isDark());
}

TEST_F(SystemThemeTest, WithoutAPreferenceThePaletteDecides) {
    startPortal(2);
    SystemTheme theme(connectAs("program"), true);
    EXPECT_TRUE(theme.isDark());
    theme.start();
    ASSERT_TRUE(processEventsUntil([&] { return !theme.isDark(); }));
    tellOfChange("color-scheme", 0);
    EXPECT_TRUE(processEventsUntil([&] { return theme.isDark(); }));
}

TEST_F(SystemThemeTest, WithoutAPortalOrABusNothingHappens) {
    SystemTheme theme(connectAs("program"), true);
    theme.start();
    SystemTheme alone(QDBusConnection::connectToBus(QStringLiteral("unix:path=/nowhere"), QStringLiteral("none")),
                      false);
    alone.start();
    app::processPendingEvents();
    EXPECT_TRUE(theme.isDark());
    EXPECT_FALSE(alone.isDark());
}

}  // namespace
}  // namespace tessera::workbench

#include "system_theme_test.moc"
