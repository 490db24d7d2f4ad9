// Goal: graphs are placed so that they can be read: from left to right, without overlaps, cycles or not. Method: small
// graphs by hand, and a large one for the time it takes.
#include "app/core/graph/graph_layout.h"

#include <gtest/gtest.h>

#include <QElapsedTimer>
#include <QRectF>

namespace tessera::app {
namespace {

const QSizeF kBox(120, 40);

void expectNoOverlap(const std::vector<QSizeF>& boxes, const std::vector<QPointF>& places) {
    for (std::size_t a = 0; a < boxes.size(); ++a) {
        for (std::size_t b = a + 1; b < boxes.size(); ++b) {
            EXPECT_FALSE(QRectF(places[a], boxes[a]).intersects(QRectF(places[b], boxes[b]))) << a << " over " << b;
        }
    }
}

TEST(GraphLayout, EdgesLeadToTheRight) {
    const std::vector<QSizeF> boxes(5, kBox);
    const std::vector<std::pair<int, int>> edges{{3, 0}, {0, 1}, {3, 1}, {1, 2}, {4, 2}};
    const auto places = layoutGraph(boxes, edges);
    for (const auto& [from, to] : edges) {
        EXPECT_LT(places[static_cast<std::size_t>(from)].x() + kBox.width(), places[static_cast<std::size_t>(to)].x());
    }
    expectNoOverlap(boxes, places);
}

TEST(GraphLayout, BoxesMayStandTowardsTheEnd) {
    const std::vector<QSizeF> boxes(4, kBox);
    // 0 is a step from the end, 1 and 2 are two.
    const std::vector<std::pair<int, int>> edges{{0, 3}, {1, 2}, {2, 3}};
    GraphSpacing spacing;
    EXPECT_EQ(layoutGraph(boxes, edges, spacing)[0].x(), 0);
    spacing.is_towards_end = true;
    const auto places = layoutGraph(boxes, edges, spacing);
    EXPECT_EQ(places[0].x(), places[2].x());
    EXPECT_LT(places[1].x(), places[2].x());
    EXPECT_LT(places[2].x(), places[3].x());
    expectNoOverlap(boxes, places);
}

TEST(GraphLayout, CyclesLoopsAndUnconnectedBoxesHaveTheirPlaces) {
    const std::vector<QSizeF> boxes{kBox, {200, 90}, kBox, kBox, kBox, {80, 20}, kBox};
    const auto places = layoutGraph(boxes, {{0, 1}, {1, 2}, {2, 0}, {3, 3}, {4, 99}, {-1, 0}, {5, 6}});
    expectNoOverlap(boxes, places);
    EXPECT_LT(places[0].x(), places[1].x());
    EXPECT_LT(places[1].x(), places[2].x());
    EXPECT_LT(places[5].x(), places[6].x());
    // What belongs to nothing stands below.
    EXPECT_GT(places[3].y(), places[6].y());
}

TEST(GraphLayout, EdgesDoNotCrossWithoutNeed) {
    // Two pairs whose numbers are crossed.
    const auto places = layoutGraph(std::vector<QSizeF>(5, kBox), {{0, 1}, {0, 2}, {2, 3}, {1, 4}});
    EXPECT_EQ(places[1].y() < places[2].y(), places[4].y() < places[3].y());
}

TEST(GraphLayout, IsTheSameEachTimeAndOfNothingIsNothing) {
    EXPECT_TRUE(layoutGraph({}, {}).empty());
    const std::vector<QSizeF> boxes(20, kBox);
    std::vector<std::pair<int, int>> edges;
    for (int i = 1; i < 20; ++i) {
        edges.emplace_back(i / 3, i);
    }
    EXPECT_EQ(layoutGraph(boxes, edges), layoutGraph(boxes, edges));
}

TEST(GraphLayout, FiveHundredBoxesAndTwoThousandEdgesAreQuick) {
    constexpr int kBoxes = 500;
    std::vector<std::pair<int, int>> edges;
    for (int i = 0; i < 2000; ++i) {
        edges.emplace_back(i * 7919 % kBoxes, i * 104729 % kBoxes);
    }
    QElapsedTimer clock;
    clock.start();
    const std::vector<QSizeF> boxes(kBoxes, kBox);
    const auto places = layoutGraph(boxes, edges);
    // 300 ms is the goal; ten times that only shows that nothing in it is quadratic.
    EXPECT_LT(clock.elapsed(), 3000);
    expectNoOverlap(boxes, places);
}

}  // namespace
}  // namespace tessera::app
