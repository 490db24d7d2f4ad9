#include "plugins/mysql/types.h"

#include <gtest/gtest.h>

namespace tessera::mysql {
namespace {

TEST(MysqlTypes, MapToTheNarrowestTypeThatHoldsThemAll) {
    const std::pair<ColumnFacts, const char*> cases[] = {
        {{"tinyint", "tinyint(1)", "3", "0", ""}, "boolean"},
        {{"tinyint", "tinyint(4)", "3", "0", ""}, "smallint"},
        {{"smallint", "smallint(5) unsigned", "5", "0", ""}, "integer"},
        {{"mediumint", "mediumint(8) unsigned", "7", "0", ""}, "integer"},
        {{"int", "int(11)", "10", "0", ""}, "integer"},
        {{"int", "int unsigned", "10", "0", ""}, "bigint"},
        {{"bigint", "bigint(20) unsigned", "20", "0", ""}, "numeric(20,0)"},
        {{"decimal", "decimal(65,30)", "65", "30", ""}, "numeric(65,30)"},
        {{"float", "float", "12", "", ""}, "real"},
        {{"bit", "bit(1)", "1", "", ""}, "boolean"},
        {{"bit", "bit(12)", "12", "", ""}, "bit(12)"},
        {{"year", "year(4)", "", "", ""}, "smallint"},
        {{"varchar", "varchar(20)", "", "", "20"}, "character varying(20)"},
        {{"char", "char(3)", "", "", "3"}, "character varying(3)"},
        {{"longtext", "longtext", "", "", "4294967295"}, "text"},
        {{"enum", "enum('a','b')", "", "", "1"}, "text"},
        {{"datetime", "datetime(6)", "", "", ""}, "timestamp without time zone"},
        {{"timestamp", "timestamp", "", "", ""}, "timestamp with time zone"},
        {{"json", "json", "", "", ""}, "json"},
        {{"point", "point", "", "", ""}, "bytea"},
        {{"inet6", "inet6", "", "", ""}, "text"},
    };
    for (const auto& [column, expected] : cases) {
        EXPECT_EQ(pgTypeOf(column, true), expected) << column.column_type;
    }
    EXPECT_EQ(pgTypeOf({"tinyint", "tinyint(1)", "3", "0", ""}, false), "smallint");
    EXPECT_EQ(pgTypeOf({"bit", "bit(1)", "1", "", ""}, false), "bit(1)");
}

}  // namespace
}  // namespace tessera::mysql
