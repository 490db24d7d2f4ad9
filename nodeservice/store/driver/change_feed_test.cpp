// Goal: who follows the changes of each entry has what the store has, from wherever they begin. Method: a model that
// only they change, against the store's own past states. TESSERA_SEED gives other statements.
#include "tests/support/seed.h"
#include "tests/support/store_members.h"

#include <random>
#include <set>

namespace tessera::store {
namespace {

/// By table and key: the row.
using Model = std::map<std::string, std::map<std::string, std::vector<std::string>>>;

std::string text(const sqlite::Value& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        return std::to_string(*number);
    }
    const auto* words = std::get_if<std::string>(&value);
    return words == nullptr ? "null" : *words;
}

void follow(Model& model, const Changes& changes) {
    for (const TableChanges& table : changes.tables) {
        auto& rows = model[table.table];
        const auto keyOf = [&](const RowChange::Values& values) {
            std::string key;
            for (std::size_t i = 0; i < values.size(); ++i) {
                key += table.is_key[i] ? text(*values[i]) + "|" : "";
            }
            return key;
        };
        for (const RowChange& change : table.rows) {
            if (change.before.empty()) {
                auto& row = rows[keyOf(change.after)];
                EXPECT_TRUE(row.empty()) << "inserted twice";
                for (const auto& value : change.after) {
                    row.push_back(text(*value));
                }
                continue;
            }
            const auto found = rows.find(keyOf(change.before));
            ASSERT_NE(found, rows.end());
            for (std::size_t i = 0; i < change.before.size(); ++i) {
                EXPECT_TRUE(!change.before[i] || text(*change.before[i]) == found->second[i]) << "it was another";
            }
            if (change.after.empty()) {
                rows.erase(found);
                continue;
            }
            for (std::size_t i = 0; i < change.after.size(); ++i) {
                found->second[i] = change.after[i] ? text(*change.after[i]) : found->second[i];
            }
        }
    }
    std::erase_if(model, [](const auto& table) { return table.second.empty(); });
}

class ChangeFeedTest : public StoreTest {
  protected:
    ChangeFeedTest() : StoreTest(1) {}

    Replica& replica() { return *replicas_[1]; }

    static Clock::Time soon() { return Clock().now() + kPatience; }

    raft::Index write(std::vector<std::string> statements) {
        const Execution done = replica().execute(command(std::move(statements)), kPatience);
        EXPECT_EQ(done.fate, Fate::kApplied) << done.error.message;
        return done.index;
    }

    /// One statement of many kinds.
    std::string statement() {
        const std::string t = "t" + std::to_string(random_() % 2);
        const std::string k = std::to_string(random_() % 40);
        switch (random_() % 8) {
            case 0:
                return "DELETE FROM " + t + " WHERE k = " + k;
            case 1:
                return "DELETE FROM " + t + " WHERE k % 13 = " + k + " % 13";
            case 2:
                return "UPDATE " + t + " SET v = v || '+' WHERE k % 5 = " + k + " % 5";
            case 3:
                return "UPDATE OR REPLACE " + t + " SET k = k + 1 WHERE k = " + k;
            case 4:
                return "REPLACE INTO " + t + "(k, v) VALUES (" + k + ", 'replaced')";
            case 5:
                return "INSERT INTO t0(k, v) SELECT k, v FROM t1 WHERE true ON CONFLICT (k) DO UPDATE SET v = NULL";
            default:
                return "INSERT OR IGNORE INTO " + t + "(k, v) VALUES (" + k + ", random())";
        }
    }

    Model stateAt(raft::Index index) {
        ReadPoint point = Consistency::kAtIndex;
        point.index = index;
        Model model;
        for (const std::string table : {"t0", "t1"}) {
            const auto done = replica().query({"SELECT k, v FROM " + table, {}}, point, kPatience,
                                              {[](const auto&, raft::Index) { return Result<>(); },
                                               [&](std::vector<sqlite::Value> row) {
                                                   model[table][text(row[0]) + "|"] = {text(row[0]), text(row[1])};
                                                   return Result<>();
                                               }});
            EXPECT_TRUE(done) << done.error().describe();
        }
        return model;
    }

