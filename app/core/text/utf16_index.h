#pragma once

/// Where a byte of a large UTF-8 text stands in UTF-16 units, as Qt counts, and back, without reading the text from its
/// start each time: counts are kept for every kStep bytes, and those before a change stay. One thread; no Qt.
///
/// The text is valid UTF-8; where it is not, only the counts are off.

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

namespace tessera::app {

class Utf16Index {
  public:
    static constexpr std::size_t kStep = std::size_t{8} << 10U;

    /// The bytes [begin, end) of the text as it is now; need only be valid until the next call.
    using Reader = std::function<std::string_view(std::size_t begin, std::size_t end)>;

    explicit Utf16Index(Reader read) : read_(std::move(read)) {}

    /// Units before the byte, which is not behind the text's end.
    std::size_t unitsBefore(std::size_t byte);

    /// The byte at which the character of that unit begins; `size`, the text's, for units behind its end.
    std::size_t byteAt(std::size_t unit, std::size_t size);

    /// The text is about to change at this byte, or behind it.
    void changesAt(std::size_t byte);

    /// All bytes read so far: what the answers have cost.
    std::size_t bytesRead() const { return bytes_read_; }

  private:
    std::size_t unitsOf(std::size_t begin, std::size_t end);

    const Reader read_;
    // Units before byte i * kStep, as far as they were asked for.
    std::vector<std::size_t> units_{0};
    std::size_t bytes_read_ = 0;
};

}  // namespace tessera::app
