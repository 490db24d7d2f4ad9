// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Boxes and the lines between them, as the mesh, a schema's keys and a table's lineage are drawn: on the screen, into
/// an SVG and into a PNG by the same function. Values; GUI thread, because of fonts and the theme.

#include <QPointF>
#include <QRectF>
#include <QSizeF>
#include <QString>
#include <utility>
#include <vector>

class QPainter;

namespace tessera::workbench {

struct Theme;

struct GraphBox {
    enum class Tone { kCalm, kAccent, kGood, kWarning, kError };

    struct Line {
        QString text;
        /// Grey, at the right.
        QString detail;
        const char* icon = nullptr;
    };

    /// What the box is known by from one graph to the next.
    QString id;
    QString title;
    /// Grey, below the title.
    QString subtitle;
    const char* icon = "table";
    /// Of the icon and of the bar at the left.
    Tone tone = Tone::kCalm;
    std::vector<Line> lines;
    QString tooltip;
};

struct GraphEdge {
    int from = 0;
    int to = 0;
    QString label;
    /// In pixels; how much goes along it, say.
    double width = 1.2;
    /// Not there at the moment, or only supposed.
    bool is_dashed = false;
    GraphBox::Tone tone = GraphBox::Tone::kCalm;
};

struct Graph {
    std::vector<GraphBox> boxes;
    std::vector<GraphEdge> edges;
    /// Boxes stand as near as they can to where they lead.
    bool is_towards_end = false;

    std::vector<std::pair<int, int>> ends() const;
};

/// How large each box is drawn.
std::vector<QSizeF> boxSizes(const Graph& graph);

/// Of the edges' labels, in pixels.
double widestLabel(const Graph& graph);

struct GraphPicture {
    Graph graph;
    std::vector<QRectF> places;

    /// All of it, with a margin.
    QRectF bounds() const;
    /// -1 where there is none.
    int boxAt(const QPointF& point) const;
};

struct GraphLook {
    int selected = -1;
    int hovered = -1;
    /// Texts; without them boxes are coloured areas, for a small scale.
    bool has_texts = true;
};

void paintGraph(QPainter& painter, const GraphPicture& picture, const Theme& theme, const GraphLook& look = {});

/// By the file's ending, SVG or PNG (at twice the size). Whether it could be written.
bool saveGraph(const GraphPicture& picture, const QString& file);

}  // namespace tessera::workbench
