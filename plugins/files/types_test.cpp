#include "plugins/files/types.h"

#include <gtest/gtest.h>

namespace tessera::files {
namespace {

TEST(FilesTypes, ScalarsMapToTheNarrowestTypeThatHoldsThemAll) {
    EXPECT_EQ(pgTypeOfDuck("UTINYINT").pg_type, "smallint");
    EXPECT_EQ(pgTypeOfDuck("UINTEGER").pg_type, "bigint");
    EXPECT_EQ(pgTypeOfDuck("UBIGINT").pg_type, "numeric(20,0)");
    EXPECT_EQ(pgTypeOfDuck("HUGEINT").pg_type, "numeric(39,0)");
    EXPECT_EQ(pgTypeOfDuck("DECIMAL(18,3)").pg_type, "numeric(18,3)");
    EXPECT_EQ(pgTypeOfDuck("TIMESTAMP_NS").pg_type, "timestamp without time zone");
    EXPECT_EQ(pgTypeOfDuck("TIMESTAMP WITH TIME ZONE").pg_type, "timestamp with time zone");
    EXPECT_EQ(pgTypeOfDuck("ENUM('a', 'b')").pg_type, "text");
}

TEST(FilesTypes, NestedTypesAreJson) {
    for (const char* type : {"VARCHAR[]", "INTEGER[3]", "DECIMAL(10,2)[]", "STRUCT(a BIGINT)", "MAP(VARCHAR, BIGINT)",
                             "STRUCT(\"t\" VARCHAR)[]", "UNION(a INTEGER, b VARCHAR)"}) {
        EXPECT_EQ(pgTypeOfDuck(type).pg_type, "json") << type;
        EXPECT_TRUE(pgTypeOfDuck(type).is_nested) << type;
    }
    EXPECT_FALSE(pgTypeOfDuck("JSON").is_nested);
}

}  // namespace
}  // namespace tessera::files
