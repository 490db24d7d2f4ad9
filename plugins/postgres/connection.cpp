#include "plugins/postgres/connection.h"

#include "plugins/postgres/cancel_request.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>

namespace tessera::postgres_connector {

namespace {

using std::chrono::milliseconds;

/// The longest wait without a look at the host's signals.
constexpr milliseconds kSlice(50);
/// For the cancel request, and for the source's last words together.
constexpr milliseconds kStopLimit(1000);
/// How long a server may take to heed a cancel request before it is asked again.
constexpr milliseconds kHeedLimit(100);
/// How long a step that is not ended by a cancel is waited for once there is one.
constexpr milliseconds kPatience(10'000);
constexpr std::int64_t kDefaultConnectTimeout_s = 10;
/// Who has not waited for so long waits for something else now.
constexpr milliseconds kSameWait(2000);

/// The options that libpq takes under the same name.
constexpr const char* kPassedOptions[] = {"host",
                                          "hostaddr",
                                          "port",
                                          "dbname",
                                          "user",
                                          "password",
                                          "sslmode",
                                          "sslrootcert",
                                          "sslcert",
                                          "sslkey",
                                          "sslcrl",
                                          "sslsni",
                                          "options",
                                          "channel_binding",
                                          "gssencmode",
                                          "krbsrvname",
                                          "keepalives",
                                          "keepalives_idle",
                                          "keepalives_interval",
                                          "keepalives_count",
                                          "tcp_user_timeout",
                                          "target_session_attrs",
                                          "application_name"};

/// What libpq gets when the options don't say otherwise. A source that vanishes without a word is noticed after a
/// minute instead of two hours; encryption by GSSAPI is asked for only on request, as looking for its tickets costs
/// time.
constexpr std::pair<const char*, const char*> kDefaults[] = {
    {"application_name", "tessera"},
    {"client_encoding", "UTF8"},
    {"gssencmode", "disable"},
    {"keepalives_idle", "30"},
    {"keepalives_interval", "10"},
    {"keepalives_count", "3"},
    {"tcp_user_timeout", "30000"},
    // Only the options sign a person in, never a file of the operating system's user that the host runs as.
    {"passfile", "/dev/null/none"}};

/// Values must be read and compared in the same way whatever the source's defaults are.
constexpr const char* kSetUp =
    "SET search_path = pg_catalog; SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; "
    "SET extra_float_digits = 3; SET bytea_output = 'hex'; SET standard_conforming_strings = on";

struct ConnectionParameters {
    std::vector<std::string> values;
    std::vector<const char*> names;

    void add(const char* name, std::string value) {
        names.push_back(name);
        values.push_back(std::move(value));
    }
};

ConnectionParameters connectionParameters(const sdk::Options& options) {
    ConnectionParameters parameters;
    for (const char* name : kPassedOptions) {
        if (auto value = options.find(name)) {
            parameters.add(name, std::move(*value));
        }
    }
    for (const auto& [name, value] : kDefaults) {
        if (!options.find(name)) {
            parameters.add(name, value);
        }
    }
    return parameters;
}

PGconn* startConnecting(const ConnectionParameters& parameters) {
    std::vector<const char*> names = parameters.names;
    std::vector<const char*> values;
    values.reserve(parameters.values.size() + 1);
    for (const std::string& value : parameters.values) {
        values.push_back(value.c_str());
    }
    names.push_back(nullptr);
    values.push_back(nullptr);
    return PQconnectStartParams(names.data(), values.data(), /*expand_dbname=*/0);
}

/// True when one of the events, an error or a hang-up is there; false after the time, or when a signal interrupted.
bool pollSocket(int socket, short events, milliseconds limit) {
    pollfd entry{socket, events, 0};
    return poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(limit.count(), 0))) > 0;
}

milliseconds remaining(Connection::Clock::time_point deadline) {
    if (deadline == Connection::Clock::time_point::max()) {
        return milliseconds::max();
    }
    return std::chrono::ceil<milliseconds>(deadline - Connection::Clock::now());
}

/// The source's notices are for its own clients; libpq would print them to the host's log.
void ignoreNotice(void* /*context*/, const PGresult* /*notice*/) {}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const TsrHost& host, const sdk::Options& options,
                                                     SourceName source) {
    const std::int64_t timeout_s = TSR_TRY(options.getInt("connect_timeout", kDefaultConnectTimeout_s, 1, 3600));
    const auto deadline = Clock::now() + std::chrono::seconds(timeout_s);
    const std::int64_t probe_after_s = TSR_TRY(options.getInt("probe_after", 0, 0, 3600));
    PGconn* const started = startConnecting(connectionParameters(options));
    if (started == nullptr) {
        return fail(ErrorCode::kResourceExhausted, "out of memory while connecting to " + source);
    }
    std::unique_ptr<Connection> connection(new Connection(host, started, std::move(source)));
    PQsetNoticeReceiver(started, ignoreNotice, nullptr);
    PQsetErrorVerbosity(started, PQERRORS_VERBOSE);
    TSR_TRY(connection->finishConnecting(deadline, timeout_s));
    connection->probe_after_ = std::chrono::seconds(probe_after_s);
    PQsetErrorVerbosity(started, PQERRORS_DEFAULT);
    PQsetnonblocking(started, 1);
    TSR_TRY(connection->setUpSession(deadline));
    return connection;
}

