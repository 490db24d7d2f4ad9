// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The plugins there are (see plugins/workbench/sdk/workbench_plugin.h). Looked for once, by a worker that reads what
/// the files say of themselves; a library is loaded when it is first used, and one that cannot be is left out, with the
/// reason. GUI thread, except exporters, which are used on any once they were asked for.

#include "app/core/thread/background_task.h"
#include "plugins/workbench/sdk/workbench_plugin.h"

#include <QObject>
#include <QStringList>
#include <vector>

namespace tessera::workbench {

class PluginRegistry : public QObject {
    Q_OBJECT

  public:
    enum class Kind { kPanel, kExporter, kViewer };

    struct Plugin {
        QString file;
        /// The file's, without "libtessera_workbench_" and ending.
        QString name;
        Kind kind = Kind::kPanel;
        QString title;
        /// Of an exporter: its files'.
        QString suffix;
        /// Why it cannot be used; empty while it can.
        QString problem;
    };

    /// The program's.
    static PluginRegistry& ofProcess();
    /// Where plugins are looked for: beside the program, then $TESSERA_WORKBENCH_PLUGINS.
    static QStringList defaultDirectories();

    PluginRegistry();

    /// In place of those that were found before; found() comes when it is done.
    void find(const QStringList& directories);

    const std::vector<Plugin>& plugins() const { return plugins_; }

    /// Null when it cannot be loaded; failed() has said why.
    PanelPlugin* panel(const QString& name);
    CellViewerPlugin* viewer(const QString& name);
    ExporterPlugin* exporterFor(const QString& suffix);

  Q_SIGNALS:
    void found();
    /// A plugin cannot be used.
    void failed(const QString& problem);

  private:
    static std::vector<Plugin> read(const QStringList& directories, const QString& language);
    template <class Interface>
    Interface* load(Plugin& plugin);
    template <class Interface>
    Interface* loadNamed(Kind kind, const QString& name);

    std::vector<Plugin> plugins_;
    app::BackgroundTask reading_;
};

}  // namespace tessera::workbench
