#pragma once

/// Writes one cell to a file, whole, however long it is: a part at a time. Of bytea the bytes, of all else its text.
/// For a thread of the task pool.

#include "app/core/results/result_view.h"
#include "app/core/thread/background_task.h"

#include <QString>

namespace tessera::app {

/// Bytes written. The file appears when it is complete; an error names it. Of a NULL: an empty file.
Result<std::uint64_t> writeCell(const ResultView& view, std::uint64_t row, std::size_t column, const QString& path,
                                TaskControl& control);

}  // namespace tessera::app
