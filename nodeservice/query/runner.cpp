#include "nodeservice/query/runner.h"

#include "common/handle.h"
#include "nodeservice/postgres/connection.h"
#include "nodeservice/query/batch_encoder.h"
#include "nodeservice/query/result_columns.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <utility>

namespace tessera::query {

namespace {

using Clock = std::chrono::steady_clock;
using postgres::ResultHandle;
using std::chrono::milliseconds;

// A person sees the first rows soon; after that, batches are as large as they travel well.
constexpr std::size_t kFirstBatchBytes = std::size_t{64} << 10;
constexpr std::size_t kBatchBytes = std::size_t{192} << 10;
constexpr std::size_t kLargestBatchBytes = std::size_t{4} << 20;
// Rows that trickle are not kept back longer than this.
constexpr milliseconds kFirstBatchDelay{20};
constexpr milliseconds kBatchDelay{200};
constexpr milliseconds kProgressInterval{250};
// What one message may carry; the client accepts a little more.
constexpr std::size_t kMaxRowBytes = std::size_t{100} << 20;
// How long a cancelled statement may take to end before its connection is given up.
constexpr milliseconds kCancelGrace{5000};
// Leaves nothing behind in a session that goes on; any other statement forgets it.
constexpr const char* kStatementName = "";

using CancelHandle = Handle<PGcancel, PQfreeCancel>;

class Run {
  public:
    /// `call`: null when the statement is still to be sent.
    Run(pg_conn* connection, PreparedCall* call, const Statement& statement, const Interrupt& interrupt, Sink& sink,
        Statistics& statistics)
        : connection_(connection),
          call_(call),
          statement_(statement),
          interrupt_(interrupt),
          sink_(sink),
          statistics_(statistics) {
        if (statement.timeout_ms > 0) {
            limit_ = started_ + milliseconds(statement.timeout_ms);
        }
        PQsetNoticeReceiver(connection_, &Run::receiveNotice, this);
    }

    ~Run() {
        PQsetNoticeReceiver(
            connection_, [](void*, const PGresult*) {}, nullptr);
    }

    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    Outcome run() {
        sink_.started(PQbackendPID(connection_));
        if (call_ != nullptr) {
            for (Notice& notice : call_->takeNotices()) {
                sink_.notice(std::move(notice), limit_);
            }
        }
        auto result = call_ != nullptr ? receiveCall() : execute();
        if (call_ != nullptr && !call_->end()) {
            protocol_broken_ = true;
        }
        endReadOnly();
        undoBegin();
        if (stop_ != Stop::kNone && !(result && rows_dropped_ == 0)) {
            return {stopError(), stateAfter()};
        }
        if (!result && PQstatus(connection_) != CONNECTION_OK) {
            return {lostError(std::move(result).error()), SessionState::kSpent};
        }
        if (!statement_.session.empty()) {
            return {inPlainWords(std::move(result)), stateAfter()};
        }
        if (result && PQtransactionStatus(connection_) != PQTRANS_IDLE) {
            sink_.notice({"WARNING", "the transaction is rolled back: each statement has a session of its own", "",
                          "use psql on the node's PostgreSQL port for transactions of several statements", "25P01"},
                         limit_);
        }
        return {std::move(result), stateAfter()};
    }

  private:
    enum class Stop { kNone, kCancelled, kShutdown, kTimeLimit };

    Result<Completion> execute() {
        if (statement_.is_read_only) {
            TSR_TRY(send(PQsendQuery(connection_, "BEGIN READ ONLY")));
            TSR_TRY(finishCommand());
        }
        if (statement_.is_read_only && statement_.skips_missing_shards) {
            TSR_TRY(send(PQsendQuery(connection_, "SET LOCAL tessera.missing_shards = skip")));
            TSR_TRY(finishCommand());
        }
        const std::vector<Oid> types = TSR_TRY(parameterTypes());
        TSR_TRY(prepare(types));
        TSR_TRY(send(PQsendDescribePrepared(connection_, kStatementName)));
        const ResultHandle description = TSR_TRY(finishCommand());
        TSR_TRY(checkParameterCount(description.get()));
        bool is_prepared = !TSR_TRY(announceColumns(description.get()));
        const bool is_wanted = statement_.in_transaction && !statement_.session.empty();
        if (is_wanted && PQtransactionStatus(connection_) == PQTRANS_IDLE) {
            // Not before the statement was understood: a slip of the pen opens no transaction.
            TSR_TRY(send(PQsendQuery(connection_, "BEGIN")));
            TSR_TRY(finishCommand());
            has_begun_ = true;
            is_prepared = false;
        }
        if (!is_prepared) {
            TSR_TRY(prepare(types));
        }
        std::vector<const char*> values;
        for (const Parameter& parameter : statement_.parameters) {
            values.push_back(parameter.text ? parameter.text->c_str() : nullptr);
        }
        TSR_TRY(send(PQsendQueryPrepared(connection_, kStatementName, static_cast<int>(values.size()), values.data(),
                                         nullptr, nullptr, 0)));
        PQsetSingleRowMode(connection_);
        return receiveRows();
    }

