#pragma once

/// A batch made from texts, for what our own programs print as tables (catalog, nodes) and for tests. Pure; any thread.

#include "nodeservice/client/types.h"

#include <optional>
#include <string>
#include <vector>

namespace tessera::app {

using TextRow = std::vector<std::optional<std::string>>;

/// kText columns of type "text".
std::vector<client::ResultColumn> textColumns(const std::vector<std::string>& names);

/// Every row must have `column_count` cells; no text is NULL.
client::ResultBatch textBatch(std::size_t column_count, const std::vector<TextRow>& rows);

/// One kInt64 column of a batch.
client::ResultBatch::Column integerColumn(const std::vector<std::optional<std::int64_t>>& values);

/// One kText column of a batch.
client::ResultBatch::Column textColumn(const TextRow& values);

}  // namespace tessera::app
