/// Whatever the statements: a store of one member and one of three answer the same, all members come to the same state,
/// and tables that change their shape meanwhile lose nothing. TESSERA_SEED gives other statements.

#include "tests/support/seed.h"
#include "tests/support/store_members.h"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <set>
#include <thread>

namespace tessera::store {
namespace {

/// A store of its own within a test.
class Members : public StoreTest {
  public:
    explicit Members(std::size_t members) : StoreTest(members) {
        startAll();
        awaitLeader();
    }

    ~Members() override { StoreTest::TearDown(); }

    /// Until it is known what became of it: applied, or refused for what it is.
    Execution write(Command made) {
        Execution last;
        EXPECT_TRUE(waitUntil([&] {
            for (const auto& [id, replica] : replicas_) {
                last = replica->execute(made, milliseconds(5000));
                if (last.fate == Fate::kApplied ||
                    (last.fate == Fate::kRefused && last.error.code == ErrorCode::kInvalidArgument)) {
                    return true;
                }
            }
            return false;
        })) << last.error.message;
        return last;
    }

    std::string read(const std::string& sql) {
        return ask(*replicas_.begin()->second, sql, Consistency::kLinearizable);
    }

    bool awaitAlike() { return awaitSameState(); }

  private:
    void TestBody() override {}
};

/// What the statements touch hangs on nothing but the numbers given; what they store may be random, and so may which of
/// a statement's rows gets which id.
class Statements {
  public:
    explicit Statements(std::uint32_t seed) : random_(seed) {}

    std::vector<std::string> some() {
        std::vector<std::string> made(1 + below(4));
        for (std::string& sql : made) {
            sql = below(12) == 0 ? shape() : change();
        }
        return made;
    }

    /// Never an error.
    std::string change() {
        const std::string t = table();
        const std::string key = std::to_string(below(300));
        switch (below(9)) {
            case 0:
                return "INSERT OR REPLACE INTO " + t + "(k) VALUES (" + key + "), (" + key + " + 1)";
            case 1:
                return "INSERT OR IGNORE INTO " + t + "(k, v) SELECT " + key +
                       " + x, random() FROM (SELECT 1 AS x UNION "
                       "SELECT 2 UNION SELECT 3) ORDER BY random()";
            case 2:
                return "UPDATE " + t + " SET v = hex(randomblob(4)), at = datetime('now') WHERE k % 7 = " + key +
                       " % 7";
            case 3:
                return "DELETE FROM " + t + " WHERE k BETWEEN " + key + " AND " + key + " + 2";
            case 4:
                return "INSERT INTO " + t + "(k) VALUES (" + key +
                       ") ON CONFLICT (k) DO UPDATE SET v = abs(random() % 9)";
            case 5:
                return "UPDATE OR IGNORE " + t + " SET k = k + 1 WHERE k = " + key;
            default:
                return "INSERT OR IGNORE INTO " + t + "(k, v) VALUES (" + key + ", strftime('%s') || '" + key + "')";
        }
    }

    static std::vector<std::string> tables() {
        std::vector<std::string> made;
        for (int i = 0; i < kTables; ++i) {
            made.push_back("CREATE TABLE t" + std::to_string(i) +
                           "(id INTEGER PRIMARY KEY, k INTEGER UNIQUE, v DEFAULT (random()), at DEFAULT "
                           "CURRENT_TIMESTAMP)");
        }
        return made;
    }

    static constexpr int kTables = 3;

  private:
    std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }

    std::string table() { return "t" + std::to_string(below(kTables)); }

    /// Often wrong.
    std::string shape() {
        const std::string number = std::to_string(below(4));
        switch (below(8)) {
            case 0:
                return "ALTER TABLE " + table() + " ADD COLUMN c" + number;
            case 1:
                return "ALTER TABLE " + table() + " DROP COLUMN c" + number;
            case 2:
                return "CREATE INDEX i" + number + " ON " + table() + "(v)";
            case 3:
                return "DROP INDEX IF EXISTS i" + number;
            case 4:
                return "INSERT INTO " + table() + "(k) VALUES (" + std::to_string(below(300)) + ")";
            case 5:
                return "SELEC " + number;
            case 6:
                return "UPDATE " + table() + " SET c" + number + " = " + number;
            default:
                return "CREATE TRIGGER IF NOT EXISTS r" + number +
                       " AFTER DELETE ON t0 BEGIN INSERT OR IGNORE INTO "
                       "t1(k) VALUES (old.k); END";
        }
    }

