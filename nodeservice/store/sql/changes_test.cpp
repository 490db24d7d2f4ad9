// Goal: what an entry did to the rows is told, row by row, or it is said of which tables it is not.
#include "nodeservice/store/sql/changes.h"

#include "tests/support/two_store_members.h"

#include <gmock/gmock.h>

namespace tessera::store {
namespace {

using sqlite::Blob;
using sqlite::Value;
using testing::ElementsAre;
using testing::IsEmpty;

class ChangesTest : public TwoMembers {
  protected:
    static Command command(std::vector<std::string> statements) {
        Command made;
        for (std::string& sql : statements) {
            made.statements.push_back({std::move(sql), {}});
        }
        return made;
    }

    /// Applied to both, and recorded at the second: both come to the same.
    Changes changesOf(std::vector<std::string> statements, const std::string& error = "") {
        const raft::Entry entry{++index_, 1, raft::EntryKind::kCommand,
                                raft::makePayload(command(std::move(statements)).encode())};
        const auto outcome = first_->apply(entry);
        EXPECT_TRUE(outcome) << outcome.error().describe();
        EXPECT_EQ(outcome->error, error);
        auto recorder = ChangeRecorder::start(*second_);
        EXPECT_TRUE(recorder) << recorder.error().describe();
        const auto again = second_->apply(entry);
        EXPECT_TRUE(again) << again.error().describe();
        EXPECT_EQ(first_->hash(), second_->hash());
        auto changes = (*recorder)->finish();
        EXPECT_TRUE(changes) << changes.error().describe();
        EXPECT_EQ(changes->index, index_);
        return changes.value_or(Changes{});
    }

    /// Of a change's values: NULL as "null", those not told as "-".
    static std::string text(const RowChange::Values& values) {
        std::string all;
        for (const auto& value : values) {
            all += all.empty() ? "" : ",";
            if (!value) {
                all += "-";
            } else if (const auto* number = std::get_if<std::int64_t>(&*value)) {
                all += std::to_string(*number);
            } else if (const auto* words = std::get_if<std::string>(&*value)) {
                all += *words;
            } else if (const auto* blob = std::get_if<Blob>(&*value)) {
                all += "x" + blob->bytes;
            } else {
                all += std::holds_alternative<double>(*value) ? std::to_string(std::get<double>(*value)) : "null";
            }
        }
        return all;
    }

