/// Who follows what the store's entries change, over gRPC.
#include "nodeservice/server/store_changes.h"

#include "nodeservice/proto/store.grpc.pb.h"
#include "tests/support/store_services.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tessera::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class StoreChangesTest : public StoreServiceTest {
  protected:
    /// A listener at a member.
    struct Following {
        Following(v1::Store::Stub& stub, const v1::StoreChangesRequest& request)
            : reader(stub.Changes(&context, request)) {}

        ~Following() {
            if (reader) {
                context.TryCancel();
                static_cast<void>(end());
            }
        }

        /// The next part that tells something; nothing at the end. `at` is where who goes on begins.
        std::optional<v1::StoreChanges> next() {
            v1::StoreChanges changes;
            while (reader->Read(&changes)) {
                at = changes.index();
                if (changes.tables_size() > 0 || changes.untold_size() > 0 || changes.is_schema_changed() ||
                    changes.is_replaced()) {
                    return changes;
                }
            }
            return std::nullopt;
        }

        grpc::Status end() { return std::exchange(reader, nullptr)->Finish(); }

        grpc::ClientContext context;
        std::unique_ptr<grpc::ClientReader<v1::StoreChanges>> reader;
        std::uint64_t at = 0;
    };

    std::unique_ptr<Following> follow(NodeId member, const v1::StoreChangesRequest& request) {
        return std::make_unique<Following>(members_.at(member)->stub(), request);
    }

    static v1::StoreChangesRequest fromNow() {
        v1::StoreChangesRequest request;
        request.set_from_now(true);
        request.set_follows(true);
        return request;
    }

    static std::vector<std::int64_t> inserted(const v1::StoreChanges& changes) {
        std::vector<std::int64_t> keys;
        for (const v1::StoreTableChanges& table : changes.tables()) {
            for (const v1::StoreRowChange& row : table.rows()) {
                EXPECT_EQ(row.before_size(), 0);
                keys.push_back(row.after(0).value().integer());
            }
        }
        return keys;
    }
};

TEST_F(StoreChangesTest, WhatIsWrittenIsToldByEachMember) {
    start(3);
    EXPECT_EQ(done(1, "CREATE TABLE t(k INTEGER PRIMARY KEY, v)", 1).error(), "");
    std::map<NodeId, std::unique_ptr<Following>> followers;
    for (const NodeId member : {1, 2, 3}) {
        // A member that lags may have no such table yet: then that is told first.
        followers[member] = follow(member, fromNow());
        v1::StoreChanges begin;
        ASSERT_TRUE(followers[member]->reader->Read(&begin)) << "where it begins is said at once";
    }
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(
            done(1, "INSERT INTO t VALUES (" + std::to_string(i) + ", 'x')", static_cast<std::uint64_t>(i) + 2).error(),
            "");
    }
    for (auto& [member, follower] : followers) {
        for (int i = 0; i < 5; ++i) {
            auto changes = follower->next();
            while (changes && changes->is_schema_changed()) {
                changes = follower->next();
            }
            ASSERT_TRUE(changes) << "member " << member;
            EXPECT_THAT(inserted(*changes), ElementsAre(i)) << "member " << member;
            EXPECT_THAT(changes->tables(0).columns(), ElementsAre("k", "v"));
        }
    }
}

TEST_F(StoreChangesTest, WhoComesBackMissesNothing) {
    start(1);
    EXPECT_EQ(done(1, "CREATE TABLE t(k INTEGER PRIMARY KEY)", 1).error(), "");
    EXPECT_EQ(done(1, "CREATE TABLE other(k INTEGER PRIMARY KEY)", 2).error(), "");
    v1::StoreChangesRequest request = fromNow();
    request.add_tables("t");
    auto follower = follow(1, request);
    v1::StoreChanges begin;
    ASSERT_TRUE(follower->reader->Read(&begin));
    EXPECT_EQ(done(1, "INSERT INTO t VALUES (1)", 3).error(), "");
    const auto first = follower->next();
    ASSERT_TRUE(first);
    EXPECT_THAT(inserted(*first), ElementsAre(1));
    EXPECT_GT(first->index(), begin.index());
    request.set_from_now(false);
    request.set_after(follower->at);
    follower.reset();
    EXPECT_EQ(done(1, "INSERT INTO other VALUES (7)", 4).error(), "");
    EXPECT_EQ(done(1, "INSERT INTO t VALUES (2)", 5).error(), "");
    follower = follow(1, request);
    const auto second = follower->next();
    ASSERT_TRUE(second);
    EXPECT_THAT(inserted(*second), ElementsAre(2)) << "of the table that was asked for alone";
}

