#include "nodeservice/store/sql/reader.h"

#include "nodeservice/store/sql/query.h"

#include <utility>

namespace tessera::store {

Result<std::unique_ptr<Reader>> Reader::open(const std::filesystem::path& path) {
    std::unique_ptr<Reader> reader(new Reader);
    reader->database_ = std::make_unique<sqlite::Database>(TSR_TRY(sqlite::Database::open(path, Environment::vfs())));
    TSR_TRY(reader->database_->execute("PRAGMA query_only = ON"));
    TSR_TRY(reader->environment_->install(reader->database_->get()));
    return reader;
}

Result<> Reader::query(const SqlStatement& statement, const RowSink& sink) {
    TSR_TRY(database_->execute("BEGIN"));
    auto done = queryWithin(statement, sink);
    TSR_TRY(database_->execute("ROLLBACK"));
    return done;
}

Result<> Reader::queryWithin(const SqlStatement& statement, const RowSink& sink) {
    // It also begins the state that the query sees.
    auto state = TSR_TRY(database_->prepare("SELECT applied FROM _tessera_state"));
    TSR_TRY(state.step());
    const raft::Index index = state.number(0);
    state.reset();
    auto prepared = TSR_TRY(prepareQuery(*database_, *environment_, statement));
    const int count = sqlite3_column_count(prepared.get());
    std::vector<std::string> columns;
    for (int column = 0; column < count; ++column) {
        const char* name = sqlite3_column_name(prepared.get(), column);
        columns.emplace_back(name == nullptr ? "" : name);
    }
    TSR_TRY(sink.begin(columns, index));
    while (TSR_TRY(prepared.step())) {
        std::vector<sqlite::Value> row;
        for (int column = 0; column < count; ++column) {
            row.push_back(prepared.value(column));
        }
        TSR_TRY(sink.row(std::move(row)));
    }
    return {};
}

}  // namespace tessera::store
