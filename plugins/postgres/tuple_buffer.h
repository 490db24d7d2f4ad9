#pragma once

/// Tuples of a binary COPY as they arrive, one behind the other, until they leave as a batch of TSR_ENCODING_TUPLES.
/// The last one may still be incomplete: it is `open`. Owned by one cursor.

#include "plugins/sdk/arrow.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace tessera::postgres_connector {

class TupleBuffer {
  public:
    /// Makes room for `size` bytes of tuples at once; it grows for those that are larger.
    explicit TupleBuffer(std::size_t size) : usual_size_(size + kSlack) {}

    std::int64_t count() const { return static_cast<std::int64_t>(offsets_.size()) - 1; }

    /// Of the complete tuples.
    std::size_t byteSize() const { return static_cast<std::size_t>(offsets_.back()); }

    /// Where the open tuple goes on. Never empty; throws std::bad_alloc when there is no memory.
    std::span<char> space();

    /// So many bytes of the space were filled.
    void extend(std::size_t size) { used_ += size; }

    std::string_view open() const { return {bytes_.get() + byteSize(), used_ - byteSize()}; }

    /// Forgets the first bytes of the open tuple, which are none of it.
    void dropFront(std::size_t size);

    void closeTuple() { offsets_.push_back(static_cast<std::int32_t>(used_)); }

    /// Moves the complete tuples into `array`; there must be no open one.
    void finish(ArrowArray* array);

  private:
    static constexpr std::size_t kSlack = 8192;

    std::unique_ptr<char[]> bytes_;
    std::size_t capacity_ = 0;
    std::size_t used_ = 0;
    std::size_t usual_size_;
    std::vector<std::int32_t> offsets_ = {0};
};

}  // namespace tessera::postgres_connector
