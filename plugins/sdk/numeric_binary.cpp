#include "plugins/sdk/numeric_binary.h"

#include "plugins/sdk/byte_order.h"
#include "plugins/sdk/values.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace tessera::sdk {

namespace {

constexpr std::size_t kHeaderBytes = 8;
constexpr std::size_t kGroupDigits = 4;
constexpr std::size_t kMostScale = 16'383;
constexpr std::uint16_t kNegative = 0x4000;

Error noNumber(std::string_view digits) {
    Error error = fail(ErrorCode::kInvalidArgument, "'" + abbreviate(digits) + "' is not a number in digits");
    error.sqlstate = "22P02";
    return error;
}

void putHeader(std::size_t groups, std::int64_t weight, std::uint16_t sign, std::size_t scale, char* to) {
    putBigEndian(static_cast<std::uint16_t>(groups), to);
    putBigEndian(static_cast<std::int16_t>(weight), to + 2);
    putBigEndian(sign, to + 4);
    putBigEndian(static_cast<std::uint16_t>(scale), to + 6);
}

/// Writes groups without zeros at either end.
class Groups {
  public:
    explicit Groups(char* to) : to_(to) {}

    /// The next digit; every fourth ends a group. False when it is none.
    bool add(char digit) {
        const auto value = static_cast<unsigned>(digit - '0');
        group_ = group_ * 10 + value;
        if (++filled_ == kGroupDigits) {
            endGroup();
        }
        return value <= 9;
    }

    void addZeros(std::size_t count) {
        for (; count > 0; --count) {
            add('0');
        }
    }

    std::size_t leadingZeros() const { return leading_; }

    std::size_t count() const { return significant_; }

  private:
    void endGroup() {
        if (written_ == 0 && group_ == 0) {
            ++leading_;
        } else {
            putBigEndian(static_cast<std::int16_t>(group_), to_ + 2 * written_++);
            significant_ = group_ != 0 ? written_ : significant_;
        }
        group_ = 0;
        filled_ = 0;
    }

    char* to_;
    unsigned group_ = 0;
    std::size_t filled_ = 0;
    std::size_t leading_ = 0;
    std::size_t written_ = 0;
    std::size_t significant_ = 0;  // without the zeros at the end
};

}  // namespace

Result<std::size_t> encodeNumeric(std::string_view digits, char* to) {
    if (digits == "NaN" || digits == "Infinity" || digits == "-Infinity") {
        putHeader(0, 0, digits == "NaN" ? 0xC000 : digits == "Infinity" ? 0xD000 : 0xF000, 0, to);
        return kHeaderBytes;
    }
    const bool negative = digits.starts_with('-');
    const std::string_view unsigned_digits = digits.substr(negative || digits.starts_with('+') ? 1 : 0);
    const std::size_t point = std::min(unsigned_digits.find('.'), unsigned_digits.size());
    const std::string_view whole = unsigned_digits.substr(0, point);
    const std::string_view fraction =
        point < unsigned_digits.size() ? unsigned_digits.substr(point + 1) : std::string_view();
    if (whole.empty() && fraction.empty()) {
        return noNumber(digits);
    }
    Groups groups(to + kHeaderBytes);
    bool valid = true;
    groups.addZeros((kGroupDigits - whole.size() % kGroupDigits) % kGroupDigits);
    for (const char digit : whole) {
        valid = groups.add(digit) && valid;
    }
    for (const char digit : fraction) {
        valid = groups.add(digit) && valid;
    }
    groups.addZeros((kGroupDigits - fraction.size() % kGroupDigits) % kGroupDigits);
    if (!valid) {
        return noNumber(digits);
    }
    const auto weight = static_cast<std::int64_t>((whole.size() + kGroupDigits - 1) / kGroupDigits) - 1 -
                        static_cast<std::int64_t>(groups.leadingZeros());
    if (weight > std::numeric_limits<std::int16_t>::max() || fraction.size() > kMostScale) {
        Error error = fail(ErrorCode::kOutOfRange, "a number has more digits than numeric holds");
        error.sqlstate = "22003";
        return error;
    }
    const bool zero = groups.count() == 0;
    putHeader(groups.count(), zero ? 0 : weight, negative && !zero ? kNegative : 0, fraction.size(), to);
    return kHeaderBytes + 2 * groups.count();
}

Result<std::string> withoutExponent(std::string_view number) {
    const std::size_t mark = number.find_first_of("eE");
    if (mark == std::string_view::npos) {
        return std::string(number);
    }
    const std::string_view power = number.substr(mark + 1);
    const std::int64_t exponent = TSR_TRY(parseInt(power.substr(power.starts_with('+') ? 1 : 0)));
    std::string digits(number.substr(0, mark));
    const std::size_t sign = digits.starts_with('-') || digits.starts_with('+') ? 1 : 0;
    std::size_t point = digits.find('.');
    if (point == std::string::npos) {
        point = digits.size();
    } else {
        digits.erase(point, 1);
    }
    const std::int64_t moved = static_cast<std::int64_t>(point) + exponent;
    if (moved >= static_cast<std::int64_t>(digits.size())) {
        digits.append(static_cast<std::size_t>(moved) - digits.size(), '0');
        return digits;
    }
    const std::int64_t first = static_cast<std::int64_t>(sign);
    if (moved < first) {
        digits.insert(sign, static_cast<std::size_t>(first - moved), '0');
    }
    digits.insert(static_cast<std::size_t>(std::max(moved, first)), 1, '.');
    return digits;
}

}  // namespace tessera::sdk
