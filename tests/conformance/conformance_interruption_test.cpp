/// The contract of plugins/sdk/connector.h where something comes between: cancels, attention, early ends, lost sources.

#include "tests/conformance/arrow_text.h"
#include "tests/conformance/connector_client.h"
#include "tests/conformance/silent_server.h"
#include "tests/conformance/source.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>

#include <chrono>
#include <optional>
#include <thread>

namespace tessera::conformance {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

/// The contract says one second; the rest is for a machine that is busy with other things.
constexpr milliseconds kPrompt(2500);

milliseconds since(Clock::time_point begin) {
    return std::chrono::duration_cast<milliseconds>(Clock::now() - begin);
}

Statement readMany(const Source& source) {
    return {source.select("many", {"id", "filler"}), {TSR_TYPE_INT64, TSR_TYPE_TEXT}, {}, 64 * 1024};
}

/// Sets a signal when a condition holds, from a thread that is joined at the end of the scope.
class SignalWhen {
  public:
    template <class Condition>
    SignalWhen(TestHost& host, TsrSignal signal, Condition condition)
        : thread_([&host, signal, condition] {
              waitUntil(condition, seconds(20));
              host.signal(signal);
          }) {}

    ~SignalWhen() { thread_.join(); }

    SignalWhen(const SignalWhen&) = delete;
    SignalWhen& operator=(const SignalWhen&) = delete;

