// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Panels of plugins: an entry each in a menu, opened in a tab. What a panel may ask of the window passes here. GUI
/// thread.

#include "plugins/workbench/sdk/workbench_plugin.h"

#include <QObject>
#include <functional>

class QAction;
class QMenu;

namespace tessera::workbench {

class PluginTabs : public QObject, private PluginHost {
    Q_OBJECT

  public:
    /// What the window does for it.
    struct Window {
        QString profile_directory;
        std::function<QString()> current_sql;
        std::function<void(const QString& sql)> open_sql;
        std::function<void(QWidget* panel, const QString& title)> add_tab;
        std::function<void(const QString& problem)> tell;
    };

    /// `menu` outlives it; panels outlive neither.
    PluginTabs(QMenu& menu, Window window);

  private:
    void fill();
    void open(const QString& name, const QString& title);

    QString profileDirectory() const override { return window_.profile_directory; }

    QString currentSql() const override { return window_.current_sql(); }

    void openSql(const QString& sql) override { window_.open_sql(sql); }

    QMenu& menu_;
    const Window window_;
    QList<QAction*> actions_;
};

}  // namespace tessera::workbench
