#pragma once

/// The columns of a statement's current row: native buffers that the client library fills, and their way into a batch.
///
/// Every column is fetched in a form that loses nothing (integers of 64 bits with their sign, decimals as digits, times
/// as structs); a text or blob longer than its buffer is fetched again at its real length. What the wanted type does
/// not hold exactly is an error that names column and value. Owned by a cursor, whose statement points into it: it
/// never moves.

#include "common/result.h"
#include "plugins/mysql/options.h"
#include "plugins/sdk/batch_builder.h"

#include <mysql.h>

#include <memory>
#include <string>
#include <vector>

namespace tessera::mysql {

class ResultRow {
  public:
    /// For the statement's result, whose metadata must be known.
    ResultRow(MYSQL_STMT* statement, ZeroDates zero_dates);
    ResultRow(const ResultRow&) = delete;
    ResultRow& operator=(const ResultRow&) = delete;

    std::size_t columnCount() const { return columns_.size(); }

    /// Tells the statement where to put rows; false when it refuses.
    bool bind();

    /// Of the values so far that were longer than expected.
    std::size_t largestValue() const { return largest_; }

    /// Appends the row that was just fetched.
    Result<> append(sdk::BatchBuilder& rows);

  private:
    enum class Kind { kInteger, kFloat, kDouble, kDecimal, kDate, kDateTime, kTime, kBits, kBytes };

    struct Column {
        std::string name;
        Kind kind = Kind::kBytes;
        bool is_unsigned = false;
        unsigned long bits = 0;

        union {
            std::int64_t integer;
            float single;
            double real;
        } number{};

        MYSQL_TIME time{};
        std::vector<char> buffer;
        unsigned long length = 0;
        my_bool is_null = 0;
        my_bool is_cut = 0;
    };

    static Kind kindOf(enum_field_types type);
    static MYSQL_BIND bindOf(Column& column, enum_field_types type);
    /// Fetches a value again that was longer than its buffer, which grows.
    Result<> refetch(std::size_t index);
    /// What most values are, put as appendColumn() would; false for all others.
    static bool putPlain(const Column& column, std::size_t index, sdk::BatchBuilder& rows);
    Result<> appendColumn(const Column& column, std::size_t index, sdk::BatchBuilder& rows) const;
    Result<> appendInteger(const Column& column, std::size_t index, sdk::BatchBuilder& rows) const;
    Result<> appendReal(double value, std::size_t index, sdk::BatchBuilder& rows) const;
    Result<> appendMoment(const Column& column, std::size_t index, sdk::BatchBuilder& rows) const;
    Result<> appendTime(const Column& column, std::size_t index, sdk::BatchBuilder& rows) const;
    Result<> appendBits(const Column& column, std::size_t index, sdk::BatchBuilder& rows) const;
    Result<> appendBytes(const Column& column, std::size_t index, sdk::BatchBuilder& rows) const;

    MYSQL_STMT* statement_;
    ZeroDates zero_dates_;
    std::vector<enum_field_types> types_;
    std::vector<Column> columns_;
    std::vector<MYSQL_BIND> binds_;
    std::size_t largest_ = 0;
    bool grown_ = false;
};

}  // namespace tessera::mysql
