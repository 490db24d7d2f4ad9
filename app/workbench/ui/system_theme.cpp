// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/ui/system_theme.h"

#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QDBusVariant>

namespace tessera::workbench {

namespace {

constexpr auto kService = "org.freedesktop.portal.Desktop";
constexpr auto kPath = "/org/freedesktop/portal/desktop";
constexpr auto kInterface = "org.freedesktop.portal.Settings";
constexpr auto kGroup = "org.freedesktop.appearance";
constexpr auto kKey = "color-scheme";

/// The portal's older method wraps the value twice.
QVariant unwrapped(QVariant value) {
    while (value.canConvert<QDBusVariant>()) {
        value = value.value<QDBusVariant>().variant();
    }
    return value;
}

}  // namespace

SystemTheme::SystemTheme(QDBusConnection bus, bool is_palette_dark, QObject* parent)
    : QObject(parent), bus_(std::move(bus)), is_palette_dark_(is_palette_dark), is_dark_(is_palette_dark) {}

void SystemTheme::start() {
    if (!bus_.isConnected()) {
        return;
    }
    // The slot is found by the name of its argument's type, which nothing may have registered yet.
    qRegisterMetaType<QDBusVariant>();
    // From whoever sends it: a portal that is started again, or later, has another owner.
    bus_.connect(QString(), QLatin1String(kPath), QLatin1String(kInterface), QStringLiteral("SettingChanged"), this,
                 SLOT(settingChanged(QString, QString, QDBusVariant)));
    QDBusMessage question = QDBusMessage::createMethodCall(QLatin1String(kService), QLatin1String(kPath),
                                                           QLatin1String(kInterface), QStringLiteral("Read"));
    question << QString(QLatin1String(kGroup)) << QString(QLatin1String(kKey));
    auto* watcher = new QDBusPendingCallWatcher(bus_.asyncCall(question), this);
    connect(watcher, &QDBusPendingCallWatcher::finished, this, [this, watcher] {
        const QDBusPendingReply<QDBusVariant> answer = *watcher;
        if (answer.isValid()) {
            take(answer.value().variant());
        }
        watcher->deleteLater();
    });
}

void SystemTheme::settingChanged(const QString& group, const QString& key, const QDBusVariant& value) {
    if (group == QLatin1String(kGroup) && key == QLatin1String(kKey)) {
        take(value.variant());
    }
}

void SystemTheme::take(const QVariant& value) {
    constexpr uint kPrefersDark = 1;
    constexpr uint kPrefersLight = 2;
    const uint scheme = unwrapped(value).toUInt();
    const bool is_dark = scheme == kPrefersDark || (scheme != kPrefersLight && is_palette_dark_);
    if (is_dark != is_dark_) {
        is_dark_ = is_dark;
        Q_EMIT changed();
    }
}

}  // namespace tessera::workbench
