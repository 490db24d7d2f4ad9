#include "plugins/sdk/values.h"

#include <gtest/gtest.h>

#include <limits>

namespace tessera::sdk {
namespace {

TEST(Values, DatesRoundTrip) {
    for (const char* text :
         {"1970-01-01", "2024-02-29", "0001-01-01", "0044-03-15 BC", "9999-12-31", "infinity", "-infinity"}) {
        EXPECT_EQ(formatDate(*parseDate(text)), text);
    }
    EXPECT_EQ(*parseDate("1970-01-02"), 1);
    EXPECT_EQ(*parseDate("0001-01-01"), -719162);
}

TEST(Values, ImpossibleDatesAreRefused) {
    for (const char* text :
         {"", "2023-02-29", "2024-13-01", "0000-01-01", "2024-00-10", "0000-00-00", "2024-01-01x", "24-01-01"}) {
        EXPECT_FALSE(parseDate(text)) << text;
    }
    EXPECT_EQ(parseDate("0000-00-00").error().sqlState(), "22007");
}

TEST(Values, TimestampsRoundTrip) {
    for (const char* text :
         {"2001-01-01 12:34:56.789", "1969-12-31 23:59:59.999999", "0044-03-15 00:00:00 BC", "infinity"}) {
        EXPECT_EQ(formatTimestamp(*parseTimestamp(text)), text);
    }
    EXPECT_EQ(*parseTimestamp("1970-01-01T01:00:00+01"), 0);
    EXPECT_EQ(*parseTimestamp("1970-01-01 00:00:00Z"), 0);
    EXPECT_EQ(*parseTimestamp("1969-12-31 20:30:00-03:30"), 0);
    EXPECT_EQ(*parseTimestamp("1970-01-02"), 86'400'000'000);
    EXPECT_FALSE(parseTimestamp("1970-01-01 00:00:00.1234567"));
    EXPECT_FALSE(parseTimestamp("1970-01-01 25:00:00"));
    EXPECT_FALSE(parseTimestamp("1970-01-01 00:00:00 UTC"));
}

TEST(Values, TimesRoundTrip) {
    for (const char* text : {"00:00:00", "23:59:59.000001", "24:00:00"}) {
        EXPECT_EQ(formatTime(*parseTime(text)), text);
    }
    EXPECT_FALSE(parseTime("24:00:01"));
}

TEST(Values, FloatsRoundTrip) {
    for (const double value : {0.1, -0.0, 1e300, 5e-324, std::numeric_limits<double>::infinity()}) {
        EXPECT_EQ(*parseFloat(formatFloat(value)), value);
    }
    EXPECT_EQ(formatFloat(std::numeric_limits<double>::quiet_NaN()), "NaN");
    EXPECT_FALSE(parseFloat("1.5x"));
    EXPECT_FALSE(parseFloat(""));
}

TEST(Values, UuidsRoundTrip) {
    const auto bytes = parseUuid("{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}");
    ASSERT_TRUE(bytes);
    EXPECT_EQ(formatUuid(*bytes), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
    EXPECT_FALSE(parseUuid("a0eebc99"));
}

TEST(Values, NumericSyntax) {
    for (const char* text : {"0", "-12.50", "+1.", ".5", "1e10", "1.5E-3", "NaN", "-Infinity"}) {
        EXPECT_TRUE(isNumeric(text)) << text;
    }
    for (const char* text : {"", ".", "-", "1.2.3", "1e", "1e99999", "12a", " 1", "0x10", "nan"}) {
        EXPECT_FALSE(isNumeric(text)) << text;
    }
}

TEST(Values, TextMustBeUtf8WithoutNul) {
    EXPECT_TRUE(checkText("plain ascii, long enough for a word"));
    EXPECT_TRUE(checkText("Zürich 🛩"));
    EXPECT_FALSE(checkText(std::string_view("a\0b", 3)));
    EXPECT_FALSE(checkText("\xff"));
    EXPECT_FALSE(checkText("\xc0\xaf"));
    EXPECT_FALSE(checkText("\xed\xa0\x80"));
    EXPECT_FALSE(checkText("cut \xf0\x9f\x9b"));
}

TEST(Values, MessagesShowUnprintableBytes) {
    EXPECT_EQ(abbreviate("a\xff"), "a\\xff");
}

}  // namespace
}  // namespace tessera::sdk
