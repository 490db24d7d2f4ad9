#include "nodeservice/endpoints/definition/value.h"

#include "tests/support/seed.h"

#include <gtest/gtest.h>

#include <random>

namespace tessera::endpoints {
namespace {

using Type = ParameterType;

TEST(Values, EachTypeHasItsForm) {
    const std::vector<std::pair<Type, std::vector<std::string>>> right = {
        {Type::kText, {"", "ü", "'; --"}},
        {Type::kInteger, {"0", "-2147483648", "2147483647"}},
        {Type::kBigint, {"9223372036854775807", "-9223372036854775808"}},
        {Type::kNumeric, {"0", "-12.50", "123456789012345678901234567890.1"}},
        {Type::kDouble, {"1e10", "-0.5", "3"}},
        {Type::kBoolean, {"true", "false"}},
        {Type::kDate, {"2024-02-29", "0001-01-01"}},
        {Type::kTime, {"00:00", "23:59:59", "12:30:00.123456"}},
        {Type::kTimestamp, {"2026-11-22T14:30:00", "2026-11-22 14:30"}},
        {Type::kTimestamptz, {"2026-11-22T14:30:00Z", "2026-11-22T14:30:00.5+01:00", "2026-11-22 14:30-05"}},
        {Type::kUuid, {"0192f0c1-2b7a-7e3c-8a4e-5f60718293A4"}},
        {Type::kJson, {"{}", R"({"a": "]]"})", "1"}}};
    for (const auto& [type, values] : right) {
        for (const std::string& value : values) {
            EXPECT_TRUE(isValueOf(type, value)) << nameOf(type) << " " << value;
        }
    }
    const std::vector<std::pair<Type, std::vector<std::string>>> wrong = {
        {Type::kText, {std::string("a\0b", 3)}},
        {Type::kInteger, {"", " 1", "1 ", "+1", "2147483648", "1.0", "0x1", "1e3", "٣"}},
        {Type::kBigint, {"9223372036854775808", "NaN"}},
        {Type::kNumeric, {"", ".", "1.", ".5", "1e5", "NaN", "--1", std::string(2000, '1')}},
        {Type::kDouble, {"", "inf", "nan", "1e999", "0x1p3", "1,5"}},
        {Type::kBoolean, {"", "TRUE", "1", "yes", "t"}},
        {Type::kDate, {"2023-02-29", "2024-13-01", "2024-1-1", "0000-01-01", "20240101", "today"}},
        {Type::kTime, {"24:00", "12", "12:60", "12:30:61", "12:30:00.1234567", "now"}},
        {Type::kTimestamp, {"2026-11-22", "2026-11-22T14:30:00Z", "infinity"}},
        {Type::kTimestamptz, {"2026-11-22T14:30:00", "2026-11-22Z", "2026-11-22T14:30:00+99:00", "now"}},
        {Type::kUuid, {"0192f0c12b7a7e3c8a4e5f60718293a4", "g192f0c1-2b7a-7e3c-8a4e-5f60718293a4"}},
        {Type::kJson, {"", std::string(100, '[')}}};
    for (const auto& [type, values] : wrong) {
        for (const std::string& value : values) {
            EXPECT_FALSE(isValueOf(type, value)) << nameOf(type) << " " << value;
        }
    }
}

TEST(Values, AreComparedByWhatTheyAre) {
    EXPECT_LT(compareValues(Type::kNumeric, "9", "10"), 0);
    EXPECT_LT(compareValues(Type::kNumeric, "-10", "-9"), 0);
    EXPECT_EQ(compareValues(Type::kNumeric, "1.50", "01.5"), 0);
    EXPECT_EQ(compareValues(Type::kNumeric, "-0", "0.00"), 0);
    EXPECT_GT(compareValues(Type::kNumeric, "0.1", "0.09"), 0);
    EXPECT_EQ(compareValues(Type::kTimestamptz, "2026-11-22T14:30:00Z", "2026-11-22T15:30:00+01:00"), 0);
    EXPECT_LT(compareValues(Type::kTimestamptz, "2026-11-22T14:30:00.1Z", "2026-11-22T14:30:00.15Z"), 0);
    EXPECT_LT(compareValues(Type::kDate, "2026-02-01", "2026-11-01"), 0);
}

/// Numbers compare as numbers do, whatever their spelling.
TEST(Values, DecimalsCompareAsNumbers) {
    const unsigned seed = testSeed();
    SCOPED_TRACE("TESSERA_SEED=" + std::to_string(seed));
    std::mt19937 random(seed);
    std::uniform_int_distribution<int> number(-100'000, 100'000);
    for (int i = 0; i < 20'000; ++i) {
        const int a = number(random);
        const int b = number(random);
        const auto spelt = [](int n) {
            const int size = std::abs(n);
            return (n < 0 ? "-" : "") + std::to_string(size / 100) + "." + std::to_string(size / 10 % 10) +
                   std::to_string(size % 10);
        };
        const int order = compareValues(Type::kNumeric, spelt(a), spelt(b));
        ASSERT_EQ(order < 0, a < b) << spelt(a) << " " << spelt(b);
        ASSERT_EQ(order == 0, a == b) << spelt(a) << " " << spelt(b);
    }
}

/// Of any bytes a value or none is made, within a bounded time.
TEST(Values, AnyBytesAreJudged) {
    const unsigned seed = testSeed();
    SCOPED_TRACE("TESSERA_SEED=" + std::to_string(seed));
    std::mt19937 random(seed);
    const std::string alphabet = "0123456789-+:.TZeE {}[]\",\\ax\xc3\xbc";
    for (int i = 0; i < 50'000; ++i) {
        std::string text;
        for (auto left = random() % 30; left > 0; --left) {
            text += alphabet[random() % alphabet.size()];
        }
        for (std::size_t type = 0; type < kParameterTypeNames.size(); ++type) {
            const bool is_value = isValueOf(static_cast<Type>(type), text);
            if (is_value && isOrdered(static_cast<Type>(type))) {
                EXPECT_EQ(compareValues(static_cast<Type>(type), text, text), 0) << text;
            }
        }
    }
}

}  // namespace
}  // namespace tessera::endpoints