    Result<> prepare(const std::vector<Oid>& types) {
        TSR_TRY(send(PQsendPrepare(connection_, kStatementName, statement_.sql.c_str(), static_cast<int>(types.size()),
                                   types.data())));
        TSR_TRY(finishCommand());
        return {};
    }

    /// Nothing in it is to be kept.
    void endReadOnly() {
        const PGTransactionStatusType status = PQtransactionStatus(connection_);
        const bool is_open = status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
        if (statement_.is_read_only && is_open && PQsendQuery(connection_, "ROLLBACK") != 0) {
            (void)finishCommand();
        }
    }

    /// A transaction in which nothing but its first statement was, which failed, is no use to anybody.
    void undoBegin() {
        if (has_begun_ && PQtransactionStatus(connection_) == PQTRANS_INERROR &&
            PQsendQuery(connection_, "ROLLBACK") != 0) {
            // What it says of the stopped statement is known, and what it did is seen by the transaction's status.
            (void)finishCommand();
        }
    }

    SessionState stateAfter() const {
        if (statement_.session.empty()) {
            return stop_ == Stop::kNone && !protocol_broken_ ? SessionState::kReusable : SessionState::kSpent;
        }
        // PostgreSQL had the cancel before PQcancel() returned, and it forgets one that finds nothing running: what
        // comes next on the session is not hit.
        const PGTransactionStatusType status = PQtransactionStatus(connection_);
        const bool is_at_rest = status == PQTRANS_IDLE || status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
        return is_at_rest && !protocol_broken_ ? SessionState::kReusable : SessionState::kSpent;
    }

    static Result<Completion> inPlainWords(Result<Completion> result) {
        if (result || result.error().sqlstate != "25P02") {
            return result;
        }
        Error error = std::move(result).error();
        error.detail = std::move(error.message);
        error.message = "a statement of this transaction failed before, so nothing more runs in it";
        error.hint = "roll back, then run the transaction's statements again";
        return error;
    }

    Result<> send(int ok) {
        if (ok == 0) {
            return postgres::errorOf(connection_);
        }
        return {};
    }

    Result<std::vector<Oid>> parameterTypes() {
        std::vector<Oid> types;
        for (const Parameter& parameter : statement_.parameters) {
            Oid type = 0;
            if (!parameter.type_name.empty()) {
                const char* name = parameter.type_name.c_str();
                TSR_TRY(send(PQsendQueryParams(connection_, "SELECT pg_catalog.to_regtype($1)::pg_catalog.oid", 1,
                                               nullptr, &name, nullptr, nullptr, 0)));
                const ResultHandle found = TSR_TRY(finishCommand());
                const std::string_view text = PQgetvalue(found.get(), 0, 0);
                std::from_chars(text.data(), text.data() + text.size(), type);
                if (type == 0) {
                    return fail(ErrorCode::kInvalidArgument,
                                "parameter $" + std::to_string(types.size() + 1) + " has the unknown type '" +
                                    parameter.type_name + "'",
                                "give a PostgreSQL type, or none to let PostgreSQL infer it");
                }
            }
            types.push_back(type);
        }
        return types;
    }

    Result<> checkParameterCount(const PGresult* description) const {
        const auto wanted = static_cast<std::size_t>(PQnparams(description));
        if (wanted != statement_.parameters.size()) {
            return fail(ErrorCode::kInvalidArgument,
                        "the statement has " + std::to_string(wanted) + " parameters, and " +
                            std::to_string(statement_.parameters.size()) + " were given",
                        "give one value for each of $1, $2, …");
        }
        return {};
    }

