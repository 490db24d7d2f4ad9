// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/results/grid_selection.h"

#include "app/core/output/text_batch.h"
#include "app/workbench/results/cell_text.h"

#include <gtest/gtest.h>

namespace tessera::workbench {
namespace {

using Mode = GridSelection::Mode;

TEST(GridSelection, ExtendsFromTheAnchorInEveryDirection) {
    GridSelection selection;
    selection.select({5, 5}, Mode::kReplace);
    selection.select({7, 3}, Mode::kExtend);
    EXPECT_EQ(selection.cellCount(), 9);
    selection.select({4, 6}, Mode::kExtend);
    EXPECT_TRUE(selection.contains({4, 5}));
    EXPECT_FALSE(selection.contains({7, 3}));
    EXPECT_EQ(selection.current(), (GridCell{4, 6}));
}

TEST(GridSelection, EverythingOfAHugeResultIsOneRange) {
    GridSelection selection;
    constexpr std::int64_t kRows = 10'000'000'000;
    selection.selectRange({0, 0, kRows - 1, 9}, {0, 0}, Mode::kReplace);
    EXPECT_EQ(selection.ranges().size(), 1U);
    EXPECT_EQ(selection.cellCount(), kRows * 10);
}

TEST(GridSelection, AddedRangesStandBesideEachOther) {
    GridSelection selection;
    selection.select({0, 0}, Mode::kReplace);
    selection.select({2, 2}, Mode::kAdd);
    EXPECT_TRUE(selection.contains({0, 0}));
    EXPECT_TRUE(selection.contains({2, 2}));
    EXPECT_FALSE(selection.contains({1, 1}));
    EXPECT_EQ(selection.bounds().bottom, 2);
}

TEST(CellPreview, IsOneBoundedLine) {
    app::ResultStore store;
    ASSERT_TRUE(store.append(std::make_shared<const client::ResultBatch>(
        app::textBatch(1, {{"a\nb"}, {std::string(5000, 'x')}, {std::string(5'000'000, 'x')}, {"\xFF\xC3"}}))));
    EXPECT_EQ(cellPreview(*store.at(0), 0).toStdString(), "a↵b");
    for (const std::uint64_t row : {1U, 2U}) {
        EXPECT_EQ(cellPreview(*store.at(row), 0).size(), static_cast<qsizetype>(kCellCharactersMax) + 1);
    }
    EXPECT_EQ(cellPreview(*store.at(3), 0), QString(2, QChar(0xFFFD)));
}

}  // namespace
}  // namespace tessera::workbench
