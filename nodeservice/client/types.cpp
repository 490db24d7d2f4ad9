#include "nodeservice/client/types.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

namespace tessera::client {

static_assert(std::endian::native == std::endian::little,
              "batches travel in little-endian order and are read in place");

namespace {

template <class T>
T valueAt(const std::string& bytes, std::size_t index) {
    T value{};
    std::memcpy(&value, bytes.data() + index * sizeof(T), sizeof(T));
    return value;
}

/// The shortest digits that read back the same, in the notation PostgreSQL chooses: plain from 1e-4 up to
/// 10^kFixedDigits.
template <class Float, int kFixedDigits>
std::string formatShortest(Float value) {
    if (std::isnan(value)) {
        return "NaN";
    }
    if (std::isinf(value)) {
        return value < 0 ? "-Infinity" : "Infinity";
    }
    char buffer[64];
    const auto scientific = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
    const std::string_view text(buffer, static_cast<std::size_t>(scientific.ptr - buffer));
    const std::size_t mark = text.find('e');
    int exponent = 0;
    const std::size_t digits = mark + (text[mark + 1] == '+' ? 2 : 1);
    std::from_chars(text.data() + digits, text.data() + text.size(), exponent);
    if (exponent < -4 || exponent >= kFixedDigits) {
        return std::string(text);
    }
    const auto fixed = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed);
    return {buffer, static_cast<std::size_t>(fixed.ptr - buffer)};
}

}  // namespace

std::size_t ResultBatch::byteSize() const {
    std::size_t size = 0;
    for (const Column& column : columns_) {
        size += column.validity.size() + column.values.size() + column.offsets.size();
    }
    return size;
}

bool ResultBatch::isNull(std::size_t row, std::size_t column) const {
    const std::string& validity = columns_[column].validity;
    return !validity.empty() && ((static_cast<unsigned char>(validity[row / 8]) >> (row % 8)) & 1) == 0;
}

std::string ResultBatch::text(std::size_t row, std::size_t column) const {
    if (isNull(row, column)) {
        return {};
    }
    const Column& data = columns_[column];
    switch (data.encoding) {
        case ColumnEncoding::kText:
            return std::string(textView(row, column));
        case ColumnEncoding::kBool:
            return data.values[row] != 0 ? "t" : "f";
        case ColumnEncoding::kInt64:
            return std::to_string(integer(row, column));
        case ColumnEncoding::kFloat64:
            return formatShortest<double, 15>(valueAt<double>(data.values, row));
        case ColumnEncoding::kFloat32:
            return formatShortest<float, 6>(valueAt<float>(data.values, row));
    }
    return {};
}

std::string_view ResultBatch::textView(std::size_t row, std::size_t column) const {
    const Column& data = columns_[column];
    const auto begin = valueAt<std::uint32_t>(data.offsets, row);
    const auto end = valueAt<std::uint32_t>(data.offsets, row + 1);
    return std::string_view(data.values).substr(begin, end - begin);
}

std::int64_t ResultBatch::integer(std::size_t row, std::size_t column) const {
    return valueAt<std::int64_t>(columns_[column].values, row);
}

double ResultBatch::number(std::size_t row, std::size_t column) const {
    const Column& data = columns_[column];
    return data.encoding == ColumnEncoding::kFloat32 ? static_cast<double>(valueAt<float>(data.values, row))
                                                     : valueAt<double>(data.values, row);
}

}  // namespace tessera::client
