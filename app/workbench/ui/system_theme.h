// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Whether the desktop wants dark colours: the portal's org.freedesktop.appearance color-scheme, asked without waiting
/// and listened to. Where no portal answers, what the desktop's own palette at the start says. GUI thread.
/// Source: xdg-desktop-portal's documentation of org.freedesktop.portal.Settings.

#include <QDBusConnection>
#include <QObject>

class QDBusVariant;

namespace tessera::workbench {

class SystemTheme : public QObject {
    Q_OBJECT

  public:
    /// `is_palette_dark`: of the palette before the program's own was applied.
    SystemTheme(QDBusConnection bus, bool is_palette_dark, QObject* parent = nullptr);

    /// Asks the portal; the answer comes as changed().
    void start();

    bool isDark() const { return is_dark_; }

  Q_SIGNALS:
    void changed();

  private Q_SLOTS:
    void settingChanged(const QString& group, const QString& key, const QDBusVariant& value);

  private:
    void take(const QVariant& value);

    QDBusConnection bus_;
    const bool is_palette_dark_;
    bool is_dark_;
};

}  // namespace tessera::workbench