Result<> Connection::finishConnecting(Clock::time_point deadline, std::int64_t timeout_s) {
    PostgresPollingStatusType state = PQstatus(get()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
    while (state != PGRES_POLLING_OK) {
        if (state == PGRES_POLLING_FAILED) {
            return connectFailure(get(), source_);
        }
        // The socket may be another one after each step: the next address, or a second attempt without TLS.
        const short events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        while (!pollSocket(PQsocket(get()), events, std::min(kSlice, remaining(deadline)))) {
            if (sdk::isCancelled(host_)) {
                return sdk::cancelled();
            }
            if (Clock::now() >= deadline) {
                Error error = fail(
                    ErrorCode::kUnavailable,
                    "cannot connect to " + source_ + ": no answer within " + std::to_string(timeout_s) + " s",
                    "check the server options 'host' and 'port' and the network between, or raise 'connect_timeout'");
                error.sqlstate = "08001";
                return error;
            }
        }
        state = PQconnectPoll(get());
    }
    return {};
}

Result<> Connection::setUpSession(Clock::time_point deadline) {
    if (PQsendQuery(get(), kSetUp) == 0) {
        return lostConnection(source_, cleanMessage(PQerrorMessage(get())));
    }
    auto done = collect(deadline, Heed::kCancel);
    if (!done) {
        return std::move(done.error()).withContext("setting up a session of " + source_);
    }
    return {};
}

bool Connection::usable() {
    if (!usable_ || bloated_ || PQstatus(get()) != CONNECTION_OK || PQtransactionStatus(get()) != PQTRANS_IDLE) {
        return false;
    }
    // An idle server says nothing, except that it is going.
    if (pollSocket(PQsocket(get()), POLLIN, milliseconds(0))) {
        return PQconsumeInput(get()) != 0 && PQstatus(get()) == CONNECTION_OK;
    }
    return true;
}

Result<bool> Connection::waitForInput(Patience patience) {
    const int flushed = PQflush(get());
    if (flushed < 0) {
        return lossReason();
    }
    const short events = flushed > 0 ? POLLIN | POLLOUT : POLLIN;
    const auto begin = Clock::now();
    // Who waits elsewhere, for an answer, would not see that more can be sent.
    const bool waits = patience == Patience::kSlice || flushed > 0;
    const bool ready = pollSocket(PQsocket(get()), events, waits ? kSlice : std::chrono::milliseconds(0));
    waited_ += std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin);
    if (ready && PQconsumeInput(get()) == 0) {
        return lossReason();
    }
    TSR_TRY(checkSilence(ready));
    return ready;
}

/// A server that is stopped, or whose machine hangs, is silent like one that works: the kernel acknowledges for it.
Result<> Connection::checkSilence(bool has_come) {
    const auto now = Clock::now();
    const bool waits_on = now - last_wait_ < kSameWait;
    last_wait_ = now;
    if (probe_after_.count() == 0 || has_come || !waits_on) {
        silent_since_ = now;
        probe_.reset();
        return {};
    }
    const auto silence = now - silent_since_;
    if (silence < probe_after_) {
        return {};
    }
    if (!probe_) {
        // Of a Unix socket there is no address: its server is on this machine.
        const char* address = PQhostaddr(get());
        if (address == nullptr || *address == '\0') {
            return {};
        }
        probe_.emplace(address, PQport(get()));
    }
    if (probe_->poll(milliseconds(0)) != ServerProbe::State::kAsking) {
        silent_since_ = now;
        probe_.reset();
        return {};
    }
    if (silence < 2 * probe_after_) {
        return {};
    }
    usable_ = false;
    Error error = fail(ErrorCode::kUnavailable,
                       source_ + " does not answer: nothing has come for " +
                           std::to_string(std::chrono::duration_cast<std::chrono::seconds>(silence).count()) +
                           " s, and a new connection is not answered, either",
                       "its programs or its machine hang, or the network between; the server option 'probe_after' says "
                       "how long is waited");
    error.sqlstate = "08006";
    return error;
}

Result<Connection::Arrival> Connection::awaitRows(Patience patience) {
    if (TSR_TRY(waitForInput(patience))) {
        return Arrival::kInput;
    }
    switch (host_.poll_signal(&host_)) {
        case TSR_SIGNAL_CANCEL:
            return sdk::cancelled();
        case TSR_SIGNAL_ATTENTION:
            return Arrival::kAttention;
        case TSR_SIGNAL_NONE:
            break;
    }
    return Arrival::kNothing;
}

