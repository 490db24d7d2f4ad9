#pragma once

/// What libpq says went wrong, as an Error. Messages of the source pass as they are; its password never does. Any
/// thread.

#include "common/result.h"

#include <libpq-fe.h>

#include <string>

namespace tessera::postgres_connector {

/// Where a session leads to, as messages name it: "PostgreSQL database 'crm' at db.example.com:5432".
using SourceName = std::string;

/// A result's error with SQLSTATE, detail, hint and position as the source gave them. When the source ended the session
/// with it, or the connection broke, it is lostConnection() instead: to a client of the host, SQLSTATE 57P01 would mean
/// the host itself.
Error remoteError(const PGresult* result, const PGconn* connection, const SourceName& source);

/// SQLSTATE 08006 with the reason that libpq or the source gave.
Error lostConnection(const SourceName& source, const std::string& reason);

/// Why a connection attempt failed. The connection's error verbosity must be PQERRORS_VERBOSE, which alone shows
/// SQLSTATE.
Error connectFailure(const PGconn* connection, const SourceName& source);

/// Text of a server as a message may show it: bytes that are not UTF-8 are replaced, white space at the end is cut.
std::string cleanMessage(const char* text);

}  // namespace tessera::postgres_connector
