#pragma once

/// Numbers in digits in the binary form of PostgreSQL's numeric: four 16-bit numbers (groups, the first group's weight,
/// sign, digits behind the point), then groups of four digits, all big endian. Pure; any thread.

#include "common/result.h"

#include <string>
#include <string_view>

namespace tessera::sdk {

/// As many bytes as encodeNumeric() writes at most for so many characters.
constexpr std::size_t mostNumericBytes(std::size_t characters) {
    return 8 + 2 * (characters / 4 + 3);
}

/// Digits with an optional sign and point, NaN, or an infinity; returns the number of bytes.
Result<std::size_t> encodeNumeric(std::string_view digits, char* to);

/// "-1.5e3" without its exponent: "-1500". What has none stays as it is.
Result<std::string> withoutExponent(std::string_view number);

}  // namespace tessera::sdk
