#include "tests/conformance/connector_client.h"

#include "plugins/sdk/connector_loader.h"
#include "tests/conformance/arrow_text.h"

#include <cstdlib>
#include <cstring>

namespace tessera::conformance {

namespace {

Error fromTsrError(const TsrError& error) {
    Error converted = fail(errorCodeOfSqlState(error.sqlstate), error.message, error.hint);
    converted.sqlstate = error.sqlstate;
    converted.detail = error.detail;
    converted.position = error.position;
    return converted;
}

/// An error struct as the host hands it over: with whatever lay there before.
TsrError dirtyError() {
    TsrError error;
    std::memset(&error, 0x5A, sizeof error);
    return error;
}

std::vector<TsrOption> borrow(const OptionList& options) {
    std::vector<TsrOption> borrowed;
    for (const auto& [name, value] : options) {
        borrowed.push_back({name.c_str(), value.c_str()});
    }
    return borrowed;
}

OptionList copyOptions(const TsrOption* options, std::size_t count) {
    OptionList copied;
    for (std::size_t i = 0; i < count; ++i) {
        copied.emplace_back(options[i].name, options[i].value);
    }
    return copied;
}

void collectTable(void* context, const TsrTable* table) {
    ListedTable& listed = static_cast<std::vector<ListedTable>*>(context)->emplace_back();
    listed.name = table->name;
    listed.comment = table->comment != nullptr ? table->comment : "";
    listed.row_count = table->row_count;
    listed.options = copyOptions(table->options, table->option_count);
    listed.skipped = table->skipped != nullptr ? table->skipped : "";
    for (std::size_t i = 0; i < table->column_count; ++i) {
        const TsrColumn& column = table->columns[i];
        listed.columns.push_back({column.name, column.pg_type, column.not_null, column.key_position,
                                  copyOptions(column.options, column.option_count)});
    }
}

}  // namespace

TestHost::TestHost() {
    shared_.host.struct_size = sizeof shared_.host;
    shared_.host.poll_signal = pollSignal;
    // A source that is a store says where it answers.
    shared_.host.store_socket = [](const TsrHost*) -> const char* {
        const char* socket = std::getenv("TESSERA_TEST_STORE_SOCKET");
        return socket != nullptr ? socket : "";
    };
    shared_.host.session_role = [](const TsrHost*) { return "tester"; };
}

TsrSignal TestHost::pollSignal(const TsrHost* host) {
    const auto* shared = reinterpret_cast<const Shared*>(host);
    ++shared->asked;
    return shared->signal;
}

Batch::~Batch() {
    if (array_.release != nullptr) {
        array_.release(&array_);
    }
}

Result<TsrStatus> ClientCursor::next(Batch& batch) {
    TsrError error = dirtyError();
    const TsrStatus status = connector_.next(cursor_, batch.get(), &error);
    if (status == TSR_ERROR) {
        return fromTsrError(error);
    }
    if (status == TSR_OK) {
        TSR_TRY(checkBatch(*batch, types_));
    }
    return status;
}

Result<std::optional<Batch>> ClientCursor::nextBatch() {
    while (true) {
        Batch batch;
        switch (TSR_TRY(next(batch))) {
            case TSR_OK:
                return std::optional<Batch>(std::move(batch));
            case TSR_END:
                return std::optional<Batch>();
            default:
                break;
        }
    }
}

void ClientCursor::close() {
    if (cursor_ != nullptr) {
        connector_.close_cursor(std::exchange(cursor_, nullptr));
    }
}

Result<ClientSession> ClientSession::open(const std::string& connector, const TestHost& host,
                                          const OptionList& options) {
    const TsrConnector* const table = TSR_TRY(loadBuiltConnector(connector));
    const std::vector<TsrOption> borrowed = borrow(options);
    TsrSession* session = nullptr;
    TsrError error = dirtyError();
    if (table->open(host.get(), borrowed.data(), borrowed.size(), &session, &error) != TSR_OK) {
        return fromTsrError(error);
    }
    return ClientSession(*table, session);
}

ClientSession::~ClientSession() {
    if (session_ != nullptr) {
        connector_.close(session_);
    }
}

Result<std::vector<ListedTable>> ClientSession::listTables(const std::string& schema,
                                                           const std::optional<std::string>& table) {
    std::vector<ListedTable> tables;
    TsrError error = dirtyError();
    const char* const only = table ? table->c_str() : nullptr;
    if (connector_.list_tables(session_, schema.c_str(), only, collectTable, &tables, &error) != TSR_OK) {
        return fromTsrError(error);
    }
    return tables;
}

Result<TsrStatistics> ClientSession::statistics(const OptionList& table_options) {
    const std::vector<TsrOption> borrowed = borrow(table_options);
    TsrStatistics statistics{};
    TsrError error = dirtyError();
    if (connector_.statistics(session_, borrowed.data(), borrowed.size(), &statistics, &error) != TSR_OK) {
        return fromTsrError(error);
    }
    return statistics;
}

Result<ClientCursor> ClientSession::execute(const Statement& statement) {
    TsrQuery query{};
    query.struct_size = sizeof query;
    query.text = statement.text.c_str();
    query.param_count = statement.params.size();
    query.params = statement.params.data();
    query.column_count = statement.types.size();
    query.column_types = statement.types.data();
    query.batch_bytes = statement.batch_bytes;
    query.expected_rows = -1;
    TsrCursor* cursor = nullptr;
    TsrError error = dirtyError();
    if (connector_.execute(session_, &query, &cursor, &error) != TSR_OK) {
        return fromTsrError(error);
    }
    return ClientCursor(connector_, cursor, statement.types);
}

Result<RowList> ClientSession::query(const Statement& statement) {
    ClientCursor cursor = TSR_TRY(execute(statement));
    RowList rows;
    while (const auto batch = TSR_TRY(cursor.nextBatch())) {
        for (std::int64_t row = 0; row < (**batch).length; ++row) {
            std::vector<Cell>& cells = rows.emplace_back();
            for (std::size_t column = 0; column < statement.types.size(); ++column) {
                cells.push_back(cellText(**batch, statement.types, row, column));
            }
        }
    }
    return rows;
}

Result<std::int64_t> ClientSession::countRows(const Statement& statement) {
    ClientCursor cursor = TSR_TRY(execute(statement));
    std::int64_t rows = 0;
    while (const auto batch = TSR_TRY(cursor.nextBatch())) {
        rows += (**batch).length;
    }
    return rows;
}

Result<const TsrConnector*> loadBuiltConnector(const std::string& name) {
    static sdk::ConnectorLoader loader(TSR_CONNECTOR_DIR);
    return loader.load(name);
}

}  // namespace tessera::conformance
