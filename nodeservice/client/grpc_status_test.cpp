#include "nodeservice/client/grpc_status.h"

#include <gtest/gtest.h>

#include <string>

namespace tessera::client {
namespace {

TEST(GrpcStatus, AnErrorComesBackWhole) {
    const Error sent{ErrorCode::kInvalidArgument, "syntax error at or near \"x\"", "a hint", "a detail", "42601", 17};
    const Error got = toError(toStatus(sent));
    EXPECT_EQ(got.code, sent.code);
    EXPECT_EQ(got.message, sent.message);
    EXPECT_EQ(got.hint, sent.hint);
    EXPECT_EQ(got.detail, sent.detail);
    EXPECT_EQ(got.sqlstate, sent.sqlstate);
    EXPECT_EQ(got.position, sent.position);
}

TEST(GrpcStatus, LongTextsAreCutAtACharacter) {
    std::string message = "x";
    while (message.size() < 100000) {
        message += "ü";
    }
    const grpc::Status status = toStatus(fail(ErrorCode::kInternal, message));
    const Error got = toError(status);
    EXPECT_LT(status.error_details().size() + status.error_message().size(), 6000u);
    EXPECT_EQ(got.message.substr(got.message.size() - 5), "ü…");
}

TEST(GrpcStatus, AForeignStatusKeepsItsMessage) {
    const Error got = toError(grpc::Status(grpc::StatusCode::UNAVAILABLE, "connection refused"));
    EXPECT_EQ(got.code, ErrorCode::kUnavailable);
    EXPECT_EQ(got.message, "connection refused");
    EXPECT_EQ(toError(grpc::Status(grpc::StatusCode::UNKNOWN, "", "not a message \xff")).message, "UNKNOWN");
}

}  // namespace
}  // namespace tessera::client
