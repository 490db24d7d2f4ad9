#include "fdw/core/fdw_core.h"
#include "fdw/core/session_pool.h"
#include "fdw/core/snapshot.h"
#include "fdw/core/transaction.h"
#include "plugins/sdk/boundary.h"

#include <chrono>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace fdw = tessera::fdw;
namespace sdk = tessera::sdk;
using tessera::Result;

namespace {

/// A copy of a TsrFile and of what it points to.
class FileCopy {
  public:
    explicit FileCopy(const TsrFile& file) : format_(file.format), file_(file) {
        for (std::size_t i = 0; i < file.column_count; ++i) {
            names_.emplace_back(file.columns[i].name);
            columns_.push_back(file.columns[i]);
        }
    }

    const TsrFile* get() {
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            columns_[i].name = names_[i].c_str();
        }
        file_.format = format_.c_str();
        file_.columns = columns_.data();
        return &file_;
    }

  private:
    std::string format_;
    std::vector<std::string> names_;
    std::vector<TsrFileColumn> columns_;
    TsrFile file_;
};

/// Copies of what a TsrSource and a TsrQuery point to, to run the statement a second time.
struct Request {
    Request(const TsrSource& source, const TsrQuery& query)
        : text(query.text),
          types(query.column_types, query.column_types + query.column_count),
          batch_bytes(query.batch_bytes),
          takes_tuples(query.takes_tuples),
          expected_rows(query.expected_rows),
          range_text(query.range_text != nullptr ? query.range_text : ""),
          most_readers(query.most_readers),
          passes_rows(query.passes_rows) {
        if (query.file != nullptr) {
            file.emplace(*query.file);
        }
        server = source.server;
        user = source.user;
        connector = source.connector;
        for (std::size_t i = 0; i < source.option_count; ++i) {
            option_texts.emplace_back(source.options[i].name, source.options[i].value);
        }
        for (std::size_t i = 0; i < query.table_option_count; ++i) {
            table_option_texts.emplace_back(query.table_options[i].name, query.table_options[i].value);
        }
        for (std::size_t i = 0; i < query.param_count; ++i) {
            const TsrParam& param = query.params[i];
            params.push_back(param);
            values.emplace_back(static_cast<const char*>(param.data), param.data != nullptr ? param.size : 0);
        }
    }

    TsrSource source() {
        options.clear();
        for (const auto& [name, value] : option_texts) {
            options.push_back({name.c_str(), value.c_str()});
        }
        return {server, user, "", connector, options.size(), options.data(), false, 0, 0};
    }

    TsrQuery query() {
        for (std::size_t i = 0; i < params.size(); ++i) {
            params[i].data = values[i].data();
        }
        table_options.clear();
        for (const auto& [name, value] : table_option_texts) {
            table_options.push_back({name.c_str(), value.c_str()});
        }
        return {.struct_size = sizeof(TsrQuery),
                .text = text.c_str(),
                .param_count = params.size(),
                .params = params.data(),
                .column_count = types.size(),
                .column_types = types.data(),
                .batch_bytes = batch_bytes,
                .takes_tuples = takes_tuples,
                .expected_rows = expected_rows,
                .range_text = range_text.empty() ? nullptr : range_text.c_str(),
                .most_readers = most_readers,
                .table_option_count = table_options.size(),
                .table_options = table_options.data(),
                .passes_rows = passes_rows,
                .file = file ? file->get() : nullptr};
    }

    std::uint32_t server;
    std::uint32_t user;
    const TsrConnector* connector;
    std::vector<std::pair<std::string, std::string>> option_texts;
    std::vector<TsrOption> options;
    std::string text;
    std::vector<TsrParam> params;
    std::vector<std::string> values;
    std::vector<TsrType> types;
    std::size_t batch_bytes;
    bool takes_tuples;
    double expected_rows;
    std::string range_text;
    std::size_t most_readers;
    bool passes_rows;
    std::optional<FileCopy> file;
    std::vector<std::pair<std::string, std::string>> table_option_texts;
    std::vector<TsrOption> table_options;
};

/// Adds the time of its scope to a sum of microseconds.
class Stopwatch {
  public:
    explicit Stopwatch(std::int64_t& sum_us) : sum_us_(sum_us) {}

    ~Stopwatch() { sum_us_ += std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin_).count(); }

    Stopwatch(const Stopwatch&) = delete;
    Stopwatch& operator=(const Stopwatch&) = delete;

  private:
    using Clock = std::chrono::steady_clock;
    std::int64_t& sum_us_;
    Clock::time_point begin_ = Clock::now();
};

