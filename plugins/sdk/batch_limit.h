#pragma once

/// When a cursor should hand over the batch it is filling. Full is a matter of bytes, and of rows so that rows of nulls
/// end too; the first batch is an eighth as large, to come sooner. A value, owned by one cursor.

#include "plugins/sdk/batch_builder.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace tessera::sdk {

class BatchLimit {
  public:
    explicit BatchLimit(std::size_t batch_bytes) : all_bytes_(std::max<std::size_t>(batch_bytes, 1)) {
        bytes_ = std::max<std::size_t>(all_bytes_ / 8, 1);
    }

    bool reached(std::size_t bytes, std::int64_t rows) const { return bytes >= bytes_ || rows >= kMostRows; }

    bool reached(const BatchBuilder& rows) const { return reached(rows.byteSize(), rows.rowCount()); }

    /// A batch was handed over.
    void advance() { bytes_ = all_bytes_; }

  private:
    static constexpr std::int64_t kMostRows = 65'536;

    std::size_t all_bytes_;
    std::size_t bytes_;
};

}  // namespace tessera::sdk