  private:
    std::thread thread_;
};

TEST_P(ConnectorConformance, CancelStopsALongStatementAtTheSource) {
    const auto statement = source().longStatement();
    if (!statement) {
        GTEST_SKIP() << "this source has no statement that runs long";
    }
    TestHost host;
    auto session = ClientSession::open(source().connector(), host, source().options());
    ASSERT_TRUE(session) << session.error().describe();
    Clock::time_point signalled;
    const auto runs = [&] {
        // Sources in the process can't be asked: there, next() polling the host shows that it waits.
        const auto known = source().longStatementRuns();
        const bool yes = known ? *known : host.timesAsked() > 5;
        signalled = Clock::now();
        return yes;
    };
    {
        const SignalWhen cancel(host, TSR_SIGNAL_CANCEL, runs);
        const auto rows = session->countRows({*statement, {TSR_TYPE_INT64}});
        ASSERT_FALSE(rows) << "the statement came to its end";
        EXPECT_EQ(rows.error().sqlstate, "57014") << rows.error().describe();
        EXPECT_LT(since(signalled), kPrompt);
    }
    if (source().longStatementRuns()) {
        EXPECT_TRUE(waitUntil([&] { return !*source().longStatementRuns(); }, kPrompt))
            << "it still runs at the source";
    }
    host.signal(TSR_SIGNAL_NONE);
    EXPECT_TRUE(session->usable());
    const auto rows = session->countRows({source().select(source().knownTable().name, {}), {}});
    EXPECT_TRUE(rows) << rows.error().describe();
}

TEST_P(ConnectorConformance, CancelStopsAScanBetweenBatches) {
    TestHost host;
    const auto made = source().makeManyRows();
    ASSERT_TRUE(made) << made.error().describe();
    auto session = ClientSession::open(source().connector(), host, source().options());
    ASSERT_TRUE(session) << session.error().describe();
    auto cursor = session->execute(readMany(source()));
    ASSERT_TRUE(cursor) << cursor.error().describe();
    ASSERT_TRUE(cursor->nextBatch());
    host.signal(TSR_SIGNAL_CANCEL);
    const auto begin = Clock::now();
    // What was read ahead may still come; then it must end with the cancel, not with the rows.
    bool cancelled = false;
    for (std::int64_t rows = 0; !cancelled && rows < source().manyRows();) {
        const auto batch = cursor->nextBatch();
        if (!batch) {
            EXPECT_EQ(batch.error().sqlstate, "57014") << batch.error().describe();
            cancelled = true;
        } else {
            ASSERT_TRUE(*batch) << "the scan came to its end";
            rows += (***batch).length;
        }
    }
    EXPECT_TRUE(cancelled);
    EXPECT_LT(since(begin), kPrompt);
}

// Drivers free what they are told to cancel while it is not running, also when a fetch is just reading it.
TEST_P(ConnectorConformance, CancelsAtAnyMomentLeaveASessionThatWorks) {
    TestHost host;
    const auto made = source().makeManyRows();
    ASSERT_TRUE(made) << made.error().describe();
    std::optional<ClientSession> session;
    for (int i = 0; i < 40; ++i) {
        SCOPED_TRACE(i);
        if (!session || !session->usable()) {
            auto opened = ClientSession::open(source().connector(), host, source().options());
            ASSERT_TRUE(opened) << opened.error().describe();
            session.emplace(std::move(*opened));
        }
        {
            auto cursor = session->execute(readMany(source()));
            ASSERT_TRUE(cursor) << cursor.error().describe();
            ASSERT_TRUE(cursor->nextBatch());
            std::this_thread::sleep_for(std::chrono::microseconds(50 * i));  // another moment each time
            host.signal(TSR_SIGNAL_CANCEL);
            while (const auto batch = cursor->nextBatch()) {
                ASSERT_TRUE(*batch) << "the scan came to its end";
            }
        }
        host.signal(TSR_SIGNAL_NONE);
    }
}

TEST_P(ConnectorConformance, AttentionLosesNoRow) {
    TestHost host;
    const auto made = source().makeManyRows();
    ASSERT_TRUE(made) << made.error().describe();
    auto session = ClientSession::open(source().connector(), host, source().options());
    ASSERT_TRUE(session) << session.error().describe();
    host.signal(TSR_SIGNAL_ATTENTION);
    const auto rows = session->countRows(readMany(source()));
    ASSERT_TRUE(rows) << rows.error().describe();
    EXPECT_EQ(*rows, source().manyRows());
}

TEST_P(ConnectorConformance, AttentionReturnsFromALongWait) {
    const auto statement = source().longStatement();
    if (!statement) {
        GTEST_SKIP() << "this source has no statement that runs long";
    }
    TestHost host;
    auto session = ClientSession::open(source().connector(), host, source().options());
    ASSERT_TRUE(session) << session.error().describe();
    auto cursor = session->execute({*statement, {TSR_TYPE_INT64}});
    ASSERT_TRUE(cursor) << cursor.error().describe();
    host.signal(TSR_SIGNAL_ATTENTION);
    for (int i = 0; i < 3; ++i) {
        const auto begin = Clock::now();
        Batch batch;
        const auto status = cursor->next(batch);
        ASSERT_TRUE(status) << status.error().describe();
        EXPECT_EQ(*status, TSR_AGAIN);
        EXPECT_LT(since(begin), kPrompt);
    }
}

TEST_P(ConnectorConformance, ClosesACursorInTheMiddle) {
    const TestHost host;
    const auto made = source().makeManyRows();
    ASSERT_TRUE(made) << made.error().describe();
    auto session = ClientSession::open(source().connector(), host, source().options());
    ASSERT_TRUE(session) << session.error().describe();
    auto cursor = session->execute(readMany(source()));
    ASSERT_TRUE(cursor) << cursor.error().describe();
    ASSERT_TRUE(cursor->nextBatch());
    const auto begin = Clock::now();
    cursor->close();
    EXPECT_LT(since(begin), kPrompt);
    ASSERT_TRUE(session->usable());
    const auto rows = session->countRows({source().select(source().knownTable().name, {}), {}});
    ASSERT_TRUE(rows) << rows.error().describe();
    EXPECT_EQ(*rows, static_cast<std::int64_t>(source().knownTable().rowCount()));
}

TEST_P(ConnectorConformance, ClosesACursorThatWasNeverRead) {
    const auto statement = source().longStatement();
    if (!statement) {
        GTEST_SKIP() << "this source has no statement that runs long";
    }
    const TestHost host;
    auto session = ClientSession::open(source().connector(), host, source().options());
    ASSERT_TRUE(session) << session.error().describe();
    auto cursor = session->execute({*statement, {TSR_TYPE_INT64}});
    ASSERT_TRUE(cursor) << cursor.error().describe();
    const auto begin = Clock::now();
    cursor->close();
    EXPECT_LT(since(begin), kPrompt);
    if (source().longStatementRuns()) {
        EXPECT_TRUE(waitUntil([&] { return !*source().longStatementRuns(); }, kPrompt))
            << "it still runs at the source";
    }
}

TEST_P(ConnectorConformance, RefusesAWrongPassword) {
    const auto options = source().optionsWithWrongPassword();
    if (!options) {
        GTEST_SKIP() << "this source has no password";
    }
    const TestHost host;
    const auto session = ClientSession::open(source().connector(), host, *options);
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().sqlstate, "28P01") << session.error().describe();
    EXPECT_THAT(session.error().hint, HasSubstr("user mapping"));
    EXPECT_THAT(session.error().describe(), Not(HasSubstr("wrong secret")));
}

