#pragma once

/// What a driver or the driver manager reports, as an Error with PostgreSQL's SQLSTATE. Pure but for the call that
/// reads the records; any thread.

#include "common/result.h"

#include <sql.h>

#include <string>
#include <vector>

namespace tessera::odbc {

struct Diagnostic {
    std::string state;
    int native = 0;
    std::string message;
};

std::vector<Diagnostic> readDiagnostics(SQLSMALLINT type, SQLHANDLE handle);

/// A failed statement. `where` is the source as messages name it.
Error statementError(const std::vector<Diagnostic>& diagnostics, const std::string& where);

/// A failed attempt to connect: what cannot be reached is 08001, refused credentials are 28P01, a driver or data source
/// that is not there is HV00N.
Error connectError(const std::vector<Diagnostic>& diagnostics, const std::string& where);

/// SQLSTATE 08006.
Error lostConnection(const std::string& where, const std::string& reason);

}  // namespace tessera::odbc