    std::mt19937 random_;
};

/// Ids are chance: where the row of the highest goes, the next row takes it.
Outcome withoutIds(Outcome outcome) {
    for (StatementOutcome& statement : outcome.statements) {
        statement.last_rowid = 0;
    }
    return outcome;
}

TEST(StoreStatements, OneMemberAndThreeAnswerTheSame) {
    const std::uint32_t seed = testSeed();
    SCOPED_TRACE("TESSERA_SEED=" + std::to_string(seed));
    Members one(1);
    Members three(3);
    Statements statements(seed);
    ASSERT_EQ(one.write(command(Statements::tables(), 1, 1)).fate, Fate::kApplied);
    ASSERT_EQ(three.write(command(Statements::tables(), 1, 1)).fate, Fate::kApplied);
    constexpr std::uint64_t kCommands = 400;
    int refused = 0;
    for (std::uint64_t number = 2; number < kCommands; ++number) {
        const std::vector<std::string> made = statements.some();
        const Execution alone = one.write(command(made, 1, number));
        const Execution together = three.write(command(made, 1, number));
        ASSERT_EQ(alone.fate, together.fate) << made[0];
        ASSERT_EQ(withoutIds(alone.outcome), withoutIds(together.outcome)) << made[0];
        ASSERT_EQ(alone.error.message, together.error.message) << made[0];
        refused += alone.fate == Fate::kRefused ? 1 : 0;
    }
    EXPECT_GT(refused, 10);
    for (int i = 0; i < Statements::kTables; ++i) {
        const std::string rows = "SELECT k FROM t" + std::to_string(i) + " ORDER BY k";
        EXPECT_EQ(one.read(rows), three.read(rows));
        EXPECT_NE(one.read(rows), "");
    }
    EXPECT_EQ(one.read("SELECT sql FROM sqlite_schema ORDER BY name"),
              three.read("SELECT sql FROM sqlite_schema ORDER BY name"));
    EXPECT_TRUE(three.awaitAlike());
}

/// TESSERA_STATEMENTS says how many.
TEST(StoreStatements, ManyLeaveTheSameStateEverywhere) {
    const std::uint32_t seed = testSeed();
    SCOPED_TRACE("TESSERA_SEED=" + std::to_string(seed));
    Members three(3);
    Statements statements(seed);
    ASSERT_EQ(three.write(command(Statements::tables(), 1, 1)).fate, Fate::kApplied);
    const char* asked = std::getenv("TESSERA_STATEMENTS");
    constexpr std::size_t kEach = 200;
    const std::uint64_t commands = (asked == nullptr ? 20'000 : std::strtoull(asked, nullptr, 10)) / kEach;
    for (std::uint64_t number = 2; number < commands + 2; ++number) {
        std::vector<std::string> made(kEach);
        for (std::string& sql : made) {
            sql = statements.change();
        }
        const Execution done = three.write(command(std::move(made), 1, number));
        ASSERT_EQ(done.fate, Fate::kApplied) << done.error.message;
        ASSERT_EQ(done.outcome.error, "");
    }
    EXPECT_TRUE(three.awaitAlike());
}

/// Rows come while a column comes and goes: each is there or was refused, the same on all members.
TEST(StoreStatements, TablesThatChangeTheirShapeMeanwhileLoseNothing) {
    Members three(3);
    ASSERT_EQ(three.write(command({"CREATE TABLE t(a, b)"}, 1, 1)).fate, Fate::kApplied);
    constexpr std::uint64_t kWriters = 3;
    constexpr std::uint64_t kShapes = 40;
    std::atomic<bool> is_over = false;
    std::atomic<int> written = 0;
    std::atomic<int> failed = 0;
    std::vector<std::thread> writers;
    for (std::uint64_t writer = 0; writer < kWriters; ++writer) {
        writers.emplace_back([&, writer] {
            for (std::uint64_t number = 1; !is_over; ++number) {
                const std::string value = std::to_string(writer * 1'000'000 + number);
                const Execution done =
                    three.write(command({"INSERT INTO t(a, b) VALUES (" + value + ", 1)"}, 10 + writer, number));
                (done.fate == Fate::kApplied && done.outcome.error.empty() ? written : failed)++;
            }
        });
    }
    for (std::uint64_t i = 0; i < kShapes; ++i) {
        const int written_before = written;
        const int failed_before = failed;
        const bool is_gone = i % 2 == 0;
        const Execution done = three.write(
            command({is_gone ? "ALTER TABLE t RENAME COLUMN b TO c" : "ALTER TABLE t RENAME COLUMN c TO b"}, 2, i + 1));
        EXPECT_EQ(done.outcome.error, "");
        EXPECT_EQ(done.fate, Fate::kApplied) << done.error.message;
        EXPECT_TRUE(waitUntil([&] { return is_gone ? failed > failed_before : written > written_before; }));
    }
    is_over = true;
    for (std::thread& writer : writers) {
        writer.join();
    }
    EXPECT_EQ(three.read("SELECT count(*) || ' ' || count(DISTINCT a) FROM t"),
              std::to_string(written) + " " + std::to_string(written));
    EXPECT_TRUE(three.awaitAlike());
}

}  // namespace
}  // namespace tessera::store
