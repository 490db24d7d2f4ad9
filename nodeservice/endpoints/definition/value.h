#pragma once

/// The types that parameters of endpoints have, and what is a value of each. A value is checked here, so that a caller
/// is told which parameter is wrong and how, and again by PostgreSQL, to which it is sent as a bound parameter. Pure.

#include "common/result.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::endpoints {

enum class ParameterType : std::uint8_t {
    kText,
    kInteger,
    kBigint,
    kNumeric,
    kDouble,
    kBoolean,
    kDate,
    kTime,
    kTimestamp,
    kTimestamptz,
    kUuid,
    kJson
};

/// As files and PostgreSQL name them, in the enumeration's order.
inline constexpr std::array<const char*, 12> kParameterTypeNames = {
    "text",      "integer",     "bigint", "numeric", "double precision", "boolean", "date", "time",
    "timestamp", "timestamptz", "uuid",   "jsonb"};

constexpr const char* nameOf(ParameterType type) {
    return kParameterTypeNames[static_cast<std::size_t>(type)];
}

/// What a caller who wrote something else is told: "a whole number from -2147483648 to 2147483647".
const char* formOf(ParameterType type);

/// Whether the text is one value of the type, in one form that all clients can write: numbers as JSON has them, ISO
/// 8601 dates and times, "true" and "false".
bool isValueOf(ParameterType type, std::string_view text);

bool isOrdered(ParameterType type);

/// Negative, zero or positive as `a` is before, equal to or behind `b`, both values of the type, which isOrdered().
int compareValues(ParameterType type, std::string_view a, std::string_view b);

}  // namespace tessera::endpoints
