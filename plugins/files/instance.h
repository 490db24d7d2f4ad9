#pragma once

/// A DuckDB instance in memory that may read one directory and nothing else. One is shared by all sessions of this
/// process with the same directory and limits; scans of rows have one of their own. Its threads block all signals and
/// end with the last session. Any thread may share one.
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

class Instance;

/// A connection of an instance, which lives as long.
struct Reader {
    std::shared_ptr<Instance> instance;
    Connection connection;  // destroyed before its instance
};

class Instance {
  public:
    static Result<Reader> share(const InstanceOptions& options);
    /// For statements that pass the rows of files on: holds little more than what its threads are reading, and keeps
    /// nothing of it for the next statement (docs/decisions/0023).
    static Result<Reader> openForRows(const InstanceOptions& options);
    /// For a statement that writes a file: it may open `path`, too, a pipe that is read at its other end.
    static Result<Reader> openForFile(const InstanceOptions& options, const std::string& path);
    ~Instance();
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;

  private:
    explicit Instance(InstanceOptions options) : options_(std::move(options)) {}

    /// Runs `settings`, too, and gives the connection that it did so by.
    Result<Connection> start(const std::vector<std::string>& settings);
    Result<Connection> connect();

    const InstanceOptions options_;
    /// Where large sorts and aggregates spill to; only this process uses it.
    std::string temp_directory_;
    DatabaseHandle database_;
};

/// Runs a statement to its end and gives its rows; every column must be VARCHAR, nulls become empty.
Result<std::vector<std::vector<std::string>>> runText(duckdb_connection connection, const std::string& sql);

}  // namespace tessera::files
