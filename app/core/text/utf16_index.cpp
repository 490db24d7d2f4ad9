#include "app/core/text/utf16_index.h"

#include <algorithm>

namespace tessera::app {

namespace {

/// What a byte adds. A character counts at its first byte, so that a text can be counted in parts that begin anywhere.
std::size_t unitsAt(char c) {
    const auto byte = static_cast<unsigned char>(c);
    constexpr unsigned kContinuationMask = 0xC0;
    constexpr unsigned kContinuation = 0x80;
    constexpr unsigned kFourByteLead = 0xF0;
    return ((byte & kContinuationMask) != kContinuation ? 1U : 0U) + (byte >= kFourByteLead ? 1U : 0U);
}

}  // namespace

std::size_t Utf16Index::unitsOf(std::size_t begin, std::size_t end) {
    bytes_read_ += end - begin;
    std::size_t units = 0;
    for (const char c : read_(begin, end)) {
        units += unitsAt(c);
    }
    return units;
}

std::size_t Utf16Index::unitsBefore(std::size_t byte) {
    const std::size_t step = byte / kStep;
    while (units_.size() <= step) {
        const std::size_t end = units_.size() * kStep;
        units_.push_back(units_.back() + unitsOf(end - kStep, end));
    }
    return units_[step] + unitsOf(step * kStep, byte);
}

std::size_t Utf16Index::byteAt(std::size_t unit, std::size_t size) {
    while (units_.back() <= unit && units_.size() * kStep <= size) {
        unitsBefore(units_.size() * kStep);
    }
    const auto behind = std::upper_bound(units_.begin(), units_.end(), unit);
    const auto step = static_cast<std::size_t>(behind - units_.begin()) - 1;
    const std::size_t begin = step * kStep;
    // A character may go on behind the step's end.
    constexpr std::size_t kLongest = 4;
    const std::string_view text = read_(begin, std::min(begin + kStep + kLongest, size));
    bytes_read_ += text.size();
    std::size_t before = units_[step];
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::size_t own = unitsAt(text[i]);
        if (own > 0 && before + own > unit) {
            return begin + i;
        }
        before += own;
    }
    return std::min(begin + text.size(), size);
}

void Utf16Index::changesAt(std::size_t byte) {
    units_.resize(std::min(units_.size(), byte / kStep + 1));
}

}  // namespace tessera::app
