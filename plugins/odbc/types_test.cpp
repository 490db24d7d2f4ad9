#include "plugins/odbc/types.h"

#include <gtest/gtest.h>
#include <sql.h>
#include <sqlext.h>

namespace tessera::odbc {
namespace {

std::string typeOf(int sql_type, const char* name, std::optional<long> size = {}, std::optional<long> digits = {},
                   const char* dbms = "Unheard Of") {
    return pgTypeOf({sql_type, name, size, digits}, dbmsOf(dbms));
}

TEST(OdbcTypes, BecomePostgres) {
    EXPECT_EQ(typeOf(SQL_INTEGER, "int"), "integer");
    EXPECT_EQ(typeOf(SQL_INTEGER, "INT UNSIGNED"), "bigint");
    EXPECT_EQ(typeOf(SQL_BIGINT, "bigint unsigned"), "numeric(20,0)");
    EXPECT_EQ(typeOf(SQL_TINYINT, "tinyint"), "smallint");
    EXPECT_EQ(typeOf(SQL_DECIMAL, "decimal", 18, 4), "numeric(18,4)");
    EXPECT_EQ(typeOf(SQL_DECIMAL, "decimal", 18, -2), "numeric");
    EXPECT_EQ(typeOf(SQL_DECIMAL, "decimal"), "numeric");
    EXPECT_EQ(typeOf(SQL_WVARCHAR, "nvarchar", 40), "character varying(40)");
    EXPECT_EQ(typeOf(SQL_WVARCHAR, "nvarchar(max)", 0), "text");
    EXPECT_EQ(typeOf(SQL_CHAR, "char", 3), "character(3)");
    EXPECT_EQ(typeOf(SQL_BIT, "bit", 1), "boolean");
    EXPECT_EQ(typeOf(-155, "datetimeoffset"), "timestamp with time zone");
    EXPECT_EQ(typeOf(SQL_TYPE_TIMESTAMP, "datetime2"), "timestamp without time zone");
    EXPECT_EQ(typeOf(-152, "xml"), "text");
    EXPECT_EQ(typeOf(SQL_GUID, "uniqueidentifier"), "uuid");
}

TEST(OdbcTypes, KnowSystemsPeculiarities) {
    EXPECT_EQ(typeOf(SQL_DECIMAL, "NUMBER", 38, 0, "Oracle"), "numeric");
    EXPECT_EQ(typeOf(SQL_DECIMAL, "NUMBER", 10, 2, "Oracle"), "numeric(10,2)");
    EXPECT_EQ(typeOf(SQL_FLOAT, "FLOAT", 126, {}, "Oracle"), "numeric");
    EXPECT_EQ(typeOf(SQL_TYPE_TIMESTAMP, "timestamptz", 26, 6, "PostgreSQL"), "timestamp with time zone");
    EXPECT_EQ(typeOf(SQL_TYPE_TIMESTAMP, "TIMESTAMP", 26, 6, "MariaDB"), "timestamp with time zone");
    EXPECT_EQ(typeOf(SQL_TYPE_TIMESTAMP, "DATETIME", 26, 6, "MariaDB"), "timestamp without time zone");
    EXPECT_EQ(typeOf(SQL_INTEGER, "INTEGER", {}, {}, "SQLite"), "bigint");
}

TEST(OdbcTypes, TheNameSaysTheDialect) {
    EXPECT_EQ(dbmsOf("Microsoft SQL Server").dialect, "sqlserver");
    EXPECT_EQ(dbmsOf("DB2/LINUXX8664").dialect, "db2");
    EXPECT_EQ(dbmsOf("DB2/400 SQL").dialect, "generic");
    EXPECT_EQ(dbmsOf("Oracle").dialect, "oracle");
    EXPECT_EQ(dbmsOf("Snowflake").dialect, "generic");
    EXPECT_EQ(dbmsOf("").dialect, "generic");
}

}  // namespace
}  // namespace tessera::odbc
