#include "nodeservice/query/batch_encoder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

namespace tessera::query {
namespace {

template <class T>
T at(const std::string& bytes, std::size_t index) {
    T value{};
    std::memcpy(&value, bytes.data() + index * sizeof(T), sizeof(T));
    return value;
}

void appendRow(BatchEncoder& encoder, const std::vector<std::optional<std::string_view>>& values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto appended = encoder.append(i, values[i]);
        EXPECT_TRUE(appended) << appended.error().describe();
    }
    encoder.endRow();
}

TEST(BatchEncoder, EncodesEachKindWithNulls) {
    BatchEncoder encoder({Encoding::kText, Encoding::kInt64, Encoding::kFloat64, Encoding::kBool, Encoding::kFloat32});
    appendRow(encoder, {"ab", "-5", "1.5", "t", "-Infinity"});
    appendRow(encoder, {std::nullopt, std::nullopt, "NaN", std::nullopt, "0.1"});
    appendRow(encoder, {"", "9223372036854775807", "5e-324", "f", std::nullopt});
    EXPECT_EQ(encoder.rows(), 3u);
    const Batch batch = encoder.take();
    EXPECT_EQ(batch.row_count, 3u);
    EXPECT_EQ(batch.columns[0].values, "ab");
    EXPECT_EQ(at<std::uint32_t>(batch.columns[0].offsets, 3), 2u);
    EXPECT_EQ(batch.columns[0].validity, "\x05");
    EXPECT_EQ(at<std::int64_t>(batch.columns[1].values, 0), -5);
    EXPECT_EQ(at<std::int64_t>(batch.columns[1].values, 2), INT64_MAX);
    EXPECT_TRUE(batch.columns[2].validity.empty());
    EXPECT_TRUE(std::isnan(at<double>(batch.columns[2].values, 1)));
    EXPECT_EQ(at<double>(batch.columns[2].values, 2), 5e-324);
    EXPECT_EQ(batch.columns[3].values, std::string("\1\0\0", 3));
    EXPECT_EQ(at<float>(batch.columns[4].values, 1), 0.1F);
}

TEST(BatchEncoder, StartsAnewAfterTake) {
    BatchEncoder encoder({Encoding::kText});
    appendRow(encoder, {std::nullopt});
    encoder.take();
    EXPECT_EQ(encoder.bytes(), 0u);
    for (int i = 0; i < 9; ++i) {
        appendRow(encoder, {"x"});
    }
    const Batch batch = encoder.take();
    EXPECT_EQ(batch.row_count, 9u);
    EXPECT_TRUE(batch.columns[0].validity.empty());
    EXPECT_EQ(batch.columns[0].offsets.size(), 40u);
}

TEST(BatchEncoder, NoColumnsCountRows) {
    BatchEncoder encoder({});
    appendRow(encoder, {});
    appendRow(encoder, {});
    EXPECT_EQ(encoder.take().row_count, 2u);
}

TEST(BatchEncoder, RefusesWhatIsNoNumber) {
    BatchEncoder encoder({Encoding::kInt64});
    EXPECT_FALSE(encoder.append(0, "12x"));
}

}  // namespace
}  // namespace tessera::query
