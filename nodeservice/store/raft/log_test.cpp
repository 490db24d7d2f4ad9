#include "nodeservice/store/raft/log.h"

#include <gtest/gtest.h>

namespace tessera::store::raft {
namespace {

/// Entries 11…16 of terms 2 2 3 3 5 5, behind a snapshot at 10 of term 2.
Log makeLog() {
    Log log({10, 2}, {});
    const std::vector<Term> terms = {2, 2, 3, 3, 5, 5};
    for (std::size_t i = 0; i < terms.size(); ++i) {
        log.append({11 + i, terms[i], EntryKind::kCommand, makePayload(std::string(76, 'x'))});
    }
    return log;
}

TEST(LogTest, KnowsTermsOfItsWindow) {
    const Log log = makeLog();
    EXPECT_EQ(log.termAt(9), 0);
    EXPECT_EQ(log.termAt(10), 2);
    EXPECT_EQ(log.termAt(16), 5);
    EXPECT_EQ(log.termAt(17), 0);
    EXPECT_TRUE(log.has({10, 2}));
    EXPECT_TRUE(log.has({14, 3}));
    EXPECT_FALSE(log.has({14, 2}));
    EXPECT_FALSE(log.has({17, 0}));
    EXPECT_TRUE(Log({}, {}).has({0, 0}));
}

TEST(LogTest, WhereLogsMayStillMatch) {
    const Log log = makeLog();
    EXPECT_EQ(log.lastAtMost(16, 4), (Position{14, 3}));
    EXPECT_EQ(log.lastAtMost(13, 9), (Position{13, 3}));
    EXPECT_EQ(log.lastAtMost(99, 1), (Position{10, 2}));
}

TEST(LogTest, SlicesByWeightButAtLeastOne) {
    const Log log = makeLog();
    EXPECT_EQ(log.slice(11, 16, 1).size(), 1);
    EXPECT_EQ(log.slice(11, 16, 250).size(), 2);
    EXPECT_EQ(log.slice(12, 99, SIZE_MAX).size(), 5);
    EXPECT_TRUE(log.slice(17, 16, 100).empty());
}

TEST(LogTest, TruncatesCompactsAndResets) {
    Log log = makeLog();
    log.truncate(15);
    EXPECT_EQ(log.last(), (Position{14, 3}));
    log.compact(13);
    EXPECT_EQ(log.base(), (Position{13, 3}));
    EXPECT_EQ(log.at(14).term, 3);
    log.reset({40, 7});
    EXPECT_EQ(log.last(), (Position{40, 7}));
}

TEST(LogTest, KnowsWhatItWeighs) {
    Log log({0, 0}, {});
    for (Index index = 1; index <= 4; ++index) {
        log.append({index, 1, EntryKind::kCommand, makePayload("data")});
    }
    const std::size_t one = log.at(1).bytes();
    EXPECT_EQ(log.bytes(), 4 * one);
    EXPECT_EQ(log.baseKeeping(4 * one, 4), 0);
    EXPECT_EQ(log.baseKeeping(2 * one + 1, 4), 2);
    EXPECT_EQ(log.baseKeeping(0, 3), 3);
    log.truncate(4);
    log.compact(1);
    EXPECT_EQ(log.bytes(), 2 * one);
    log.reset({9, 2});
    EXPECT_EQ(log.bytes(), 0);
}

}  // namespace
}  // namespace tessera::store::raft
