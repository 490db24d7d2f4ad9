#include "plugins/sdk/connector_base.h"

#include "plugins/sdk/boundary.h"
#include "plugins/sdk/values.h"

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <exception>

/// The opaque handles of the C boundary are these two, for every connector written with the C++ side.
struct TsrSession {
    std::unique_ptr<tessera::sdk::Session> session;
};

struct TsrCursor {
    std::unique_ptr<tessera::sdk::Cursor> cursor;
};

struct TsrIngest {
    std::unique_ptr<tessera::sdk::Ingest> ingest;
    std::size_t column_count;
};

namespace tessera::sdk {

namespace {

/// One library has one open and one relation function: the C table's functions find them here.
OpenFunction open_function = nullptr;
RelationFunction relation_function = nullptr;

TsrStatus openSession(const TsrHost* host, const TsrOption* options, std::size_t count, TsrSession** session,
                      TsrError* error) {
    return guarded(error, [&]() -> Result<TsrStatus> {
        auto opened = TSR_TRY(open_function(*host, Options(options, count)));
        *session = new TsrSession{std::move(opened)};
        return TSR_OK;
    });
}

void closeSession(TsrSession* session) {
    delete session;
}

bool sessionUsable(TsrSession* session) {
    try {
        return session->session->usable();
    } catch (...) {
        return false;
    }
}

const char* sessionDialect(TsrSession* session) {
    return session->session->dialect();
}

std::vector<TsrOption> borrow(const std::vector<std::pair<std::string, std::string>>& options) {
    std::vector<TsrOption> borrowed;
    for (const auto& [name, value] : options) {
        borrowed.push_back({name.c_str(), value.c_str()});
    }
    return borrowed;
}

void sendTable(const Table& table, TsrTableSink sink, void* context) {
    std::vector<std::vector<TsrOption>> column_options;
    std::vector<TsrColumn> columns;
    for (const Column& column : table.columns) {
        column_options.push_back(borrow(column.options));
    }
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const Column& column = table.columns[i];
        columns.push_back({column.name.c_str(), column.pg_type.c_str(), column.not_null, column.key_position,
                           column.comment.empty() ? nullptr : column.comment.c_str(), column_options[i].size(),
                           column_options[i].data()});
    }
    const std::vector<TsrOption> options = borrow(table.options);
    const TsrTable sent{table.name.c_str(), table.comment.empty() ? nullptr : table.comment.c_str(),
                        table.row_count,    columns.size(),
                        columns.data(),     options.size(),
                        options.data(),     table.skipped.empty() ? nullptr : table.skipped.c_str()};
    sink(context, &sent);
}

TsrStatus listTables(TsrSession* session, const char* schema, const char* table, TsrTableSink sink, void* context,
                     TsrError* error) {
    return guarded(error, [&]() -> Result<TsrStatus> {
        const auto only = table != nullptr ? std::optional<std::string>(table) : std::nullopt;
        for (const Table& found : TSR_TRY(session->session->listTables(schema, only))) {
            sendTable(found, sink, context);
        }
        return TSR_OK;
    });
}

TsrStatus readStatistics(TsrSession* session, const TsrOption* options, std::size_t count, TsrStatistics* statistics,
                         TsrError* error) {
    return guarded(error, [&]() -> Result<TsrStatus> {
        *statistics = TSR_TRY(session->session->statistics(Options(options, count)));
        return TSR_OK;
    });
}

TsrStatus readColumnStatistics(TsrSession* session, const TsrOption* options, std::size_t count, TsrColumnSink sink,
                               void* context, TsrError* error) {
    return guarded(error, [&]() -> Result<TsrStatus> {
        for (const ColumnStatistics& column : TSR_TRY(session->session->columnStatistics(Options(options, count)))) {
            const TsrColumnStatistics told = {sizeof(TsrColumnStatistics),
                                              column.name.c_str(),
                                              column.null_fraction,
                                              column.width,
                                              column.distinct,
                                              column.index};
            sink(context, &told);
        }
        return TSR_OK;
    });
}

TsrStatus countPages(TsrSession* session, const TsrOption* options, std::size_t count, std::int64_t* pages,
                     TsrError* error) {
    return guarded(error, [&]() -> Result<TsrStatus> {
        *pages = TSR_TRY(session->session->pageCount(Options(options, count)));
        return TSR_OK;
    });
}

TsrStatus writeRelation(const TsrOption* server_options, std::size_t server_count, const TsrOption* table_options,
                        std::size_t table_count, char* text, std::size_t size, TsrError* error) {
    return guarded(error, [&]() -> Result<TsrStatus> {
        const std::string relation =
            TSR_TRY(relation_function(Options(server_options, server_count), Options(table_options, table_count)));
        if (relation.size() + 1 > size) {
            return fail(ErrorCode::kResourceExhausted,
                        "a table's address is longer than " + std::to_string(size) + " bytes");
        }
        std::memcpy(text, relation.c_str(), relation.size() + 1);
        return TSR_OK;
    });
}

TsrStatus executeQuery(TsrSession* session, const TsrQuery* query, TsrCursor** cursor, TsrError* error) {
    return guarded(error, [&]() -> Result<TsrStatus> {
        Query request{query->text, std::span(query->params, query->param_count),
                      std::vector<TsrType>(query->column_types, query->column_types + query->column_count),
                      query->batch_bytes};
        if (query->struct_size >= offsetof(TsrQuery, expected_rows) + sizeof query->expected_rows) {
            request.takes_tuples = query->takes_tuples;
            request.expected_rows = query->expected_rows;
        }
        if (query->struct_size >= offsetof(TsrQuery, table_options) + sizeof query->table_options &&
            query->range_text != nullptr) {
            request.range_text = query->range_text;
            request.most_readers = query->most_readers;
            request.table_options = Options(query->table_options, query->table_option_count);
        }
        if (query->struct_size >= offsetof(TsrQuery, passes_rows) + sizeof query->passes_rows) {
            request.passes_rows = query->passes_rows;
        }
        if (query->struct_size >= offsetof(TsrQuery, file) + sizeof query->file) {
            request.file = query->file;
        }
        auto started = TSR_TRY(session->session->execute(request));
        *cursor = new TsrCursor{std::move(started)};
        return TSR_OK;
    });
}

Result<TsrStatus> statusOf(Fetch fetch) {
    switch (fetch) {
        case Fetch::kBatch:
            return TSR_OK;
        case Fetch::kEnd:
            return TSR_END;
        case Fetch::kAgain:
            return TSR_AGAIN;
    }
    return fail(ErrorCode::kInternal, "a cursor returned an unknown state");
}

TsrStatus nextBatch(TsrCursor* cursor, ArrowArray* batch, TsrError* error) {
    return guarded(error, [&]() -> Result<TsrStatus> { return statusOf(TSR_TRY(cursor->cursor->next(batch))); });
}

TsrStatus pollBatch(TsrCursor* cursor, ArrowArray* batch, TsrError* error) {
    return guarded(error, [&]() -> Result<TsrStatus> { return statusOf(TSR_TRY(cursor->cursor->poll(batch))); });
}

int cursorSocket(TsrCursor* cursor) {
    return cursor->cursor->socket();
}

void closeCursor(TsrCursor* cursor) {
    delete cursor;
}

void readState(TsrCursor* cursor, TsrCursorState* state) {
    const TsrCursorState full = cursor->cursor->state();
    const std::size_t size = std::min(state->struct_size, sizeof full);
    std::memcpy(state, &full, size);
    state->struct_size = size;
}

std::uint32_t sessionCapabilities(TsrSession* session) {
    try {
        return session->session->capabilities();
    } catch (...) {
        return 0;
    }
}

std::int64_t affectedRows(TsrCursor* cursor) {
    return cursor->cursor->affected();
}

TsrStatus beginTransaction(TsrSession* session, const TsrTransaction* transaction, TsrError* error) {
    return guarded(error, [&]() -> Result<TsrStatus> {
        TSR_TRY(session->session->begin(*transaction));
        return TSR_OK;
    });
}

TsrStatus startStep(TsrSession* session, TsrStep step, const char* name, TsrError* error) {
    return guarded(error, [&]() -> Result<TsrStatus> {
        TSR_TRY(session->session->startStep(step, name != nullptr ? name : ""));
        return TSR_OK;
    });
}

TsrStatus finishStep(TsrSession* session, TsrError* error) {
    return guarded(error, [&]() -> Result<TsrStatus> {
        TSR_TRY(session->session->finishStep());
        return TSR_OK;
    });
}

TsrStatus exportSnapshot(TsrSession* session, char* text, std::size_t size, TsrError* error) {
    return guarded(error, [&]() -> Result<TsrStatus> {
        const std::string snapshot = TSR_TRY(session->session->exportSnapshot());
        if (snapshot.size() + 1 > size) {
            return fail(ErrorCode::kInternal, "a snapshot's name is longer than " + std::to_string(size) + " bytes");
        }
        std::memcpy(text, snapshot.c_str(), snapshot.size() + 1);
        return TSR_OK;
    });
}

TsrStatus listPrepared(TsrSession* session, const char* prefix, TsrNameSink sink, void* context, TsrError* error) {
    return guarded(error, [&]() -> Result<TsrStatus> {
        for (const std::string& name : TSR_TRY(session->session->listPrepared(prefix))) {
            sink(context, name.c_str());
        }
        return TSR_OK;
    });
}

TsrStatus startIngest(TsrSession* session, const TsrTarget* target, TsrIngest** ingest, TsrError* error) {
    return guarded(error, [&]() -> Result<TsrStatus> {
        const Target request{target->relation, Options(target->options, target->option_count),
                             std::vector<std::string_view>(target->columns, target->columns + target->column_count),
                             std::vector<TsrType>(target->types, target->types + target->column_count)};
        auto started = TSR_TRY(session->session->startIngest(request));
        *ingest = new TsrIngest{std::move(started), target->column_count};
        return TSR_OK;
    });
}

TsrStatus ingestRows(TsrIngest* ingest, const TsrParam* values, std::size_t row_count, TsrError* error) {
    return guarded(error, [&]() -> Result<TsrStatus> {
        TSR_TRY(ingest->ingest->rows({values, row_count * ingest->column_count}));
        return TSR_OK;
    });
}

TsrStatus finishIngest(TsrIngest* ingest, std::int64_t* row_count, TsrError* error) {
    return guarded(error, [&]() -> Result<TsrStatus> {
        *row_count = TSR_TRY(ingest->ingest->finish());
        return TSR_OK;
    });
}

void closeIngest(TsrIngest* ingest) {
    delete ingest;
}

Error unsupported(const char* what) {
    Error error = fail(ErrorCode::kUnimplemented, std::string("this source has no ") + what);
    error.sqlstate = "0A000";
    return error;
}

}  // namespace

