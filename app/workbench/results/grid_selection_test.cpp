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

class Copying : public testing::Test {
  protected:
    Copying() {
        store_.setColumns(app::textColumns({"a", "b", "c"}));
        store_.append(std::make_shared<const client::ResultBatch>(
            app::textBatch(3, {{"1", "two\twords", std::nullopt}, {"", "say \"hi\"", "z"}})));
    }

    QString copied() const { return selectionAsTsv(store_, selection_).value_or(QStringLiteral("error")); }

    app::ResultStore store_;
    GridSelection selection_;
};

TEST_F(Copying, QuotesWhatASpreadsheetWouldSplit) {
    selection_.selectRange({0, 0, 1, 2}, {0, 0}, Mode::kReplace);
    EXPECT_EQ(copied().toStdString(), "1\t\"two\twords\"\t\n\t\"say \"\"hi\"\"\"\tz");
}

TEST_F(Copying, TakesOnlySelectedCells) {
    selection_.select({0, 0}, Mode::kReplace);
    selection_.select({1, 2}, Mode::kAdd);
    EXPECT_EQ(copied().toStdString(), "1\nz");
    selection_.selectRange({0, 2, 1, 2}, {0, 2}, Mode::kReplace);
    EXPECT_EQ(copied().toStdString(), "\nz");
    selection_.clear();
    EXPECT_EQ(copied().toStdString(), "");
}

TEST_F(Copying, RefusesMoreThanTheClipboardShouldHold) {
    selection_.selectRange({0, 0, kCopiedCellsMax, 0}, {0, 0}, Mode::kReplace);
    EXPECT_FALSE(selectionAsTsv(store_, selection_));
}

TEST(CellPreview, IsOneBoundedLine) {
    const auto batch = app::textBatch(1, {{"a\nb"}, {std::string(5000, 'x')}});
    EXPECT_EQ(cellPreview(batch, 0, 0, client::ColumnEncoding::kText).toStdString(), "a↵b");
    EXPECT_EQ(cellPreview(batch, 1, 0, client::ColumnEncoding::kText).size(),
              static_cast<qsizetype>(kCellCharactersMax) + 1);
}

}  // namespace
}  // namespace tessera::workbench
