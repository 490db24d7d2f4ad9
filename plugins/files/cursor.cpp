#include "plugins/files/cursor.h"

#include "common/strings.h"
#include "plugins/files/errors.h"
#include "plugins/files/params.h"

#include <chrono>
#include <thread>

namespace tessera::files {

namespace {

/// How long to leave the work to DuckDB's own threads when this one has none.
constexpr std::chrono::microseconds kIdle{500};

Result<Prepared> prepare(duckdb_connection connection, const std::string& text) {
    Prepared prepared;
    if (duckdb_prepare(connection, text.c_str(), prepared.out()) != DuckDBSuccess) {
        const char* message = duckdb_prepare_error(prepared.get());
        return errorOfMessage(message != nullptr ? message : "the statement cannot be prepared");
    }
    const duckdb_statement_type type = duckdb_prepared_statement_type(prepared.get());
    if (type != DUCKDB_STATEMENT_TYPE_SELECT && type != DUCKDB_STATEMENT_TYPE_EXPLAIN) {
        Error error = fail(ErrorCode::kFailedPrecondition, "files can only be read: the statement is no SELECT");
        error.sqlstate = "25006";
        return error;
    }
    return prepared;
}

/// The statement with columns of nested types as JSON text and of rare types as text; empty when there are none.
std::string withPlainColumns(duckdb_prepared_statement prepared, const std::string& text) {
    std::vector<std::string> names;
    std::vector<std::string> items;
    bool any = false;
    for (std::uint64_t i = 0; i < duckdb_prepared_statement_column_count(prepared); ++i) {
        const LogicalType type(duckdb_prepared_statement_column_logical_type(prepared, i));
        const duckdb_type id = duckdb_get_type_id(type.get());
        const std::string name = "c" + std::to_string(i + 1);
        names.push_back(name);
        if (isPlain(id) || id == DUCKDB_TYPE_INVALID) {
            items.push_back(name);
            continue;
        }
        any = true;
        const bool is_rare = id == DUCKDB_TYPE_BIGNUM || id == DUCKDB_TYPE_TIME_NS;
        items.push_back((is_rare ? "CAST(" : "CAST(to_json(") + name + (is_rare ? " AS VARCHAR)" : ") AS VARCHAR)"));
    }
    return any ? "SELECT " + join(items, ", ") + " FROM (" + text + ") AS q(" + join(names, ", ") + ")" : std::string();
}

/// DuckDB may learn a parameter's type, and so the columns, only when the value is bound: openColumns() checks them
/// then.
bool knowsColumns(duckdb_prepared_statement prepared) {
    return duckdb_prepared_statement_column_count(prepared) > 0 &&
           duckdb_prepared_statement_column_type(prepared, 0) != DUCKDB_TYPE_INVALID;
}

Result<> bindAll(duckdb_prepared_statement statement, std::span<const TsrParam> params) {
    if (duckdb_nparams(statement) != params.size()) {
        return fail(ErrorCode::kInternal, "the remote query has " + std::to_string(duckdb_nparams(statement)) +
                                              " parameters, but " + std::to_string(params.size()) +
                                              " values were given");
    }
    for (std::size_t i = 0; i < params.size(); ++i) {
        TSR_TRY(bindParam(statement, i + 1, params[i]));
    }
    return {};
}

}  // namespace

Result<std::unique_ptr<sdk::Cursor>> Cursor::open(const TsrHost& host, duckdb_connection connection, Watcher& watcher,
                                                  const sdk::Query& query, std::shared_ptr<const void> owner) {
    const Watcher::Scope watched(watcher);
    const std::string text(query.text);
    Prepared prepared = TSR_TRY(prepare(connection, text));
    if (!query.column_types.empty() && knowsColumns(prepared.get())) {
        const std::uint64_t columns = duckdb_prepared_statement_column_count(prepared.get());
        if (columns != query.column_types.size()) {
            return fail(ErrorCode::kInternal, "the remote query gives " + std::to_string(columns) + " columns, not " +
                                                  std::to_string(query.column_types.size()));
        }
        if (const std::string plain = withPlainColumns(prepared.get(), text); !plain.empty()) {
            prepared = TSR_TRY(prepare(connection, plain));
        }
    }
    TSR_TRY(bindAll(prepared.get(), query.params));
    std::unique_ptr<Cursor> cursor(new Cursor(host, connection, watcher, std::move(prepared), query, std::move(owner)));
    if (duckdb_pending_prepared_streaming(cursor->prepared_.get(), cursor->pending_.out()) != DuckDBSuccess) {
        return errorOfMessage(duckdb_pending_error(cursor->pending_.get()));
    }
    return std::unique_ptr<sdk::Cursor>(std::move(cursor));
}

Cursor::~Cursor() {
    // Tasks that still run look at this between chunks; what is destroyed next waits for them.
    if (!ended_) {
        duckdb_interrupt(connection_);
    }
}

Result<sdk::Fetch> Cursor::next(ArrowArray* array) {
    const Watcher::Scope watched(watcher_);
    if (!streaming_ && !ended_ && !TSR_TRY(start())) {
        return sdk::Fetch::kAgain;
    }
    if (sdk::isCancelled(host_)) {
        return sdk::cancelled();
    }
    while (!ended_ && !limit_.reached(rows_)) {
        ended_ = !TSR_TRY(appendChunk());
        // Asked after a chunk, never before: each call must make headway, however long the host wants attention.
        const TsrSignal signal = host_.poll_signal(&host_);
        if (signal == TSR_SIGNAL_CANCEL) {
            return sdk::cancelled();
        }
        if (signal == TSR_SIGNAL_ATTENTION) {
            break;
        }
    }
    if (rows_.rowCount() == 0) {
        return ended_ ? sdk::Fetch::kEnd : sdk::Fetch::kAgain;
    }
    rows_.finish(array);
    limit_.advance();
    return sdk::Fetch::kBatch;
}

Result<bool> Cursor::start() {
    while (true) {
        switch (duckdb_pending_execute_task(pending_.get())) {
            case DUCKDB_PENDING_RESULT_READY: {
                if (duckdb_execute_pending(pending_.get(), result_.get()) != DuckDBSuccess) {
                    return errorOfMessage(duckdb_result_error(result_.get()));
                }
                streaming_ = true;
                TSR_TRY(openColumns());
                return true;
            }
            case DUCKDB_PENDING_ERROR:
                return errorOfMessage(duckdb_pending_error(pending_.get()));
            case DUCKDB_PENDING_NO_TASKS_AVAILABLE:
                std::this_thread::sleep_for(kIdle);
                break;
            case DUCKDB_PENDING_RESULT_NOT_READY:
                break;
        }
        const TsrSignal signal = host_.poll_signal(&host_);
        if (signal == TSR_SIGNAL_CANCEL) {
            return sdk::cancelled();
        }
        if (signal == TSR_SIGNAL_ATTENTION) {
            return false;
        }
    }
}

Result<> Cursor::openColumns() {
    if (rows_.columnCount() != 0 && duckdb_column_count(result_.get()) != rows_.columnCount()) {
        return fail(ErrorCode::kInternal, "the files changed between planning and reading: they have other columns now",
                    "run the statement again");
    }
    for (std::size_t i = 0; i < rows_.columnCount(); ++i) {
        const LogicalType type(duckdb_column_logical_type(result_.get(), i));
        const char* name = duckdb_column_name(result_.get(), i);
        converters_.emplace_back(name != nullptr ? name : std::to_string(i + 1), ColumnType::of(type.get()),
                                 rows_.type(i));
    }
    return {};
}

Result<bool> Cursor::appendChunk() {
    const Chunk chunk(duckdb_fetch_chunk(*result_.get()));
    if (!chunk) {
        const char* message = duckdb_result_error(result_.get());
        if (message != nullptr && *message != '\0') {
            return errorOfMessage(message);
        }
        return false;
    }
    const std::uint64_t count = duckdb_data_chunk_get_size(chunk.get());
    for (std::size_t i = 0; i < converters_.size(); ++i) {
        TSR_TRY(converters_[i].append(duckdb_data_chunk_get_vector(chunk.get(), i), count, i, rows_));
    }
    rows_.addRows(static_cast<std::int64_t>(count));
    return true;
}

}  // namespace tessera::files