Result<> Session::begin(const TsrTransaction& /*transaction*/) {
    return unsupported("transactions");
}

Result<> Session::startStep(TsrStep /*step*/, const std::string& /*name*/) {
    return unsupported("transactions");
}

Result<> Session::finishStep() {
    return unsupported("transactions");
}

Result<std::string> Session::exportSnapshot() {
    return unsupported("snapshots to share");
}

Result<std::vector<std::string>> Session::listPrepared(const std::string& /*prefix*/) {
    return unsupported("prepared transactions");
}

Result<std::unique_ptr<Ingest>> Session::startIngest(const Target& /*target*/) {
    return unsupported("bulk insert");
}

BatchBuilder rowsOf(const Query& query) {
    constexpr double kMany = 1000;
    const bool many = query.expected_rows < 0 || query.expected_rows >= kMany;
    return query.takes_tuples && many && !query.column_types.empty()
               ? BatchBuilder(query.column_types, query.batch_bytes)
               : BatchBuilder(query.column_types);
}

Options::Options(const TsrOption* options, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        options_.emplace_back(options[i].name, options[i].value);
    }
}

std::optional<std::string> Options::find(std::string_view name) const {
    for (const auto& [key, value] : options_) {
        if (key == name) {
            return value;
        }
    }
    return std::nullopt;
}

