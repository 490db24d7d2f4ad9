#pragma once

/// What is known of a database system by the name that its driver reports (SQL_DBMS_NAME). Constants; any thread.

#include <string>
#include <string_view>

namespace tessera::odbc {

/// How savepoints are written; ODBC has none of its own.
enum class Savepoints { kNone, kStandard, kWithoutRelease, kSqlServer, kDb2 };

struct Dbms {
    std::string_view name;  // as it begins
    std::string_view dialect;
    std::string_view probe;  // a statement that any session answers at once; empty: none is known
    std::string_view setup;  // run when a session begins
    /// The type whose values are in the session's time zone, which the setup made UTC.
    std::string_view utc_type;
    /// Columns hold values of any type and length, whatever they were declared as.
    bool lax = false;
    /// The driver can be told to end a statement. SQLite's frees it while it runs.
    bool cancels = true;
    Savepoints savepoints = Savepoints::kNone;
    /// Its driver was seen to do right with arrays of parameters. SQLite's gives each value the length of the first.
    bool takes_arrays = false;
};

const Dbms& dbmsOf(std::string_view name);

}  // namespace tessera::odbc
