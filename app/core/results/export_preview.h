#pragma once

/// The first rows of an export as they will stand in the file, so that a person sees the format before it is written.
/// For a thread of the task pool.

#include "app/core/results/result_export.h"

#include <cstdint>
#include <optional>
#include <string>

namespace tessera::app {

struct ExportPreview {
    /// Of formats that are text, the begin of the file; of the others the rows as a table, and of Parquet the type that
    /// each column gets.
    std::string text;
    /// Estimated from the first rows; none for formats that compress.
    std::optional<std::uint64_t> bytes;
};

/// `make` is a format of somebody else's, or null.
Result<ExportPreview> previewExport(const ResultView& view, const CellSelection& cells, const ExportOptions& options,
                                    const WriterFactory& make, TaskControl& control);

}  // namespace tessera::app
