// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/results/grid_accessible.h"

#include "app/core/testing/event_loop.h"
#include "app/core/testing/fake_node_client.h"
#include "app/workbench/results/result_grid.h"
#include "app/workbench/results/results_panel.h"
#include "app/workbench/ui/accessibility.h"

#include <gtest/gtest.h>

#include <QTest>
#include <algorithm>
#include <vector>

namespace tessera::workbench {
namespace {

class GridAccessibleTest : public testing::Test {
  protected:
    GridAccessibleTest() {
        panel_.resize(1200, 500);
        panel_.show();
        session_.run(node_, {});
        node_->statement().observer->onColumns({{"id", "bigint", 20, client::ColumnEncoding::kInt64},
                                                {"state", "text", 25, client::ColumnEncoding::kText},
                                                {"delay", "numeric", 1700, client::ColumnEncoding::kText}});
        send({1, 2, 3}, {"NY", std::nullopt, "NULL"}, {"", "9.5", "-1"});
        EXPECT_TRUE(app::processEventsUntil([&] { return grid().rowCount() == 3; }));
        grid().setFocus();
    }

    void send(const std::vector<std::optional<std::int64_t>>& ids, const app::TextRow& states,
              const app::TextRow& delays) {
        node_->statement().observer->onBatch(std::make_shared<const client::ResultBatch>(
            ids.size(), std::vector{app::integerColumn(ids), app::textColumn(states), app::textColumn(delays)}));
    }

    ResultGrid& grid() { return panel_.grid(); }

    QAccessibleInterface& interface() { return *QAccessible::queryAccessibleInterface(&grid()); }

    QAccessibleTableInterface& table() { return *interface().tableInterface(); }

    QString name(int row, int column) { return table().cellAt(row, column)->text(QAccessible::Name); }

