#pragma once

/// One libpq connection that never blocks for longer than a slice without a look at the host's signals.
///
/// Owned by one session; used by one thread at a time. A connection whose protocol state is not known any more (a
/// cancel that did not come through, a broken socket) is unusable for ever: usable() says so and the host drops the
/// session.

#include "common/handle.h"
#include "common/result.h"
#include "common/server_probe.h"
#include "plugins/postgres/parameters.h"
#include "plugins/postgres/remote_error.h"
#include "plugins/sdk/connector_base.h"

#include <libpq-fe.h>

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tessera::postgres_connector {

using PgResult = Handle<PGresult, PQclear>;

class Connection {
  public:
    using Clock = std::chrono::steady_clock;

    /// Connects, signs in and sets the session up, all within connect_timeout.
    static Result<std::unique_ptr<Connection>> open(const TsrHost& host, const sdk::Options& options,
                                                    SourceName source);

    PGconn* get() const { return connection_.get(); }

    const TsrHost& host() const { return host_; }

    const SourceName& source() const { return source_; }

    /// Idle, and nothing known to be wrong with the socket. Does not wait.
    bool usable();

    /// A row of that size came. libpq's buffer grows with the largest and never shrinks: after a huge one the
    /// connection is not used again.
    void noteRow(std::size_t bytes) { bloated_ = bloated_ || bytes > kMostRowBytes; }

    /// Of how long something may be waited for: nothing, or a slice.
    enum class Patience { kNone, kSlice };

    /// Sends what is still to be sent and waits for an answer: then true if something came. Fails when the connection
    /// broke.
    Result<bool> waitForInput(Patience patience = Patience::kSlice);

    enum class Arrival { kInput, kNothing, kAttention };

    /// The same for a cursor: also fails when the host has cancelled, and says when the host wants to be heard.
    Result<Arrival> awaitRows(Patience patience = Patience::kSlice);

    /// How long waitForInput() has waited, in all.
    std::chrono::microseconds waited() const { return waited_; }

    /// Runs a short statement to its end with text parameters and results; null is NULL. Fails when cancelled, or when
    /// it is not done at the deadline.
    Result<PgResult> run(const char* sql, std::span<const char* const> params,
                         Clock::time_point deadline = Clock::time_point::max());

    /// What ends a wait beside the answer.
    enum class Heed { kCancel, kNothing };

    /// Sends statements without parameters; collect() or next() waits for their answers.
    Result<> send(const std::string& sql);
    /// The last answer to what was sent, when all have come. Fails with the source's error, at the deadline, and, if it
    /// heeds that, when cancelled.
    Result<PgResult> collect(Clock::time_point deadline, Heed heed);
    /// One answer.
    Result<PgResult> next(Clock::time_point deadline, Heed heed);
    /// Waits, at most a slice, until the source takes more, or something comes from it.
    Result<> waitForOutput();

    /// Prepares a statement under a name.
    Result<> prepare(const std::string& name, const std::string& text, const Parameters& parameters);

    /// Reads to the end of a statement that the source has given up with an error.
    void finishStatement();

    /// Ends the running statement, here and at the source, within about a second; else the connection becomes unusable.
    void stopStatement();

    /// Why libpq can't go on with this connection, which is unusable then.
    Error lossReason();

  private:
    static constexpr std::size_t kMostRowBytes = 16UL << 20U;

    Connection(const TsrHost& host, PGconn* connection, SourceName source)
        : host_(host), connection_(connection), source_(std::move(source)) {}

    Result<> finishConnecting(Clock::time_point deadline, std::int64_t timeout_s);
    Result<> setUpSession(Clock::time_point deadline);
    Result<> waitForAnswer(Clock::time_point deadline, Heed heed);
    bool drain(Clock::time_point deadline);
    bool drainCopy(Clock::time_point deadline);
    bool waitToDrain(Clock::time_point deadline);

    Result<> checkSilence(bool has_come);

    const TsrHost& host_;
    Handle<PGconn, PQfinish> connection_;
    SourceName source_;
    bool usable_ = true;
    bool bloated_ = false;
    std::chrono::microseconds waited_{};
    /// 0: it may be silent for ever.
    std::chrono::seconds probe_after_{0};
    Clock::time_point last_wait_{};
    Clock::time_point silent_since_{};
    /// It is being asked whether it is there.
    std::optional<ServerProbe> probe_;
};

}  // namespace tessera::postgres_connector
