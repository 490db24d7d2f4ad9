#include "plugins/sqlite/types.h"

#include <gtest/gtest.h>

namespace tessera::sqlite {
namespace {

TEST(SqliteTypes, DeclaredTypesFollowAffinityAndConvention) {
    const std::pair<const char*, const char*> cases[] = {
        {"INTEGER", "bigint"},
        {"int", "bigint"},
        {"UNSIGNED BIG INT", "bigint"},
        {"BOOLEAN", "boolean"},
        {"REAL", "double precision"},
        {"DOUBLE PRECISION", "double precision"},
        {"FLOAT", "double precision"},
        {"DECIMAL(10,5)", "numeric"},
        {"NUMERIC", "numeric"},
        {"VARCHAR(255)", "text"},
        {"NATIVE CHARACTER(70)", "text"},
        {"CLOB", "text"},
        {"BLOB", "bytea"},
        {"DATE", "date"},
        {"DATETIME", "timestamp without time zone"},
        {"TIMESTAMP", "timestamp without time zone"},
        {"TIMESTAMP WITH TIME ZONE", "timestamp with time zone"},
        {"TIMESTAMPTZ", "timestamp with time zone"},
        {"TIME", "time without time zone"},
        {"UUID", "uuid"},
        {"JSON", "json"},
        {"", "text"},
        {"ANY", "text"},
        {"STRING", "text"},
    };
    for (const auto& [declared, expected] : cases) {
        EXPECT_EQ(pgTypeOfDeclared(declared), expected) << declared;
    }
}

TEST(SqliteTypes, AnyIsNotEnforcedByStrictTables) {
    EXPECT_TRUE(isEnforced("INTEGER"));
    EXPECT_FALSE(isEnforced("ANY"));
}

}  // namespace
}  // namespace tessera::sqlite
