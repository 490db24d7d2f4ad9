#include "nodeservice/gateway/postgres_protocol.h"

#include "nodeservice/gateway/detect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tessera::gateway {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using std::literals::operator""sv;

std::string header(std::uint32_t length, std::uint32_t code) {
    return MessageWriter().int32(length).int32(code).take();
}

TEST(Detect, KnowsEachProtocolByItsFirstBytes) {
    EXPECT_EQ(detect(header(8, kSslRequest)), Detected::kPostgres);
    EXPECT_EQ(detect(header(8, kGssRequest)), Detected::kPostgres);
    EXPECT_EQ(detect(header(16, kCancelRequest)), Detected::kPostgres);
    EXPECT_EQ(detect(header(50, kProtocol3)), Detected::kPostgres);
    EXPECT_EQ(detect("GET / HTTP/1.1"), Detected::kHttp1);
    EXPECT_EQ(detect("OPTIONS "), Detected::kHttp1);
    EXPECT_EQ(detect("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Detected::kHttp2);
}

TEST(Detect, WaitsWhileItMayBeSeveral) {
    for (const std::string_view part :
         {""sv, "\0"sv, "\0\0\0\x08\x04\xd2\x16"sv, "P"sv, "PR"sv, "PRI * HTTP/2.0\r\n"sv, "PO"sv, "GET"sv}) {
        EXPECT_EQ(detect(part), Detected::kMore) << part;
    }
}

TEST(Detect, RefusesTheRest) {
    for (const std::string& bytes :
         {header(9, kSslRequest), header(7, kProtocol3), header(0x7fffffff, kProtocol3),
          header(kMaxStartupBytes + 1, kProtocol3), header(12, kCancelRequest), header(50, 7 << 16),
          std::string("get / HTTP/1.1"), std::string("SSH-2.0"), std::string("G / HTTP"), std::string("ABCDEFGHIJKLMN"),
          std::string("\xff"), std::string("PRIORITIZED / HTTP")}) {
        EXPECT_EQ(detect(bytes), Detected::kUnknown) << bytes;
    }
}

TEST(Startup, IsReadStrictly) {
    const auto startup = readStartup(
        "user\0ann\0database\0d\0options\0-c work_mem=4MB  --DateStyle=ISO,\\ MDY -cjit=off\0application_name\0x\0_pq_.a\0b\0\0"sv);
    ASSERT_TRUE(startup) << startup.error().describe();
    EXPECT_EQ(startup->user, "ann");
    EXPECT_EQ(startup->database, "d");
    EXPECT_THAT(startup->settings, ElementsAre(Pair("work_mem", "4MB"), Pair("datestyle", "ISO, MDY"),
                                               Pair("jit", "off"), Pair("application_name", "x")));
    EXPECT_THAT(startup->unknown_extensions, ElementsAre("_pq_.a"));
    EXPECT_FALSE(startup->replication);
    EXPECT_EQ(readStartup("user\0ann\0\0"sv)->database, "ann");
    EXPECT_TRUE(readStartup("user\0ann\0replication\0database\0\0"sv)->replication);
    EXPECT_FALSE(readStartup("user\0ann\0replication\0false\0\0"sv)->replication);
}

TEST(Startup, RefusesWhatItDoesNotUnderstand) {
    const std::pair<std::string_view, const char*> cases[] = {
        {""sv, "does not end"},
        {"user\0ann\0"sv, "does not end"},
        {"user\0ann"sv, "does not end"},
        {"user\0ann\0\0x"sv, "something follows"},
        {"user\0ann\0user\0bob\0\0"sv, "comes twice"},
        {"\0"sv, "no user name"},
        {"user\0ann\0session_preload_libraries\0x\0\0"sv, "'session_preload_libraries' is not possible at start-up"},
        {"user\0ann\0options\0-c role=x\0\0"sv, "'role' is not possible"},
        {"user\0ann\0options\0-c tessera.identity=x\0\0"sv, "'tessera.identity' is not possible"},
        {"user\0ann\0options\0-c tessera.identity\0\0"sv, "start-up option"},
        {"user\0ann\0options\0-e\0\0"sv, "start-up option '-e'"},
        {"user\0ann\0options\0-c\0\0"sv, "start-up option '-c'"},
    };
    for (const auto& [packet, message] : cases) {
        const auto startup = readStartup(packet);
        ASSERT_FALSE(startup) << packet;
        EXPECT_THAT(startup.error().message, HasSubstr(message));
    }
}

TEST(Message, LengthsAreChecked) {
    EXPECT_EQ(readMessageHeader("p\0\0\0\x04"sv, 10)->body_bytes, 0u);
    EXPECT_FALSE(readMessageHeader("p\0\0\0\x03"sv, 10));
    EXPECT_FALSE(readMessageHeader("p\0\0\0\x0f"sv, 10));
    EXPECT_FALSE(readMessageHeader("p\xff\xff\xff\xff"sv, 0xfffffff0));
}

TEST(Message, ErrorsAreErrorResponses) {
    Error error = fail(ErrorCode::kUnauthenticated, "no", "yes");
    error.sqlstate = "28P01";
    EXPECT_EQ(errorMessage(error), "E\0\0\0#SFATAL\0VFATAL\0C28P01\0Mno\0Hyes\0\0"sv);
}

}  // namespace
}  // namespace tessera::gateway
