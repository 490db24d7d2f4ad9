#include "nodeservice/audit/collector.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

namespace tessera::audit {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kAnn =
    R"({"subject":"ann","issuer":"https://i","claims":{"email":"hidden"},"actors":["b","a"],"expires":1})";

std::string datagram(const std::string& text, const std::string& context = kAnn, const std::string& state = "00000") {
    const std::string sources = "crm\nlake\n";
    return "tessera-audit 1 42 1700000000000001 2500 7 " + state + " 00000000000000ff 2 6 " +
           std::to_string(sources.size()) + " " + std::to_string(text.size()) + "\nmeSELECT" + sources + text + context;
}

TEST(AuditRecord, IsReadAndWritten) {
    const auto record = parseRecord(datagram("SELECT 'x\ny'"));
    ASSERT_TRUE(record) << record.error().describe();
    EXPECT_EQ(record->text, "SELECT 'x\ny'");
    const CollectorOptions options{.node = "a", .peers = {"lake"}};
    const auto entry = entryOf(*record, options, identity::SessionOrigin{"10.0.0.1", "grpc"});
    EXPECT_EQ(entry.dump(),
              R"({"time":"2023-11-14T22:13:20.000001Z","subject":"ann","issuer":"https://i","actors":["b","a"],)"
              R"("role":"me","client":"10.0.0.1","protocol":"grpc","pid":42,"command":"SELECT",)"
              R"("fingerprint":"00000000000000ff","text":"SELECT ?","sources":["crm"],"nodes":["lake"],"rows":7,)"
              R"("ms":2.5,"sqlstate":"00000"})");
    EXPECT_TRUE(parseRecord(datagram("", "")));
}

TEST(AuditRecord, WhatIsNoneIsRefused) {
    const std::string good = datagram("SELECT 1", "");
    for (std::size_t size = 0; size < good.size(); ++size) {
        EXPECT_FALSE(parseRecord(good.substr(0, size))) << size;
    }
    EXPECT_FALSE(parseRecord("tessera-audit 1 1 1 1 1 00000 0 99999999999999999999 0 0 0\n"));
    EXPECT_FALSE(parseRecord("tessera-audit 1 1 1 1 1 00000 0 -1 0 0 0\n"));
}

TEST(AuditRecord, TheRulesSayWhatIsKeptOfTheText) {
    const auto kept = [](const std::string& sql, Text text) {
        CollectorOptions options;
        options.text = text;
        return entryOf(*parseRecord(datagram(sql)), options, std::nullopt).at("text");
    };
    EXPECT_TRUE(kept("SELECT 'x'", Text::kNone).is_null());
    EXPECT_EQ(kept("SELECT 'x'", Text::kFull), "SELECT 'x'");
    for (const char* secret :
         {"ALTER ROLE a PASSWORD 'canary'", "CREATE USER MAPPING FOR a SERVER b OPTIONS (password 'canary')",
          "CREATE SUBSCRIPTION s CONNECTION 'password=canary' PUBLICATION p"}) {
        EXPECT_THAT(kept(secret, Text::kFull).get<std::string>(), Not(HasSubstr("canary")));
    }
}

TEST(AuditJournal, IsKeptAsideWhenItIsLarge) {
    const TemporaryDirectory folder;
    const auto file = folder.path() / "audit.jsonl";
    auto journal = Journal::open(file, 10, 2);
    ASSERT_TRUE(journal);
    for (const char* line : {"one 456\n", "two 456\n", "three 6\n", "four 56\n"}) {
        ASSERT_TRUE(journal->append(line));
    }
    EXPECT_EQ(readFile(file), "four 56\n");
    EXPECT_EQ(readFile(file.string() + ".1"), "three 6\n");
    EXPECT_EQ(readFile(file.string() + ".2"), "two 456\n");
    EXPECT_FALSE(std::filesystem::exists(file.string() + ".3"));
    auto again = Journal::open(file, 100, 2);
    ASSERT_TRUE(again && again->append("five\n"));
    EXPECT_EQ(readFile(file), "four 56\nfive\n");
}

TEST(AuditCollector, WritesDownWhatItIsTold) {
    const TemporaryDirectory folder;
    const identity::SessionRegistry registry;
    const auto socket_path = folder.path() / "audit.sock";
    auto collector =
        Collector::start({.socket = socket_path, .file = folder.path() / "log", .file_bytes = 1 << 20}, registry);
    ASSERT_TRUE(collector) << collector.error().describe();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, socket_path.c_str(), sizeof address.sun_path - 1);
    const FileDescriptor socket(::socket(AF_UNIX, SOCK_DGRAM, 0));
    constexpr int kCount = 2000;
    for (int i = 0; i < kCount; ++i) {
        const std::string told = i % 10 == 9 ? "garbage" : datagram("SELECT " + std::to_string(i), "");
        ASSERT_GT(
            ::sendto(socket.get(), told.data(), told.size(), 0, reinterpret_cast<sockaddr*>(&address), sizeof address),
            0);
    }
    collector->reset();
    const std::string log = readFile(folder.path() / "log");
    EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), kCount * 9 / 10);
    EXPECT_THAT(log, HasSubstr("\"text\":\"SELECT ?\""));
}

}  // namespace
}  // namespace tessera::audit
