#pragma once

/// Values in text: the forms PostgreSQL and ISO 8601 use, to and from the native values of TsrType. Strict: what is not
/// wholly understood is an error (SQLSTATE 22007 for dates and times, 22P02 for others, 22021 for bytes that are no
/// text). Pure; any thread.

#include "common/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace tessera::sdk {

/// t, f, true, false, yes, no, on, off, 1, 0; any case.
Result<bool> parseBool(std::string_view text);
Result<std::int64_t> parseInt(std::string_view text);
/// Also NaN, Infinity, inf and their negatives.
Result<double> parseFloat(std::string_view text);
/// "2024-02-29", "0044-03-15 BC", "infinity": days since 1970-01-01 in the proleptic Gregorian calendar.
Result<std::int32_t> parseDate(std::string_view text);
/// "12:34[:56[.789012]]", up to 24:00:00: microseconds.
Result<std::int64_t> parseTime(std::string_view text);
/// "2024-02-29[ T]12:34:56[.789012][Z|±hh[[:]mm[:ss]]]", or a date alone: microseconds since 1970; an offset is taken
/// off.
Result<std::int64_t> parseTimestamp(std::string_view text);
/// 32 hexadecimal digits with or without hyphens and braces, to 16 bytes.
Result<std::string> parseUuid(std::string_view text);

/// Days since 1970-01-01 of a day in the proleptic Gregorian calendar; year 0 is 1 BC.
std::int64_t daysFromCivil(std::int64_t year, unsigned month, unsigned day);
/// The inverse.
void civilFromDays(std::int64_t days, std::int64_t* year, unsigned* month, unsigned* day);

/// "2024-02-29", "0044-03-15 BC", "infinity", as PostgreSQL's ISO date style writes it.
std::string formatDate(std::int32_t days);
/// "2024-02-29 12:34:56.789012" without trailing zeros of the fraction, as PostgreSQL's ISO date style writes it.
std::string formatTimestamp(std::int64_t microseconds);
std::string formatTime(std::int64_t microseconds);
/// The shortest digits that read back as the same double; "NaN", "Infinity", "-Infinity".
std::string formatFloat(double value);
std::string formatUuid(std::string_view bytes);

/// Does PostgreSQL's numeric read it: digits with an optional sign, point and exponent, NaN, or an infinity?
bool isNumeric(std::string_view text);

/// ASCII without NUL: valid text, found out quickly.
bool isPlainAscii(std::string_view text);

/// Is it UTF-8 without U+0000, as PostgreSQL's text must be?
Result<> checkText(std::string_view text);

/// A value as a message shows it: at most 60 characters, unprintable bytes as escapes.
std::string abbreviate(std::string_view value);

}  // namespace tessera::sdk
