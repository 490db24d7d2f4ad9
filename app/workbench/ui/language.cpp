// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/ui/language.h"

#include <QCoreApplication>
#include <QLibraryInfo>
#include <QLocale>
#include <QSettings>
#include <QTranslator>
#include <algorithm>

/// Outside any namespace, as Q_INIT_RESOURCE demands: the translations lie in a static library.
static void initTranslationResources() {
    Q_INIT_RESOURCE(translations);
}

namespace tessera::workbench {

namespace {

constexpr auto kLanguageKey = "ui/language";

QString current = QStringLiteral("en");

bool isThere(const QString& code) {
    const auto all = languages();
    return std::any_of(all.begin(), all.end(), [&](const auto& known) { return known.first == code; });
}

}  // namespace

QList<std::pair<QString, QString>> languages() {
    return {{QStringLiteral("en"), QStringLiteral("English")}, {QStringLiteral("de"), QStringLiteral("Deutsch")}};
}

QString chosenLanguage(const QSettings& settings) {
    const QString code = settings.value(QLatin1String(kLanguageKey)).toString();
    return isThere(code) ? code : QString();
}

void chooseLanguage(QSettings& settings, const QString& code) {
    settings.setValue(QLatin1String(kLanguageKey), code);
}

QString languageFor(const QString& chosen) {
    const QString code = chosen.isEmpty() ? QLocale::system().name().section(u'_', 0, 0) : chosen;
    return isThere(code) ? code : QStringLiteral("en");
}

void installLanguage(QCoreApplication& application, const QString& code) {
    current = code;
    // Of the language's locales the system's, if it is one of them: its people know their dates and numbers.
    const QLocale system = QLocale::system();
    QLocale::setDefault(system.name().section(u'_', 0, 0) == code ? system : QLocale(code));
    if (code == QLatin1String("en")) {
        return;
    }
    initTranslationResources();
    auto* toolkit = new QTranslator(&application);
    if (toolkit->load(QStringLiteral("qtbase_") + code, QLibraryInfo::path(QLibraryInfo::TranslationsPath))) {
        QCoreApplication::installTranslator(toolkit);
    }
    auto* own = new QTranslator(&application);
    if (own->load(QStringLiteral(":/translations/tessera_") + code)) {
        QCoreApplication::installTranslator(own);
    }
}

const QString& currentLanguage() {
    return current;
}

}  // namespace tessera::workbench
