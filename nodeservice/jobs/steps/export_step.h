#pragma once

/// The step that writes the rows of a query to files. PostgreSQL runs the query and DuckDB writes Parquet, CSV or JSON
/// from its rows as they come, libxlsxwriter workbooks: memory is bounded, whatever their number. What was there is
/// replaced at once or not at all, so that an attempt that is repeated does no harm. What goes into a bucket is written
/// to a file here first.

#include "nodeservice/jobs/steps/s3.h"
#include "nodeservice/jobs/steps/step_pool.h"
#include "nodeservice/postgres/connection.h"

#include <filesystem>
#include <memory>
#include <vector>

namespace tessera::jobs {

struct ExportOptions {
    /// Beneath which files may be written.
    std::vector<std::filesystem::path> folders;
    /// DuckDB's library.
    std::filesystem::path duckdb;
    /// That may be written to; none when null.
    std::shared_ptr<const std::vector<S3Bucket>> buckets = {};
    /// Where files wait that go into a bucket.
    std::filesystem::path scratch = {};
};

/// Waits until it is done, or the attempt is stopped; whoever stops it also cancels what PostgreSQL does.
Result<StepResult> runExport(postgres::Connection& connection, StepAttempt& attempt, const ExportStep& step,
                             const ExportOptions& options);

}  // namespace tessera::jobs
