#include "app/core/sql/error_report.h"

#include <gtest/gtest.h>

namespace tessera::app {
namespace {

Error errorAt(std::int32_t position) {
    Error error = Error::make(ErrorCode::kInvalidArgument, "column \"foo\" does not exist");
    error.sqlstate = "42703";
    error.position = position;
    return error;
}

TEST(ErrorReport, PutsTheCaretUnderTheCharacter) {
    EXPECT_EQ(describeError(errorAt(8), "select foo"),
              "ERROR: column \"foo\" does not exist (42703)\n"
              "LINE 1: select foo\n"
              "               ^");
}

TEST(ErrorReport, CountsCharactersAndShowsColumns) {
    EXPECT_EQ(describeError(errorAt(17), "select '東京😀é',\n\tfoo"),
              "ERROR: column \"foo\" does not exist (42703)\n"
              "LINE 2:  foo\n"
              "         ^");
    EXPECT_EQ(describeError(errorAt(14), "select '東é', foo"),
              "ERROR: column \"foo\" does not exist (42703)\n"
              "LINE 1: select '東é', foo\n"
              "                      ^");
}

TEST(ErrorReport, NamesTheLineOfTheFileTheStatementCameFrom) {
    EXPECT_NE(describeError(errorAt(10), "select\n  foo", 41).find("LINE 42:   foo"), std::string::npos);
}

TEST(ErrorReport, LongLinesAreCutAroundTheMark) {
    const std::string sql = std::string(500, 'a') + " foo " + std::string(500, 'b');
    const std::string report = describeError(errorAt(502), sql);
    EXPECT_NE(report.find("…"), std::string::npos);
    EXPECT_NE(report.find(" foo bbb"), std::string::npos);
    EXPECT_LT(report.size(), 400U);
}

TEST(ErrorReport, SaysDetailAndHintAndNoLineWithoutPosition) {
    Error error = Error::make(ErrorCode::kUnavailable, "node 'lake' cannot be reached", "start it");
    error.detail = "connection refused";
    EXPECT_EQ(describeError(error, "select 1"),
              "ERROR: node 'lake' cannot be reached\nDETAIL: connection refused\nHINT: start it");
}

TEST(ErrorReport, APositionBehindTheEndPointsBehindTheText) {
    EXPECT_EQ(describeError(errorAt(99), "select"),
              "ERROR: column \"foo\" does not exist (42703)\nLINE 1: select\n              ^");
}

}  // namespace
}  // namespace tessera::app
