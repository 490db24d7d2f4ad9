#include "common/log.h"

#include <gtest/gtest.h>

namespace tessera::log {
namespace {

TEST(Log, FieldsAreKeyEqualsValue) {
    EXPECT_EQ(format("source.ready", {{"source", "flights"}, {"tables", 3}, {"retry", false}}),
              "source.ready source=flights tables=3 retry=false");
}

TEST(Log, ValuesThatCouldBeMisreadAreQuoted) {
    EXPECT_EQ(format("e", {{"a", ""}, {"b", "two words"}, {"c", "say \"hi\"\nand go"}, {"d", "k=v"}}),
              R"(e a="" b="two words" c="say \"hi\"\nand go" d="k=v")");
}

}  // namespace
}  // namespace tessera::log