    /// Whether that took another statement.
    Result<bool> announceColumns(const PGresult* description) {
        std::vector<Column> columns = columnsOf(description);
        const auto names = typeNameQuery(description, columns);
        if (names) {
            TSR_TRY(send(PQsendQueryParams(connection_, names->c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0)));
            const ResultHandle answer = TSR_TRY(finishCommand());
            int row = 0;
            for (Column& column : columns) {
                if (column.type_name.empty()) {
                    column.type_name = PQgetvalue(answer.get(), row++, 0);
                }
            }
        }
        announce(columns);
        return names.has_value();
    }

    void announce(const std::vector<Column>& columns) {
        std::vector<Encoding> encodings;
        for (const Column& column : columns) {
            encodings.push_back(column.encoding);
        }
        encoder_ = std::make_unique<BatchEncoder>(std::move(encodings));
        if (!columns.empty()) {
            sink_.columns(columns);
        }
    }

    /// The one result of a set-up command; reads to its end.
    Result<ResultHandle> finishCommand() {
        ResultHandle last;
        while (true) {
            ResultHandle result = TSR_TRY(nextResult());
            if (!result) {
                break;
            }
            if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR) {
                TSR_TRY(drain());
                return postgres::errorOf(result.get());
            }
            last = std::move(result);
        }
        if (stop_ != Stop::kNone) {
            return stopError();
        }
        return last;
    }

    /// The results of all commands of a call, in their order, up to where they were sent to.
    Result<Completion> receiveCall() {
        Result<Completion> outcome = Completion{};
        while (true) {
            const ResultHandle result = TSR_TRY(nextResult());
            const bool is_row = call_->isAtRows();
            call_->passed(result.get());
            if (!result) {
                if (PQstatus(connection_) != CONNECTION_OK && !call_->hasAhead()) {
                    return postgres::errorOf(connection_);
                }
                continue;
            }
            switch (PQresultStatus(result.get())) {
                case PGRES_PIPELINE_SYNC:
                    return outcome;
                case PGRES_COMMAND_OK:
                case PGRES_PIPELINE_ABORTED:
                    break;
                case PGRES_SINGLE_TUPLE:
                    announceCallColumns(result.get());
                    TSR_TRY(takeRow(result.get()));
                    break;
                case PGRES_TUPLES_OK:
                    if (is_row) {
                        announceCallColumns(result.get());
                        flush();
                        outcome = completionOf(result.get());
                    }
                    break;
                default:
                    outcome = outcome ? Result<Completion>(postgres::errorOf(result.get())) : std::move(outcome);
            }
        }
    }

    /// Of a call it is known how its types are called.
    void announceCallColumns(const PGresult* result) {
        if (encoder_) {
            return;
        }
        std::vector<Column> columns = columnsOf(result);
        for (std::size_t i = 0; i < std::min(columns.size(), statement_.column_types.size()); ++i) {
            columns[i].type_name = statement_.column_types[i];
        }
        announce(columns);
    }

    Result<Completion> receiveRows() {
        Result<Completion> outcome = Completion{};
        while (true) {
            const ResultHandle result = TSR_TRY(nextResult());
            if (!result) {
                return outcome;
            }
            switch (PQresultStatus(result.get())) {
                case PGRES_SINGLE_TUPLE:
                    TSR_TRY(takeRow(result.get()));
                    break;
                case PGRES_TUPLES_OK:
                case PGRES_COMMAND_OK:
                case PGRES_EMPTY_QUERY:
                    flush();
                    outcome = completionOf(result.get());
                    break;
                case PGRES_COPY_IN:
                case PGRES_COPY_OUT:
                case PGRES_COPY_BOTH:
                    // The session stays in copy mode; closing it ends the statement.
                    protocol_broken_ = true;
                    return fail(ErrorCode::kUnimplemented,
                                "COPY from or to the client is not possible through this interface",
                                "use SELECT or INSERT, or psql on the node's PostgreSQL port");
                default:
                    outcome = postgres::errorOf(result.get());
            }
        }
    }

    Completion completionOf(PGresult* result) const {
        // Tags without a number, as EXPLAIN's and SHOW's, leave it to the rows that were sent.
        Completion completion{PQcmdStatus(result), rows_, elapsed()};
        const std::string_view count = PQcmdTuples(result);
        std::from_chars(count.data(), count.data() + count.size(), completion.row_count);
        return completion;
    }

