#include "plugins/files/estimate.h"

#include <gtest/gtest.h>

#include <string>

namespace tessera::files {
namespace {

double csvRows(std::string_view whole) {
    return estimateCsvRows(whole, static_cast<double>(whole.size()));
}

double jsonRows(std::string_view whole) {
    return estimateJsonRows(whole, static_cast<double>(whole.size()));
}

TEST(FilesEstimate, WholeTextsAreCounted) {
    EXPECT_EQ(csvRows("a,b\n1,2\n3,\"x\ny\"\n"), 2);
    EXPECT_EQ(csvRows("a\n1\n2"), 2);
    EXPECT_EQ(csvRows(""), 0);
    EXPECT_EQ(jsonRows(R"([{"a": {"b": 1}}, {"a": "}\"}"}])"), 2);
    EXPECT_EQ(jsonRows("{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n"), 3);
    EXPECT_EQ(jsonRows("{\"features\": [{}, {}]}"), 1);
}

TEST(FilesEstimate, BeginningsAreCarriedOn) {
    std::string lines = "h\n";
    std::string records = "[";
    for (int i = 0; i < 100; ++i) {
        lines += "12345,67890\n";
        records += "{\"k\": [1, 2]},\n";
    }
    EXPECT_NEAR(estimateCsvRows(lines, 12'000'000), 1'000'000, 15'000);
    EXPECT_NEAR(estimateJsonRows(records, 15'000'000), 1'000'000, 15'000);
    EXPECT_EQ(estimateJsonRows("{\"features\": [{\"a\": 1}, {", 1'000'000), 1);
}

}  // namespace
}  // namespace tessera::files
