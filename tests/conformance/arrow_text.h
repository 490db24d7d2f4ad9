#pragma once

/// Values of Arrow batches in PostgreSQL's text form, for comparison in tests. Also checks the batch's shape, as the
/// host would trust it.

#include "common/result.h"
#include "plugins/sdk/connector.h"
#include "tests/conformance/source.h"

#include <vector>

namespace tessera::conformance {

/// Has the array the buffers, offsets and counts that its columns' types need? kInternal says what is wrong.
Result<> checkBatch(const ArrowArray& batch, const std::vector<TsrType>& types);

/// One value of a batch that checkBatch() accepted.
Cell cellText(const ArrowArray& batch, const std::vector<TsrType>& types, std::int64_t row, std::size_t column);

/// Bytes that the batch's values take, without validity bitmaps.
std::size_t batchBytes(const ArrowArray& batch, const std::vector<TsrType>& types);

}  // namespace tessera::conformance
