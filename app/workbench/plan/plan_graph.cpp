// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/plan/plan_graph.h"

#include "app/core/catalog/catalog_model.h"
#include "app/workbench/plan/plan_model.h"

#include <QCoreApplication>
#include <QLocale>
#include <QStringList>
#include <algorithm>
#include <cmath>
#include <map>

namespace tessera::workbench {

namespace {

using app::PlanNode;
using Tone = GraphBox::Tone;

/// The context of the texts for translators.
struct Texts {
    Q_DECLARE_TR_FUNCTIONS(tessera::workbench::PlanGraph)
};

/// From a hair's breadth to seven pixels, by the order of magnitude.
double widthOf(double amount, double least) {
    constexpr double kThinnest = 1.2;
    constexpr double kThickest = 7;
    return std::clamp(kThinnest + 0.9 * std::log10(std::max(1.0, amount / least)), kThinnest, kThickest);
}

double rowsOf(const PlanNode& part) {
    return part.rows.value_or(part.estimated_rows);
}

QString rowsText(double rows, bool is_measured) {
    const QString count = app::compactCount(rows);
    return is_measured ? Texts::tr("%1 rows").arg(count) : Texts::tr("≈ %1 rows").arg(count);
}

double costOf(const PlanNode& part) {
    return part.own_time_ms.value_or(part.estimated_cost);
}

QString placeText(const PlanNode& part) {
    return part.source.isEmpty() ? Texts::tr("here") : Texts::tr("at %1").arg(part.source);
}

GraphBox boxOf(const PlanNode& part, std::size_t number) {
    GraphBox box;
    box.id = QStringLiteral("part %1").arg(number);
    box.title = part.operation;
    QStringList under{placeText(part)};
    if (part.own_time_ms) {
        under += planTimeText(*part.own_time_ms);
    }
    if (part.loops && *part.loops == 0) {
        under += Texts::tr("never run");
    }
    box.subtitle = under.join(QStringLiteral(" · "));
    box.icon = part.source.isEmpty() ? "node" : "source";
    box.tone = part.is_on_slowest_path ? Tone::kWarning : Tone::kCalm;
    if (!part.target.isEmpty()) {
        box.lines.push_back({part.target, {}, "table"});
    }
    QStringList about{part.operation, part.target};
    if (part.is_on_slowest_path) {
        about += Texts::tr("On the slowest path");
    }
    about.removeAll(QString());
    box.tooltip = about.join(QLatin1Char('\n'));
    return box;
}

class PlanGraphMaker {
  public:
    PlanGraph make(const PlanNode& root) {
        add(root);
        made_.graph.is_towards_end = true;
        return std::move(made_);
    }

  private:
    int add(const PlanNode& part) {
        const int box = static_cast<int>(made_.graph.boxes.size());
        made_.graph.boxes.push_back(boxOf(part, made_.parts.size()));
        made_.parts.push_back(&part);
        for (const auto& child : part.children) {
            const int from = add(*child);
            GraphEdge edge;
            edge.from = from;
            edge.to = box;
            edge.label = rowsText(rowsOf(*child), child->rows.has_value());
            edge.width = widthOf(rowsOf(*child), 1);
            edge.is_dashed = child->loops && *child->loops == 0;
            edge.tone = child->is_on_slowest_path ? Tone::kWarning : Tone::kCalm;
            made_.graph.edges.push_back(std::move(edge));
        }
        if (!part.source.isEmpty()) {
            connectSource(part, box);
            connectPeers(part);
        }
        return box;
    }

    /// The box of a source that the part reads, itself or by way of another one.
    int sourceBox(const QString& name, const PlanNode& part) {
        const auto [found, is_new] = sources_.try_emplace(name, static_cast<int>(made_.graph.boxes.size()));
        const auto place = static_cast<std::size_t>(found->second);
        if (is_new) {
            GraphBox source;
            source.id = QStringLiteral("source ") + name;
            source.title = name;
            source.subtitle = Texts::tr("source");
            source.icon = "source";
            source.tone = Tone::kAccent;
            source.tooltip = name;
            made_.graph.boxes.push_back(std::move(source));
            made_.parts.push_back(&part);
        } else if (costOf(part) > costOf(*made_.parts[place])) {
            made_.parts[place] = &part;
        }
        return found->second;
    }

    static void labelBytes(GraphEdge& edge, double bytes) {
        constexpr double kKilobyte = 1000;
        edge.label = QLocale().formattedDataSize(static_cast<qint64>(bytes), 1, QLocale::DataSizeSIFormat);
        edge.width = widthOf(bytes, kKilobyte);
    }

    /// What sources read of each other, where one of them joins.
    void connectPeers(const PlanNode& part) {
        for (const app::PlanLink& link : part.links) {
            if (link.to.isEmpty()) {
                continue;
            }
            GraphEdge edge;
            edge.from = sourceBox(link.from, part);
            edge.to = sourceBox(link.to, part);
            labelBytes(edge, link.bytes.value_or(link.expected_bytes));
            edge.label = link.bytes ? edge.label : Texts::tr("≈ %1").arg(edge.label);
            edge.tone = part.is_on_slowest_path ? Tone::kWarning : Tone::kAccent;
            made_.graph.edges.push_back(std::move(edge));
        }
    }

    void connectSource(const PlanNode& part, int box) {
        GraphEdge edge;
        edge.from = sourceBox(part.source, part);
        edge.to = box;
        const double received = part.rows_received.value_or(rowsOf(part));
        if (part.bytes_received) {
            labelBytes(edge, *part.bytes_received);
        } else {
            edge.label = rowsText(received, part.rows_received.has_value());
            edge.width = widthOf(received, 1);
        }
        edge.is_dashed = part.loops && *part.loops == 0;
        edge.tone = part.is_on_slowest_path ? Tone::kWarning : Tone::kAccent;
        made_.graph.edges.push_back(std::move(edge));
    }

    PlanGraph made_;
    std::map<QString, int> sources_;
};

}  // namespace

const app::PlanNode* PlanGraph::partOf(const QString& box_id) const {
    for (std::size_t i = 0; i < graph.boxes.size(); ++i) {
        if (graph.boxes[i].id == box_id) {
            return parts[i];
        }
    }
    return nullptr;
}

QString PlanGraph::idOf(const app::PlanNode* part) const {
    // A part's own box stands before that of a source which it is the costliest of.
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (parts[i] == part && !graph.boxes[i].id.startsWith(QLatin1String("source "))) {
            return graph.boxes[i].id;
        }
    }
    return {};
}

PlanGraph planGraph(const app::QueryPlan& plan) {
    return plan.root ? PlanGraphMaker().make(*plan.root) : PlanGraph{};
}

}  // namespace tessera::workbench
