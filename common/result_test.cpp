#include "common/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace tessera {
namespace {

Result<int> half(int value) {
    if (value % 2 != 0) {
        return fail(ErrorCode::kInvalidArgument, "odd");
    }
    return value / 2;
}

Result<> checkQuarter(int value) {
    const int halved = TSR_TRY(half(value));
    TSR_TRY(half(halved));
    return {};
}

Result<std::unique_ptr<int>> boxed(int value) {
    auto box = TSR_TRY(Result<std::unique_ptr<int>>(std::make_unique<int>(value)));
    return box;
}

TEST(Result, TryReturnsTheFirstError) {
    EXPECT_TRUE(checkQuarter(8));
    EXPECT_EQ(checkQuarter(6).error().message, "odd");
    EXPECT_EQ(checkQuarter(3).error().code, ErrorCode::kInvalidArgument);
}

TEST(Result, TryMovesMoveOnlyValues) {
    EXPECT_EQ(**boxed(4), 4);
}

TEST(Error, ContextStandsBeforeTheMessage) {
    EXPECT_EQ(fail(ErrorCode::kUnavailable, "port 1 is in use").withContext("starting node 'a'").message,
              "starting node 'a': port 1 is in use");
}

TEST(Error, SqlStateComesFromTheCodeUnlessGiven) {
    Error error = fail(ErrorCode::kCancelled, "x");
    EXPECT_EQ(error.sqlState(), "57014");
    error.sqlstate = "57P01";
    EXPECT_EQ(error.sqlState(), "57P01");
}

TEST(Error, CodeOfSqlStateUsesTheLongestClass) {
    EXPECT_EQ(errorCodeOfSqlState("57014"), ErrorCode::kCancelled);
    EXPECT_EQ(errorCodeOfSqlState("57P03"), ErrorCode::kUnavailable);
    EXPECT_EQ(errorCodeOfSqlState("42501"), ErrorCode::kPermissionDenied);
    EXPECT_EQ(errorCodeOfSqlState("42601"), ErrorCode::kInvalidArgument);
    EXPECT_EQ(errorCodeOfSqlState("ZZ999"), ErrorCode::kUnknown);
}

}  // namespace
}  // namespace tessera