/// Who cannot give files does not know that one is wanted, and would give rows.
TsrStatus execute(const TsrConnector& connector, TsrSession* session, const TsrQuery& query, TsrCursor** cursor,
                  TsrError* error) {
    const std::uint32_t capabilities =
        query.file != nullptr && TSR_HAS_MEMBER(&connector, capabilities) ? connector.capabilities(session) : 0;
    if (query.file != nullptr && (capabilities & TSR_CAN_GIVE_FILES) == 0) {
        tessera::Error refused = tessera::fail(tessera::ErrorCode::kUnimplemented, "the source writes no files");
        refused.sqlstate = "0A000";
        return sdk::report(refused, error);
    }
    return connector.execute(session, &query, cursor, error);
}

bool connectionLost(const TsrError& error) {
    return std::strncmp(error.sqlstate, "08", 2) == 0;
}

}  // namespace

struct TsrScan : TsrActivity {
    TsrScan(Request r, const TsrHost& h) : request(std::move(r)), host(h) {}

    ~TsrScan() override { close(); }

    TsrScan(const TsrScan&) = delete;
    TsrScan& operator=(const TsrScan&) = delete;

    /// Starts the statement; with `fresh` on a new session.
    TsrStatus start(bool fresh, TsrError* error) {
        close();
        auto acquired = fdw::SessionPool::instance().acquire(request.source(), host, fresh);
        if (!acquired) {
            return sdk::report(acquired.error(), error);
        }
        lease.emplace(*acquired);
        const TsrQuery query = request.query();
        const Stopwatch stopwatch(connector_us);
        const TsrStatus status = execute(lease->connector(), lease->session(), query, &cursor, error);
        if (status != TSR_OK && lease->reused() && connectionLost(*error)) {
            return start(true, error);
        }
        return noted(status, lease->record(), *error);
    }

    /// Starts it in a session of a snapshot.
    TsrStatus startAt(std::shared_ptr<fdw::Snapshot> seen, TsrError* error) {
        auto taken = seen->take(request.source(), host);
        if (!taken) {
            return sdk::report(taken.error(), error);
        }
        snapshot = std::move(seen);
        member = *taken;
        const TsrQuery query = request.query();
        const Stopwatch stopwatch(connector_us);
        const TsrStatus status = execute(connector(), member->lease.session, query, &cursor, error);
        member->cursor = cursor;
        return noted(status, *member->lease.record, *error);
    }

    /// Starts it in a participant's session: never twice, as what came before in the transaction would be missing.
    TsrStatus startIn(TsrParticipant* taking_part, TsrError* error) {
        participant = taking_part;
        const TsrQuery query = request.query();
        const TsrStatus status = execute(connector(), participant->lease.session, query, &cursor, error);
        if (status == TSR_OK) {
            participant->activity = this;
        }
        return noted(status, *participant->lease.record, *error);
    }

    TsrStatus next(bool waits, TsrError* error) {
        releaseBatch();
        if (cursor == nullptr) {
            return sdk::report(tessera::fail(tessera::ErrorCode::kAborted, "the statement was ended by a rollback"),
                               error);
        }
        TsrStatus status = nextOfCursor(waits, error);
        if (status == TSR_ERROR && !delivered && lease && lease->reused() && connectionLost(*error)) {
            status = start(true, error);
            if (status == TSR_OK) {
                status = nextOfCursor(waits, error);
            }
        }
        delivered = delivered || status == TSR_OK;
        rows += status == TSR_OK ? batch.length : 0;
        // Where the session was lost and no new one is to be had, there is nobody to note it for.
        if (status == TSR_ERROR && (lease || member != nullptr || participant != nullptr)) {
            record().last_error = error->message;
        }
        return status;
    }

    TsrStatus nextOfCursor(bool waits, TsrError* error) {
        const Stopwatch stopwatch(connector_us);
        return !waits && TSR_HAS_MEMBER(&connector(), poll) ? connector().poll(cursor, &batch, error)
                                                            : connector().next(cursor, &batch, error);
    }

    int socket() const {
        return cursor != nullptr && TSR_HAS_MEMBER(&connector(), cursor_socket) ? connector().cursor_socket(cursor)
                                                                                : -1;
    }

    TsrScanProgress progress() const {
        TsrCursorState state{sizeof state, TSR_ENCODING_ARROW, -1, -1, -1, 1};
        if (cursor != nullptr && TSR_HAS_MEMBER(&connector(), cursor_state)) {
            connector().cursor_state(cursor, &state);
        }
        return {state.encoding, rows, state.bytes, state.round_trips, state.wait_us >= 0 ? state.wait_us : connector_us,
                state.readers};
    }

