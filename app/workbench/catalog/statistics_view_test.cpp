// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: a table's columns are looked at: by the kept statistics only when that is looked at, counted when asked,
// stopped at any time. Method: the whole window over a fake node.
#include "app/workbench/catalog/statistics_view.h"

#include "app/workbench/catalog/object_page.h"
#include "app/workbench/testing/window_fixture.h"

#include <QLabel>
#include <QPushButton>
#include <algorithm>

namespace tessera::workbench {
namespace {

const std::optional<std::string> kNone;

class StatisticsTest : public MainWindowTest {
  protected:
    void SetUp() override {
        MainWindowTest::SetUp();
        window_->resize(1280, 800);
        fillCatalog();
        QTreeView& tree = window_->catalog().tree();
        tree.setFocus();
        QTest::keyClick(&tree, Qt::Key_Return);
        ASSERT_NE(page(), nullptr);
        const auto facts = asked("aclexplode");
        facts->sendColumns({"kind", "name", "a", "b", "c", "d", "e"});
        facts->sendRows(7, {{"f", "kind", "f", kNone, kNone, kNone, kNone},
                            {"f", "owner", "ann", kNone, kNone, kNone, kNone},
                            {"c", "id", "bigint", "1n", kNone, kNone, kNone},
                            {"c", "origin", "text", "0", kNone, kNone, kNone},
                            {"c", "notes", "jsonb", "0", kNone, kNone, kNone}});
        facts->complete("SELECT 5", 5);
        ASSERT_TRUE(processEventsUntil([&] { return page()->facts() != nullptr; }));
        EXPECT_TRUE(lake_->statements.empty()) << "nothing is asked that nobody looks at";
        page()->sections().setCurrentWidget(page()->findChild<StatisticsView*>());
    }

    ObjectPage* page() { return qobject_cast<ObjectPage*>(window_->tabs().currentWidget()); }

    template <class T>
    T* find(const char* name) {
        return page()->findChild<T*>(QLatin1String(name));
    }

    std::shared_ptr<app::FakeStatement> asked(const std::string& words) {
        std::shared_ptr<app::FakeStatement> found;
        EXPECT_TRUE(processEventsUntil([&] {
            const auto it = std::find_if(lake_->statements.begin(), lake_->statements.end(), [&](const auto& one) {
                return one->request.sql.find(words) != std::string::npos;
            });
            if (it != lake_->statements.end()) {
                found = *it;
                lake_->statements.erase(it);
            }
            return found != nullptr;
        })) << words;
        return found;
    }

    void reply(const std::string& words, const std::vector<app::TextRow>& rows, std::size_t columns) {
        const auto statement = asked(words);
        ASSERT_NE(statement, nullptr);
        statement->sendColumns(std::vector<std::string>(columns, "c"));
        if (!rows.empty()) {
            statement->sendRows(columns, rows);
        }
        statement->complete("SELECT", rows.size());
    }

    QString cell(int row, int column) {
        return find<QTreeView>("columnStatistics")->model()->index(row, column).data().toString();
    }

    bool isSaid(const char* words) {
        return processEventsUntil(
            [&] { return find<QLabel>("statisticsNote")->text().contains(QLatin1String(words)); });
    }
};

TEST_F(StatisticsTest, KeptOnesComeFirstAndCountedOnesWhenAsked) {
    reply("pg_stats",
          {{"origin", "0.25", "3", "ATL", "SEA",
            "JFK\x1f"
            "0.5\x1f"
            "SEA\x1f"
            "0.0004"}},
          6);
    ASSERT_TRUE(isSaid("By the node's statistics"));
    EXPECT_EQ(cell(0, 0), QStringLiteral("id"));
    EXPECT_EQ(cell(1, 1), QStringLiteral("25 %"));
    EXPECT_EQ(cell(1, 5), QStringLiteral("JFK (50 %), SEA (< 0.1 %)"));
    QTest::mouseClick(find<QPushButton>("countStatisticsButton"), Qt::LeftButton);
    reply("count(DISTINCT id)", {{"4", "4", "4", "1", "9", "3", "2", "ATL", "SEA", "1"}}, 10);
    reply("GROUP BY id", {{"1", "1"}}, 2);
    reply("GROUP BY origin", {{"SEA", "2"}, {"ATL", "1"}}, 2);
    ASSERT_TRUE(isSaid("Counted now: 4 rows"));
    EXPECT_EQ(cell(0, 4), QStringLiteral("9"));
    EXPECT_EQ(cell(1, 2), QStringLiteral("2"));
    EXPECT_EQ(cell(1, 5), QStringLiteral("SEA (50 %), ATL (25 %)"));
    EXPECT_EQ(cell(2, 1), QStringLiteral("75 %"));
    saveScreenshots("column-statistics");
}

TEST_F(StatisticsTest, CountingIsStoppedAndFailuresAreSaid) {
    reply("pg_stats", {}, 6);
    ASSERT_TRUE(isSaid("has no statistics of it"));
    QTest::mouseClick(find<QPushButton>("countStatisticsButton"), Qt::LeftButton);
    const auto counting = asked("count(DISTINCT id)");
    QTest::mouseClick(find<QPushButton>("stopStatisticsButton"), Qt::LeftButton);
    EXPECT_TRUE(counting->is_cancelled);
    ASSERT_TRUE(isSaid("Stopped"));
    QTest::mouseClick(find<QPushButton>("countStatisticsButton"), Qt::LeftButton);
    asked("count(DISTINCT id)")->failWith(fail(ErrorCode::kPermissionDenied, "permission denied for table flights"));
    ASSERT_TRUE(isSaid("Permission denied for table flights"));
    EXPECT_TRUE(find<QPushButton>("countStatisticsButton")->isVisible());
}

}  // namespace
}  // namespace tessera::workbench
