// Goal: saved queries outlive the program, are shared by two workbenches without losing a text, and every change can be
// taken back. Method: two objects on one file.
#include "app/core/library/library.h"

#include "app/core/testing/event_loop.h"

#include <gtest/gtest.h>

#include <QSignalSpy>
#include <QSqlDatabase>
#include <QSqlQuery>
#include <QTemporaryDir>

namespace tessera::app {
namespace {

using Kind = LibraryItem::Kind;

class LibraryTest : public testing::Test {
  protected:
    /// Runs one change and waits until it is told.
    static qint64 kept(Library& library, const std::function<void(Library::Kept)>& change) {
        qint64 id = -1;
        change([&](qint64 of, qint64) { id = of; });
        EXPECT_TRUE(processEventsUntil([&] { return id >= 0; }));
        static_cast<void>(library);
        return id;
    }

    static qint64 add(Library& library, Kind kind, const char* name, const char* text = "", qint64 folder = 0) {
        return kept(library, [&](const Library::Kept& done) {
            library.add({0, kind, folder, QString::fromUtf8(name), QString::fromUtf8(text), QStringLiteral("lake")},
                        done);
        });
    }

    /// Queries and folders as "folder/name=text", in the library's order.
    static std::string shown(const Library& library) {
        std::string list;
        for (const LibraryItem& item : library.items()) {
            if (item.kind != Kind::kSnippet) {
                const std::string path = folderPath(library, item).toStdString();
                list += (list.empty() ? "" : "|") + path + (path.empty() ? "" : "/") + item.name.toStdString() +
                        (item.kind == Kind::kQuery ? "=" + item.text.toStdString() : "");
            }
        }
        return list;
    }

    static bool becomes(const Library& library, const std::string& wanted) {
        const bool is_so = processEventsUntil([&] { return shown(library) == wanted; });
        EXPECT_EQ(shown(library), wanted);
        return is_so;
    }

    QTemporaryDir directory_;
    QString file_ = directory_.filePath(QStringLiteral("library.sqlite"));
};

TEST_F(LibraryTest, ChangesAreKeptAndTakenBackOneByOne) {
    {
        Library library(file_);
        const qint64 folder = add(library, Kind::kFolder, "Reports");
        const qint64 query = add(library, Kind::kQuery, "late", "select 1", folder);
        EXPECT_EQ(shown(library), "Reports|Reports/late=select 1");
        library.rename(query, QStringLiteral("delays"));
        ASSERT_TRUE(becomes(library, "Reports|Reports/delays=select 1"));
        library.move(query, 0);
        ASSERT_TRUE(becomes(library, "Reports|delays=select 1"));
        library.setText(query, QStringLiteral("select 2"), QStringLiteral("lake"), 0);
        ASSERT_TRUE(becomes(library, "Reports|delays=select 2"));
        library.move(query, folder);
        library.remove(folder);
        ASSERT_TRUE(becomes(library, ""));
        EXPECT_EQ(library.undoText(), QStringLiteral("deleting “Reports”"));
        for (const char* step : {"Reports|Reports/delays=select 2", "Reports|delays=select 2",
                                 "Reports|delays=select 1", "Reports|Reports/delays=select 1"}) {
            library.undo();
            ASSERT_TRUE(becomes(library, step));
        }
    }
    Library again(file_);
    again.refresh();
    ASSERT_TRUE(becomes(again, "Reports|Reports/delays=select 1"));
    EXPECT_EQ(again.undoText(), QString());
}

TEST_F(LibraryTest, AFolderDoesNotGoIntoItself) {
    Library library(file_);
    const qint64 outer = add(library, Kind::kFolder, "outer");
    const qint64 inner = add(library, Kind::kFolder, "inner", "", outer);
    library.move(outer, inner);
    library.move(outer, outer);
    add(library, Kind::kQuery, "q", "x", inner);
    EXPECT_EQ(shown(library), "outer/inner|outer|outer / inner/q=x");
}

TEST_F(LibraryTest, TwoWorkbenchesLoseNoText) {
    Library one(file_);
    Library two(file_);
    const qint64 query = add(one, Kind::kQuery, "q", "old");
    two.refresh();
    ASSERT_TRUE(becomes(two, "q=old"));
    one.setText(query, QStringLiteral("of one"), {}, 0);
    ASSERT_TRUE(becomes(one, "q=of one"));
    // Two has not seen that yet.
    const qint64 of_two =
        kept(two, [&](const Library::Kept& done) { two.setText(query, QStringLiteral("of two"), {}, 0, done); });
    EXPECT_NE(of_two, query);
    ASSERT_TRUE(becomes(two, "q=of one|q (mine)=of two"));
    one.refresh();
    ASSERT_TRUE(becomes(one, "q=of one|q (mine)=of two"));
    // Deleted there, saved here.
    one.remove(query);
    ASSERT_TRUE(becomes(one, "q (mine)=of two"));
    kept(two, [&](const Library::Kept& done) { two.setText(query, QStringLiteral("later"), {}, 1, done); });
    ASSERT_TRUE(becomes(two, "q (mine)=of two|Saved again=later"));
}

TEST_F(LibraryTest, SnippetsAreThereFromTheStart) {
    Library library(file_);
    library.refresh();
    ASSERT_TRUE(processEventsUntil([&] { return !library.items().empty(); }));
    EXPECT_GE(library.items().size(), 8U);
    EXPECT_EQ(library.items().front().kind, Kind::kSnippet);
}

TEST_F(LibraryTest, AFileOfALaterVersionIsLeftAlone) {
    {
        QSqlDatabase database = QSqlDatabase::addDatabase(QStringLiteral("QSQLITE"), QStringLiteral("later"));
        database.setDatabaseName(file_);
        ASSERT_TRUE(database.open());
        QSqlQuery query(database);
        ASSERT_TRUE(query.exec(QStringLiteral("PRAGMA user_version = 99")));
    }
    QSqlDatabase::removeDatabase(QStringLiteral("later"));
    Library library(file_);
    const QSignalSpy failed(&library, &Library::failed);
    EXPECT_EQ(add(library, Kind::kQuery, "q"), 0);
    ASSERT_EQ(failed.size(), 1);
    EXPECT_TRUE(failed[0][0].toString().contains(QStringLiteral("newer workbench")));
}

}  // namespace
}  // namespace tessera::app
