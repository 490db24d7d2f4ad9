#include "plugins/odbc/diagnostics.h"

#include <gtest/gtest.h>

namespace tessera::odbc {
namespace {

TEST(OdbcDiagnostics, StatesBecomePostgres) {
    const auto state = [](const char* odbc) { return statementError({{odbc, 0, "no luck"}}, "here").sqlstate; };
    EXPECT_EQ(state("42S02"), "42P01");
    EXPECT_EQ(state("42S22"), "42703");
    EXPECT_EQ(state("HYT00"), "57014");
    EXPECT_EQ(state("HY008"), "57014");
    EXPECT_EQ(state("08S01"), "08006");
    EXPECT_EQ(state("57P01"), "08006");
    EXPECT_EQ(state("22003"), "22003");
    EXPECT_EQ(state("40001"), "40001");
    EXPECT_EQ(state("HY000"), "HV000");
    EXPECT_EQ(state("S1000"), "HV000");
    EXPECT_EQ(state("01004"), "HV000");
    EXPECT_EQ(state(""), "HV000");
}

TEST(OdbcDiagnostics, AnErrorGoesBeforeWarnings) {
    const Error error = statementError({{"01000", 0, "a warning"}, {"42S02", 7, "no table"}}, "source");
    EXPECT_EQ(error.message, "source: no table");
    EXPECT_EQ(error.detail, "a warning");
    EXPECT_EQ(statementError({}, "source").message, "source: the driver gave no reason");
}

TEST(OdbcDiagnostics, TellsConstraintsApart) {
    const auto state = [](const char* said, const char* message) {
        return statementError({{said, 0, message}}, "source").sqlstate;
    };
    EXPECT_EQ(state("HY000", "[SQLite]UNIQUE constraint failed: w.id (19)"), "23505");
    EXPECT_EQ(state("HY000", "[SQLite]NOT NULL constraint failed: w.v (19)"), "23502");
    EXPECT_EQ(state("23000", "Duplicate entry '1' for key 'PRIMARY'"), "23505");
    EXPECT_EQ(state("23000", "CONSTRAINT `w.v` failed for `test`.`w`"), "23514");
    EXPECT_EQ(state("23000", "something else"), "23000");
    EXPECT_EQ(state("HY000", "something else"), "HV000");
    EXPECT_EQ(state("22001", "Duplicate entry"), "22001");
}

TEST(OdbcDiagnostics, AFailedConnectionSaysWhatToCorrect) {
    const auto error = [](const char* state, const char* message) {
        return connectError({{state, 0, message}}, "ODBC source 'x'");
    };
    EXPECT_EQ(error("IM002", "Data source name not found").sqlstate, "HV00N");
    EXPECT_EQ(error("01000", "Can't open lib 'x.so' : file not found").sqlstate, "HV00N");
    EXPECT_NE(error("01000", "Can't open lib 'x.so' : file not found").hint.find("install"), std::string::npos);
    EXPECT_EQ(error("28000", "Access denied").sqlstate, "28P01");
    EXPECT_EQ(error("08001", "Connection refused").sqlstate, "08001");
    EXPECT_EQ(error("08001", "FATAL: password authentication failed for user \"x\"").sqlstate, "28P01");
    EXPECT_EQ(error("HYT00", "Login timeout").sqlstate, "08001");
}

}  // namespace
}  // namespace tessera::odbc
