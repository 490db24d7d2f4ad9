#include "plugins/mysql/statements.h"

#include <gtest/gtest.h>

namespace tessera::mysql {
namespace {

TEST(KeptStatements, AreLookUpsAndChangesOfSingleRows) {
    EXPECT_TRUE(isKept("SELECT `a` FROM `d`.`t` WHERE `id` = ?", 1));
    EXPECT_TRUE(isKept("UPDATE `d`.`t` SET `a` = ? WHERE `id` = ?", 2));
}

TEST(KeptStatements, HaveParameters) {
    EXPECT_FALSE(isKept("SELECT `a` FROM `d`.`t`", 0));
}

TEST(KeptStatements, HaveOneTableAndNoGroups) {
    EXPECT_FALSE(isKept("SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.x = ?)", 1));
    EXPECT_FALSE(isKept("SELECT a FROM t JOIN u USING (x) WHERE y = ?", 1));
    EXPECT_FALSE(isKept("SELECT a, count(*) FROM t WHERE y = ? GROUP BY a", 1));
    EXPECT_FALSE(isKept("SELECT rank() OVER (ORDER BY a) FROM t WHERE y = ?", 1));
    EXPECT_FALSE(isKept("INSERT INTO t SELECT a FROM u WHERE y = ?", 1));
}

}  // namespace
}  // namespace tessera::mysql
