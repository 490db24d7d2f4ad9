#pragma once

/// The columns of a running statement: bound to arrays of rows where their size is known, else fetched value by value,
/// and their way into a batch. Every value is fetched in a form that loses nothing; what the wanted type does not hold
/// exactly is an error that names the column. Used in the worker.

#include "common/result.h"
#include "plugins/odbc/connection.h"
#include "plugins/sdk/batch_builder.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::odbc {

class Columns {
  public:
    /// For the statement's result, which was described. `most_rows` 0: as many as fit a buffer.
    static Result<Columns> describe(Statement& statement, const sdk::BatchBuilder& wanted, std::size_t most_rows);

    std::size_t rowsAtOnce() const { return rows_at_once_; }

    /// Tells the statement where to put rows. Once these Columns no longer move.
    Result<> bind(Statement& statement);

    /// Appends a row of those fetched last, counted from 0.
    Result<> append(Statement& statement, std::size_t row, sdk::BatchBuilder& rows);

  private:
    enum class Kind { kInteger, kUnsigned, kBit, kDouble, kDate, kMoment, kDigits, kWords, kBytes };

    struct Column {
        std::string name;
        Kind kind = Kind::kWords;
        bool is_long = false;    // fetched by SQLGetData
        bool knows_zone = true;  // a text of it says its time zone, or is in UTC
        std::size_t width = 0;   // bytes of a value
        std::vector<char> values;
        std::vector<SQLLEN> indicators;
    };

    static Result<Column> describeColumn(Statement& statement, SQLUSMALLINT number, TsrType wanted);
    static Result<> chooseKind(Column& column, SQLSMALLINT sql_type, SQLULEN size, TsrType wanted, const Dbms& dbms);
    static SQLSMALLINT cTypeOf(Kind kind);
    static Result<> appendValue(const Column& column, std::string_view bytes, std::size_t index,
                                sdk::BatchBuilder& rows);
    static Result<> appendMoment(const Column& column, const SQL_TIMESTAMP_STRUCT& moment, std::size_t index,
                                 sdk::BatchBuilder& rows);
    static Result<> appendWords(const Column& column, std::string_view text, std::size_t index,
                                sdk::BatchBuilder& rows);

    std::vector<Column> columns_;
    std::size_t rows_at_once_ = 1;
};

/// A moment or time of day as drivers write it, in the form the host reads: "… 12:00:00.1234560 +02:00" without the
/// blank and with at most six digits. An error when the seventh is not 0.
Result<std::string> normalizeMoment(std::string_view text);

}  // namespace tessera::odbc