    std::shared_ptr<app::FakeNodeClient> node_ = std::make_shared<app::FakeNodeClient>("lake");
    app::QuerySession session_;
    ResultsPanel panel_{session_, nullptr};
};

TEST_F(GridAccessibleTest, IsATableOfItsRowsColumnsAndCells) {
    EXPECT_EQ(interface().role(), QAccessible::Table);
    EXPECT_EQ(interface().text(QAccessible::Name), grid().accessibleName());
    EXPECT_EQ(table().rowCount(), 3);
    EXPECT_EQ(table().columnCount(), 3);
    EXPECT_EQ(table().columnDescription(1), QStringLiteral("state"));
    EXPECT_EQ(table().rowDescription(2), QStringLiteral("3"));
    EXPECT_EQ(name(0, 0), QStringLiteral("1"));
    EXPECT_EQ(name(0, 1), QStringLiteral("NY"));
    EXPECT_EQ(table().cellAt(3, 0), nullptr);
    EXPECT_EQ(table().cellAt(0, 3), nullptr);
    QAccessibleInterface& cell = *table().cellAt(1, 2);
    EXPECT_TRUE(cell.isValid());
    EXPECT_EQ(cell.role(), QAccessible::Cell);
    EXPECT_EQ(cell.parent(), &interface());
    EXPECT_EQ(cell.text(QAccessible::Description), QStringLiteral("row 2, delay"));
    EXPECT_EQ(cell.tableCellInterface()->rowIndex(), 1);
    EXPECT_EQ(cell.tableCellInterface()->columnIndex(), 2);
    const QList<QAccessibleInterface*> headings = cell.tableCellInterface()->columnHeaderCells();
    ASSERT_EQ(headings.size(), 1);
    EXPECT_EQ(headings[0]->role(), QAccessible::ColumnHeader);
    EXPECT_EQ(headings[0]->text(QAccessible::Name), QStringLiteral("delay"));
    EXPECT_EQ(headings[0]->text(QAccessible::Description), QStringLiteral("numeric"));
    // A point of a cell leads to it, and children are numbered as they are found.
    EXPECT_EQ(interface().childAt(cell.rect().center().x(), cell.rect().center().y()), &cell);
    EXPECT_EQ(interface().child(interface().indexOfChild(&cell)), &cell);
    EXPECT_EQ(interface().childCount(), 12);
    EXPECT_EQ(interface().child(12), nullptr);
}

TEST_F(GridAccessibleTest, NullIsNeitherTheTextNorTheEmptyText) {
    const QStringList said{name(1, 1), name(2, 1), name(0, 2)};
    EXPECT_EQ(said,
              (QStringList{QStringLiteral("no value, NULL"), QStringLiteral("NULL"), QStringLiteral("empty text")}));
}

TEST_F(GridAccessibleTest, SaysAndTakesFocusAndSelection) {
    grid().setCurrentCell({1, 1});
    EXPECT_EQ(interface().focusChild(), table().cellAt(1, 1));
    EXPECT_TRUE(table().cellAt(1, 1)->state().focused);
    EXPECT_TRUE(table().cellAt(1, 1)->state().selected);
    EXPECT_FALSE(table().cellAt(0, 1)->state().selected);
    EXPECT_EQ(table().selectedCellCount(), 1);
    EXPECT_TRUE(table().selectRow(2));
    EXPECT_EQ(table().selectedRows(), QList<int>{2});
    EXPECT_TRUE(table().isRowSelected(2));
    EXPECT_TRUE(table().unselectRow(2));
    EXPECT_FALSE(table().isRowSelected(2));
    EXPECT_TRUE(table().selectColumn(0));
    EXPECT_EQ(table().selectedColumns(), QList<int>{0});
    EXPECT_EQ(table().selectedCells().size(), 3);
    EXPECT_FALSE(table().selectRow(9));
    table().cellAt(0, 2)->actionInterface()->doAction(QAccessibleActionInterface::setFocusAction());
    EXPECT_EQ(grid().selection().current(), (GridCell{0, 2}));
    grid().setColumnHidden(1, true);
    EXPECT_TRUE(table().cellAt(0, 1)->state().invisible);
}

TEST_F(GridAccessibleTest, KeysAndNewRowsAreTold) {
    std::vector<std::pair<QAccessible::Event, int>> told;
    setAccessibilityListener([&](QAccessibleEvent& event) {
        // Of a table that changed there is no child.
        const bool is_model = event.type() == QAccessible::TableModelChanged;
        told.emplace_back(event.type(),
                          is_model ? static_cast<QAccessibleTableModelChangeEvent&>(event).lastRow() : event.child());
    });
    QTest::keyClick(&grid(), Qt::Key_Down);
    send({4}, {"CA"}, {"7"});
    EXPECT_TRUE(app::processEventsUntil([&] { return grid().rowCount() == 4; }));
    setAccessibilityListener(nullptr);
    const auto was_told = [&](QAccessible::Event type, int number) {
        return std::find(told.begin(), told.end(), std::pair(type, number)) != told.end();
    };
    // Three headings, then a row of three.
    EXPECT_TRUE(was_told(QAccessible::Focus, 6));
    EXPECT_TRUE(was_told(QAccessible::Selection, 6));
    EXPECT_TRUE(was_told(QAccessible::TableModelChanged, 3));
    EXPECT_EQ(name(3, 1), QStringLiteral("CA"));
}

TEST_F(GridAccessibleTest, CellsOfARowThatIsGoneAreInvalid) {
    QAccessibleInterface* const cell = table().cellAt(2, 0);
    ASSERT_TRUE(cell->isValid());
    grid().setStore(nullptr);
    EXPECT_FALSE(cell->isValid());
    EXPECT_EQ(cell->text(QAccessible::Name), QString());
    EXPECT_EQ(table().rowCount(), 0);
    EXPECT_EQ(interface().focusChild(), nullptr);
    EXPECT_EQ(interface().childAt(10, 10), nullptr);
}

TEST_F(GridAccessibleTest, AWalkThroughManyCellsKeepsFewOfThem) {
    std::vector<std::optional<std::int64_t>> ids(5000, 7);
    send(ids, app::TextRow(5000, "x"), app::TextRow(5000, "1"));
    ASSERT_TRUE(app::processEventsUntil([&] { return grid().rowCount() == 5003; }));
    const QAccessible::Id first = QAccessible::uniqueId(table().cellAt(0, 0));
    for (int row = 0; row < table().rowCount(); ++row) {
        ASSERT_EQ(name(row, 0).isEmpty(), false);
    }
    EXPECT_EQ(QAccessible::accessibleInterface(first), nullptr);
    EXPECT_EQ(name(0, 0), QStringLiteral("1"));
}

TEST_F(GridAccessibleTest, EveryCellIsReachedByKeys) {
    const auto press = [&](Qt::Key key, Qt::KeyboardModifiers modifiers = Qt::NoModifier) {
        QTest::keyClick(&grid(), key, modifiers);
        return grid().selection().current();
    };
    grid().setColumnHidden(0, true);
    EXPECT_EQ(press(Qt::Key_End, Qt::ControlModifier), (GridCell{2, 2}));
    EXPECT_EQ(press(Qt::Key_Home), (GridCell{2, 1}));
    EXPECT_EQ(press(Qt::Key_Right, Qt::ControlModifier), (GridCell{2, 2}));
    EXPECT_EQ(press(Qt::Key_Left, Qt::ControlModifier), (GridCell{2, 1}));
    EXPECT_EQ(press(Qt::Key_Left), (GridCell{2, 1}));
    EXPECT_EQ(press(Qt::Key_Up, Qt::ControlModifier), (GridCell{0, 1}));
    EXPECT_EQ(press(Qt::Key_PageDown), (GridCell{2, 1}));
    EXPECT_EQ(press(Qt::Key_PageUp), (GridCell{0, 1}));
    EXPECT_EQ(press(Qt::Key_Down, Qt::ShiftModifier), (GridCell{1, 1}));
    EXPECT_EQ(grid().selection().cellCount(), 2);
    press(Qt::Key_Space, Qt::ControlModifier);
    EXPECT_TRUE(table().isColumnSelected(1));
    press(Qt::Key_Space, Qt::ShiftModifier);
    EXPECT_EQ(table().selectedRowCount(), 1);
    press(Qt::Key_A, Qt::ControlModifier);
    EXPECT_EQ(table().selectedRowCount(), 3);
}

}  // namespace
}  // namespace tessera::workbench
