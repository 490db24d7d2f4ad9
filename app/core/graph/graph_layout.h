#pragma once

/// Places the boxes of a directed graph in columns from left to right: what an edge leaves stands left of where it
/// leads, cycles apart; boxes that belong together stand near each other, parts of the graph that nothing connects
/// below each other. Deterministic. Pure; any thread: some milliseconds for 500 boxes.

#include <QPointF>
#include <QSizeF>
#include <utility>
#include <vector>

namespace tessera::app {

struct GraphSpacing {
    /// Between columns, where the edges run.
    double across = 72;
    /// Between boxes of a column.
    double down = 16;
    /// Boxes stand as near as they can to the last one that they lead to, not to the first one.
    bool is_towards_end = false;
};

/// The upper left corners. Edges are indexes of boxes; those that lead nowhere or to their own box are passed over.
std::vector<QPointF> layoutGraph(const std::vector<QSizeF>& boxes, const std::vector<std::pair<int, int>>& edges,
                                 const GraphSpacing& spacing = {});

}  // namespace tessera::app
