/// The contract of poll() and cursor_socket(): the rows of next(), without its waits.

#include "tests/conformance/connector_client.h"
#include "tests/conformance/source.h"

#include <poll.h>

#include <chrono>

namespace tessera::conformance {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// A running statement, and the session for it.
class Polled {
  public:
    Polled(Source& source, const TestHost& host, const std::string& text, std::vector<TsrType> types, bool takes_tuples)
        : types_(std::move(types)) {
        const auto loaded = loadBuiltConnector(source.connector());
        EXPECT_TRUE(loaded) << loaded.error().describe();
        connector_ = *loaded;
        std::vector<TsrOption> options;
        const OptionList given = source.options();
        for (const auto& [name, value] : given) {
            options.push_back({name.c_str(), value.c_str()});
        }
        EXPECT_EQ(connector_->open(host.get(), options.data(), options.size(), &session_, &error_), TSR_OK)
            << error_.message;
        TsrQuery query{};
        query.struct_size = sizeof query;
        query.text = text.c_str();
        query.column_count = types_.size();
        query.column_types = types_.data();
        query.batch_bytes = 64 * 1024;
        query.takes_tuples = takes_tuples;
        query.expected_rows = -1;
        EXPECT_EQ(connector_->execute(session_, &query, &cursor_, &error_), TSR_OK) << error_.message;
    }

    ~Polled() {
        if (cursor_ != nullptr) {
            connector_->close_cursor(cursor_);
        }
        connector_->close(session_);
    }

    Polled(const Polled&) = delete;
    Polled& operator=(const Polled&) = delete;

    bool started() const { return cursor_ != nullptr; }

    bool polls() const { return TSR_HAS_MEMBER(connector_, poll) && TSR_HAS_MEMBER(connector_, cursor_socket); }

    int socket() const { return connector_->cursor_socket(cursor_); }

    TsrStatus poll(std::int64_t* rows) {
        Batch batch;
        const TsrStatus status = connector_->poll(cursor_, batch.get(), &error_);
        EXPECT_NE(status, TSR_ERROR) << error_.message;
        *rows += status == TSR_OK ? (*batch).length : 0;
        return status;
    }

  private:
    std::vector<TsrType> types_;
    const TsrConnector* connector_ = nullptr;
    TsrSession* session_ = nullptr;
    TsrCursor* cursor_ = nullptr;
    TsrError error_{};
};

/// Until the socket can be read; false when that takes longer than the limit.
bool readable(int socket, milliseconds limit) {
    pollfd waited{socket, POLLIN, 0};
    return ::poll(&waited, 1, static_cast<int>(limit.count())) > 0;
}

TEST_P(ConnectorConformance, PollsAllRows) {
    ASSERT_TRUE(source().makeManyRows());
    for (const bool takes_tuples : {false, true}) {
        const TestHost host;
        Polled statement(source(), host, source().select("many", {"id", "filler"}), {TSR_TYPE_INT64, TSR_TYPE_TEXT},
                         takes_tuples);
        ASSERT_TRUE(statement.started());
        if (!statement.polls()) {
            GTEST_SKIP() << "this source has no socket to wait for";
        }
        std::int64_t rows = 0;
        for (TsrStatus status = TSR_OK; status != TSR_END;) {
            status = statement.poll(&rows);
            ASSERT_NE(status, TSR_ERROR);
            if (status == TSR_AGAIN && statement.socket() >= 0) {
                ASSERT_TRUE(readable(statement.socket(), milliseconds(30'000))) << "after " << rows << " rows";
            }
        }
        EXPECT_EQ(rows, source().manyRows());
    }
}

TEST_P(ConnectorConformance, PollingDoesNotWait) {
    const auto text = source().longStatement();
    if (!text) {
        GTEST_SKIP() << "this source has no statement that runs long";
    }
    const TestHost host;
    Polled statement(source(), host, *text, {TSR_TYPE_INT64}, true);
    ASSERT_TRUE(statement.started());
    if (!statement.polls()) {
        GTEST_SKIP() << "this source has no socket to wait for";
    }
    std::int64_t rows = 0;
    // What is sent in the beginning, and the description of the rows, may come first.
    while (readable(statement.socket(), milliseconds(300))) {
        ASSERT_EQ(statement.poll(&rows), TSR_AGAIN);
    }
    const auto begin = Clock::now();
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(statement.poll(&rows), TSR_AGAIN);
    }
    EXPECT_LT(Clock::now() - begin, milliseconds(500));
    EXPECT_EQ(rows, 0);
}

}  // namespace
}  // namespace tessera::conformance
