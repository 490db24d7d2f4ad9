#pragma once

/// Dates and times between the client library's struct and the units of the connector boundary. Pure; any thread.
///
/// MySQL keeps values that are no point in time: '0000-00-00', dates without a day or month, '2024-02-31' where the
/// server allows it, and times of up to 838 hours of either sign.

#include <mysql.h>

#include <cstdint>
#include <optional>
#include <string>

namespace tessera::mysql {

/// Days since 1970-01-01; empty when it is no real date.
std::optional<std::int64_t> daysOf(const MYSQL_TIME& time);

/// Microseconds since 1970-01-01 00:00; empty when the date is none.
std::optional<std::int64_t> timestampOf(const MYSQL_TIME& time);

/// Microseconds since midnight, up to 24:00:00; empty for a time that is a longer or negative interval.
std::optional<std::int64_t> timeOfDayOf(const MYSQL_TIME& time);

/// As MySQL writes them; also what is no real date.
std::string formatDateOf(const MYSQL_TIME& time);
std::string formatDateTimeOf(const MYSQL_TIME& time);
/// "838:59:59", "-12:00:00.5": also PostgreSQL's input of an interval.
std::string formatTimeOf(const MYSQL_TIME& time);

/// Empty when the year is not one that MySQL knows (1 to 9999), or the value is infinite.
std::optional<MYSQL_TIME> dateFrom(std::int64_t days);
std::optional<MYSQL_TIME> dateTimeFrom(std::int64_t microseconds);
MYSQL_TIME timeFrom(std::int64_t microseconds);

}  // namespace tessera::mysql