    /// Before it is copied: a value may have a gigabyte.
    Result<> checkRowSize(const PGresult* result) {
        std::size_t bytes = 0;
        int largest = 0;
        for (int i = 0; i < PQnfields(result); ++i) {
            bytes += static_cast<std::size_t>(PQgetlength(result, 0, i));
            largest = PQgetlength(result, 0, i) > PQgetlength(result, 0, largest) ? i : largest;
        }
        if (bytes <= kMaxRowBytes) {
            return {};
        }
        requestCancel();
        protocol_broken_ = true;
        return fail(ErrorCode::kResourceExhausted,
                    "row " + std::to_string(rows_ + 1) + " of the result has " + std::to_string(bytes >> 20U) +
                        " MiB, most of it in column \"" + PQfname(result, largest) +
                        "\"; a message carries 100 MiB at most",
                    "select a part of it (substring), or use psql on the node's PostgreSQL port");
    }

    Result<> takeRow(const PGresult* result) {
        if (stop_ != Stop::kNone) {
            ++rows_dropped_;
            return {};
        }
        TSR_TRY(checkRowSize(result));
        for (int i = 0; i < PQnfields(result); ++i) {
            std::optional<std::string_view> text;
            if (PQgetisnull(result, 0, i) == 0) {
                text = std::string_view(PQgetvalue(result, 0, i), static_cast<std::size_t>(PQgetlength(result, 0, i)));
            }
            TSR_TRY(encoder_->append(static_cast<std::size_t>(i), text));
        }
        encoder_->endRow();
        ++rows_;
        if (encoder_->rows() == 1) {
            oldest_row_ = Clock::now();
        }
        if (encoder_->bytes() >= batchTarget() || Clock::now() - oldest_row_ >= batchDelay()) {
            flush();
        }
        return {};
    }

    std::size_t batchTarget() const {
        const std::size_t wanted = statement_.batch_bytes == 0
                                       ? kBatchBytes
                                       : std::min<std::size_t>(statement_.batch_bytes, kLargestBatchBytes);
        return batches_ == 0 ? std::min(wanted, kFirstBatchBytes) : wanted;
    }

    milliseconds batchDelay() const { return batches_ == 0 ? kFirstBatchDelay : kBatchDelay; }

    void flush() {
        if (encoder_->rows() == 0 || stop_ != Stop::kNone) {
            return;
        }
        ++batches_;
        statistics_.rows += encoder_->rows();
        statistics_.bytes += encoder_->bytes();
        sink_.batch(encoder_->take(), limit_);
        last_progress_ = Clock::now();
        // An interrupted sink has not taken it.
        rows_dropped_ += interrupt_.isRaised() || Clock::now() >= limit_ ? 1 : 0;
    }

    /// The next result, or none at the command's end. Waits for PostgreSQL, and does what falls due meanwhile.
    Result<ResultHandle> nextResult() {
        if (call_ != nullptr && call_->hasAhead()) {
            return call_->takeAhead();
        }
        while (PQisBusy(connection_) != 0) {
            TSR_TRY(checkStop());
            pollfd descriptors[] = {{PQsocket(connection_), POLLIN, 0}, {interrupt_.descriptor(), POLLIN, 0}};
            // Once the statement is being stopped, the interrupt stays readable and tells nothing new.
            const nfds_t count = stop_ == Stop::kNone ? 2 : 1;
            const int ready = poll(descriptors, count, static_cast<int>(untilDue().count()));
            if (ready < 0 && errno != EINTR) {
                return fail(ErrorCode::kInternal,
                            std::string("waiting for PostgreSQL failed: ") + std::strerror(errno));
            }
            if (ready > 0 && descriptors[0].revents != 0 && PQconsumeInput(connection_) == 0) {
                return postgres::errorOf(connection_);
            }
            doWhatIsDue();
        }
        TSR_TRY(checkStop());
        return ResultHandle(PQgetResult(connection_));
    }

    milliseconds untilDue() const {
        const Clock::time_point now = Clock::now();
        Clock::time_point due = last_progress_ + kProgressInterval;
        if (stop_ != Stop::kNone) {
            due = stop_deadline_;
        } else {
            due = std::min(due, limit_);
            if (encoder_ && encoder_->rows() > 0) {
                due = std::min(due, oldest_row_ + batchDelay());
            }
        }
        // Rounded up, so that poll does not return a moment before.
        return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(due - now));
    }

