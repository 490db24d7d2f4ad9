#include "plugins/sqlite/range_cursor.h"

#include "plugins/sdk/test_support.h"
#include "plugins/sqlite/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <set>

namespace tessera::sqlite {
namespace {

using sdk::test::OptionList;
using sdk::test::Row;
using Writer = Handle<sqlite3, sqlite3_close>;

constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

/// A temporary folder with one database in it, in either journal mode.
class RangesOf : public testing::TestWithParam<const char*> {
  protected:
    void SetUp() override {
        std::string name = (std::filesystem::temp_directory_path() / "tessera-sqlite-XXXXXX").string();
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        folder_ = name;
        path_ = (folder_ / "data.db").string();
        writer_ = open();
        must(std::string("PRAGMA journal_mode = ") + GetParam());
    }

    void TearDown() override {
        session_.reset();
        writer_.reset();
        std::filesystem::remove_all(folder_);
    }

    Writer open() const {
        sqlite3* handle = nullptr;
        sqlite3_open(path_.c_str(), &handle);
        sqlite3_busy_timeout(handle, 60'000);
        return Writer(handle);
    }

    static int run(sqlite3* database, const std::string& sql) {
        return sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr);
    }

    void must(const std::string& sql) {
        ASSERT_EQ(run(writer_.get(), sql), SQLITE_OK) << sql << ": " << sqlite3_errmsg(writer_.get());
    }

    void fill(int rows) {
        must(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER NOT NULL, s TEXT);"
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
            std::to_string(rows) + ") INSERT INTO t SELECT i, 1, 'row ' || i FROM n");
    }

    sdk::Session& session() {
        if (!session_) {
            auto opened = Session::open(host_, OptionList{{"database", path_}});
            EXPECT_TRUE(opened) << opened.error().describe();
            session_ = std::move(*opened);
        }
        return *session_;
    }

    struct Scan {
        std::unique_ptr<sdk::Cursor> cursor;
        std::int64_t readers;
    };

    /// The columns as bigints, of the rows with x >= `least`.
    Result<Scan> scan(const std::string& table, const std::string& columns, std::size_t width, std::int64_t least = 0,
                      std::size_t readers = 3) {
        const std::string text = "SELECT " + columns + " FROM main." + table + " WHERE x >= ?";
        const std::string ranges = text + " AND rowid >= ? AND rowid <= ?";
        const TsrParam bound{TSR_TYPE_INT64, false, &least, sizeof least};
        sdk::Query query{text, std::span(&bound, 1), std::vector<TsrType>(width, TSR_TYPE_INT64), 4096};
        query.range_text = ranges;
        query.most_readers = readers;
        query.table_options = OptionList{{"schema_name", "main"}, {"table_name", table}};
        auto cursor = TSR_TRY(session().execute(query));
        const std::int64_t used = cursor->state().readers;
        return Scan{std::move(cursor), used};
    }

    /// The first column of all rows.
    std::vector<std::int64_t> numbers(Scan& scan, std::size_t width = 1) {
        const auto rows = sdk::test::readAll(*scan.cursor, std::vector<TsrType>(width, TSR_TYPE_INT64));
        EXPECT_TRUE(rows) << rows.error().describe();
        std::vector<std::int64_t> found;
        for (const Row& row : rows ? *rows : std::vector<Row>()) {
            found.push_back(std::stoll(row[0]));
        }
        scan.cursor.reset();
        return found;
    }

