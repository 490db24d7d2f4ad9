#include "plugins/files/values.h"

#include <gtest/gtest.h>

#include <limits>

namespace tessera::files {
namespace {

TEST(FilesValues, DecimalsKeepEveryDigit) {
    EXPECT_EQ(formatDecimal(0, 0), "0");
    EXPECT_EQ(formatDecimal(5, 2), "0.05");
    EXPECT_EQ(formatDecimal(-5, 2), "-0.05");
    EXPECT_EQ(formatDecimal(12345, 2), "123.45");
    EXPECT_EQ(formatDecimal(integerOf({~std::uint64_t{0}, std::numeric_limits<std::int64_t>::max()}), 0),
              "170141183460469231731687303715884105727");
    EXPECT_EQ(formatDecimal(integerOf({0, std::numeric_limits<std::int64_t>::min()}), 0),
              "-170141183460469231731687303715884105728");
}

TEST(FilesValues, NanosecondsAreNotLost) {
    ColumnType type;
    type.id = DUCKDB_TYPE_TIMESTAMP_NS;
    const std::int64_t values[] = {1, -1, 1'500'000'000, 86'400'000'000'000, std::numeric_limits<std::int64_t>::max()};
    EXPECT_EQ(formatValue(type, values, 0), "1970-01-01 00:00:00.000000001");
    EXPECT_EQ(formatValue(type, values, 1), "1969-12-31 23:59:59.999999999");
    EXPECT_EQ(formatValue(type, values, 2), "1970-01-01 00:00:01.5");
    EXPECT_EQ(formatValue(type, values, 3), "1970-01-02 00:00:00");
    EXPECT_EQ(formatValue(type, values, 4), "infinity");
}

TEST(FilesValues, SinglesHaveTheirOwnShortestDigits) {
    ColumnType type;
    type.id = DUCKDB_TYPE_FLOAT;
    const float values[] = {0.1F, std::numeric_limits<float>::infinity()};
    EXPECT_EQ(formatValue(type, values, 0), "0.1");
    EXPECT_EQ(formatValue(type, values, 1), "Infinity");
}

}  // namespace
}  // namespace tessera::files