    /// Of the entries behind `after` up to `last`, each once.
    std::vector<Changes> changes(raft::Index after, raft::Index last) {
        std::vector<Changes> all;
        while (after < last) {
            auto some = replica().changes(after, last, soon());
            EXPECT_TRUE(some) << some.error().describe();
            if (!some || some->empty()) {
                ADD_FAILURE() << "nothing behind " << after;
                break;
            }
            for (Changes& one : *some) {
                EXPECT_EQ(one.index, ++after);
                all.push_back(std::move(one));
            }
        }
        return all;
    }

    raft::Index fill() {
        startAll();
        awaitLeader();
        raft::Index last = write(
            {"CREATE TABLE t0(k INTEGER PRIMARY KEY, v)", "CREATE TABLE t1(k INTEGER PRIMARY KEY, v) WITHOUT ROWID"});
        for (int i = 0; i < 300; ++i) {
            std::vector<std::string> made(1 + random_() % 4);
            std::generate(made.begin(), made.end(), [this] { return statement(); });
            last = write(std::move(made));
        }
        return last;
    }

    std::mt19937 random_{testSeed()};
};

TEST_F(ChangeFeedTest, WhoFollowsHasWhatTheStoreHas) {
    SCOPED_TRACE("TESSERA_SEED=" + std::to_string(testSeed()));
    const raft::Index last = fill();
    const std::vector<Changes> all = changes(0, last);
    Model model;
    for (const Changes& one : all) {
        ASSERT_NO_FATAL_FAILURE(follow(model, one));
        if (one.index % 25 == 0) {
            EXPECT_EQ(model, stateAt(one.index)) << "entry " << one.index;
        }
    }
    EXPECT_EQ(model, stateAt(last));
    // From the middle, as somebody who comes back; what is in memory and what is not are the same.
    for (int i = 0; i < 10; ++i) {
        const raft::Index from = random_() % last;
        Model resumed = stateAt(from);
        for (const Changes& one : changes(from, last)) {
            ASSERT_NO_FATAL_FAILURE(follow(resumed, one));
        }
        EXPECT_EQ(resumed, model) << "from entry " << from;
    }
}

TEST_F(ChangeFeedTest, ADifferenceLeadsFromOneStateToTheOther) {
    SCOPED_TRACE("TESSERA_SEED=" + std::to_string(testSeed()));
    const raft::Index last = fill();
    for (int i = 0; i < 20; ++i) {
        const raft::Index from = 2 + random_() % (last - 2);
        const raft::Index to = from + random_() % (last - from + 1);
        const auto difference = replica().difference(from, to, soon());
        ASSERT_TRUE(difference) << difference.error().describe();
        Model model = stateAt(from);
        ASSERT_NO_FATAL_FAILURE(follow(model, *difference));
        EXPECT_EQ(model, stateAt(to)) << "from " << from << " to " << to;
    }
}

TEST_F(ChangeFeedTest, WhatCannotBeToldIsRefused) {
    trailing_log_bytes_ = 1;
    startAll();
    awaitLeader();
    const raft::Index first = write({"CREATE TABLE t(k INTEGER PRIMARY KEY)"});
    const raft::Index altered = write({"INSERT INTO t VALUES (1)"});
    const raft::Index last = write({"ALTER TABLE t ADD COLUMN v"});
    const auto difference = replica().difference(first, last, soon());
    ASSERT_FALSE(difference);
    EXPECT_EQ(difference.error().code, ErrorCode::kFailedPrecondition);
    EXPECT_NE(difference.error().message.find("the columns of t"), std::string::npos) << difference.error().message;
    EXPECT_TRUE(replica().difference(first, altered, soon()));
    EXPECT_EQ(replica().changes(last, first, soon()).error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(replica().changes(last, last + 1, soon()).error().code, ErrorCode::kOutOfRange);
    EXPECT_TRUE(replica().changes(last, last, soon())->empty());
    write({"INSERT INTO t(k) VALUES (2)"});
    replica().snapshotNow();
    ASSERT_TRUE(waitUntil([&] { return replica().status().snapshot > last; }));
    const auto gone = replica().difference(first, last, soon());
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code, ErrorCode::kOutOfRange) << gone.error().describe();
}

}  // namespace
}  // namespace tessera::store
