#include "common/strings.h"
#include "nodeservice/audit/collector.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <thread>
#include <vector>

namespace tessera::audit {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kAnn =
    R"({"subject":"ann","issuer":"https://i","claims":{"email":"hidden"},"actors":["b","a"],"expires":1})";

std::string message(const std::string& text, const std::string& context = kAnn, const std::string& state = "00000") {
    const std::string sources = "crm\nlake\n";
    return "tessera-audit 2 42 1700000000000001 2500 7 0 " + state + " 00000000000000ff 2 6 " +
           std::to_string(sources.size()) + " " + std::to_string(text.size()) + "\nmeSELECT" + sources + text + context;
}

TEST(AuditRecord, IsReadAndWritten) {
    const std::string told = message("SELECT 'x\ny'");
    const auto record = parseRecord(told);
    ASSERT_TRUE(record) << record.error().describe();
    EXPECT_EQ(record->text, "SELECT 'x\ny'");
    const Person person = personOf(record->context);
    const Entry entry =
        entryOf(*record, person, identity::SessionOrigin{"10.0.0.1", "grpc"}, {"lake"}, Text::kRedacted);
    std::string line;
    appendLine(entry, line);
    EXPECT_EQ(line, R"({"time":"2023-11-14T22:13:20.000001Z","subject":"ann","issuer":"https://i","actors":["b","a"],)"
                    R"("role":"me","client":"10.0.0.1","protocol":"grpc","pid":42,"command":"SELECT",)"
                    R"("fingerprint":"00000000000000ff","text":"SELECT ?","sources":["crm"],"nodes":["lake"],"rows":7,)"
                    R"("ms":2.5,"sqlstate":"00000"})"
                    "\n");
    EXPECT_TRUE(parseRecord(message("", "")));
}

TEST(AuditRecord, WhateverTheTextHoldsTheLineIsJson) {
    std::string text = "\"\\/\b\t\n\x7f\u20ac";
    for (char c = 1; c < ' '; ++c) {
        text += c;
    }
    for (const std::string& sql : {text, std::string("cut \xe2\x82"), std::string("\xff\xc0\x80")}) {
        const std::string told = message(sql, "");
        std::string line;
        const Person nobody;
        appendLine(entryOf(*parseRecord(told), nobody, std::nullopt, {}, Text::kFull), line);
        const auto parsed = nlohmann::json::parse(line, nullptr, false);
        ASSERT_TRUE(parsed.is_object()) << line;
        EXPECT_EQ(parsed.at("text"), validUtf8(sql));
        EXPECT_TRUE(parsed.at("subject").is_null());
        EXPECT_TRUE(parsed.at("client").is_null());
    }
}

TEST(AuditRecord, WhatIsNoneIsRefused) {
    const std::string good = message("SELECT 1", "");
    for (std::size_t size = 0; size < good.size(); ++size) {
        EXPECT_FALSE(parseRecord(good.substr(0, size))) << size;
    }
    EXPECT_FALSE(parseRecord("tessera-audit 2 1 1 1 1 0 00000 0 99999999999999999999 0 0 0\n"));
    EXPECT_FALSE(parseRecord("tessera-audit 2 1 1 1 1 0 00000 0 -1 0 0 0\n"));
}

TEST(AuditRecord, TheRulesSayWhatIsKeptOfTheText) {
    const auto kept = [](const std::string& sql, Text text) {
        const std::string told = message(sql);
        const Person nobody;
        return entryOf(*parseRecord(told), nobody, std::nullopt, {}, text).text;
    };
    EXPECT_FALSE(kept("SELECT 'x'", Text::kNone));
    EXPECT_EQ(kept("SELECT 'x'", Text::kFull), "SELECT 'x'");
    for (const char* secret :
         {"ALTER ROLE a PASSWORD 'canary'", "CREATE USER MAPPING FOR a SERVER b OPTIONS (password 'canary')",
          "CREATE SUBSCRIPTION s CONNECTION 'password=canary' PUBLICATION p"}) {
        EXPECT_THAT(*kept(secret, Text::kFull), Not(HasSubstr("canary")));
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

/// A session's way to the collector.
FileDescriptor channelTo(const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    FileDescriptor channel(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(channel.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return channel;
}

bool tell(const FileDescriptor& channel, const std::string& told) {
    return ::send(channel.get(), told.data(), told.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(told.size());
}

TEST(AuditCollector, WritesDownWhatItIsTold) {
    const TemporaryDirectory folder;
    const identity::SessionRegistry registry;
    const auto path = folder.path() / "audit.sock";
    auto collector = Collector::start({.socket = path, .file = folder.path() / "log", .file_bytes = 1 << 30}, registry);
    ASSERT_TRUE(collector) << collector.error().describe();
    constexpr int kSessions = 8;
    constexpr int kCount = 2000;
    std::vector<std::thread> sessions;
    for (int session = 0; session < kSessions; ++session) {
        sessions.emplace_back([&path, session] {
            const FileDescriptor channel = channelTo(path);
            const std::string who = R"({"subject":"s)" + std::to_string(session) + "\"}";
            for (int i = 0; i < kCount; ++i) {
                ASSERT_TRUE(tell(channel, i % 10 == 9 ? "garbage" : message("SELECT " + std::to_string(i), who)));
            }
        });
    }
    for (std::thread& session : sessions) {
        session.join();
    }
    collector->reset();
    const std::string log = readFile(folder.path() / "log");
    for (int session = 0; session < kSessions; ++session) {
        const std::string who = R"("subject":"s)" + std::to_string(session) + "\"";
        int lines = 0;
        for (std::size_t at = log.find(who); at != std::string::npos; at = log.find(who, at + 1)) {
            ++lines;
        }
        EXPECT_EQ(lines, kCount * 9 / 10) << who;
    }
    EXPECT_THAT(log, HasSubstr("\"text\":\"SELECT ?\""));
}

TEST(AuditCollector, WhatIsNowhereIsCounted) {
    const TemporaryDirectory folder;
    const identity::SessionRegistry registry;
    const auto path = folder.path() / "audit.sock";
    // PostgreSQL is not there, and never will be.
    auto collector = Collector::start(
        {.socket = path, .file = folder.path() / "log", .file_bytes = 1 << 30, .keep_days = 1}, registry);
    ASSERT_TRUE(collector) << collector.error().describe();
    const FileDescriptor channel = channelTo(path);
    const std::string told = message("SELECT 1", "");
    std::string after = told;
    after.replace(after.find(" 7 0 "), 5, " 7 3 ");
    ASSERT_TRUE(tell(channel, told) && tell(channel, after) && tell(channel, "garbage"));
    EXPECT_TRUE(waitUntil([&] { return (*collector)->lost() == 4; })) << (*collector)->lost();
    EXPECT_TRUE(waitUntil([&] { return (*collector)->written() == 2; })) << (*collector)->written();
    // The table's rows have a bound, which texts of this length soon reach.
    const std::string long_text = message("SELECT " + std::string(16000, 'x'), "");
    constexpr int kMost = 10000;
    int count = 0;
    for (; count < kMost && (*collector)->missingInTable() == 0; ++count) {
        ASSERT_TRUE(tell(channel, long_text));
    }
    EXPECT_LT(count, kMost);
    EXPECT_TRUE(waitUntil([&] { return (*collector)->written() == 2U + static_cast<unsigned>(count); }));
    EXPECT_EQ((*collector)->lost(), 4U) << "they are in the journal";
}

}  // namespace
}  // namespace tessera::audit
