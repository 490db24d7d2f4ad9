#include "plugins/mysql/errors.h"

#include <errmsg.h>
#include <gtest/gtest.h>
#include <mysqld_error.h>

namespace tessera::mysql {
namespace {

TEST(MysqlErrors, NumbersDecideTheState) {
    EXPECT_EQ(errorOf(ER_NO_SUCH_TABLE, "42S02", "Table 'x' doesn't exist", "h:1").sqlState(), "42P01");
    EXPECT_EQ(errorOf(ER_QUERY_INTERRUPTED, "70100", "Query execution was interrupted", "h:1").sqlState(), "57014");
    EXPECT_EQ(errorOf(ER_DATA_OUT_OF_RANGE, "22003", "out of range", "h:1").sqlState(), "22003");
    EXPECT_EQ(errorOf(ER_INVALID_CHARACTER_STRING, "HY000", "Invalid utf8mb4", "h:1").sqlState(), "22021");
    EXPECT_EQ(errorOf(9999, "HY000", "strange", "h:1").sqlState(), "HV000");
    EXPECT_EQ(errorOf(9999, "44000", "check option", "h:1").sqlState(), "44000");
}

TEST(MysqlErrors, LostConnectionsNameTheServer) {
    const Error error = errorOf(CR_SERVER_LOST, "HY000", "Lost connection", "db:3306");
    EXPECT_EQ(error.sqlState(), "08006");
    EXPECT_EQ(error.code, ErrorCode::kUnavailable);
    EXPECT_NE(error.message.find("db:3306"), std::string::npos);
}

TEST(MysqlErrors, ConnectingFailsWithItsOwnStates) {
    EXPECT_EQ(connectErrorOf(ER_ACCESS_DENIED_ERROR, "28000", "Access denied", "db:3306").sqlState(), "28P01");
    EXPECT_EQ(connectErrorOf(CR_CONN_HOST_ERROR, "HY000", "Can't connect", "db:3306").sqlState(), "08001");
    EXPECT_EQ(connectErrorOf(CR_CONNECTION_ERROR, "HY000", "Can't connect", "/run/s").sqlState(), "08001");
    EXPECT_EQ(connectErrorOf(ER_BAD_DB_ERROR, "42000", "Unknown database", "db:3306").sqlState(), "3D000");
    EXPECT_EQ(connectErrorOf(ER_CON_COUNT_ERROR, "08004", "Too many connections", "db:3306").sqlState(), "53300");
}

}  // namespace
}  // namespace tessera::mysql
