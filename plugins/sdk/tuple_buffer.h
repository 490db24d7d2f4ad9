#pragma once

/// Tuples of a binary COPY as they arrive or are made, one behind the other, until they leave as a batch of
/// TSR_ENCODING_TUPLES.
/// The last one may still be incomplete: it is `open`. Owned by one cursor.

#include "plugins/sdk/arrow.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace tessera::sdk {

class TupleBuffer {
  public:
    /// Makes room for `size` bytes of tuples at once; it grows for those that are larger.
    explicit TupleBuffer(std::size_t size) : usual_size_(size + kSlack) {}

    /// Offsets are 32 bits wide.
    static constexpr std::size_t kMostBytes = std::numeric_limits<std::int32_t>::max();

    std::int64_t count() const { return static_cast<std::int64_t>(offsets_.size()) - 1; }

    /// Of the complete tuples.
    std::size_t byteSize() const { return static_cast<std::size_t>(offsets_.back()); }

    /// Of all tuples, the open one too.
    std::size_t size() const { return used_; }

    /// Where the open tuple goes on: at least so many bytes. Throws std::bad_alloc when there is no memory.
    std::span<char> space(std::size_t least = kLeastSpace) {
        if (capacity_ < used_ + least + kSpareBytes) {
            grow(least);
        }
        return {bytes_.get() + used_, capacity_ - used_ - kSpareBytes};
    }

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
    static constexpr std::size_t kLeastSpace = 512;
    /// Who overwrites values in place may need one byte behind the last.
    static constexpr std::size_t kSpareBytes = 1;

    void grow(std::size_t least);

    std::unique_ptr<char[]> bytes_;
    std::size_t capacity_ = 0;
    std::size_t used_ = 0;
    std::size_t usual_size_;
    std::vector<std::int32_t> offsets_ = {0};
};

}  // namespace tessera::sdk
