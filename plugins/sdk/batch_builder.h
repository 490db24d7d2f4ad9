#pragma once

/// Builds one batch of rows, column by column within a row, in Arrow's C data form or as tuples:
///
///     BatchBuilder rows(types);
///     TSR_TRY(rows.appendInt(0, 42));
///     TSR_TRY(rows.appendBytes(1, "text"));
///     rows.endRow();
///     rows.finish(&array);            // the rows move into `array`; the builder is empty and ready again
///
/// Each append checks that the value fits the column's type and returns an error that says what does not fit; no value
/// is ever cut or changed. Owned by one cursor; not thread-safe.
///
/// Tuples (TSR_ENCODING_TUPLES) suit sources that give row after row: the host reads values where they lie. A row's
/// columns must then be appended in their order.

#include "common/result.h"
#include "plugins/sdk/byte_order.h"
#include "plugins/sdk/connector.h"
#include "plugins/sdk/tuple_buffer.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace tessera::sdk {

/// Success, for code that runs once a value: `return {};` would clear the room for an error first, which takes as long
/// as the value does.
inline Result<> success() {
    Result<> made;
    return made;
}

class BatchBuilder {
  public:
    explicit BatchBuilder(std::vector<TsrType> types);
    /// Of tuples; `batch_bytes` are about what a batch will take.
    BatchBuilder(std::vector<TsrType> types, std::size_t batch_bytes);
    ~BatchBuilder();
    BatchBuilder(BatchBuilder&&) noexcept;
    BatchBuilder& operator=(BatchBuilder&&) noexcept;

    std::size_t columnCount() const { return types_.size(); }

    TsrType type(std::size_t column) const { return types_[column]; }

    TsrEncoding encoding() const { return tuples_ ? TSR_ENCODING_TUPLES : TSR_ENCODING_ARROW; }

    std::int64_t rowCount() const { return row_count_; }

    /// About how many bytes are held. Every row counts, so that a batch of NULLs, or without columns, ends, too.
    std::size_t byteSize() const { return tuples_ ? tuples_->size() : byte_size_; }

    void appendNull(std::size_t column);
    /// For BOOL.
    Result<> appendBool(std::size_t column, bool value);
    /// For INT16, INT32, INT64 (checked against the type's range), DECIMAL, TEXT and LITERAL (as digits), FLOAT32 and
    /// FLOAT64 (refused when not exact), and for DATE, TIME, TIMESTAMP and TIMESTAMPTZ in their units.
    Result<> appendInt(std::size_t column, std::int64_t value);
    /// For FLOAT64 and FLOAT32 (refused when out of range); for DECIMAL and LITERAL as the shortest text that reads
    /// back the same.
    Result<> appendFloat(std::size_t column, double value);
    /// For TEXT, DECIMAL, LITERAL (checked to be valid UTF-8 without NUL), BYTES, and UUID (exactly 16 bytes).
    Result<> appendBytes(std::size_t column, std::string_view value);
    /// A value as PostgreSQL (or an ISO-like source) writes it in text, parsed to the column's type whatever that is.
    Result<> appendText(std::size_t column, std::string_view text);

    /// What most values are: whole numbers in range (and times, in their units), doubles, ASCII. False for all others,
    /// which must be appended. Without a Result, which costs more than such a value.
    bool tryInt(std::size_t column, std::int64_t value);
    bool tryFloat(std::size_t column, double value);
    bool tryText(std::size_t column, std::string_view text);

    /// For a type of fixed width that is not counted from a day. Not checked: T is the type's own native form.
    template <class T>
    void put(std::size_t column, T value) {
        if (tuples_) {
            putBigEndian(value, beginField(column, sizeof value));
        } else {
            appendNative(column, &value, sizeof value, nullptr, 1);
        }
    }

    /// `count` values of a fixed-width type at once, for sources that are columnar. Not checked: T is the type's own
    /// native form. Bit i of `validity` is set when value i is not null; nullptr means that none is.
    template <class T>
    void appendRun(std::size_t column, const T* values, const std::uint64_t* validity, std::size_t count) {
        appendNative(column, values, sizeof(T), validity, count);
    }

    /// Completes a row; every column must have been appended once.
    void endRow();

    /// Completes rows that were appended column by column, or counts those of a batch without columns.
    void addRows(std::int64_t count);

    /// Moves what was built into `array` (a struct array; its release callback frees it) and starts anew.
    void finish(ArrowArray* array);

  private:
    struct Column;

    /// A date, time or timestamp, which tuples count from another day.
    template <class T>
    Result<> putMoment(std::size_t column, T value);
    void putBytes(std::size_t column, std::string_view value);
    Result<> putNumeric(std::size_t column, std::string_view digits);
    Result<> appendNumber(std::size_t column, std::string_view digits);

    /// Of a tuple: its size is written, for its bytes there is room at what is returned. -1: NULL.
    char* beginField(std::size_t column, std::int32_t size) {
        const std::size_t bytes = static_cast<std::size_t>(size < 0 ? 0 : size);
        const std::size_t head = (column == 0 ? sizeof(std::uint16_t) : 0) + sizeof size;
        char* at = tuples_->space(head + bytes).data();
        if (column == 0) {
            putBigEndian(static_cast<std::uint16_t>(types_.size()), at);
            at += sizeof(std::uint16_t);
        }
        putBigEndian(size, at);
        tuples_->extend(head + bytes);
        return at + sizeof size;
    }

    void appendNative(std::size_t column, const void* values, std::size_t width, const std::uint64_t* validity,
                      std::size_t count);

    std::vector<TsrType> types_;
    std::vector<std::unique_ptr<Column>> columns_;  // none with tuples
    std::optional<TupleBuffer> tuples_;
    std::int64_t row_count_ = 0;
    std::size_t byte_size_ = 0;
};

/// The Arrow format string of a type, e.g. "tsu:".
const char* arrowFormat(TsrType type);

/// How a message names a type: "integer", "timestamp", …
std::string_view typeName(TsrType type);

}  // namespace tessera::sdk
