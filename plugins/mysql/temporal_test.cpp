#include "plugins/mysql/temporal.h"

#include "plugins/sdk/values.h"

#include <gtest/gtest.h>

#include <limits>

namespace tessera::mysql {
namespace {

MYSQL_TIME date(unsigned year, unsigned month, unsigned day) {
    MYSQL_TIME time{};
    time.year = year;
    time.month = month;
    time.day = day;
    return time;
}

TEST(MysqlTemporal, RealDatesAreDays) {
    EXPECT_EQ(daysOf(date(1970, 1, 2)), 1);
    EXPECT_EQ(daysOf(date(9999, 12, 31)), *sdk::parseDate("9999-12-31"));
    for (const MYSQL_TIME& none :
         {date(0, 0, 0), date(2024, 0, 0), date(2024, 2, 0), date(2024, 2, 31), date(0, 1, 1)}) {
        EXPECT_EQ(daysOf(none), std::nullopt) << formatDateOf(none);
        EXPECT_EQ(timestampOf(none), std::nullopt);
    }
    EXPECT_EQ(formatDateOf(date(0, 0, 0)), "0000-00-00");
}

TEST(MysqlTemporal, TimestampsRoundTrip) {
    for (const char* text : {"2024-02-29 12:34:56.789", "1969-12-31 23:59:59.999999", "0001-01-01 00:00:00"}) {
        const std::int64_t micros = *sdk::parseTimestamp(text);
        const auto time = dateTimeFrom(micros);
        ASSERT_TRUE(time) << text;
        EXPECT_EQ(timestampOf(*time), micros) << text;
        EXPECT_EQ(formatDateTimeOf(*time), text);
    }
    EXPECT_FALSE(dateTimeFrom(std::numeric_limits<std::int64_t>::max()));
    EXPECT_FALSE(dateFrom(std::numeric_limits<std::int32_t>::min()));
    EXPECT_FALSE(dateFrom(*sdk::parseDate("0001-01-01") - 1));
}

TEST(MysqlTemporal, LongAndNegativeTimesAreIntervals) {
    MYSQL_TIME time = timeFrom(86'399'999'999);
    EXPECT_EQ(timeOfDayOf(time), 86'399'999'999);
    EXPECT_EQ(formatTimeOf(time), "23:59:59.999999");
    time = timeFrom(0);
    time.hour = 838;
    EXPECT_EQ(timeOfDayOf(time), std::nullopt);
    EXPECT_EQ(formatTimeOf(time), "838:00:00");
    time.hour = 1;
    time.neg = 1;
    EXPECT_EQ(timeOfDayOf(time), std::nullopt);
    EXPECT_EQ(formatTimeOf(time), "-01:00:00");
    time.neg = 0;
    time.hour = 24;
    EXPECT_EQ(timeOfDayOf(time), 86'400'000'000);
}

}  // namespace
}  // namespace tessera::mysql
