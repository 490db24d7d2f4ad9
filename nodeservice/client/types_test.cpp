#include "nodeservice/client/types.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

namespace tessera::client {
namespace {

template <class T>
std::string bytesOf(const std::vector<T>& values) {
    std::string bytes(values.size() * sizeof(T), '\0');
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
}

ResultBatch oneColumn(std::size_t rows, ColumnEncoding encoding, std::string values, std::string offsets = {},
                      std::string validity = {}) {
    return {rows, {{encoding, std::move(validity), std::move(values), std::move(offsets)}}};
}

TEST(ResultBatch, TextAndNull) {
    const ResultBatch batch = oneColumn(3, ColumnEncoding::kText, "abcd", bytesOf<std::uint32_t>({0, 1, 1, 4}), "\x05");
    EXPECT_EQ(batch.text(0, 0), "a");
    EXPECT_TRUE(batch.isNull(1, 0));
    EXPECT_EQ(batch.text(1, 0), "");
    EXPECT_EQ(batch.textView(2, 0), "bcd");
    EXPECT_EQ(batch.byteSize(), 4 + 16 + 1u);
}

TEST(ResultBatch, IntegersAndBooleans) {
    const ResultBatch integers =
        oneColumn(2, ColumnEncoding::kInt64, bytesOf<std::int64_t>({-7, std::numeric_limits<std::int64_t>::max()}));
    EXPECT_EQ(integers.text(0, 0), "-7");
    EXPECT_EQ(integers.text(1, 0), "9223372036854775807");
    const ResultBatch booleans = oneColumn(2, ColumnEncoding::kBool, std::string("\x01\x00", 2));
    EXPECT_EQ(booleans.text(0, 0) + booleans.text(1, 0), "tf");
}

// The expected texts are what PostgreSQL 15 prints for the same values.
TEST(ResultBatch, FloatsAreWrittenAsPostgreSqlWritesThem) {
    const std::vector<std::pair<double, std::string>> doubles = {{0.1, "0.1"},
                                                                 {100000, "100000"},
                                                                 {1e14, "100000000000000"},
                                                                 {1e15, "1e+15"},
                                                                 {1e-4, "0.0001"},
                                                                 {1e-5, "1e-05"},
                                                                 {-0.0, "-0"},
                                                                 {1e300, "1e+300"},
                                                                 {1.5e15, "1.5e+15"},
                                                                 {12345.678, "12345.678"},
                                                                 {5e-324, "5e-324"},
                                                                 {0, "0"}};
    for (const auto& [value, text] : doubles) {
        EXPECT_EQ(oneColumn(1, ColumnEncoding::kFloat64, bytesOf<double>({value})).text(0, 0), text);
    }
    const std::vector<std::pair<float, std::string>> floats = {
        {0.1F, "0.1"}, {123456.0F, "123456"}, {1234567.0F, "1.234567e+06"}, {1e-5F, "1e-05"}};
    for (const auto& [value, text] : floats) {
        const ResultBatch batch = oneColumn(1, ColumnEncoding::kFloat32, bytesOf<float>({value}));
        EXPECT_EQ(batch.text(0, 0), text);
        EXPECT_EQ(static_cast<float>(batch.number(0, 0)), value);
    }
    const double infinity = std::numeric_limits<double>::infinity();
    EXPECT_EQ(oneColumn(1, ColumnEncoding::kFloat64, bytesOf<double>({-infinity})).text(0, 0), "-Infinity");
}

}  // namespace
}  // namespace tessera::client
