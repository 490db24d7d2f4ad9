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

Result<raft::Index> Reader::hold() {
    TSR_TRY(own_statements_.run(*database_, "BEGIN"));
    const auto begin = [this]() -> Result<raft::Index> {
        // It is this that begins the state.
        const auto state = TSR_TRY(own_statements_.prepare(*database_, "SELECT applied FROM _tessera_state"));
        TSR_TRY(state->step());
        return state->number(0);
    };
    const auto index = begin();
    if (index) {
        held_ = *index;
    } else {
        static_cast<void>(database_->execute("ROLLBACK"));
    }
    return index;
}

Result<> Reader::letGo() {
    held_.reset();
    once_.reset();
    return own_statements_.run(*database_, "ROLLBACK");
}

bool Reader::onlyReads(const SqlStatement& statement) {
    return prepareQuery(*database_, *environment_, statement).has_value();
}

Result<> Reader::query(const SqlStatement& statement, const RowSink& sink) {
    if (held_) {
        return queryHeld(statement, sink);
    }
    TSR_TRY(hold());
    auto done = queryHeld(statement, sink);
    TSR_TRY(letGo());
    return done;
}

std::optional<Result<>> Reader::queryBriefly(const SqlStatement& statement, const RowSink& sink) {
    constexpr int kMostThousandSteps = 2;
    environment_->limitSteps(kMostThousandSteps);
    auto done = query(statement, sink);
    const bool has_run_out = environment_->hasRunOut();
    environment_->limitSteps(std::nullopt);
    return has_run_out ? std::nullopt : std::optional(std::move(done));
}

/// Kept for the next time while the schema is the same: what is refused is refused when a statement is prepared.
Result<sqlite::LentStatement> Reader::prepare(const SqlStatement& statement) {
    constexpr std::size_t kLongest = 4000;
    const auto version = TSR_TRY(own_statements_.prepare(*database_, "PRAGMA schema_version"));
    TSR_TRY(version->step());
    if (std::exchange(schema_version_, version->integer(0)) != version->integer(0)) {
        queries_.clear();
    }
    if (auto kept = queries_.find(statement.sql)) {
        TSR_TRY(bindParameters(*kept, statement));
        return kept;
    }
    auto prepared = TSR_TRY(prepareQuery(*database_, *environment_, statement));
    if (statement.sql.size() <= kLongest) {
        return queries_.keep(statement.sql, std::move(prepared));
    }
    once_ = std::move(prepared);
    return sqlite::LentStatement(&*once_);
}

Result<> Reader::queryHeld(const SqlStatement& statement, const RowSink& sink) {
    const auto lent = TSR_TRY(prepare(statement));
    sqlite::Statement& prepared = *lent;
    const int count = sqlite3_column_count(prepared.get());
    std::vector<std::string> columns;
    for (int column = 0; column < count; ++column) {
        const char* name = sqlite3_column_name(prepared.get(), column);
        columns.emplace_back(name == nullptr ? "" : name);
    }
    TSR_TRY(sink.begin(columns, *held_));
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