/// Who has heard of an entry elsewhere waits for it where it is yet to come.
TEST_F(StoreChangesTest, AMemberThatLagsIsWaitedFor) {
    start(1);
    EXPECT_EQ(done(1, "CREATE TABLE t(k INTEGER PRIMARY KEY)", 1).error(), "");
    const std::uint64_t before = done(1, "INSERT INTO t VALUES (1)", 2).index();
    v1::StoreChangesRequest request;
    request.set_follows(true);
    request.set_after(before + 1);
    const auto follower = follow(1, request);
    v1::StoreChanges begin;
    ASSERT_TRUE(follower->reader->Read(&begin));
    EXPECT_EQ(done(1, "INSERT INTO t VALUES (2)", 3).index(), before + 1);
    EXPECT_EQ(done(1, "INSERT INTO t VALUES (3)", 4).error(), "");
    const auto changes = follower->next();
    ASSERT_TRUE(changes) << follower->end().error_message();
    EXPECT_THAT(inserted(*changes), ElementsAre(3));
}

TEST_F(StoreChangesTest, LargeEntriesComeInParts) {
    start(1);
    EXPECT_EQ(done(1, "CREATE TABLE t(k INTEGER PRIMARY KEY, v)", 1).error(), "");
    const std::uint64_t before = done(1, "INSERT INTO t VALUES (1, hex(zeroblob(500)))", 2).index();
    EXPECT_EQ(done(1,
                   "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 2001) INSERT INTO t "
                   "SELECT i, hex(zeroblob(500)) FROM n",
                   3)
                  .error(),
              "");
    v1::StoreChangesRequest request;
    request.set_after(before);
    const auto follower = follow(1, request);
    std::size_t rows = 0;
    int parts = 0;
    for (auto part = follower->next(); part; part = follower->next(), ++parts) {
        rows += inserted(*part).size();
        EXPECT_EQ(part->has_more(), rows < 2000);
        EXPECT_LT(part->ByteSizeLong(), std::size_t{1} << 20U);
    }
    EXPECT_EQ(rows, 2000U);
    EXPECT_GT(parts, 3);
    EXPECT_TRUE(follower->end().ok());
    request.set_as_one(true);
    request.set_after(before - 1);
    const auto difference = follow(1, request);
    rows = 0;
    for (auto part = difference->next(); part; part = difference->next()) {
        rows += inserted(*part).size();
    }
    EXPECT_EQ(rows, 2001U);
    EXPECT_TRUE(difference->end().ok());
}

/// Somebody who listens is not let in for ever.
TEST_F(StoreChangesTest, WhoLosesTheRightHearsNothingMore) {
    start(1);
    EXPECT_EQ(done(1, "CREATE TABLE t(k INTEGER PRIMARY KEY)", 1).error(), "");
    const auto follower = follow(1, fromNow());
    EXPECT_EQ(done(1, "INSERT INTO t VALUES (1)", 2).error(), "");
    ASSERT_TRUE(follower->next());
    members_[1]->allowNothing();
    const store::Execution written =
        members_[1]->replica().execute({.statements = {{"INSERT INTO t VALUES (2)", {}}}}, std::chrono::seconds(30));
    EXPECT_EQ(written.fate, store::Execution::Fate::kApplied);
    EXPECT_FALSE(follower->next());
    EXPECT_EQ(follower->end().error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(StoreChangesTest, WhatCannotBeToldIsRefused) {
    start(1);
    EXPECT_EQ(done(1, "CREATE TABLE t(k INTEGER PRIMARY KEY)", 1).error(), "");
    const auto answerOf = [&](const v1::StoreChangesRequest& request) {
        const auto follower = follow(1, request);
        EXPECT_FALSE(follower->next());
        return follower->end();
    };
    v1::StoreChangesRequest endless = fromNow();
    endless.set_until(1);
    EXPECT_EQ(answerOf(endless).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    v1::StoreChangesRequest future;
    future.set_until(1'000'000);
    future.set_timeout_ms(100);
    EXPECT_THAT(answerOf(future).error_message(), HasSubstr("has not come to entry 1000000"));
    v1::StoreChangesRequest backwards;
    backwards.set_after(2);
    backwards.set_until(1);
    EXPECT_EQ(answerOf(backwards).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace tessera::server
