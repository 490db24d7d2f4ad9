// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// A value as the grid shows it and as it goes to the clipboard. Pure; any thread.

#include "app/core/results/result_store.h"
#include "app/workbench/results/grid_selection.h"
#include "common/result.h"

#include <QString>

namespace tessera::workbench {

/// Longer cells end with "…" in the grid; the clipboard gets them whole.
constexpr std::size_t kCellCharactersMax = 300;

/// One line without control characters; not for NULL.
QString cellPreview(const client::ResultBatch& batch, std::size_t row, std::size_t column,
                    client::ColumnEncoding encoding);

/// The selected cells as tab-separated lines, as spreadsheets paste them: a value with a tab, a line feed or a quote
/// stands in quotes, NULL is empty. An error when it is more than the clipboard should hold.
Result<QString> selectionAsTsv(const app::ResultStore& store, const GridSelection& selection);

/// What selectionAsTsv() takes at most.
constexpr std::int64_t kCopiedCellsMax = 5'000'000;
constexpr std::size_t kCopiedBytesMax = std::size_t{256} << 20U;

}  // namespace tessera::workbench
