#include "plugins/sdk/numeric_binary.h"

#include "plugins/sdk/byte_order.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tessera::sdk {
namespace {

std::string encoded(std::string_view digits) {
    std::string bytes(mostNumericBytes(digits.size()), '\0');
    bytes.resize(encodeNumeric(digits, bytes.data()).value());
    return bytes;
}

/// numeric_send()'s form: groups, weight, sign, scale, then the groups.
std::string wire(std::int16_t weight, std::uint16_t sign, std::uint16_t scale,
                 const std::vector<std::int16_t>& groups) {
    std::string bytes = storeBigEndian(static_cast<std::uint16_t>(groups.size())) + storeBigEndian(weight) +
                        storeBigEndian(sign) + storeBigEndian(scale);
    for (const std::int16_t group : groups) {
        bytes += storeBigEndian(group);
    }
    return bytes;
}

TEST(NumericBinary, HasGroupsOfFourAroundThePoint) {
    EXPECT_EQ(encoded("123.45"), wire(0, 0, 2, {123, 4500}));
    EXPECT_EQ(encoded("-12345678.9"), wire(1, 0x4000, 1, {1234, 5678, 9000}));
    EXPECT_EQ(encoded("00012.300"), wire(0, 0, 3, {12, 3000}));
    EXPECT_EQ(encoded("0.00001"), wire(-2, 0, 5, {1000}));
    EXPECT_EQ(encoded("10000"), wire(1, 0, 0, {1}));
    EXPECT_EQ(encoded("10000.00000001"), wire(1, 0, 8, {1, 0, 0, 1}));
    EXPECT_EQ(encoded("+.5"), wire(-1, 0, 1, {5000}));
    EXPECT_EQ(encoded("5."), wire(0, 0, 0, {5}));
    EXPECT_EQ(encoded("0"), wire(0, 0, 0, {}));
    EXPECT_EQ(encoded("-0.000"), wire(0, 0, 3, {}));
    EXPECT_EQ(encoded("NaN"), wire(0, 0xC000, 0, {}));
    EXPECT_EQ(encoded("Infinity"), wire(0, 0xD000, 0, {}));
    EXPECT_EQ(encoded("-Infinity"), wire(0, 0xF000, 0, {}));
}

TEST(NumericBinary, RefusesWhatIsNoNumber) {
    char room[64];
    for (const char* text : {"", "-", ".", "12a", "1:2", "1e5", "--1", "inf"}) {
        EXPECT_FALSE(encodeNumeric(text, room)) << text;
    }
    std::string large(mostNumericBytes(20'000), '\0');
    EXPECT_EQ(encodeNumeric("0." + std::string(16'384, '1'), large.data()).error().sqlState(), "22003");
}

TEST(NumericBinary, WritesExponentsOut) {
    EXPECT_EQ(withoutExponent("1.5e3").value(), "1500");
    EXPECT_EQ(withoutExponent("-1.5e+1").value(), "-15");
    EXPECT_EQ(withoutExponent("1.2345e2").value(), "123.45");
    EXPECT_EQ(withoutExponent("1.5E-3").value(), ".0015");
    EXPECT_EQ(withoutExponent("-15e-2").value(), "-.15");
    EXPECT_EQ(withoutExponent("+2e-1").value(), "+.2");
    EXPECT_EQ(withoutExponent("12").value(), "12");
    EXPECT_FALSE(withoutExponent("1e"));
}

}  // namespace
}  // namespace tessera::sdk
