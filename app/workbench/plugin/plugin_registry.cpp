// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/plugin/plugin_registry.h"

#include "app/workbench/ui/language.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QJsonObject>
#include <QPluginLoader>
#include <algorithm>
#include <array>
#include <utility>

namespace tessera::workbench {

namespace {

using Kind = PluginRegistry::Kind;

struct KindName {
    const char* name;
    const char* iid;
    Kind kind;
};

constexpr std::array<KindName, 3> kKinds{{{"panel", TESSERA_PANEL_IID, Kind::kPanel},
                                          {"exporter", TESSERA_EXPORTER_IID, Kind::kExporter},
                                          {"viewer", TESSERA_CELL_VIEWER_IID, Kind::kViewer}}};

QString nameOf(const QString& file) {
    QString name = QFileInfo(file).completeBaseName();
    for (const char* prefix : {"lib", "tessera_workbench_"}) {
        if (name.startsWith(QLatin1String(prefix))) {
            name = name.mid(QString::fromLatin1(prefix).size());
        }
    }
    return name;
}

PluginRegistry::Plugin describe(const QString& file, const QString& language) {
    PluginRegistry::Plugin plugin;
    plugin.file = file;
    plugin.name = nameOf(file);
    plugin.title = plugin.name;
    const QJsonObject all = QPluginLoader(file).metaData();
    const QJsonObject own = all.value(QLatin1String("MetaData")).toObject();
    if (all.isEmpty() || own.isEmpty()) {
        plugin.problem = PluginRegistry::tr("it is no plugin of the workbench");
        return plugin;
    }
    const QString title = own.value(QStringLiteral("title[%1]").arg(language)).toString();
    plugin.title = !title.isEmpty() ? title : own.value(QLatin1String("title")).toString(plugin.name);
    plugin.suffix = own.value(QLatin1String("suffix")).toString();
    const QString kind = own.value(QLatin1String("kind")).toString();
    const QString iid = all.value(QLatin1String("IID")).toString();
    const auto* found = std::find_if(kKinds.begin(), kKinds.end(),
                                     [&](const KindName& known) { return kind == QLatin1String(known.name); });
    if (found == kKinds.end() || iid != QLatin1String(found->iid)) {
        plugin.problem = PluginRegistry::tr("it was made for another version of the workbench (%1)").arg(iid);
        return plugin;
    }
    plugin.kind = found->kind;
    if (plugin.kind == Kind::kExporter && plugin.suffix.isEmpty()) {
        plugin.problem = PluginRegistry::tr("it does not say how its files' names end");
    }
    return plugin;
}

}  // namespace

PluginRegistry& PluginRegistry::ofProcess() {
    static PluginRegistry instance;
    return instance;
}

QStringList PluginRegistry::defaultDirectories() {
    const QDir program(QCoreApplication::applicationDirPath());
    QStringList directories{program.absoluteFilePath(QStringLiteral("../lib/tessera/workbench")),
                            program.absoluteFilePath(QStringLiteral("../workbench-plugins"))};
    const QString more = qEnvironmentVariable("TESSERA_WORKBENCH_PLUGINS");
    if (!more.isEmpty()) {
        directories += more.split(QDir::listSeparator());
    }
    return directories;
}

PluginRegistry::PluginRegistry() : reading_(this) {}

void PluginRegistry::find(const QStringList& directories) {
    reading_.start(
        [directories, language = currentLanguage()](app::TaskControl&) { return read(directories, language); },
        [this](std::vector<Plugin> plugins) {
            plugins_ = std::move(plugins);
            Q_EMIT found();
        });
}

std::vector<PluginRegistry::Plugin> PluginRegistry::read(const QStringList& directories, const QString& language) {
    std::vector<Plugin> plugins;
    for (const QString& directory : directories) {
        const QDir folder(directory);
        for (const QString& file : folder.entryList({QStringLiteral("*.so")}, QDir::Files, QDir::Name)) {
            Plugin plugin = describe(folder.absoluteFilePath(file), language);
            // The first of a name counts: the program's own before a person's.
            const bool is_known = std::any_of(plugins.begin(), plugins.end(),
                                              [&](const Plugin& known) { return known.name == plugin.name; });
            if (!is_known) {
                plugins.push_back(std::move(plugin));
            }
        }
    }
    return plugins;
}

template <class Interface>
Interface* PluginRegistry::load(Plugin& plugin) {
    if (!plugin.problem.isEmpty()) {
        return nullptr;
    }
    QPluginLoader loader(plugin.file);
    auto* instance = qobject_cast<Interface*>(loader.instance());
    if (instance == nullptr) {
        plugin.problem = loader.isLoaded() ? PluginRegistry::tr("it does not have what it says") : loader.errorString();
        Q_EMIT failed(PluginRegistry::tr("The plugin %1 cannot be used: %2").arg(plugin.title, plugin.problem));
    }
    return instance;
}

template <class Interface>
Interface* PluginRegistry::loadNamed(Kind kind, const QString& name) {
    for (Plugin& plugin : plugins_) {
        if (plugin.kind == kind && plugin.name == name) {
            return load<Interface>(plugin);
        }
    }
    return nullptr;
}

PanelPlugin* PluginRegistry::panel(const QString& name) {
    return loadNamed<PanelPlugin>(Kind::kPanel, name);
}

CellViewerPlugin* PluginRegistry::viewer(const QString& name) {
    return loadNamed<CellViewerPlugin>(Kind::kViewer, name);
}

ExporterPlugin* PluginRegistry::exporterFor(const QString& suffix) {
    for (Plugin& plugin : plugins_) {
        if (plugin.kind == Kind::kExporter && plugin.suffix.compare(suffix, Qt::CaseInsensitive) == 0) {
            return load<ExporterPlugin>(plugin);
        }
    }
    return nullptr;
}

}  // namespace tessera::workbench
