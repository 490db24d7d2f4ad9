#pragma once

/// A statement's parameters, bound with their own types: of one row, or of many at once where the driver takes that.
/// Owns copies of the values; used in the worker once made.

#include "common/result.h"
#include "plugins/odbc/connection.h"
#include "plugins/sdk/connector.h"

#include <deque>
#include <span>
#include <string>
#include <vector>

namespace tessera::odbc {

class Params {
  public:
    /// What no SQL database has a value for (NaN, an infinite or ancient date) is an error.
    static Result<Params> from(std::span<const TsrParam> params, const Dbms& dbms);

    Result<> bind(Statement& statement);

    struct Slot {
        SQLSMALLINT c_type = SQL_C_CHAR;
        SQLSMALLINT sql_type = SQL_VARCHAR;
        SQLULEN size = 0;
        SQLSMALLINT digits = 0;
        std::string bytes;
        SQLLEN indicator = 0;
    };

    const std::deque<Slot>& slots() const { return slots_; }

  private:
    static Result<Slot> encode(const TsrParam& param, const Dbms& dbms);

    std::deque<Slot> slots_;  // which do not move
};

/// A column's values of many rows, as an array.
class ParamArray {
  public:
    void add(const Params::Slot& slot);
    Result<> bind(Statement& statement, SQLUSMALLINT number);

  private:
    Params::Slot type_;  // that all values fit
    bool is_typed_ = false;
    std::vector<std::string> values_;
    std::vector<SQLLEN> indicators_;
    std::string bytes_;  // of all values, each as wide as the longest
};

}  // namespace tessera::odbc