    void doWhatIsDue() {
        const Clock::time_point now = Clock::now();
        if (stop_ != Stop::kNone) {
            return;
        }
        if (encoder_ && encoder_->rows() > 0 && now - oldest_row_ >= batchDelay()) {
            flush();
        }
        if (now - last_progress_ >= kProgressInterval) {
            last_progress_ = now;
            sink_.progress(rows_, elapsed());
        }
    }

    /// Begins to stop the statement when that was asked for; an error when a stopped one does not end.
    Result<> checkStop() {
        if (stop_ == Stop::kNone) {
            if (interrupt_.isRaised()) {
                stop_ = interrupt_.reason() == Interrupt::Reason::kShutdown ? Stop::kShutdown : Stop::kCancelled;
            } else if (Clock::now() >= limit_) {
                stop_ = Stop::kTimeLimit;
            } else {
                return {};
            }
            stop_deadline_ = Clock::now() + kCancelGrace;
            requestCancel();
        } else if (Clock::now() >= stop_deadline_) {
            return stopError();
        }
        return {};
    }

    void requestCancel() {
        const CancelHandle cancel(PQgetCancel(connection_));
        char reason[256];
        // If it cannot be delivered, closing the connection ends the statement.
        if (cancel && PQcancel(cancel.get(), reason, sizeof reason) == 0) {
            protocol_broken_ = true;
        }
    }

    Result<> drain() {
        while (TSR_TRY(nextResult())) {
        }
        return {};
    }

    Error stopError() const {
        switch (stop_) {
            case Stop::kTimeLimit:
                return fail(
                    ErrorCode::kDeadlineExceeded,
                    "the statement ran longer than its limit of " + std::to_string(statement_.timeout_ms) + " ms",
                    "give it more time, or ask for less");
            case Stop::kShutdown: {
                Error error = fail(ErrorCode::kUnavailable, "the node is stopping", "run the statement again later");
                error.sqlstate = "57P01";
                return error;
            }
            default:
                return fail(ErrorCode::kCancelled, "the statement was cancelled");
        }
    }

    static Error lostError(Error error) {
        Error lost =
            fail(ErrorCode::kUnavailable, "the connection to the node's PostgreSQL was lost while the statement ran",
                 "the node restarts PostgreSQL by itself: run the statement again in a few seconds");
        lost.detail = std::move(error.message);
        lost.sqlstate = error.sqlstate.empty() ? "08006" : error.sqlstate;
        return lost;
    }

    milliseconds elapsed() const { return std::chrono::duration_cast<milliseconds>(Clock::now() - started_); }

    static void receiveNotice(void* self, const PGresult* result) {
        const auto field = [result](int code) -> std::string {
            const char* text = PQresultErrorField(result, code);
            return text == nullptr ? std::string() : std::string(text);
        };
        Run& run = *static_cast<Run*>(self);
        if (run.stop_ == Stop::kNone) {
            run.sink_.notice({field(PG_DIAG_SEVERITY), field(PG_DIAG_MESSAGE_PRIMARY), field(PG_DIAG_MESSAGE_DETAIL),
                              field(PG_DIAG_MESSAGE_HINT), field(PG_DIAG_SQLSTATE)},
                             run.limit_);
        }
    }

    pg_conn* const connection_;
    PreparedCall* const call_;
    const Statement& statement_;
    const Interrupt& interrupt_;
    Sink& sink_;
    Statistics& statistics_;
    const Clock::time_point started_ = call_ != nullptr ? call_->began() : Clock::now();
    Clock::time_point limit_ = Clock::time_point::max();
    Clock::time_point last_progress_ = started_;
    Clock::time_point oldest_row_ = started_;
    Clock::time_point stop_deadline_ = Clock::time_point::max();
    std::unique_ptr<BatchEncoder> encoder_;
    std::uint64_t rows_ = 0;
    std::uint64_t batches_ = 0;
    std::uint64_t rows_dropped_ = 0;
    Stop stop_ = Stop::kNone;
    bool protocol_broken_ = false;
    bool has_begun_ = false;
};

}  // namespace

Outcome runStatement(pg_conn* connection, const Statement& statement, const Interrupt& interrupt, Sink& sink,
                     Statistics& statistics) {
    return Run(connection, nullptr, statement, interrupt, sink, statistics).run();
}

Outcome finishCall(PreparedCall& call, const Statement& statement, const Interrupt& interrupt, Sink& sink,
                   Statistics& statistics) {
    return Run(call.connection(), &call, statement, interrupt, sink, statistics).run();
}

}  // namespace tessera::query
