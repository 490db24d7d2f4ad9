#include "plugins/postgres/numeric.h"

#include "plugins/sdk/byte_order.h"

#include <algorithm>
#include <cstdint>

namespace tessera::postgres_connector {

namespace {

// numeric_send(): four 16-bit numbers, then the digits in base 10000, most significant first.
constexpr std::size_t kHeaderBytes = 8;
constexpr std::uint16_t kPositive = 0x0000;
constexpr std::uint16_t kNegative = 0x4000;
constexpr std::uint16_t kNan = 0xC000;
constexpr std::uint16_t kInfinity = 0xD000;
constexpr std::uint16_t kMinusInfinity = 0xF000;
constexpr int kDigitsPerGroup = 4;

Error malformed() {
    return fail(ErrorCode::kDataLoss, "a numeric value arrived in a form that PostgreSQL does not send");
}

void appendGroup(std::string& text, int group, int count) {
    const char digits[kDigitsPerGroup] = {
        static_cast<char>('0' + group / 1000), static_cast<char>('0' + group / 100 % 10),
        static_cast<char>('0' + group / 10 % 10), static_cast<char>('0' + group % 10)};
    text.append(digits, static_cast<std::size_t>(count));
}

void appendWhole(std::string& text, int group) {
    char digits[8];
    int count = 0;
    do {
        digits[count++] = static_cast<char>('0' + group % 10);
        group /= 10;
    } while (group > 0);
    while (count > 0) {
        text += digits[--count];
    }
}

}  // namespace

Result<> decodeNumeric(std::string_view binary, std::string& text) {
    text.clear();
    if (binary.size() < kHeaderBytes) {
        return malformed();
    }
    const int group_count = sdk::loadBigEndian<std::uint16_t>(binary.data());
    const int weight = sdk::loadBigEndian<std::int16_t>(binary.data() + 2);
    const auto sign = sdk::loadBigEndian<std::uint16_t>(binary.data() + 4);
    const int scale = sdk::loadBigEndian<std::uint16_t>(binary.data() + 6);
    if (sign == kNan || sign == kInfinity || sign == kMinusInfinity) {
        text = sign == kNan ? "NaN" : sign == kInfinity ? "Infinity" : "-Infinity";
        return {};
    }
    if ((sign != kPositive && sign != kNegative) ||
        binary.size() != kHeaderBytes + 2 * static_cast<std::size_t>(group_count)) {
        return malformed();
    }
    // Group i stands for group × 10000^(weight - i); groups that are not sent are zero.
    const auto group = [&](int place) {
        const int i = weight - place;
        return i < 0 || i >= group_count ? 0
                                         : int{sdk::loadBigEndian<std::int16_t>(binary.data() + kHeaderBytes +
                                                                                2 * static_cast<std::size_t>(i))};
    };
    for (int i = 0; i < group_count; ++i) {
        if (const int value = group(weight - i); value < 0 || value > 9999) {
            return malformed();
        }
    }
    if (sign == kNegative) {
        text += '-';
    }
    if (weight < 0) {
        text += '0';
    } else {
        appendWhole(text, group(weight));
        for (int place = weight - 1; place >= 0; --place) {
            appendGroup(text, group(place), kDigitsPerGroup);
        }
    }
    if (scale > 0) {
        text += '.';
    }
    for (int left = scale, place = -1; left > 0; left -= kDigitsPerGroup, --place) {
        appendGroup(text, group(place), std::min(left, kDigitsPerGroup));
    }
    return {};
}

}  // namespace tessera::postgres_connector