    static std::vector<std::string> rows(const Changes& changes) {
        std::vector<std::string> all;
        for (const TableChanges& table : changes.tables) {
            for (const RowChange& row : table.rows) {
                all.push_back(table.table + ": " + text(row.before) + " -> " + text(row.after));
            }
        }
        return all;
    }
};

TEST_F(ChangesTest, RowsAreToldAsTheyWereAndAre) {
    const Changes made = changesOf({"CREATE TABLE t(k TEXT PRIMARY KEY, a, b, c) WITHOUT ROWID"});
    EXPECT_TRUE(made.is_schema_changed);
    EXPECT_THAT(made.tables, IsEmpty());
    const Changes inserted =
        changesOf({"INSERT INTO t VALUES ('one', 1, 1.5, x'6162'), ('two', NULL, '', zeroblob(0))"});
    EXPECT_THAT(rows(inserted), testing::UnorderedElementsAre("t:  -> one,1,1.500000,xab", "t:  -> two,null,,x"));
    EXPECT_FALSE(inserted.is_schema_changed);
    ASSERT_EQ(inserted.tables.size(), 1U);
    EXPECT_THAT(inserted.tables[0].columns, ElementsAre("k", "a", "b", "c"));
    EXPECT_THAT(inserted.tables[0].is_key, ElementsAre(true, false, false, false));
    EXPECT_THAT(rows(changesOf({"UPDATE t SET a = 2 WHERE k = 'one'"})), ElementsAre("t: one,1,-,- -> -,2,-,-"));
    EXPECT_THAT(rows(changesOf({"DELETE FROM t"})),
                testing::UnorderedElementsAre("t: one,2,1.500000,xab -> ", "t: two,null,,x -> "));
    EXPECT_TRUE(changesOf({"DELETE FROM t"}).isEmpty());
}

/// As when the connection has prepared it before anybody looked: SQLite empties a table then without a word.
TEST_F(ChangesTest, AllRowsOfATableThatIsEmptiedAreTold) {
    changesOf({"CREATE TABLE t(k INTEGER PRIMARY KEY)"});
    const raft::Entry unseen{++index_, 1, raft::EntryKind::kCommand,
                             raft::makePayload(command({"DELETE FROM t"}).encode())};
    ASSERT_TRUE(first_->apply(unseen));
    ASSERT_TRUE(second_->apply(unseen));
    changesOf({"INSERT INTO t VALUES (1), (2)"});
    EXPECT_THAT(rows(changesOf({"DELETE FROM t"})), testing::UnorderedElementsAre("t: 1 -> ", "t: 2 -> "));
}

TEST_F(ChangesTest, OnlyWhatIsLeftOfAnEntryIsTold) {
    changesOf({"CREATE TABLE t(k INTEGER PRIMARY KEY, v UNIQUE)", "INSERT INTO t VALUES (1, 1)"});
    EXPECT_TRUE(changesOf({"INSERT INTO t VALUES (2, 2)", "DELETE FROM t WHERE k = 2"}).isEmpty());
    EXPECT_TRUE(changesOf({"UPDATE t SET v = 9", "UPDATE t SET v = 1"}).isEmpty());
    EXPECT_TRUE(
        changesOf({"INSERT INTO t VALUES (3, 3)", "INSERT INTO t VALUES (4, 1)"}, "UNIQUE constraint failed: t.v")
            .isEmpty());
    EXPECT_THAT(rows(changesOf({"REPLACE INTO t VALUES (5, 1)"})),
                testing::UnorderedElementsAre("t: 1,1 -> ", "t:  -> 5,1"));
    EXPECT_THAT(rows(changesOf({"UPDATE t SET k = 6"})), testing::UnorderedElementsAre("t: 5,1 -> ", "t:  -> 6,1"));
    EXPECT_THAT(rows(changesOf({"INSERT INTO t VALUES (6, 7) ON CONFLICT (k) DO UPDATE SET v = excluded.v"})),
                ElementsAre("t: 6,1 -> -,7"));
}

TEST_F(ChangesTest, WhatTriggersAndForeignKeysDoIsTold) {
    changesOf({"CREATE TABLE a(k INTEGER PRIMARY KEY)",
               "CREATE TABLE b(k INTEGER PRIMARY KEY REFERENCES a ON DELETE CASCADE)",
               "CREATE TABLE log(k INTEGER PRIMARY KEY, was)",
               "CREATE TRIGGER after_a AFTER DELETE ON a BEGIN INSERT INTO log(was) VALUES (old.k); END",
               "INSERT INTO a VALUES (1)", "INSERT INTO b VALUES (1)"});
    EXPECT_THAT(rows(changesOf({"DELETE FROM a"})),
                testing::UnorderedElementsAre("a: 1 -> ", "b: 1 -> ", "log:  -> 1,1"));
}

TEST_F(ChangesTest, TablesWhoseRowsCannotBeToldAreNamed) {
    changesOf({"CREATE TABLE loose(a)", "CREATE TABLE t(k INTEGER PRIMARY KEY)",
               "CREATE VIRTUAL TABLE words USING fts5(word)"});
    const Changes changes =
        changesOf({"INSERT INTO loose VALUES (1)", "INSERT INTO t VALUES (1)", "INSERT INTO words VALUES ('x')"});
    EXPECT_THAT(rows(changes), ElementsAre("t:  -> 1"));
    EXPECT_THAT(changes.untold, ElementsAre("loose", "words"));
    const Changes altered = changesOf({"INSERT INTO t VALUES (2)", "ALTER TABLE t ADD COLUMN v"});
    EXPECT_THAT(altered.tables, IsEmpty());
    EXPECT_THAT(altered.untold, ElementsAre("t"));
    EXPECT_TRUE(altered.is_schema_changed);
    EXPECT_THAT(rows(changesOf({"UPDATE t SET v = k"})),
                testing::UnorderedElementsAre("t: 1,null -> -,1", "t: 2,null -> -,2"));
    const Changes dropped = changesOf({"DELETE FROM t", "DROP TABLE t"});
    EXPECT_TRUE(dropped.is_schema_changed);
    EXPECT_THAT(dropped.untold, ElementsAre("t"));
}

/// What a recorder needs is no way in for others.
TEST_F(ChangesTest, StatementsStillHaveNoPragma) {
    EXPECT_TRUE(changesOf({"PRAGMA table_info(t)"}, "the store refuses PRAGMA").isEmpty());
}

}  // namespace
}  // namespace tessera::store
