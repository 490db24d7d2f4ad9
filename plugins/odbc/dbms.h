#pragma once

/// What is known of a database system by the name that its driver reports (SQL_DBMS_NAME). Constants; any thread.

#include <string>
#include <string_view>

namespace tessera::odbc {

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
};

const Dbms& dbmsOf(std::string_view name);

/// May a person choose the dialect for an ODBC source?
bool isOdbcDialect(std::string_view name);
std::string odbcDialects();

}  // namespace tessera::odbc