    const TsrConnector& connector() const {
        return lease               ? lease->connector()
               : member != nullptr ? *member->lease.connector
                                   : *participant->lease.connector;
    }

    fdw::SessionPool::Record& record() const {
        return lease ? lease->record() : member != nullptr ? *member->lease.record : *participant->lease.record;
    }

    static TsrStatus noted(TsrStatus status, fdw::SessionPool::Record& record, const TsrError& error) {
        ++record.statements;
        record.used = fdw::SessionPool::Clock::now();
        if (status == TSR_ERROR) {
            record.last_error = error.message;
        }
        return status;
    }

    void abandon() noexcept override {
        if (member != nullptr) {
            member->cursor = nullptr;
        }
        if (cursor != nullptr) {
            connector().close_cursor(cursor);
            cursor = nullptr;
        }
        participant = nullptr;
    }

    void releaseBatch() {
        if (batch.release != nullptr) {
            batch.release(&batch);
        }
        batch = {};
    }

    void close() {
        releaseBatch();
        if (participant != nullptr && participant->activity == this) {
            participant->activity = nullptr;
        }
        abandon();
        lease.reset();
        if (member != nullptr) {
            snapshot->give(std::exchange(member, nullptr));
            snapshot.reset();
        }
    }

    Request request;
    const TsrHost& host;
    std::optional<fdw::ScopedLease> lease;  // either a session of its own, or a participant's, or a snapshot's
    TsrParticipant* participant = nullptr;
    std::shared_ptr<fdw::Snapshot> snapshot;
    fdw::Snapshot::Member* member = nullptr;
    TsrCursor* cursor = nullptr;
    ArrowArray batch{};
    bool delivered = false;
    std::int64_t rows = 0;
    std::int64_t connector_us = 0;
};

extern "C" {

TsrStatus tsr_scan_start(const TsrSource* source, const TsrHost* host, const TsrQuery* query, TsrScan** scan,
                         TsrError* error) {
    return sdk::guarded(error, [&]() -> Result<TsrStatus> {
        auto started = std::make_unique<TsrScan>(Request(*source, *query), *host);
        const TsrStatus status = started->start(false, error);
        if (status == TSR_OK) {
            *scan = started.release();
        }
        return status;
    });
}

TsrStatus tsr_scan_start_in(TsrParticipant* participant, const TsrHost* host, const TsrQuery* query, TsrScan** scan,
                            TsrError* error) {
    return sdk::guarded(error, [&]() -> Result<TsrStatus> {
        const TsrSource source{0, 0, "", participant->lease.connector, 0, nullptr, false, 0, 0};
        auto started = std::make_unique<TsrScan>(Request(source, *query), *host);
        const TsrStatus status = started->startIn(participant, error);
        if (status == TSR_OK) {
            *scan = started.release();
        }
        return status;
    });
}

TsrStatus tsr_scan_start_at(TsrSnapshot* snapshot, const TsrSource* source, const TsrHost* host, const TsrQuery* query,
                            TsrScan** scan, TsrError* error) {
    return sdk::guarded(error, [&]() -> Result<TsrStatus> {
        auto started = std::make_unique<TsrScan>(Request(*source, *query), *host);
        const TsrStatus status = started->startAt(snapshot->snapshot, error);
        if (status == TSR_OK) {
            *scan = started.release();
        }
        return status;
    });
}

int64_t tsr_scan_affected(const TsrScan* scan) {
    return scan->cursor != nullptr ? scan->connector().affected(scan->cursor) : -1;
}

TsrStatus tsr_scan_next(TsrScan* scan, const struct ArrowArray** batch, TsrError* error) {
    return sdk::guarded(error, [&]() -> Result<TsrStatus> {
        const TsrStatus status = scan->next(true, error);
        *batch = &scan->batch;
        return status;
    });
}

TsrStatus tsr_scan_poll(TsrScan* scan, const struct ArrowArray** batch, int* socket, TsrError* error) {
    return sdk::guarded(error, [&]() -> Result<TsrStatus> {
        const TsrStatus status = scan->next(false, error);
        *batch = &scan->batch;
        *socket = scan->socket();
        return status;
    });
}

void tsr_scan_take_batch(TsrScan* scan, struct ArrowArray* taken) {
    *taken = std::exchange(scan->batch, {});
}

void tsr_scan_progress(const TsrScan* scan, TsrScanProgress* progress) {
    *progress = scan->progress();
}

void tsr_scan_destroy(TsrScan* scan) {
    delete scan;
}
}
