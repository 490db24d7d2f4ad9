// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/settings/appearance.h"

#include "app/workbench/ui/language.h"
#include "app/workbench/ui/theme.h"

#include <QApplication>
#include <QPalette>
#include <QSettings>

namespace tessera::workbench {

namespace {

constexpr auto kModeKey = "theme/mode";
constexpr auto kScaleKey = "ui/scale";
constexpr int kFullScale = 100;
constexpr auto kScaleVariable = "QT_SCALE_FACTOR";

int scaleOf(const QSettings& settings) {
    const int scale = settings.value(QLatin1String(kScaleKey), kFullScale).toInt();
    return Appearance::scales().contains(scale) ? scale : kFullScale;
}

Appearance::Mode modeOf(const QSettings& settings) {
    // What was kept before there was a choice.
    if (const QVariant was_dark = settings.value(QStringLiteral("theme/dark"));
        was_dark.isValid() && !settings.contains(QLatin1String(kModeKey))) {
        return was_dark.toBool() ? Appearance::Mode::kDark : Appearance::Mode::kLight;
    }
    const QString mode = settings.value(QLatin1String(kModeKey)).toString();
    return mode == QLatin1String("light")  ? Appearance::Mode::kLight
           : mode == QLatin1String("dark") ? Appearance::Mode::kDark
                                           : Appearance::Mode::kSystem;
}

/// Of the desktop's palette, before the first of our own took its place.
bool isDarkPalette() {
    constexpr int kMiddle = 128;
    static const bool is_dark = QApplication::palette().color(QPalette::Window).lightness() < kMiddle;
    return is_dark;
}

}  // namespace

const QList<int>& Appearance::scales() {
    static const QList<int> percents{75, 90, 100, 110, 125, 150, 175, 200};
    return percents;
}

bool Appearance::applyScale(const QString& settings_file) {
    const int scale = scaleOf(QSettings(settings_file, QSettings::IniFormat));
    if (scale == kFullScale || qEnvironmentVariableIsSet(kScaleVariable)) {
        return false;
    }
    qputenv(kScaleVariable, QByteArray::number(scale / static_cast<double>(kFullScale)));
    return true;
}

Appearance::Appearance(QSettings& settings, QObject* parent)
    : QObject(parent),
      settings_(settings),
      system_(QDBusConnection::sessionBus(), isDarkPalette(), this),
      mode_(modeOf(settings)),
      scale_at_start_(scaleOf(settings)),
      language_at_start_(chosenLanguage(settings)) {
    connect(&system_, &SystemTheme::changed, this, [this] {
        if (mode_ == Mode::kSystem) {
            applyNow();
        }
    });
    applyNow();
}

void Appearance::setMode(Mode mode) {
    if (mode == mode_) {
        return;
    }
    mode_ = mode;
    settings_.setValue(QLatin1String(kModeKey), mode == Mode::kLight  ? QStringLiteral("light")
                                                : mode == Mode::kDark ? QStringLiteral("dark")
                                                                      : QStringLiteral("system"));
    applyNow();
}

bool Appearance::isDark() const {
    return mode_ == Mode::kDark || (mode_ == Mode::kSystem && system_.isDark());
}

int Appearance::scale() const {
    return scaleOf(settings_);
}

void Appearance::setScale(int percent) {
    settings_.setValue(QLatin1String(kScaleKey), percent);
    Q_EMIT scaleChanged();
}

QString Appearance::language() const {
    return chosenLanguage(settings_);
}

void Appearance::setLanguage(const QString& code) {
    chooseLanguage(settings_, code);
    Q_EMIT languageChanged();
}

void Appearance::applyNow() {
    applyTheme(*qobject_cast<QApplication*>(QCoreApplication::instance()),
               isDark() ? ThemeName::kDark : ThemeName::kLight);
    Q_EMIT themeChanged();
}

}  // namespace tessera::workbench
