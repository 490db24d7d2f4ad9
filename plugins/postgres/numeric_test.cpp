#include "plugins/postgres/numeric.h"

#include "plugins/sdk/byte_order.h"

#include <gtest/gtest.h>

#include <vector>

namespace tessera::postgres_connector {
namespace {

/// A value as numeric_send() writes it.
std::string binary(int weight, int sign, int scale, const std::vector<int>& groups) {
    std::string bytes = sdk::storeBigEndian(static_cast<std::uint16_t>(groups.size())) +
                        sdk::storeBigEndian(static_cast<std::int16_t>(weight)) +
                        sdk::storeBigEndian(static_cast<std::uint16_t>(sign)) +
                        sdk::storeBigEndian(static_cast<std::uint16_t>(scale));
    for (const int group : groups) {
        bytes += sdk::storeBigEndian(static_cast<std::int16_t>(group));
    }
    return bytes;
}

std::string digits(int weight, int sign, int scale, const std::vector<int>& groups) {
    std::string text = "left over";
    const auto decoded = decodeNumeric(binary(weight, sign, scale, groups), text);
    return decoded ? text : decoded.error().message;
}

TEST(NumericTest, WritesEveryDigitOfTheScale) {
    EXPECT_EQ(digits(0, 0, 0, {}), "0");
    EXPECT_EQ(digits(0, 0, 2, {}), "0.00");
    EXPECT_EQ(digits(0, 0, 0, {5}), "5");
    EXPECT_EQ(digits(0, 0, 3, {1, 2345}), "1.234");
    EXPECT_EQ(digits(0, 0x4000, 2, {12, 5000}), "-12.50");
    EXPECT_EQ(digits(1, 0, 0, {1, 2}), "10002");
}

TEST(NumericTest, FillsGroupsThatAreNotSent) {
    EXPECT_EQ(digits(2, 0, 0, {1}), "100000000");
    EXPECT_EQ(digits(-2, 0, 10, {1}), "0.0000000100");
    EXPECT_EQ(digits(-1, 0x4000, 4, {7}), "-0.0007");
    EXPECT_EQ(digits(3, 0, 5, {12}), "12000000000000.00000");
}

TEST(NumericTest, KnowsTheSpecialValues) {
    EXPECT_EQ(digits(0, 0xC000, 0, {}), "NaN");
    EXPECT_EQ(digits(0, 0xD000, 0, {}), "Infinity");
    EXPECT_EQ(digits(0, 0xF000, 0, {}), "-Infinity");
}

TEST(NumericTest, RefusesWhatPostgresNeverSends) {
    std::string text;
    EXPECT_FALSE(decodeNumeric("", text));
    EXPECT_FALSE(decodeNumeric(binary(0, 0, 0, {1}).substr(0, 9), text));
    EXPECT_FALSE(decodeNumeric(binary(0, 0, 0, {1}) + "x", text));
    EXPECT_FALSE(decodeNumeric(binary(0, 0x1234, 0, {1}), text));
    EXPECT_FALSE(decodeNumeric(binary(0, 0, 0, {10000}), text));
    EXPECT_FALSE(decodeNumeric(binary(0, 0, 0, {-1}), text));
}

}  // namespace
}  // namespace tessera::postgres_connector
