#pragma once

/// A whole query straight into a file: rows go from the node to the writer, and nowhere else. For a thread of the task
/// pool.

#include "app/core/results/result_export.h"
#include "nodeservice/client/node_client.h"

#include <filesystem>

namespace tessera::app {

/// Runs the statement and writes all of its rows; how many there were. `control` counts the rows and stops it. The file
/// appears when it is complete.
Result<std::uint64_t> exportQuery(client::StatementExecutor& executor, client::QueryRequest request,
                                  const ExportOptions& options, const std::filesystem::path& path,
                                  TaskControl& control);

}  // namespace tessera::app
