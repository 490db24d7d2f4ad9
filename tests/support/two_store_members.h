#pragma once

#include "nodeservice/store/sql/data.h"
#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace tessera::store {

/// Two members of one store: the same log, other pasts of connection and process.
class TwoMembers : public testing::Test {
  protected:
    TwoMembers() {
        setenv("TZ", "UTC", 1);
        tzset();
        first_ = open("first.db");
        second_ = open("second.db");
    }

    std::unique_ptr<Data> open(const std::string& name) {
        auto data = Data::open(folder_.path() / name);
        EXPECT_TRUE(data) << data.error().describe();
        return data ? std::move(*data) : nullptr;
    }

    /// On both; the second one is started anew before each, so that its connection has no past.
    Outcome apply(const Command& made) {
        const raft::Entry entry{++index_, 1, raft::EntryKind::kCommand, raft::makePayload(made.encode())};
        const auto outcome = first_->apply(entry);
        EXPECT_TRUE(outcome) << outcome.error().describe();
        second_.reset();
        second_ = open("second.db");
        const auto again = second_->apply(entry);
        EXPECT_TRUE(again) << again.error().describe();
        EXPECT_EQ(outcome.value_or(Outcome{}), again.value_or(Outcome{}));
        EXPECT_EQ(first_->applied(), index_);
        EXPECT_EQ(first_->hash(), second_->hash());
        return outcome.value_or(Outcome{});
    }

    TemporaryDirectory folder_;
    std::unique_ptr<Data> first_;
    std::unique_ptr<Data> second_;
    raft::Index index_ = 0;
};

}  // namespace tessera::store
