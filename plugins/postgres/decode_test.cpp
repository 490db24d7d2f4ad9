#include "plugins/postgres/decode.h"

#include "plugins/sdk/byte_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>

namespace tessera::postgres_connector {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

/// Decodes one value and gives it in its native form; T is the wanted type's.
template <class T>
Result<T> decodeOne(Oid source_type, TsrType wanted, const std::string& bytes) {
    const Decoder decoder = TSR_TRY(findDecoder(source_type, wanted));
    sdk::BatchBuilder builder({wanted});
    std::string scratch;
    TSR_TRY(decoder(bytes, builder, 0, scratch));
    builder.endRow();
    ArrowArray array;
    builder.finish(&array);
    T value{};
    std::memcpy(&value, array.children[0]->buffers[1], sizeof value);
    array.release(&array);
    return value;
}

Result<std::string> decodeText(Oid source_type, TsrType wanted, const std::string& bytes) {
    const Decoder decoder = TSR_TRY(findDecoder(source_type, wanted));
    sdk::BatchBuilder builder({wanted});
    std::string scratch;
    TSR_TRY(decoder(bytes, builder, 0, scratch));
    builder.endRow();
    ArrowArray array;
    builder.finish(&array);
    const auto* offsets = static_cast<const std::int32_t*>(array.children[0]->buffers[1]);
    std::string value(static_cast<const char*>(array.children[0]->buffers[2]), static_cast<std::size_t>(offsets[1]));
    array.release(&array);
    return value;
}

TEST(DecodeTest, ReadsIntegersAsAnyWidthThatHoldsThem) {
    EXPECT_EQ(decodeOne<std::int64_t>(kInt4Oid, TSR_TYPE_INT64, sdk::storeBigEndian(std::int32_t{-7})), -7);
    EXPECT_EQ(decodeOne<std::int16_t>(kInt8Oid, TSR_TYPE_INT16, sdk::storeBigEndian(std::int64_t{300})), 300);
    EXPECT_EQ(decodeOne<std::int64_t>(kOidOid, TSR_TYPE_INT64, sdk::storeBigEndian(std::uint32_t{4294967295})),
              4294967295);
    EXPECT_EQ(decodeText(kInt8Oid, TSR_TYPE_DECIMAL, sdk::storeBigEndian(kMin)), "-9223372036854775808");
    const auto too_large = decodeOne<std::int16_t>(kInt8Oid, TSR_TYPE_INT16, sdk::storeBigEndian(std::int64_t{40000}));
    ASSERT_FALSE(too_large);
    EXPECT_EQ(too_large.error().sqlState(), "22003");
}

TEST(DecodeTest, ShiftsTheEpochOfDatesAndTimestamps) {
    EXPECT_EQ(decodeOne<std::int32_t>(kDateOid, TSR_TYPE_DATE, sdk::storeBigEndian(std::int32_t{-10957})), 0);
    EXPECT_EQ(decodeOne<std::int32_t>(kDateOid, TSR_TYPE_DATE, sdk::storeBigEndian(std::int32_t{-2451545})), -2440588);
    EXPECT_EQ(decodeOne<std::int32_t>(kDateOid, TSR_TYPE_DATE, sdk::storeBigEndian(std::int32_t{2145031948})),
              2145042905);
    EXPECT_EQ(decodeOne<std::int64_t>(kTimestampOid, TSR_TYPE_TIMESTAMP, sdk::storeBigEndian(-kEpochMicros)), 0);
    EXPECT_EQ(decodeOne<std::int64_t>(kTimestamptzOid, TSR_TYPE_TIMESTAMPTZ, sdk::storeBigEndian(std::int64_t{1})),
              kEpochMicros + 1);
}

TEST(DecodeTest, KeepsInfinitiesApartFromTheLastMoments) {
    using Days = std::numeric_limits<std::int32_t>;
    EXPECT_EQ(decodeOne<std::int32_t>(kDateOid, TSR_TYPE_DATE, sdk::storeBigEndian(Days::max())), Days::max());
    EXPECT_EQ(decodeOne<std::int32_t>(kDateOid, TSR_TYPE_DATE, sdk::storeBigEndian(Days::min())), Days::min());
    EXPECT_EQ(decodeOne<std::int64_t>(kTimestampOid, TSR_TYPE_TIMESTAMP, sdk::storeBigEndian(kMax)), kMax);
    EXPECT_EQ(decodeOne<std::int64_t>(kTimestampOid, TSR_TYPE_TIMESTAMP, sdk::storeBigEndian(kMin)), kMin);
    // The last moment that fits, and the one that would look like infinity.
    EXPECT_EQ(decodeOne<std::int64_t>(kTimestampOid, TSR_TYPE_TIMESTAMP, sdk::storeBigEndian(kMax - kEpochMicros - 1)),
              kMax - 1);
    const auto beyond =
        decodeOne<std::int64_t>(kTimestampOid, TSR_TYPE_TIMESTAMP, sdk::storeBigEndian(kMax - kEpochMicros));
    ASSERT_FALSE(beyond);
    EXPECT_EQ(beyond.error().sqlState(), "22008");
}

TEST(DecodeTest, ReadsFloatsWithoutRounding) {
    EXPECT_EQ(decodeOne<double>(kFloat8Oid, TSR_TYPE_FLOAT64, sdk::storeBigEndian(std::bit_cast<std::uint64_t>(0.1))),
              0.1);
    EXPECT_EQ(decodeOne<double>(kFloat4Oid, TSR_TYPE_FLOAT64, sdk::storeBigEndian(std::bit_cast<std::uint32_t>(0.1F))),
              double{0.1F});
    EXPECT_FALSE(findDecoder(kFloat8Oid, TSR_TYPE_FLOAT32));
    EXPECT_FALSE(findDecoder(kNumericOid, TSR_TYPE_FLOAT64));
}

TEST(DecodeTest, ReadsTextAsWhatItSays) {
    EXPECT_EQ(decodeText(kVarcharOid, TSR_TYPE_TEXT, "žluť 🐎"), "žluť 🐎");
    EXPECT_EQ(decodeText(kJsonOid, TSR_TYPE_LITERAL, "{}"), "{}");
    EXPECT_EQ(decodeOne<std::int32_t>(kTextOid, TSR_TYPE_INT32, "42"), 42);
    EXPECT_FALSE(decodeOne<std::int32_t>(kTextOid, TSR_TYPE_INT32, "forty-two"));
    EXPECT_FALSE(decodeText(kTextOid, TSR_TYPE_TEXT, "\xff"));
}

TEST(DecodeTest, NamesBothTypesOfAPairThatDoesNotFit) {
    const auto interval = findDecoder(1186, TSR_TYPE_LITERAL);
    ASSERT_FALSE(interval);
    EXPECT_THAT(interval.error().message, HasSubstr("interval at the source cannot be read as literal"));
    EXPECT_FALSE(interval.error().hint.empty());
    const auto unknown = findDecoder(16403, TSR_TYPE_TEXT);
    ASSERT_FALSE(unknown);
    EXPECT_THAT(unknown.error().message, HasSubstr("the type with oid 16403"));
    EXPECT_FALSE(findDecoder(kTimestampOid, TSR_TYPE_TIMESTAMPTZ));
    EXPECT_FALSE(findDecoder(kTextOid, TSR_TYPE_BYTES));
}

TEST(DecodeTest, RefusesValuesOfAWrongSize) {
    EXPECT_FALSE(decodeOne<std::int32_t>(kInt4Oid, TSR_TYPE_INT32, "abc"));
    EXPECT_FALSE(decodeOne<std::int64_t>(kTimestampOid, TSR_TYPE_TIMESTAMP, "abcd"));
    EXPECT_FALSE(decodeOne<double>(kFloat8Oid, TSR_TYPE_FLOAT64, "abcd"));
    EXPECT_FALSE(decodeText(kUuidOid, TSR_TYPE_UUID, "too short"));
}

}  // namespace
}  // namespace tessera::postgres_connector
