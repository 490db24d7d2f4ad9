#include "plugins/odbc/dbms.h"

#include <algorithm>
#include <array>

namespace tessera::odbc {

namespace {

/// All of the mode: a server's own may make '' NULL, or cut what is too long.
constexpr const char* kMysqlSettings =
    "SET SESSION sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,"
    "NO_ENGINE_SUBSTITUTION', time_zone = '+00:00'";

/// PostgreSQL, MariaDB and SQLite have connectors of their own, which know more; here they are like any other.
constexpr std::array kKnown = {
    Dbms{"Microsoft SQL Server", "sqlserver", "SELECT 1", "", "", false, true, Savepoints::kSqlServer},
    Dbms{"Oracle", "oracle", "SELECT 1 FROM DUAL", "ALTER SESSION SET TIME_ZONE = '+00:00'", "", false, true,
         Savepoints::kWithoutRelease},
    Dbms{"Teradata", "teradata", "SELECT 1", "", ""},
    Dbms{"DB2/400", "generic", "VALUES 1", "", "", false, true, Savepoints::kDb2},
    Dbms{"DB2/", "db2", "VALUES 1", "", "", false, true, Savepoints::kDb2},
    Dbms{"PostgreSQL", "generic", "SELECT 1", "SET TimeZone = 'UTC'", "timestamptz", false, true, Savepoints::kStandard,
         true},
    Dbms{"MariaDB", "generic", "SELECT 1", kMysqlSettings, "timestamp", false, true, Savepoints::kStandard, true},
    Dbms{"MySQL", "generic", "SELECT 1", kMysqlSettings, "timestamp", false, true, Savepoints::kStandard},
    Dbms{"SQLite", "integers", "SELECT 1", "", "", true, false, Savepoints::kStandard},
};

constexpr Dbms kUnknown{"", "generic", "", "", ""};

}  // namespace

const Dbms& dbmsOf(std::string_view name) {
    const auto* const found = std::find_if(kKnown.begin(), kKnown.end(), [&](const Dbms& known) {
        return name.substr(0, known.name.size()) == known.name;
    });
    return found != kKnown.end() ? *found : kUnknown;
}

}  // namespace tessera::odbc
