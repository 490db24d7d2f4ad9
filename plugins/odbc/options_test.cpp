#include "plugins/odbc/options.h"

#include "plugins/sdk/test_support.h"

#include <gtest/gtest.h>

namespace tessera::odbc {
namespace {

using sdk::test::OptionList;

std::string textOf(const OptionList& options) {
    const auto read = readOptions(options, "");
    return read ? read->connection_string.reveal() : read.error().message;
}

TEST(OdbcOptions, MakeAConnectionString) {
    EXPECT_EQ(textOf({{"dsn", "crm"}, {"user", "ann"}, {"password", "x"}}), "DSN=crm;UID=ann;PWD=x;");
    EXPECT_EQ(textOf({{"driver", "ODBC Driver 18 for SQL Server"},
                      {"connection_string", " Server = db.example.com ; Port=1433;"},
                      {"credentials", "AccessToken={a;b}}c};"}}),
              "DRIVER=ODBC Driver 18 for SQL Server;Server=db.example.com;Port=1433;AccessToken={a;b}}c};");
}

/// What they hold of a result otherwise is all of it.
TEST(OdbcOptions, TellDriversToReadRowByRow) {
    EXPECT_EQ(textOf({{"driver", "PostgreSQL Unicode"}, {"connection_string", "Server=a"}}),
              "DRIVER=PostgreSQL Unicode;Server=a;UseDeclareFetch=1;");
    EXPECT_EQ(textOf({{"driver", "/usr/lib/odbc/psqlodbcw.so"}, {"connection_string", "useDeclareFetch=0"}}),
              "DRIVER=/usr/lib/odbc/psqlodbcw.so;useDeclareFetch=0;");
    EXPECT_EQ(textOf({{"driver", "psqlodbc"}, {"connection_string", "B6=0"}}), "DRIVER=psqlodbc;B6=0;");
    EXPECT_EQ(textOf({{"driver", "SQLite3"}}), "DRIVER=SQLite3;StepAPI=1;");
}

/// A password can't add attributes of its own.
TEST(OdbcOptions, PutValuesInBraces) {
    EXPECT_EQ(textOf({{"dsn", "crm"}, {"user", "a;DRIVER=x"}, {"password", "}{;"}}),
              "DSN=crm;UID={a;DRIVER=x};PWD={}}{;};");
}

TEST(OdbcOptions, RefuseWhatIsNoConnection) {
    EXPECT_EQ(textOf({{"user", "ann"}}), "the option 'dsn' or 'driver' is required");
    EXPECT_EQ(textOf({{"dsn", "a"}, {"driver", "b"}}), "the options 'dsn' and 'driver' exclude one another");
    EXPECT_EQ(textOf({{"dsn", "a"}, {"connection_string", "PWD=secret"}}),
              "option 'connection_string' may not hold 'PWD'");
    EXPECT_EQ(textOf({{"dsn", "a"}, {"connection_string", "Server=x; uid =secret"}}),
              "option 'connection_string' may not hold 'uid'");
    EXPECT_EQ(textOf({{"dsn", "a"}, {"connection_string", "SAVEFILE=/etc/x"}}),
              "option 'connection_string' may not hold 'SAVEFILE'");
    EXPECT_EQ(textOf({{"driver", std::string(501, 'x')}}),
              "option 'driver' has 501 characters, which no name in odbcinst.ini or odbc.ini can");
    EXPECT_EQ(textOf({{"dsn", "a"}, {"connection_string", "Server"}}),
              "option 'connection_string' must be like 'Server=db.example.com;Port=1433'");
    EXPECT_EQ(textOf({{"dsn", "a"}, {"connection_string", "Server={x"}}),
              "option 'connection_string' has a brace that is not closed");
    EXPECT_EQ(textOf({{"dsn", "a"}, {"dialect", "cobol"}}), "option 'dialect': there is no dialect 'cobol'");
    EXPECT_EQ(textOf({{"dsn", "a"}, {"dialect", "../passwords"}}),
              "option 'dialect': '../passwords' is not a dialect's name");
    EXPECT_EQ(textOf({{"dsn", "a"}, {"connect_timeout", "0"}}),
              "option 'connect_timeout' must be a whole number from 1 to 3600, not '0'");
}

TEST(OdbcOptions, NameTheSourceWithoutItsSecrets) {
    const auto where = [](const OptionList& options) { return readOptions(options, "").value().where; };
    EXPECT_EQ(where({{"dsn", "crm"}, {"password", "geheim"}}), "ODBC source 'crm'");
    EXPECT_EQ(where({{"driver", "d"}, {"connection_string", "SERVER=db;PORT=7"}}), "ODBC driver 'd' at db:7");
    EXPECT_EQ(where({{"driver", "d"}, {"connection_string", "Database=/a.db"}}), "ODBC driver 'd' for '/a.db'");
}

}  // namespace
}  // namespace tessera::odbc
