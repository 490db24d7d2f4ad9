// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/plugin/plugin_tabs.h"

#include "app/workbench/plugin/plugin_registry.h"

#include <QAction>
#include <QMenu>

namespace tessera::workbench {

PluginTabs::PluginTabs(QMenu& menu, Window window) : menu_(menu), window_(std::move(window)) {
    PluginRegistry& registry = PluginRegistry::ofProcess();
    connect(&registry, &PluginRegistry::found, this, &PluginTabs::fill);
    connect(&registry, &PluginRegistry::failed, this, [this](const QString& problem) { window_.tell(problem); });
    fill();
}

void PluginTabs::fill() {
    qDeleteAll(actions_);
    actions_.clear();
    for (const PluginRegistry::Plugin& plugin : PluginRegistry::ofProcess().plugins()) {
        if (plugin.kind != PluginRegistry::Kind::kPanel || !plugin.problem.isEmpty()) {
            continue;
        }
        if (actions_.isEmpty()) {
            actions_ += menu_.addSeparator();
        }
        auto* action = new QAction(plugin.title, this);
        action->setObjectName(QStringLiteral("panelAction_") + plugin.name);
        connect(action, &QAction::triggered, this,
                [this, name = plugin.name, title = plugin.title] { open(name, title); });
        menu_.addAction(action);
        actions_ += action;
    }
}

void PluginTabs::open(const QString& name, const QString& title) {
    PanelPlugin* plugin = PluginRegistry::ofProcess().panel(name);
    QWidget* panel = plugin == nullptr ? nullptr : plugin->createPanel(*this, nullptr);
    if (panel != nullptr) {
        panel->setObjectName(QStringLiteral("panel_") + name);
        window_.add_tab(panel, title);
    }
}

}  // namespace tessera::workbench
