#include "plugins/files/errors.h"

#include <gtest/gtest.h>

namespace tessera::files {
namespace {

TEST(FilesErrors, KindBecomesSqlStateAndTheSentenceStaysAlone) {
    const Error missing = errorOfMessage(
        "IO Error: No files found that match the pattern \"/data/x.parquet\"\n\nLINE 1: SELECT * FROM read_parquet(…\n "
        "  ^");
    EXPECT_EQ(missing.message, "No files found that match the pattern \"/data/x.parquet\"");
    EXPECT_EQ(missing.sqlState(), "58P01");
    EXPECT_EQ(errorOfMessage("Conversion Error: Could not convert string 'a' to INT32").sqlState(), "22018");
    EXPECT_EQ(errorOfMessage("Catalog Error: Table with name nope does not exist!\nDid you mean \"x\"?").sqlState(),
              "42P01");
    EXPECT_EQ(errorOfMessage("Parser Error: syntax error at or near \"selec\"").sqlState(), "42601");
    EXPECT_EQ(errorOfMessage("Out of Memory Error: could not allocate").sqlState(), "53200");
    EXPECT_EQ(errorOfMessage("Permission Error: Cannot access file \"/etc/passwd\"").sqlState(), "42501");
}

TEST(FilesErrors, StatementsOfOursSayTheirSqlState) {
    const Error error = errorOfMessage("Invalid Input Error: [22012] division by zero");
    EXPECT_EQ(error.sqlState(), "22012");
    EXPECT_EQ(error.message, "division by zero");
    EXPECT_EQ(
        errorOfMessage("Conversion Error: Type INT64 with value 1 can't be cast because the value is out of range "
                       "for the destination type INT32")
            .sqlState(),
        "22003");
}

TEST(FilesErrors, InterruptIsCancel) {
    EXPECT_EQ(errorOfMessage("INTERRUPT Error: Interrupted!").sqlState(), "57014");
}

TEST(FilesErrors, DamagedFilesAreDataLoss) {
    const Error error = errorOfMessage("Invalid Input Error: No magic bytes found at end of file '/data/x.parquet'");
    EXPECT_EQ(error.code, ErrorCode::kDataLoss);
    EXPECT_EQ(error.sqlState(), "XX001");
    EXPECT_NE(error.message.find("/data/x.parquet"), std::string::npos);
}

TEST(FilesErrors, ASubqueryWithSeveralRowsIsOneOfPostgresErrors) {
    const Error error = errorOfMessage(
        "Invalid Input Error: More than one row returned by a subquery used as an expression - scalar subqueries can "
        "only return a single row.");
    EXPECT_EQ(error.sqlState(), "21000");
}

TEST(FilesErrors, UnknownKindsKeepTheirWords) {
    const Error error = errorOfMessage("something else");
    EXPECT_EQ(error.message, "something else");
    EXPECT_EQ(error.sqlState(), "HV000");
}

}  // namespace
}  // namespace tessera::files
