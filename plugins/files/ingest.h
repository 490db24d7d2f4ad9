#pragma once

/// Rows of one INSERT or COPY on their way into a new file: gathered in a temporary table of DuckDB, which spills to
/// disk, and written when they are complete. A value that the files' types would change is an error. Destroyed before
/// its session.

#include "plugins/files/destination.h"
#include "plugins/files/duckdb_handles.h"
#include "plugins/files/watcher.h"
#include "plugins/sdk/connector_base.h"

#include <vector>

namespace tessera::files {

class Ingest final : public sdk::Ingest {
  public:
    /// The file is added to `files`, and named at once unless a transaction is open.
    static Result<std::unique_ptr<sdk::Ingest>> start(duckdb_connection connection, Watcher& watcher,
                                                      const std::string& directory, const sdk::Target& target,
                                                      NewFiles& files, bool in_transaction);
    ~Ingest() override;

    Result<> rows(std::span<const TsrParam> values) override;
    Result<std::int64_t> finish() override;

  private:
    /// A column of the rows that come, and how many digits its numbers have.
    struct Column {
        std::string name;
        TsrType type;
        std::string staged;  // its type in the temporary table
        int whole_digits = 0;
        int scale = 0;
        bool has_empty_text = false;
    };

    Ingest(duckdb_connection connection, Watcher& watcher, NewFiles& files, Destination destination,
           bool in_transaction)
        : connection_(connection),
          watcher_(watcher),
          files_(files),
          destination_(std::move(destination)),
          in_transaction_(in_transaction) {}

    Result<> readFileTypes(std::string_view relation);
    Result<> makeTable(const sdk::Target& target);
    Result<> append(const TsrParam& value, Column& column);
    Result<std::string> valueOf(const Column& column) const;
    Result<std::string> fileColumns() const;
    Result<> checkUnchanged(const Column& column, const std::string& value) const;
    Result<> run(const std::string& sql) const;

    const duckdb_connection connection_;
    Watcher& watcher_;
    NewFiles& files_;
    Destination destination_;
    const bool in_transaction_;
    std::vector<Column> columns_;
    std::vector<std::pair<std::string, std::string>> file_types_;  // of the files that are there, in their order
    duckdb_appender appender_ = nullptr;
    std::int64_t count_ = 0;
    std::int64_t bytes_ = 0;  // of all values
};

}  // namespace tessera::files
