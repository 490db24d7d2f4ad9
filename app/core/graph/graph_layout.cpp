#include "app/core/graph/graph_layout.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>

namespace tessera::app {

namespace {

using Boxes = std::vector<int>;

struct Graph {
    std::vector<Boxes> out;
    std::vector<Boxes> in;
};

Graph graphOf(std::size_t count, const std::vector<std::pair<int, int>>& edges) {
    Graph graph{std::vector<Boxes>(count), std::vector<Boxes>(count)};
    const auto is_box = [&](int box) { return box >= 0 && static_cast<std::size_t>(box) < count; };
    for (const auto& [from, to] : edges) {
        if (is_box(from) && is_box(to) && from != to) {
            graph.out[static_cast<std::size_t>(from)].push_back(to);
            graph.in[static_cast<std::size_t>(to)].push_back(from);
        }
    }
    return graph;
}

/// The parts that nothing connects, each in the order of its boxes.
std::vector<Boxes> partsOf(const Graph& graph) {
    std::vector<Boxes> parts;
    std::vector<bool> is_seen(graph.out.size());
    for (std::size_t first = 0; first < graph.out.size(); ++first) {
        if (is_seen[first]) {
            continue;
        }
        Boxes part{static_cast<int>(first)};
        is_seen[first] = true;
        for (std::size_t next = 0; next < part.size(); ++next) {
            const auto box = static_cast<std::size_t>(part[next]);
            for (const Boxes* neighbours : {&graph.out[box], &graph.in[box]}) {
                for (const int neighbour : *neighbours) {
                    if (!is_seen[static_cast<std::size_t>(neighbour)]) {
                        is_seen[static_cast<std::size_t>(neighbour)] = true;
                        part.push_back(neighbour);
                    }
                }
            }
        }
        std::sort(part.begin(), part.end());
        parts.push_back(std::move(part));
    }
    return parts;
}

/// Boxes with every edge's begin before its end, but for the edges that close a cycle: a depth-first search that keeps
/// its own stack, because a chain may be long.
Boxes topologicalOrder(const Graph& graph, const Boxes& part) {
    enum : std::uint8_t { kNew, kOpen, kDone };

    std::vector<std::uint8_t> marks(graph.out.size(), kNew);
    Boxes order;

    struct Visit {
        std::size_t box;
        std::size_t next_edge;
    };

    Boxes roots = part;
    // From the boxes that nothing leads to, so that a cycle is cut where it is entered.
    std::stable_partition(roots.begin(), roots.end(),
                          [&](int box) { return graph.in[static_cast<std::size_t>(box)].empty(); });
    for (const int root : roots) {
        std::vector<Visit> stack;
        if (marks[static_cast<std::size_t>(root)] == kNew) {
            marks[static_cast<std::size_t>(root)] = kOpen;
            stack.push_back({static_cast<std::size_t>(root), 0});
        }
        while (!stack.empty()) {
            Visit& visit = stack.back();
            if (visit.next_edge < graph.out[visit.box].size()) {
                const auto to = static_cast<std::size_t>(graph.out[visit.box][visit.next_edge++]);
                if (marks[to] == kNew) {
                    marks[to] = kOpen;
                    stack.push_back({to, 0});
                }
            } else {
                marks[visit.box] = kDone;
                order.push_back(static_cast<int>(visit.box));
                stack.pop_back();
            }
        }
    }
    std::reverse(order.begin(), order.end());
    return order;
}

/// The boxes of each column.
std::vector<Boxes> columnsOf(const Graph& graph, const Boxes& part) {
    const Boxes order = topologicalOrder(graph, part);
    std::vector<int> place(graph.out.size(), -1);
    for (std::size_t i = 0; i < order.size(); ++i) {
        place[static_cast<std::size_t>(order[i])] = static_cast<int>(i);
    }
    std::vector<int> column(graph.out.size(), 0);
    int last = 0;
    for (const int box : order) {
        for (const int to : graph.out[static_cast<std::size_t>(box)]) {
            const auto target = static_cast<std::size_t>(to);
            if (place[target] > place[static_cast<std::size_t>(box)]) {
                column[target] = std::max(column[target], column[static_cast<std::size_t>(box)] + 1);
                last = std::max(last, column[target]);
            }
        }
    }
    std::vector<Boxes> columns(static_cast<std::size_t>(last) + 1);
    for (const int box : order) {
        columns[static_cast<std::size_t>(column[static_cast<std::size_t>(box)])].push_back(box);
    }
    return columns;
}

/// Orders each column by the mean place of the neighbours, back and forth: few edges cross then.
void untangle(const Graph& graph, std::vector<Boxes>& columns) {
    constexpr int kSweeps = 8;
    std::vector<double> place(graph.out.size(), 0);
    const auto number = [&](const Boxes& column) {
        for (std::size_t i = 0; i < column.size(); ++i) {
            place[static_cast<std::size_t>(column[i])] =
                (static_cast<double>(i) + 0.5) / static_cast<double>(column.size());
        }
    };
    for (const Boxes& column : columns) {
        number(column);
    }
    for (int sweep = 0; sweep < kSweeps; ++sweep) {
        const bool is_forth = sweep % 2 == 0;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            Boxes& column = columns[is_forth ? i : columns.size() - 1 - i];
            std::vector<std::pair<double, int>> wanted;
            for (const int box : column) {
                const Boxes& near = (is_forth ? graph.in : graph.out)[static_cast<std::size_t>(box)];
                double sum = 0;
                for (const int neighbour : near) {
                    sum += place[static_cast<std::size_t>(neighbour)];
                }
                wanted.emplace_back(
                    near.empty() ? place[static_cast<std::size_t>(box)] : sum / static_cast<double>(near.size()), box);
            }
            std::stable_sort(wanted.begin(), wanted.end(),
                             [](const auto& a, const auto& b) { return a.first < b.first; });
            std::transform(wanted.begin(), wanted.end(), column.begin(), [](const auto& item) { return item.second; });
            number(column);
        }
    }
}

double heightOf(const Boxes& column, const std::vector<QSizeF>& boxes, double gap) {
    return std::accumulate(column.begin(), column.end(), -gap, [&](double sum, int box) {
        return sum + gap + boxes[static_cast<std::size_t>(box)].height();
    });
}

/// Boxes without edges, in rows about as wide as all of it is high. Returns the bottom.
double placeSingles(const Boxes& singles, const std::vector<QSizeF>& boxes, const GraphSpacing& spacing, double top,
                    std::vector<QPointF>& places) {
    double area = 0;
    for (const int box : singles) {
        const QSizeF& size = boxes[static_cast<std::size_t>(box)];
        area += (size.width() + spacing.down) * (size.height() + spacing.down);
    }
    constexpr double kWideness = 1.6;
    const double width = std::sqrt(area * kWideness);
    double x = 0;
    double row_height = 0;
    for (const int box : singles) {
        const QSizeF& size = boxes[static_cast<std::size_t>(box)];
        if (x > 0 && x + size.width() > width) {
            x = 0;
            top += row_height + spacing.down;
            row_height = 0;
        }
        places[static_cast<std::size_t>(box)] = {x, top};
        x += size.width() + spacing.down;
        row_height = std::max(row_height, size.height());
    }
    return top + row_height;
}

/// The graph turned round, placed, and turned back.
std::vector<QPointF> mirroredLayout(const std::vector<QSizeF>& boxes, std::vector<std::pair<int, int>> edges,
                                    GraphSpacing spacing) {
    for (auto& [from, to] : edges) {
        std::swap(from, to);
    }
    spacing.is_towards_end = false;
    std::vector<QPointF> places = layoutGraph(boxes, edges, spacing);
    double width = 0;
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        width = std::max(width, places[i].x() + boxes[i].width());
    }
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        places[i].setX(width - places[i].x() - boxes[i].width());
    }
    return places;
}

}  // namespace

