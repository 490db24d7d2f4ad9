// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// What a plugin of the workbench can be: a panel in a tab, a format to export results in, a view of a cell. A plugin
/// is a Qt plugin (Q_PLUGIN_METADATA) that implements one of the interfaces below, built with the same Qt and compiler
/// as the workbench. Its metadata are read when the window stands, the library itself when it is first used:
///
///     {"kind": "exporter", "title": "HTML", "title[de]": "HTML", "suffix": "html"}
///
/// `kind` is "panel", "exporter" or "viewer"; `suffix`, of an exporter, the ending of its files' names.
/// Version 1 of the interfaces; another one has another IID and is refused.

#include <QByteArray>
#include <QList>
#include <QString>
#include <QtPlugin>
#include <memory>
#include <optional>
#include <vector>

class QIODevice;
class QWidget;

namespace tessera::workbench {

/// What a panel may ask of the window; outlives the panel. GUI thread.
class PluginHost {
  public:
    virtual ~PluginHost() = default;
    /// Where the person's settings are; a plugin's files begin with its name.
    virtual QString profileDirectory() const = 0;
    /// The text of the editor used last.
    virtual QString currentSql() const = 0;
    /// Into an editor; nothing is run.
    virtual void openSql(const QString& sql) = 0;
};

/// A widget in a tab of its own. GUI thread.
class PanelPlugin {
  public:
    virtual ~PanelPlugin() = default;
    virtual QWidget* createPanel(PluginHost& host, QWidget* parent) = 0;
};

struct PluginColumn {
    QString name;
    /// As format_type() spells it.
    QString type_name;
};

/// PostgreSQL's text form of each value; none is NULL.
using PluginRow = std::vector<std::optional<QByteArray>>;

/// One file being written, by one thread that is not the GUI's. Each call returns what went wrong, or nothing.
class PluginExport {
  public:
    virtual ~PluginExport() = default;
    virtual QString begin(const QList<PluginColumn>& columns) = 0;
    virtual QString row(const PluginRow& row) = 0;
    virtual QString end() = 0;
};

/// A format; its createExport() is called on any thread.
class ExporterPlugin {
  public:
    virtual ~ExporterPlugin() = default;
    /// `file` is open for writing and outlives the export; what is written there appears when the export is complete.
    virtual std::unique_ptr<PluginExport> createExport(QIODevice& file) = 0;
};

/// A view of one value, in a tab of the cell viewer. GUI thread: a value of at most a megabyte is shown at once.
class CellViewerPlugin {
  public:
    virtual ~CellViewerPlugin() = default;
    /// Quick: it is asked for each cell that is looked at.
    virtual bool canShow(const PluginColumn& column, const QByteArray& value) const = 0;
    virtual QWidget* createViewer(QWidget* parent) = 0;
    /// In a widget that createViewer() made.
    virtual void showCell(QWidget* viewer, const PluginColumn& column, const QByteArray& value) = 0;
};

}  // namespace tessera::workbench

#define TESSERA_PANEL_IID "tessera.workbench.Panel/1"
#define TESSERA_EXPORTER_IID "tessera.workbench.Exporter/1"
#define TESSERA_CELL_VIEWER_IID "tessera.workbench.CellViewer/1"
Q_DECLARE_INTERFACE(tessera::workbench::PanelPlugin, TESSERA_PANEL_IID)
Q_DECLARE_INTERFACE(tessera::workbench::ExporterPlugin, TESSERA_EXPORTER_IID)
Q_DECLARE_INTERFACE(tessera::workbench::CellViewerPlugin, TESSERA_CELL_VIEWER_IID)
