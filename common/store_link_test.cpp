#include "common/store_link.h"

#include <gtest/gtest.h>

#include <limits>

namespace tessera::store_link {
namespace {

Request everything() {
    return {.kind = Kind::kWrite,
            .role = "etl",
            .timeout_ms = 1500,
            .consistency = Consistency::kFreshness,
            .max_age_ms = 7,
            .statements = {{"INSERT INTO t VALUES (?, ?, ?, ?, ?)",
                            {std::monostate(), std::numeric_limits<std::int64_t>::min(), -0.5,
                             std::string("a\0b\xff", 4), Bytes{std::string("\0", 1)}}},
                           {"DELETE FROM t", {}}}};
}

TEST(StoreLink, RequestsAndAnswersArriveAsTheyWereSent) {
    const auto request = Request::decode(everything().encode());
    ASSERT_TRUE(request) << request.error().describe();
    EXPECT_EQ(*request, everything());
    const Answer sent{"40001", "changed", "again", 12, "/data.db"};
    const auto answer = Answer::decode(sent.encode());
    ASSERT_TRUE(answer) << answer.error().describe();
    EXPECT_EQ(*answer, sent);
}

TEST(StoreLink, WhatIsCutOffOrTooLongIsRefused) {
    const std::string bytes = everything().encode();
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_FALSE(Request::decode(bytes.substr(0, size))) << size;
    }
    EXPECT_FALSE(Request::decode(bytes + '\0'));
    EXPECT_FALSE(Request::decode("tessera-store 2\n" + bytes.substr(16)));
    EXPECT_FALSE(Answer::decode(bytes));
}

}  // namespace
}  // namespace tessera::store_link