TEST_P(ConnectorConformance, NamesAServerThatRefusesConnections) {
    SilentServer nobody;
    nobody.refuse();
    const auto options = source().optionsWithPort(nobody.port());
    if (!options) {
        GTEST_SKIP() << "this source is no server";
    }
    const TestHost host;
    const auto session = ClientSession::open(source().connector(), host, *options);
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().sqlstate, "08001") << session.error().describe();
    EXPECT_THAT(session.error().message, HasSubstr("127.0.0.1:" + std::to_string(nobody.port())));
    EXPECT_THAT(session.error().hint, Not(testing::IsEmpty()));
}

TEST_P(ConnectorConformance, GivesUpOnASilentServerInTime) {
    const SilentServer server;
    auto options = source().optionsWithPort(server.port());
    if (!options) {
        GTEST_SKIP() << "this source is no server";
    }
    options->emplace_back("connect_timeout", "1");
    const TestHost host;
    const auto begin = Clock::now();
    const auto session = ClientSession::open(source().connector(), host, *options);
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().sqlstate, "08001") << session.error().describe();
    EXPECT_THAT(session.error().message, HasSubstr("127.0.0.1:" + std::to_string(server.port())));
    EXPECT_LT(since(begin), seconds(1) + kPrompt);
}

TEST_P(ConnectorConformance, CancelEndsAnAttemptToConnect) {
    const SilentServer server;
    auto options = source().optionsWithPort(server.port());
    if (!options) {
        GTEST_SKIP() << "this source is no server";
    }
    options->emplace_back("connect_timeout", "60");
    TestHost host;
    const auto begin = Clock::now();
    const SignalWhen cancel(host, TSR_SIGNAL_CANCEL, [&] { return host.timesAsked() > 2; });
    const auto session = ClientSession::open(source().connector(), host, *options);
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().sqlstate, "57014") << session.error().describe();
    EXPECT_LT(since(begin), kPrompt);
}

TEST_P(ConnectorConformance, ASourceThatDiesIsAnErrorAndNeverAnEnd) {
    TestHost host;
    const auto made = source().makeManyRows();
    ASSERT_TRUE(made) << made.error().describe();
    auto session = ClientSession::open(source().connector(), host, source().options());
    ASSERT_TRUE(session) << session.error().describe();
    auto cursor = session->execute(readMany(source()));
    ASSERT_TRUE(cursor) << cursor.error().describe();
    const auto first = cursor->nextBatch();
    ASSERT_TRUE(first && *first);
    std::int64_t rows = (***first).length;
    const bool is_held_whole = source().driverHoldsResults();
    const std::int64_t many = source().manyRows();
    if (!killSource()) {
        GTEST_SKIP() << "this source is no server";
    }
    while (true) {
        const auto batch = cursor->nextBatch();
        if (!batch) {
            EXPECT_EQ(batch.error().sqlstate, "08006") << batch.error().describe();
            break;
        }
        if (is_held_whole && !*batch) {
            EXPECT_EQ(rows, many) << "the rows seemed to be complete";
            return;
        }
        ASSERT_TRUE(*batch) << "the rows seemed to be complete";
        rows += (***batch).length;
    }
    const auto begin = Clock::now();
    cursor->close();
    EXPECT_LT(since(begin), kPrompt);
    EXPECT_FALSE(session->usable());
}

TEST_P(ConnectorConformance, AnIdleSessionNoticesThatItsSourceDied) {
    const TestHost host;
    auto session = ClientSession::open(source().connector(), host, source().options());
    ASSERT_TRUE(session) << session.error().describe();
    if (!killSource()) {
        GTEST_SKIP() << "this source is no server";
    }
    EXPECT_TRUE(waitUntil([&] { return !session->usable(); }));
}

}  // namespace
}  // namespace tessera::conformance
