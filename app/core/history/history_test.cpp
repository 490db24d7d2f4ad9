#include "app/core/history/history.h"

#include "app/core/testing/event_loop.h"

#include <gtest/gtest.h>

#include <QSqlDatabase>
#include <QSqlQuery>
#include <QTemporaryDir>

namespace tessera::app {
namespace {

class HistoryTest : public testing::Test {
  protected:
    static HistoryEntry entry(const char* sql, const char* error = "") {
        return {0,
                QDateTime::fromMSecsSinceEpoch(1'700'000'000'000),
                QStringLiteral("lake"),
                QString::fromUtf8(sql),
                12,
                3,
                QString::fromUtf8(error)};
    }

    static std::string found(History& history, const char* words) {
        std::string list = "?";
        history.search(QString::fromUtf8(words), 100, [&](const std::vector<HistoryEntry>& entries) {
            list.clear();
            for (const HistoryEntry& one : entries) {
                list += (list.empty() ? "" : "|") + one.sql.toStdString();
            }
        });
        EXPECT_TRUE(processEventsUntil([&] { return list != "?"; }));
        return list;
    }

    QTemporaryDir directory_;
    QString file_ = directory_.filePath(QStringLiteral("history.sqlite"));
};

TEST_F(HistoryTest, IsSearchedByWordsAndKeptOverARestart) {
    {
        History history(file_);
        history.add(entry("select 'é' from orders"));
        history.add(entry("select 100% from x_y", "syntax error"));
    }
    History history(file_);
    EXPECT_EQ(found(history, ""), "select 100% from x_y|select 'é' from orders");
    EXPECT_EQ(found(history, "orders SELECT"), "select 'é' from orders");
    EXPECT_EQ(found(history, "syntax"), "select 100% from x_y");
    EXPECT_EQ(found(history, "0%"), "select 100% from x_y");
    EXPECT_EQ(found(history, "x_y"), "select 100% from x_y");
    EXPECT_EQ(found(history, "x%y"), "");
    EXPECT_EQ(found(history, "'; drop table entry; --"), "");
    EXPECT_EQ(found(history, "lake é"), "select 'é' from orders");
}

TEST_F(HistoryTest, TwoWorkbenchesShareOneFile) {
    constexpr int kEach = 100;
    {
        History one(file_);
        History two(file_);
        for (int i = 0; i < kEach; ++i) {
            one.add(entry("select 'one'"));
            two.add(entry("select 'two'"));
        }
    }
    History history(file_);
    int count = -1;
    history.search({}, 1000,
                   [&](const std::vector<HistoryEntry>& entries) { count = static_cast<int>(entries.size()); });
    ASSERT_TRUE(processEventsUntil([&] { return count >= 0; }));
    EXPECT_EQ(count, 2 * kEach);
}

TEST_F(HistoryTest, AFileOfANewerVersionIsLeftAlone) {
    { History(file_).add(entry("select 1")); }
    {
        QSqlDatabase database = QSqlDatabase::addDatabase(QStringLiteral("QSQLITE"), QStringLiteral("later"));
        database.setDatabaseName(file_);
        ASSERT_TRUE(database.open());
        QSqlQuery(database).exec(QStringLiteral("PRAGMA user_version = 99"));
    }
    QSqlDatabase::removeDatabase(QStringLiteral("later"));
    History history(file_);
    QString reason;
    QObject::connect(&history, &History::failed, &history, [&](const QString& text) { reason = text; });
    EXPECT_EQ(found(history, ""), "");
    EXPECT_TRUE(reason.contains(QStringLiteral("newer")));
}

TEST_F(HistoryTest, AFolderThatIsNotThereIsAReasonNotACrash) {
    History history(QStringLiteral("/nonexistent/history.sqlite"));
    QString reason;
    QObject::connect(&history, &History::failed, &history, [&](const QString& text) { reason = text; });
    history.add(entry("select 1"));
    EXPECT_EQ(found(history, ""), "");
    EXPECT_FALSE(reason.isEmpty());
}

}  // namespace
}  // namespace tessera::app