std::string Options::get(std::string_view name, std::string_view otherwise) const {
    return find(name).value_or(std::string(otherwise));
}

Result<std::string> Options::require(std::string_view name) const {
    auto value = find(name);
    if (!value) {
        Error error = fail(ErrorCode::kInvalidArgument, "option '" + std::string(name) + "' is required");
        error.sqlstate = "HV00J";  // fdw_option_name_not_found
        return error;
    }
    return *value;
}

Result<std::int64_t> Options::getInt(std::string_view name, std::int64_t otherwise, std::int64_t least,
                                     std::int64_t most) const {
    const auto value = find(name);
    if (!value) {
        return otherwise;
    }
    const auto number = parseInt(*value);
    if (!number || *number < least || *number > most) {
        return fail(ErrorCode::kInvalidArgument, "option '" + std::string(name) + "' must be a whole number from " +
                                                     std::to_string(least) + " to " + std::to_string(most) + ", not '" +
                                                     *value + "'");
    }
    return *number;
}

Result<bool> Options::getBool(std::string_view name, bool otherwise) const {
    const auto value = find(name);
    if (!value) {
        return otherwise;
    }
    const auto parsed = parseBool(*value);
    if (!parsed) {
        return fail(ErrorCode::kInvalidArgument,
                    "option '" + std::string(name) + "' must be true or false, not '" + *value + "'");
    }
    return *parsed;
}

