#pragma once

/// From a column as SQLColumns describes it to a PostgreSQL type. Pure; any thread.

#include "plugins/odbc/dbms.h"

#include <optional>
#include <string>

namespace tessera::odbc {

struct ColumnFacts {
    int sql_type = 0;       // SQL_INTEGER, …
    std::string type_name;  // the source's own: "int unsigned"
    std::optional<long> size;
    std::optional<long> digits;
};

/// Has the type a counterpart? Others are read in the driver's text form.
bool isKnownType(int sql_type);

std::string pgTypeOf(const ColumnFacts& column, const Dbms& dbms);

}  // namespace tessera::odbc
