#include "plugins/mysql/server_dialect.h"

#include "plugins/sdk/dialect/dialect.h"

#include <gtest/gtest.h>

namespace tessera::mysql {
namespace {

const dialect::Dialect& dialectFor(std::string_view server, unsigned long version) {
    return *dialect::find(dialectOf(server, version)).value();
}

TEST(MysqlServerDialect, MariaDbHasRowsAsJsonSince106) {
    EXPECT_EQ(dialectFor("10.11.6-MariaDB-1:10.11.6+maria~deb12", 101106).rows, dialect::KeyForm::kJson);
    EXPECT_EQ(dialectFor("10.6.0-MariaDB", 100600).rows, dialect::KeyForm::kJson);
    EXPECT_EQ(dialectFor("10.5.29-MariaDB", 100529).rows, dialect::KeyForm::kNone);
    EXPECT_EQ(dialectFor("10.2.7-MariaDB-log", 100207).rows, dialect::KeyForm::kNone);
}

TEST(MysqlServerDialect, MysqlHasThemSince804) {
    EXPECT_EQ(dialectFor("8.0.4-rc-log", 80004).rows, dialect::KeyForm::kJson);
    EXPECT_EQ(dialectFor("9.1.0", 90100).rows, dialect::KeyForm::kJson);
    EXPECT_EQ(dialectFor("8.0.3-rc-log", 80003).rows, dialect::KeyForm::kNone);
    EXPECT_EQ(dialectFor("5.7.44-log", 50744).rows, dialect::KeyForm::kNone);
}

TEST(MysqlServerDialect, RowsComeBackFromChangesInMariaDb) {
    EXPECT_TRUE(dialectFor("11.4.2-MariaDB", 110402).insert_returning);
    EXPECT_TRUE(dialectFor("10.5.0-MariaDB", 100500).insert_returning);
    EXPECT_FALSE(dialectFor("10.4.34-MariaDB", 100434).insert_returning);
    EXPECT_TRUE(dialectFor("10.4.34-MariaDB", 100434).delete_returning);
    EXPECT_FALSE(dialectFor("8.4.0", 80400).insert_returning);
    EXPECT_FALSE(dialectFor("8.4.0", 80400).delete_returning);
}

TEST(MysqlServerDialect, WindowFunctionsNeedMysql8) {
    EXPECT_NE(dialect::windowRule(dialectFor("8.0.15", 80015), "row_number()"), nullptr);
    EXPECT_NE(dialect::windowRule(dialectFor("10.2.7-MariaDB", 100207), "row_number()"), nullptr);
    EXPECT_EQ(dialect::windowRule(dialectFor("5.7.44", 50744), "row_number()"), nullptr);
    EXPECT_FALSE(dialectFor("5.7.44", 50744).aggregate_windows);
}

}  // namespace
}  // namespace tessera::mysql