struct BlockSignals::Saved {
    sigset_t mask;
};

BlockSignals::BlockSignals() : saved_(std::make_unique<Saved>()) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &saved_->mask);
}

BlockSignals::~BlockSignals() {
    pthread_sigmask(SIG_SETMASK, &saved_->mask, nullptr);
}

Error outcomeUnknown(const std::string& source, const std::string& reason) {
    Error error = fail(ErrorCode::kUnavailable,
                       source + ": the connection was lost while committing, whether it did is not known: " + reason,
                       "look at the source's data before the work is repeated");
    error.sqlstate = "08007";
    return error;
}

Error cancelled() {
    return fail(ErrorCode::kCancelled, "the statement was cancelled");
}

TsrConnector makeConnector(const char* name, const char* version, const char* dialect,
                           std::span<const TsrOptionSpec> options, OpenFunction open, RelationFunction relation,
                           bool polls) {
    open_function = open;
    relation_function = relation;
    TsrConnector table{};
    table.struct_size = sizeof table;
    table.abi_major = TSR_CONNECTOR_ABI_MAJOR;
    table.abi_minor = TSR_CONNECTOR_ABI_MINOR;
    table.name = name;
    table.version = version;
    table.dialect = dialect;
    table.option_count = options.size();
    table.options = options.data();
    table.open = openSession;
    table.close = closeSession;
    table.usable = sessionUsable;
    table.list_tables = listTables;
    table.statistics = readStatistics;
    table.relation = relation != nullptr ? writeRelation : nullptr;
    table.execute = executeQuery;
    table.next = nextBatch;
    table.close_cursor = closeCursor;
    table.capabilities = sessionCapabilities;
    table.affected = affectedRows;
    table.begin = beginTransaction;
    table.start_step = startStep;
    table.finish_step = finishStep;
    table.export_snapshot = exportSnapshot;
    table.list_prepared = listPrepared;
    table.start_ingest = startIngest;
    table.ingest = ingestRows;
    table.finish_ingest = finishIngest;
    table.close_ingest = closeIngest;
    table.session_dialect = std::string_view(dialect).empty() ? sessionDialect : nullptr;
    table.cursor_state = readState;
    table.column_statistics = readColumnStatistics;
    table.page_count = countPages;
    table.poll = polls ? pollBatch : nullptr;
    table.cursor_socket = polls ? cursorSocket : nullptr;
    return table;
}

}  // namespace tessera::sdk
