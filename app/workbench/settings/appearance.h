// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Light or dark, and how large: as the person chose, kept in the settings. The theme changes at once; the scale is the
/// toolkit's own (QT_SCALE_FACTOR), so that icons and lines grow with the text, and counts from the next start. GUI
/// thread.

#include "app/workbench/ui/system_theme.h"

#include <QList>
#include <QObject>

class QSettings;

namespace tessera::workbench {

class Appearance : public QObject {
    Q_OBJECT

  public:
    enum class Mode { kSystem, kLight, kDark };

    /// Percent, the smallest first.
    static const QList<int>& scales();

    /// Before the QApplication is made: gives it the scale of the settings, unless the environment says another.
    /// Whether it did: QT_SCALE_FACTOR is then to be taken away before the program starts itself again.
    static bool applyScale(const QString& settings_file);

    /// `settings` outlives it. Applies the theme.
    explicit Appearance(QSettings& settings, QObject* parent = nullptr);

    Mode mode() const { return mode_; }

    void setMode(Mode mode);

    bool isDark() const;

    int scale() const;
    void setScale(int percent);

    /// A language's code; empty: as the system has it. Counts from the next start.
    QString language() const;
    void setLanguage(const QString& code);

    /// Was another scale or language chosen than the program runs with?
    bool needsRestart() const { return scale() != scale_at_start_ || language() != language_at_start_; }

    /// Asks the desktop for its colours: when the first window stands, because it may start programs.
    void followSystem() { system_.start(); }

  Q_SIGNALS:
    void themeChanged();
    void scaleChanged();
    void languageChanged();

  private:
    void applyNow();

    QSettings& settings_;
    SystemTheme system_;
    Mode mode_;
    int scale_at_start_;
    QString language_at_start_;
};

}  // namespace tessera::workbench
