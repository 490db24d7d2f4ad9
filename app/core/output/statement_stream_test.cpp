#include "app/core/output/statement_stream.h"

#include <gtest/gtest.h>

#include <thread>

namespace tessera::app {
namespace {

TEST(StatementStream, GivesEventsInTheirOrder) {
    StatementStream stream;
    std::jthread transport([&] {
        stream.onColumns({{"a", "text", 25, client::ColumnEncoding::kText}});
        stream.onNotice({"NOTICE", "hello", "", "", ""});
        stream.onDone(client::Completion{"SELECT 0", 0, 1});
    });
    EXPECT_EQ(std::get<StatementStream::Columns>(stream.next()).front().name, "a");
    EXPECT_EQ(std::get<client::Notice>(stream.next()).message, "hello");
    EXPECT_EQ(std::get<StatementStream::End>(stream.next())->command_tag, "SELECT 0");
}

TEST(StatementStream, AnInterruptOvertakesWhatWaits) {
    StatementStream stream;
    stream.onDone(client::Completion{});
    std::jthread signal([&] { stream.interrupt(); });
    signal.join();
    EXPECT_TRUE(std::holds_alternative<StatementStream::Interrupted>(stream.next()));
}

}  // namespace
}  // namespace tessera::app
