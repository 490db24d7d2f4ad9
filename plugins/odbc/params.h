#pragma once

/// A statement's parameters, bound with their own types. Owns copies of the values; used in the worker once made.

#include "common/result.h"
#include "plugins/odbc/connection.h"
#include "plugins/sdk/connector.h"

#include <deque>
#include <span>
#include <string>

namespace tessera::odbc {

class Params {
  public:
    /// What no SQL database has a value for (NaN, an infinite or ancient date) is an error.
    static Result<Params> from(std::span<const TsrParam> params);

    Result<> bind(Statement& statement);

  private:
    struct Slot {
        SQLSMALLINT c_type = SQL_C_CHAR;
        SQLSMALLINT sql_type = SQL_VARCHAR;
        SQLULEN size = 0;
        SQLSMALLINT digits = 0;
        std::string bytes;
        SQLLEN indicator = 0;
    };

    static Result<Slot> encode(const TsrParam& param);

    std::deque<Slot> slots_;  // which do not move
};

}  // namespace tessera::odbc