    sdk::test::ManualHost host_;
    std::filesystem::path folder_;
    std::string path_;
    Writer writer_;
    std::unique_ptr<sdk::Session> session_;
};

TEST_P(RangesOf, SeveralReadersGiveEachRowOnce) {
    fill(20'000);
    for (const std::size_t readers : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{2}}) {
        auto started = scan("t", "id", 1, 1, readers);
        ASSERT_TRUE(started) << started.error().describe();
        EXPECT_LE(started->readers, static_cast<std::int64_t>(readers));
        EXPECT_EQ(started->readers > 1, readers > 1);
        auto found = numbers(*started);
        std::sort(found.begin(), found.end());
        std::vector<std::int64_t> expected(20'000);
        std::iota(expected.begin(), expected.end(), 1);
        EXPECT_EQ(found, expected);
    }
    auto none = scan("t", "id", 1, 2);
    ASSERT_TRUE(none) << none.error().describe();
    EXPECT_TRUE(numbers(*none).empty());
    // Rows without columns are counted.
    auto counted = scan("t", "NULL", 0);
    ASSERT_TRUE(counted) << counted.error().describe();
    EXPECT_EQ(sdk::test::readAll(*counted->cursor, {})->size(), 20'000U);
}

TEST_P(RangesOf, RowIdsMayLieAnywhere) {
    must("CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER NOT NULL); INSERT INTO t VALUES (" +
         std::to_string(kLeast) + ", 1), (" + std::to_string(kMost) + ", 1), (-1, 1), (0, 1), (1, 1)");
    for (const char* base : {"-4611686018427387904", "100", "4611686018427387904"}) {
        must("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO t SELECT " +
             std::string(base) + " + i, 1 FROM n");
    }
    auto started = scan("t", "id", 1);
    ASSERT_TRUE(started) << started.error().describe();
    EXPECT_GT(started->readers, 1);
    auto found = numbers(*started);
    std::sort(found.begin(), found.end());
    EXPECT_EQ(found.size(), 3005U);
    EXPECT_EQ(std::adjacent_find(found.begin(), found.end()), found.end());
    EXPECT_EQ(found.front(), kLeast);
    EXPECT_EQ(found.back(), kMost);
}

/// Three clusters that are far apart are three equal shares of the work.
TEST_P(RangesOf, GapsAreLeftOut) {
    must("CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER)");
    for (const char* base : {"0", "1000000000", "1000000000000000"}) {
        must("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO t SELECT " +
             std::string(base) + " + i, 1 FROM n");
    }
    const auto database = Database::open(host_, path_, true, 0);
    ASSERT_TRUE(database) << database.error().describe();
    const auto ranges = divide(**database, "t", 12);
    ASSERT_TRUE(ranges) << ranges.error().describe();
    ASSERT_EQ(ranges->size(), 12U);
    for (const RowRange& range : *ranges) {
        EXPECT_LE(range.last - range.first, 260) << range.first;
    }
    EXPECT_EQ(divide(**database, "T", 1)->front().last, 1'000'000'000'001'000);
    must("DELETE FROM t");
    EXPECT_TRUE(divide(**database, "t", 12)->empty());
    must("INSERT INTO t VALUES (7, 1), (8, 1), (9, 1)");
    EXPECT_EQ(divide(**database, "t", 12)->size(), 3U);
}

/// What has no row ids, or another thing of that name, is read by one.
TEST_P(RangesOf, OnlyTablesWithRowIdsAreDivided) {
    must(
        "CREATE TABLE plain (id INTEGER PRIMARY KEY, x INTEGER); CREATE TABLE keyed (id INTEGER PRIMARY KEY, x "
        "INTEGER) WITHOUT ROWID; CREATE TABLE named (x INTEGER, RowID INTEGER); CREATE VIEW seen AS SELECT id, x FROM "
        "plain");
    must(
        "INSERT INTO plain VALUES (1, 1), (2, 1), (3, 1); INSERT INTO keyed SELECT * FROM plain; INSERT INTO named "
        "VALUES (1, NULL), (1, 5), (1, 5)");
    for (const auto& [table, divided] : std::map<std::string, bool>{
             {"plain", true}, {"PLAIN", true}, {"keyed", false}, {"named", false}, {"seen", false}}) {
        auto started = scan(table, "x", 1);
        ASSERT_TRUE(started) << table << ": " << started.error().describe();
        EXPECT_EQ(started->readers > 1, divided) << table;
        EXPECT_EQ(numbers(*started), std::vector<std::int64_t>(3, 1)) << table;
    }
}

/// A writer moves amounts, and rows, between the ends of the table all the time: every scan finds the same sum.
TEST_P(RangesOf, AllReadersSeeOneState) {
    constexpr std::int64_t kRows = 2000;
    fill(kRows);
    std::atomic<int> commits{0};
    std::jthread mover([&](const std::stop_token& stop) {
        const Writer other = open();
        run(other.get(), "PRAGMA synchronous = off");
        for (int i = 0; !stop.stop_requested(); ++i) {
            // One that never pauses keeps every reader of a rollback journal out.
            std::this_thread::sleep_for(std::chrono::microseconds(i % 8 * 200));
            const std::string low = std::to_string(1 + i % 400);
            const std::string high = std::to_string(kRows - i % 400);
            if (run(other.get(), "BEGIN IMMEDIATE; UPDATE t SET x = x + 1000000 WHERE id = " + low +
                                     "; UPDATE t SET x = x - 1000000 WHERE id = " + high +
                                     "; UPDATE t SET id = 5000 - id WHERE id IN (1000, 4000); COMMIT") == SQLITE_OK) {
                ++commits;
            } else {
                run(other.get(), "ROLLBACK");
            }
        }
    });
    int divided = 0;
    for (int i = 0; i < 300 || (divided == 0 && i < 20'000); ++i) {
        auto started = scan("t", "x", 1, -1'000'000'000'000);
        if (!started) {
            EXPECT_EQ(started.error().sqlState(), "55P03") << started.error().describe();
            continue;
        }
        divided += started->readers > 1 ? 1 : 0;
        const auto rows = sdk::test::readAll(*started->cursor, {TSR_TYPE_INT64});
        if (!rows) {
            EXPECT_EQ(rows.error().sqlState(), "55P03") << rows.error().describe();
            continue;
        }
        std::int64_t sum = 0;
        for (const Row& row : *rows) {
            sum += std::stoll(row[0]);
        }
        ASSERT_EQ(rows->size(), static_cast<std::size_t>(kRows)) << "scan " << i;
        ASSERT_EQ(sum, kRows) << "scan " << i;
    }
    mover.request_stop();
    mover.join();
    EXPECT_GT(commits, 0);
    EXPECT_GT(divided, 0);
}

/// The same without scans: commits fall between the readers' first looks at the file.
TEST_P(RangesOf, ReadersBeginTogether) {
    must("CREATE TABLE counter (n INTEGER); INSERT INTO counter VALUES (0)");
    const auto own = Database::open(host_, path_, true, 0);
    ASSERT_TRUE(own) << own.error().describe();
    std::jthread counter([&](const std::stop_token& stop) {
        const Writer other = open();
        run(other.get(), "PRAGMA synchronous = off");
        while (!stop.stop_requested()) {
            run(other.get(), "UPDATE counter SET n = n + 1");
        }
    });
    Readers readers(**own, true);
    int together = 0;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    for (int i = 0; i < 3000 || (together < 10 && std::chrono::steady_clock::now() < end); ++i) {
        std::set<std::int64_t> seen;
        const std::vector<Database*> begun = readers.begin(4);
        for (Database* reader : begun) {
            const auto statement = reader->prepare("SELECT n FROM counter");
            ASSERT_TRUE(statement) << statement.error().describe();
            ASSERT_TRUE(reader->step(statement->get()));
            seen.insert(sqlite3_column_int64(statement->get(), 0));
        }
        readers.end();
        EXPECT_NE(begun.size(), 1U);
        ASSERT_LE(seen.size(), 1U) << "attempt " << i;
        together += begun.empty() ? 0 : 1;
    }
    EXPECT_GE(together, 10);
}

/// Whoever comes when a writer waits for a reader must not wait for the writer.
TEST_P(RangesOf, AWriterThatWaitsHoldsUpNobody) {
    fill(5000);
    auto started = scan("t", "id", 1);
    ASSERT_TRUE(started) << started.error().describe();
    ASSERT_GT(started->readers, 1);
    const bool blocks_writers = std::string(GetParam()) == "delete";
    std::atomic<bool> committed{false};
    std::jthread committer([&] {
        const Writer other = open();
        EXPECT_EQ(run(other.get(), "DELETE FROM t WHERE id <= 1000"), SQLITE_OK);
        committed = true;
    });
    if (blocks_writers) {
        // The journal stands there from the writer's first change on; it then waits for our readers.
        while (!std::filesystem::exists(path_ + "-journal")) {
            std::this_thread::yield();
        }
    }
    EXPECT_EQ(numbers(*started).size(), 5000U);
    // Once the cursor is closed nobody reads.
    committer.join();
    EXPECT_TRUE(committed);
    auto after = scan("t", "id", 1);
    ASSERT_TRUE(after) << after.error().describe();
    EXPECT_EQ(numbers(*after).size(), 4000U);
}

TEST_P(RangesOf, ACursorMayBeClosedAtAnyTime) {
    fill(50'000);
    for (int batches = 0; batches < 4; ++batches) {
        auto started = scan("t", "id, x, length(s)", 3);
        ASSERT_TRUE(started) << started.error().describe();
        ASSERT_GT(started->readers, 1);
        for (int i = 0; i < batches; ++i) {
            ArrowArray batch{};
            const auto fetched = started->cursor->next(&batch);
            ASSERT_TRUE(fetched) << fetched.error().describe();
            ASSERT_EQ(*fetched, sdk::Fetch::kBatch);
            batch.release(&batch);
        }
        started->cursor.reset();
        EXPECT_TRUE(session().usable());
        must("UPDATE t SET x = x WHERE id = 1");
    }
    // The next session may be closed while its readers are there.
    auto last = scan("t", "id", 1);
    ASSERT_TRUE(last) << last.error().describe();
    last->cursor.reset();
    session_.reset();
}

TEST_P(RangesOf, ErrorsAndCancelsEndAllReaders) {
    fill(30'000);
    must(
        "CREATE TABLE u (id INTEGER PRIMARY KEY, x INTEGER, v); INSERT INTO u SELECT id, x, CASE id WHEN 29000 THEN "
        "'n/a' ELSE id END FROM t");
    auto wrong = scan("u", "v", 1);
    ASSERT_TRUE(wrong) << wrong.error().describe();
    EXPECT_GT(wrong->readers, 1);
    const auto rows = sdk::test::readAll(*wrong->cursor, {TSR_TYPE_INT64});
    ASSERT_FALSE(rows);
    EXPECT_EQ(rows.error().message, "column 'v' holds a text 'n/a', which is no value of type bigint");
    EXPECT_EQ(rows.error().sqlState(), "22P02");
    wrong->cursor.reset();

    // No row is found for long.
    auto endless = scan("t", "id", 1, kMost);
    ASSERT_TRUE(endless) << endless.error().describe();
    host_.signal = TSR_SIGNAL_CANCEL;
    ArrowArray batch{};
    const auto fetched = endless->cursor->next(&batch);
    ASSERT_FALSE(fetched);
    EXPECT_EQ(fetched.error().sqlState(), "57014");
    endless->cursor.reset();
    host_.signal = TSR_SIGNAL_NONE;
    auto again = scan("t", "id", 1);
    ASSERT_TRUE(again) << again.error().describe();
    EXPECT_EQ(numbers(*again).size(), 30'000U);
}

TEST_P(RangesOf, ATransactionReadsInItsOwnSession) {
    fill(5000);
    const TsrTransaction wanted{sizeof(TsrTransaction), TSR_ISOLATION_REPEATABLE_READ, false, nullptr, nullptr};
    ASSERT_TRUE(session().begin(wanted));
    for (int i = 0; i < 2; ++i) {
        auto started = scan("t", "id", 1);
        ASSERT_TRUE(started) << started.error().describe();
        EXPECT_EQ(started->readers, 1);
        EXPECT_EQ(numbers(*started).size(), 5000U);
        if (std::string(GetParam()) == "wal") {
            must("DELETE FROM t WHERE id <= 10");
        }
    }
    ASSERT_TRUE(session().startStep(TSR_STEP_COMMIT, ""));
    ASSERT_TRUE(session().finishStep());
}

/// Whoever still has the old file open goes on with it alone, rather than with a mixture.
TEST_P(RangesOf, AnotherFileInItsPlaceIsNotMixedIn) {
    fill(5000);
    auto before = scan("t", "id", 1);
    ASSERT_TRUE(before) << before.error().describe();
    EXPECT_EQ(numbers(*before).size(), 5000U);
    writer_.reset();
    std::filesystem::rename(path_, path_ + ".old");
    std::filesystem::remove(path_ + "-wal");
    std::filesystem::remove(path_ + "-shm");
    writer_ = open();
    fill(100);
    auto after = scan("t", "id", 1);
    ASSERT_TRUE(after) << after.error().describe();
    EXPECT_EQ(after->readers, 1);
    EXPECT_EQ(numbers(*after).size(), 5000U);
}

INSTANTIATE_TEST_SUITE_P(JournalModes, RangesOf, testing::Values("delete", "wal"),
                         [](const auto& tested) { return std::string(tested.param); });

}  // namespace
}  // namespace tessera::sqlite
