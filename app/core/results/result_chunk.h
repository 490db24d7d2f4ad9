#pragma once

/// A run of rows as it is kept in memory, and its record in the temporary file. Long texts are cut in memory: the grid
/// needs their beginnings only, and the record has them whole. Values; any thread.

#include "app/core/results/spill_file.h"
#include "nodeservice/client/types.h"

#include <memory>
#include <vector>

namespace tessera::app {

/// Texts of more bytes are kept whole only in the file…
constexpr std::size_t kLongTextBytes = std::size_t{16} << 10U;
/// … and in memory with this many.
constexpr std::size_t kCutTextBytes = std::size_t{2} << 10U;

/// A text that memory has only the beginning of.
struct LongText {
    std::uint32_t row = 0;
    std::uint32_t column = 0;
    /// In the file.
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};

struct ResultChunk {
    std::shared_ptr<const client::ResultBatch> batch;
    /// Ordered by row, then column.
    std::vector<LongText> long_texts;

    /// Null when memory has the whole value.
    const LongText* longText(std::size_t row, std::size_t column) const;
    std::size_t byteSize() const;
};

bool hasLongTexts(const client::ResultBatch& batch);

/// Appends the whole batch to the file; where its record begins.
Result<std::uint64_t> writeRecord(SpillFile& file, const client::ResultBatch& batch);

/// The chunk of the record. `has_long_texts` is what hasLongTexts() said of the batch.
Result<ResultChunk> readRecord(const SpillFile& file, std::uint64_t offset, bool has_long_texts);

/// The batch of the record as it was written.
Result<std::shared_ptr<const client::ResultBatch>> readWholeRecord(const SpillFile& file, std::uint64_t offset);

}  // namespace tessera::app
