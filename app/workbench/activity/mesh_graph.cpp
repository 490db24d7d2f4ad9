// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/activity/mesh_graph.h"

#include "app/core/catalog/catalog_model.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

namespace tessera::workbench {

namespace {

using app::NodeState;
using Tone = GraphBox::Tone;

struct Texts {
    Q_DECLARE_TR_FUNCTIONS(MeshGraph)
};

QString nodeId(const QString& node) {
    return QStringLiteral("node:") + node;
}

QString serverId(const QString& node, const QString& server) {
    return QStringLiteral("server:") + node + QLatin1Char('/') + server;
}

Tone toneOf(NodeState::Health health) {
    return health == NodeState::Health::kUp     ? Tone::kGood
           : health == NodeState::Health::kDown ? Tone::kError
                                                : Tone::kCalm;
}

/// A server of a node, with what the node says of the source it is, if it says anything.
struct Server {
    app::ServerLink link;
    QString error;
    QString comment;
    QStringList schemas;
    const app::ServerTraffic* traffic = nullptr;
};

std::vector<Server> serversOf(const NodeState& node) {
    std::vector<Server> servers;
    for (const app::ServerLink& link : node.activity.servers) {
        servers.push_back({link, {}, {}, {}, nullptr});
    }
    for (const client::SourceInfo& source : node.info.sources) {
        const QString name = QString::fromStdString(source.name);
        auto found = std::find_if(servers.begin(), servers.end(),
                                  [&](const Server& server) { return server.link.name == name; });
        if (found == servers.end()) {
            // A source that could not be prepared has no server.
            servers.push_back({{name, QString::fromStdString(source.connector), {}, 0}, {}, {}, {}, nullptr});
            found = std::prev(servers.end());
        }
        found->error = QString::fromStdString(source.error);
        found->comment = QString::fromStdString(source.comment);
        for (const std::string& schema : source.schemas) {
            found->schemas += QString::fromStdString(schema);
        }
    }
    for (Server& server : servers) {
        const auto found =
            std::find_if(node.traffic.begin(), node.traffic.end(),
                         [&](const app::ServerTraffic& traffic) { return traffic.server == server.link.name; });
        server.traffic = found == node.traffic.end() ? nullptr : &*found;
    }
    return servers;
}

QString trafficText(const Server& server) {
    QStringList parts;
    if (server.link.running > 0) {
        parts += Texts::tr("%n running", nullptr, server.link.running);
    }
    if (server.traffic != nullptr && server.traffic->statements > 0) {
        parts += Texts::tr("%1/h").arg(app::compactCount(static_cast<double>(server.traffic->statements)));
    }
    return parts.join(QStringLiteral(" · "));
}

/// From a hair's breadth to six pixels, by the order of magnitude.
double widthOf(const Server& server) {
    const double statements = server.traffic != nullptr ? static_cast<double>(server.traffic->statements) : 0;
    return 1.2 + std::min(4.8, std::log10(1 + statements) * 1.2 + server.link.running);
}

GraphBox nodeBox(const NodeState& node) {
    GraphBox box;
    box.id = nodeId(node.name);
    box.title = node.name;
    box.subtitle = healthText(node);
    box.icon = "node";
    box.tone = toneOf(node.health);
    if (node.health == NodeState::Health::kUp) {
        box.lines.push_back({Texts::tr("Tessera %1").arg(QString::fromStdString(node.info.version)),
                             QStringLiteral("PostgreSQL ") + QString::fromStdString(node.info.postgres_version),
                             nullptr});
        box.lines.push_back(
            {Texts::tr("Running statements"), QString::number(node.activity.statements.size()), nullptr});
    }
    box.tooltip = node.address;
    return box;
}

}  // namespace

QString healthText(const NodeState& node) {
    switch (node.health) {
        case NodeState::Health::kUp:
            return node.latency_ms ? Texts::tr("answers in %1 ms").arg(*node.latency_ms) : Texts::tr("answers");
        case NodeState::Health::kDown:
            return Texts::tr("cannot be reached");
        case NodeState::Health::kUnknown:
            break;
    }
    return Texts::tr("being asked…");
}

Graph meshGraph(const std::vector<NodeState>& nodes) {
    Graph graph;
    std::map<QString, int> node_boxes;
    for (const NodeState& node : nodes) {
        node_boxes[node.name] = static_cast<int>(graph.boxes.size());
        graph.boxes.push_back(nodeBox(node));
    }
    for (const NodeState& node : nodes) {
        for (const Server& server : serversOf(node)) {
            const auto peer = node_boxes.find(server.link.peer);
            GraphEdge edge{node_boxes[node.name],
                           0,
                           trafficText(server),
                           widthOf(server),
                           !server.error.isEmpty() || node.health == NodeState::Health::kDown,
                           server.error.isEmpty() ? Tone::kCalm : Tone::kError};
            if (peer != node_boxes.end()) {
                edge.to = peer->second;
                edge.tone = edge.tone == Tone::kCalm ? Tone::kAccent : edge.tone;
            } else {
                edge.to = static_cast<int>(graph.boxes.size());
                GraphBox box;
                box.id = serverId(node.name, server.link.name);
                box.title = server.link.name;
                box.subtitle = server.error.isEmpty() ? server.link.connector
                                                      : Texts::tr("%1 · not ready").arg(server.link.connector);
                box.icon = server.link.peer.isEmpty() ? "source" : "node";
                box.tone = server.error.isEmpty() ? Tone::kCalm : Tone::kError;
                box.tooltip = server.error.isEmpty() ? server.comment : server.error;
                graph.boxes.push_back(std::move(box));
            }
            graph.edges.push_back(std::move(edge));
        }
    }
    return graph;
}

QList<std::pair<QString, QString>> meshFacts(const std::vector<NodeState>& nodes, const QString& id) {
    QList<std::pair<QString, QString>> facts;
    const auto add = [&](const QString& name, const QString& value) {
        if (!value.isEmpty()) {
            facts.emplaceBack(name, value);
        }
    };
    for (const NodeState& node : nodes) {
        const std::vector<Server> servers = serversOf(node);
        if (id == nodeId(node.name)) {
            add(Texts::tr("Node"), node.name);
            add(Texts::tr("Health"), healthText(node));
            add(Texts::tr("Address"), node.address);
            add(Texts::tr("You are"), node.user);
            add(Texts::tr("Tessera"), QString::fromStdString(node.info.version));
            add(Texts::tr("PostgreSQL"), QString::fromStdString(node.info.postgres_version));
            for (const Server& server : servers) {
                add(server.link.peer.isEmpty() ? Texts::tr("Source") : Texts::tr("Peer"),
                    server.error.isEmpty() ? server.link.name
                                           : Texts::tr("%1: %2").arg(server.link.name, server.error));
            }
            return facts;
        }
        for (const Server& server : servers) {
            if (id != serverId(node.name, server.link.name)) {
                continue;
            }
            add(Texts::tr("Source"), server.link.name);
            add(Texts::tr("Of node"), node.name);
            add(Texts::tr("Connector"), server.link.connector);
            add(Texts::tr("Holds"), server.comment);
            add(Texts::tr("Schemas"), server.schemas.join(QStringLiteral(", ")));
            add(Texts::tr("Reading now"), server.link.running > 0 ? QString::number(server.link.running) : QString());
            if (server.traffic != nullptr) {
                add(Texts::tr("Statements of the last hour"), QString::number(server.traffic->statements));
                add(Texts::tr("Rows of these"), QString::number(server.traffic->rows));
            }
            return facts;
        }
    }
    return facts;
}

QString meshProblem(const std::vector<NodeState>& nodes, const QString& id) {
    for (const NodeState& node : nodes) {
        if (id == nodeId(node.name)) {
            const QString hint = QString::fromStdString(node.error.hint);
            const QString problem = QString::fromStdString(node.error.message);
            return hint.isEmpty() ? problem : problem + QLatin1Char('\n') + hint;
        }
        for (const Server& server : serversOf(node)) {
            if (id == serverId(node.name, server.link.name)) {
                return server.error;
            }
        }
    }
    return {};
}

}  // namespace tessera::workbench
