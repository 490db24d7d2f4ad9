#pragma once

/// Reads the data beside what is applied, each query from one state, or several from the same. One thread at a time;
/// several may be open.

#include "nodeservice/store/raft/types.h"
#include "nodeservice/store/sql/command.h"
#include "nodeservice/store/sql/environment.h"
#include "nodeservice/store/sqlite/statement_cache.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tessera::store {

struct RowSink {
    /// Once, before the rows: the columns' names, and the index whose state is read.
    std::function<Result<>(const std::vector<std::string>& columns, raft::Index index)> begin;
    /// An error ends the query and is its result.
    std::function<Result<>(std::vector<sqlite::Value> row)> row;
};

class Reader {
  public:
    static Result<std::unique_ptr<Reader>> open(const std::filesystem::path& path);

    /// Queries see the state of now from here on, until it is let go; the index that it is of.
    Result<raft::Index> hold();
    Result<> letGo();

    /// While one is held.
    raft::Index heldIndex() const { return held_.value_or(0); }

    /// False also for what cannot be prepared.
    bool onlyReads(const SqlStatement& statement);

    /// A statement that only reads, on the state that is held, or on that of now. What is refused in a command is
    /// refused here.
    Result<> query(const SqlStatement& statement, const RowSink& sink);

    /// The same, given up (nothing) after few steps, when the sink may have got a part of the rows.
    std::optional<Result<>> queryBriefly(const SqlStatement& statement, const RowSink& sink);

  private:
    Reader() : environment_(std::make_unique<Environment>()) {}

    Result<sqlite::LentStatement> prepare(const SqlStatement& statement);
    Result<> queryHeld(const SqlStatement& statement, const RowSink& sink);

    /// Before the connection, which refers to it.
    std::unique_ptr<Environment> environment_;
    std::unique_ptr<sqlite::Database> database_;
    // Behind the connection, as they go first; queries' of the schema of this version.
    sqlite::StatementCache own_statements_;
    sqlite::StatementCache queries_;
    std::int64_t schema_version_ = -1;
    /// One that is too long to be kept.
    std::optional<sqlite::Statement> once_;
    std::optional<raft::Index> held_;
};

}  // namespace tessera::store