std::vector<QPointF> layoutGraph(const std::vector<QSizeF>& boxes, const std::vector<std::pair<int, int>>& edges,
                                 const GraphSpacing& spacing) {
    if (spacing.is_towards_end) {
        return mirroredLayout(boxes, edges, spacing);
    }
    const Graph graph = graphOf(boxes.size(), edges);
    std::vector<QPointF> places(boxes.size());
    Boxes singles;
    double top = 0;
    const double part_gap = 2 * spacing.down;
    for (const Boxes& part : partsOf(graph)) {
        if (part.size() == 1) {
            singles.push_back(part.front());
            continue;
        }
        std::vector<Boxes> columns = columnsOf(graph, part);
        untangle(graph, columns);
        double height = 0;
        for (const Boxes& column : columns) {
            height = std::max(height, heightOf(column, boxes, spacing.down));
        }
        double x = 0;
        for (const Boxes& column : columns) {
            double y = top + (height - heightOf(column, boxes, spacing.down)) / 2;
            double width = 0;
            for (const int box : column) {
                const QSizeF& size = boxes[static_cast<std::size_t>(box)];
                places[static_cast<std::size_t>(box)] = {x, std::round(y)};
                y += size.height() + spacing.down;
                width = std::max(width, size.width());
            }
            x += width + spacing.across;
        }
        top += height + part_gap;
    }
    placeSingles(singles, boxes, spacing, top, places);
    return places;
}

}  // namespace tessera::app