Error Connection::lossReason() {
    usable_ = false;
    const std::string reason = cleanMessage(PQerrorMessage(get()));
    // What the server said last, before the socket closed, explains more than the closing itself.
    while (PQstatus(get()) != CONNECTION_OK) {
        const PgResult result(PQgetResult(get()));
        if (!result) {
            break;
        }
        if (PQresultErrorField(result.get(), PG_DIAG_SQLSTATE) != nullptr) {
            return remoteError(result.get(), get(), source_);
        }
    }
    return lostConnection(source_, reason.substr(0, reason.find('\n')));
}

Result<PgResult> Connection::run(const char* sql, std::span<const char* const> params, Clock::time_point deadline) {
    const int sent =
        PQsendQueryParams(get(), sql, static_cast<int>(params.size()), nullptr, params.data(), nullptr, nullptr, 0);
    if (sent == 0) {
        return lossReason();
    }
    return collect(deadline, Heed::kCancel);
}

Result<> Connection::send(const std::string& sql) {
    if (PQsendQuery(get(), sql.c_str()) == 0 || PQflush(get()) < 0) {
        return lossReason();
    }
    return {};
}

Result<> Connection::waitForAnswer(Clock::time_point deadline, Heed heed) {
    std::optional<Clock::time_point> cancelled_since;
    while (PQisBusy(get()) != 0) {
        if (sdk::isCancelled(host_)) {
            if (heed == Heed::kCancel) {
                stopStatement();
                return sdk::cancelled();
            }
            cancelled_since = cancelled_since.value_or(Clock::now());
        }
        const bool too_late = cancelled_since && Clock::now() >= *cancelled_since + kPatience;
        if (too_late || Clock::now() >= deadline) {
            usable_ = false;
            Error error = fail(ErrorCode::kDeadlineExceeded, source_ + " did not answer in time");
            error.sqlstate = "08006";
            return error;
        }
        TSR_TRY(waitForInput());
    }
    return {};
}

Result<PgResult> Connection::next(Clock::time_point deadline, Heed heed) {
    TSR_TRY(waitForAnswer(deadline, heed));
    return PgResult(PQgetResult(get()));
}

Result<> Connection::prepare(const std::string& name, const std::string& text, const Parameters& parameters) {
    if (PQsendPrepare(get(), name.c_str(), text.c_str(), parameters.count(), parameters.types()) == 0) {
        return lossReason();
    }
    TSR_TRY(collect(Clock::time_point::max(), Heed::kCancel));
    return {};
}

Result<PgResult> Connection::collect(Clock::time_point deadline, Heed heed) {
    PgResult last;
    while (true) {
        PgResult result = TSR_TRY(next(deadline, heed));
        if (!result) {
            return last;
        }
        const ExecStatusType status = PQresultStatus(result.get());
        if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
            Error error = remoteError(result.get(), get(), source_);
            finishStatement();
            return error;
        }
        last = std::move(result);
    }
}

Result<> Connection::waitForOutput() {
    if (pollSocket(PQsocket(get()), POLLIN | POLLOUT, kSlice) && PQconsumeInput(get()) == 0) {
        return lossReason();
    }
    return {};
}

void Connection::finishStatement() {
    usable_ = drain(Clock::now() + kStopLimit) && usable_;
}

void Connection::stopStatement() {
    if (!usable_) {
        return;
    }
    const auto deadline = Clock::now() + kStopLimit;
    bool ended = false;
    bool asked = true;
    // A server under load may be asked before it has begun the statement, and then does not heed it: ask again.
    while (!ended && asked && Clock::now() < deadline) {
        asked = requestCancel(get(), remaining(deadline));
        ended = drain(std::min(deadline, Clock::now() + kHeedLimit));
    }
    // A request that is still under way could hit the session's next statement.
    usable_ = ended && asked && usable_;
}

bool Connection::drain(Clock::time_point deadline) {
    while (true) {
        while (PQisBusy(get()) != 0) {
            if (!waitToDrain(deadline)) {
                return false;
            }
        }
        const PgResult result(PQgetResult(get()));
        if (!result) {
            return PQstatus(get()) == CONNECTION_OK;
        }
        const ExecStatusType status = PQresultStatus(result.get());
        if (status == PGRES_COPY_IN || status == PGRES_COPY_BOTH ||
            (status == PGRES_COPY_OUT && !drainCopy(deadline))) {
            return false;
        }
    }
}

bool Connection::drainCopy(Clock::time_point deadline) {
    char* row = nullptr;
    int size = 0;
    while ((size = PQgetCopyData(get(), &row, /*async=*/1)) >= 0) {
        PQfreemem(row);
        row = nullptr;
        if (size == 0 && !waitToDrain(deadline)) {
            return false;
        }
    }
    return true;
}

bool Connection::waitToDrain(Clock::time_point deadline) {
    const int flushed = PQflush(get());
    const short events = flushed > 0 ? POLLIN | POLLOUT : POLLIN;
    if (flushed < 0 || Clock::now() >= deadline) {
        return false;
    }
    return !pollSocket(PQsocket(get()), events, std::min(kSlice, remaining(deadline))) || PQconsumeInput(get()) != 0;
}

}  // namespace tessera::postgres_connector
