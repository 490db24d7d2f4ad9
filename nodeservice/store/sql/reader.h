#pragma once

/// Reads the data beside what is applied, each query from one state. One thread at a time; several may be open.

#include "nodeservice/store/raft/types.h"
#include "nodeservice/store/sql/command.h"
#include "nodeservice/store/sql/environment.h"

#include <filesystem>
#include <functional>
#include <memory>
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

    /// A statement that only reads; what is refused in a command is refused here.
    Result<> query(const SqlStatement& statement, const RowSink& sink);

  private:
    Reader() : environment_(std::make_unique<Environment>()) {}

    Result<> queryWithin(const SqlStatement& statement, const RowSink& sink);

    /// Before the connection, which refers to it.
    std::unique_ptr<Environment> environment_;
    std::unique_ptr<sqlite::Database> database_;
};

}  // namespace tessera::store
