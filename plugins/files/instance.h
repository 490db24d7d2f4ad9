#pragma once

/// A DuckDB instance in memory that may read one directory and nothing else, shared by all sessions of this process
/// with the same directory and limits. Its threads block all signals and end with the last session. Any thread may
/// share one.
///
/// Locked down: no file outside the directory, no network, no extension loaded or installed, no setting changed by a
/// statement.

#include "common/result.h"
#include "plugins/files/duckdb_handles.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::files {

struct InstanceOptions {
    std::string directory;
    std::string memory_limit;
    std::string temp_limit;
    int threads = 1;

    bool operator==(const InstanceOptions&) const = default;
};

class Instance {
  public:
    static Result<std::shared_ptr<Instance>> share(const InstanceOptions& options);
    ~Instance();
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;

    Result<Connection> connect();

  private:
    explicit Instance(InstanceOptions options) : options_(std::move(options)) {}

    Result<> start();

    const InstanceOptions options_;
    /// Where large sorts and aggregates spill to; only this process uses it.
    std::string temp_directory_;
    DatabaseHandle database_;
};

/// Runs a statement to its end and gives its rows; every column must be VARCHAR, nulls become empty.
Result<std::vector<std::vector<std::string>>> runText(duckdb_connection connection, const std::string& sql);

}  // namespace tessera::files
