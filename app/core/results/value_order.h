#pragma once

/// How PostgreSQL orders and compares the values of a column, as far as it can be done from what the node sent: numbers
/// as numbers (NaN above all), numerics exactly, text bytewise (docs/decisions/0001), times by what they mean. Types
/// that are not known here are not guessed at: isComparable() says no. Pure; any thread.

#include "nodeservice/client/types.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace tessera::app {

enum class ValueKind {
    kInteger,
    kFloat,
    kNumeric,
    kBoolean,
    /// Bytewise: text, varchar, uuid, bytea, time.
    kText,
    /// character(n): trailing blanks do not count.
    kPadded,
    kDate,
    kTimestamp,
    kOther,
};

ValueKind valueKindOf(const client::ResultColumn& column);

bool isComparable(ValueKind kind);
bool isNumber(ValueKind kind);

/// Below, equal or above 0, of two values in PostgreSQL's text form.
int compareTexts(ValueKind kind, std::string_view a, std::string_view b);

/// A value's place in the order as far as 64 bits tell it: of different keys, the values are ordered as they are; of
/// equal ones compareTexts() decides, unless isExactKey(). Not for NULL.
std::uint64_t orderKey(ValueKind kind, const client::ResultBatch& batch, std::size_t row, std::size_t column);
std::uint64_t orderKeyOfText(ValueKind kind, std::string_view text);
bool isExactKey(ValueKind kind);

/// The same text for values that are equal: "1.50" and "1.5" are one numeric.
std::string_view canonicalText(ValueKind kind, std::string_view text);

}  // namespace tessera::app
