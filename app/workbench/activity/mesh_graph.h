// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The mesh as a graph: nodes with their health, their sources right of them, links between nodes as thick as there is
/// traffic. And what is to be said of one of them, in words. Pure; GUI thread, because of texts for people.

#include "app/core/activity/mesh_watch.h"
#include "app/workbench/graph/graph.h"

#include <QList>
#include <utility>

namespace tessera::workbench {

Graph meshGraph(const std::vector<app::NodeState>& nodes);

/// What is known of the box with that id, as pairs of name and value.
QList<std::pair<QString, QString>> meshFacts(const std::vector<app::NodeState>& nodes, const QString& id);

/// What is wrong with it, and what to do; empty when all is well.
QString meshProblem(const std::vector<app::NodeState>& nodes, const QString& id);

/// "cannot be reached", "answers in 12 ms"
QString healthText(const app::NodeState& node);

}  // namespace tessera::workbench
