#pragma once

/// Texts that tests compare hold numbers and dates, which are written as the locale does: here always as in the United
/// States, whatever the machine's own is.

#include <QLocale>

namespace tessera::app {

/// Before the application is made.
inline void pinLocale() {
    qputenv("LC_ALL", "C.UTF-8");
    QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates));
}

}  // namespace tessera::app
