// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The language of the program's texts: the person's choice, else the system's if there is a translation, else English.
/// Chosen once, at the start. GUI thread.

#include <QList>
#include <QString>
#include <utility>

class QCoreApplication;
class QSettings;

namespace tessera::workbench {

/// Codes of those there are, with their names in themselves; English first.
QList<std::pair<QString, QString>> languages();

/// The person's choice; empty: as the system has it.
QString chosenLanguage(const QSettings& settings);
void chooseLanguage(QSettings& settings, const QString& code);

/// The one that counts: of `chosen`, or of the system.
QString languageFor(const QString& chosen);

/// Before the first widget. Numbers and dates follow, too. Also translates the toolkit's own texts, where its
/// translation is installed.
void installLanguage(QCoreApplication& application, const QString& code);

/// The one installed last.
const QString& currentLanguage();

}  // namespace tessera::workbench
