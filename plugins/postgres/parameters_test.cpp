#include "plugins/postgres/parameters.h"

#include "plugins/sdk/byte_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace tessera::postgres_connector {
namespace {

using ::testing::HasSubstr;

template <class T>
TsrParam fixed(TsrType type, const T& value) {
    return {type, false, &value, sizeof value};
}

TsrParam bytes(TsrType type, std::string_view value) {
    return {type, false, value.data(), value.size()};
}

std::string valueOf(const Parameters& params, int i) {
    return {params.values()[i], static_cast<std::size_t>(params.lengths()[i])};
}

TEST(ParametersTest, BindsEachTypeInItsForm) {
    const std::int32_t number = 258;
    const std::int32_t date = 0;
    const bool yes = true;
    const TsrParam given[] = {fixed(TSR_TYPE_INT32, number),   fixed(TSR_TYPE_DATE, date),
                              fixed(TSR_TYPE_BOOL, yes),       bytes(TSR_TYPE_TEXT, "a"),
                              bytes(TSR_TYPE_DECIMAL, "1.50"), bytes(TSR_TYPE_LITERAL, "1 day")};
    const auto params = Parameters::encode(given);
    ASSERT_TRUE(params) << params.error().describe();
    ASSERT_EQ(params->count(), 6);
    EXPECT_EQ(valueOf(*params, 0), std::string("\0\0\1\2", 4));
    EXPECT_EQ(valueOf(*params, 1), sdk::storeBigEndian(std::int32_t{-10957}));
    EXPECT_EQ(valueOf(*params, 2), "\1");
    EXPECT_EQ(params->types()[3], kTextOid);
    EXPECT_EQ(params->formats()[3], 1);
    EXPECT_EQ(params->types()[4], kNumericOid);
    EXPECT_EQ(params->formats()[4], 0);
    EXPECT_EQ(params->types()[5], kAnyType);
    EXPECT_EQ(valueOf(*params, 5), "1 day");
}

TEST(ParametersTest, KeepsNullAndEmptyApart) {
    const TsrParam given[] = {{TSR_TYPE_TEXT, true, nullptr, 0}, bytes(TSR_TYPE_TEXT, "")};
    const auto params = Parameters::encode(given);
    ASSERT_TRUE(params);
    EXPECT_EQ(params->values()[0], nullptr);
    EXPECT_NE(params->values()[1], nullptr);
    EXPECT_EQ(params->lengths()[1], 0);
}

TEST(ParametersTest, KeepsInfinities) {
    const std::int64_t infinity = std::numeric_limits<std::int64_t>::max();
    const TsrParam given[] = {fixed(TSR_TYPE_TIMESTAMP, infinity)};
    const auto params = Parameters::encode(given);
    ASSERT_TRUE(params);
    EXPECT_EQ(valueOf(*params, 0), sdk::storeBigEndian(infinity));
}

TEST(ParametersTest, RefusesWhatPostgresCannotHold) {
    const std::int64_t too_early = std::numeric_limits<std::int64_t>::min() + 1;
    const TsrParam early[] = {bytes(TSR_TYPE_TEXT, "a"), fixed(TSR_TYPE_TIMESTAMP, too_early)};
    const auto refused = Parameters::encode(early);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("parameter $2"));
    // libpq would take a text value only up to the zero byte.
    const TsrParam cut[] = {bytes(TSR_TYPE_LITERAL, std::string_view("a\0b", 3))};
    EXPECT_FALSE(Parameters::encode(cut));
}

}  // namespace
}  // namespace tessera::postgres_connector
