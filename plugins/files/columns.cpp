#include "plugins/files/columns.h"

#include "plugins/sdk/values.h"

#include <limits>

namespace tessera::files {

struct ColumnConverter::Input {
    const void* data;
    const std::uint64_t* validity;
    std::size_t count;

    bool isNull(std::size_t row) const { return validity != nullptr && (validity[row / 64] >> (row % 64) & 1U) == 0; }

    template <class T>
    const T* as() const {
        return static_cast<const T*>(data);
    }
};

namespace {

/// Runs `one(row)` for every value that is not null.
template <class Input, class One>
Result<> forEach(const Input& input, std::size_t column, sdk::BatchBuilder& rows, One&& one) {
    for (std::size_t row = 0; row < input.count; ++row) {
        if (input.isNull(row)) {
            rows.appendNull(column);
        } else {
            TSR_TRY(one(row));
        }
    }
    return {};
}

bool takesIntegers(TsrType type) {
    switch (type) {
        case TSR_TYPE_INT16:
        case TSR_TYPE_INT32:
        case TSR_TYPE_INT64:
        case TSR_TYPE_FLOAT32:
        case TSR_TYPE_FLOAT64:
        case TSR_TYPE_DECIMAL:
        case TSR_TYPE_TEXT:
        case TSR_TYPE_LITERAL:
            return true;
        default:
            return false;
    }
}

bool isText(TsrType type) {
    return type == TSR_TYPE_TEXT || type == TSR_TYPE_LITERAL;
}

Error inexact(const std::string& value) {
    Error error = fail(ErrorCode::kOutOfRange, "value '" + value + "' has more than microseconds, or is out of range",
                       "declare the foreign table's column as text to read it whole");
    error.sqlstate = "22008";
    return error;
}

}  // namespace

Result<> ColumnConverter::append(duckdb_vector vector, std::size_t count, std::size_t column,
                                 sdk::BatchBuilder& rows) const {
    const Input input{duckdb_vector_get_data(vector), duckdb_vector_get_validity(vector), count};
    Result<> appended = appendAll(input, column, rows);
    if (!appended) {
        return std::move(appended).error().withContext("column '" + name_ + "'");
    }
    return {};
}

Result<> ColumnConverter::appendAll(const Input& input, std::size_t column, sdk::BatchBuilder& rows) const {
    switch (source_.id) {
        case DUCKDB_TYPE_TINYINT:
            return appendIntegers<std::int8_t>(input, TSR_TYPE_TEXT, column, rows);
        case DUCKDB_TYPE_UTINYINT:
            return appendIntegers<std::uint8_t>(input, TSR_TYPE_TEXT, column, rows);
        case DUCKDB_TYPE_USMALLINT:
            return appendIntegers<std::uint16_t>(input, TSR_TYPE_TEXT, column, rows);
        case DUCKDB_TYPE_UINTEGER:
            return appendIntegers<std::uint32_t>(input, TSR_TYPE_TEXT, column, rows);
        case DUCKDB_TYPE_SMALLINT:
            return appendIntegers<std::int16_t>(input, TSR_TYPE_INT16, column, rows);
        case DUCKDB_TYPE_INTEGER:
            return appendIntegers<std::int32_t>(input, TSR_TYPE_INT32, column, rows);
        case DUCKDB_TYPE_BIGINT:
            return appendIntegers<std::int64_t>(input, TSR_TYPE_INT64, column, rows);
        case DUCKDB_TYPE_FLOAT:
            return appendFloats<float>(input, TSR_TYPE_FLOAT32, column, rows);
        case DUCKDB_TYPE_DOUBLE:
            return appendFloats<double>(input, TSR_TYPE_FLOAT64, column, rows);
        case DUCKDB_TYPE_BOOLEAN:
            if (wanted_ == TSR_TYPE_BOOL) {
                return forEach(input, column, rows,
                               [&](std::size_t row) { return rows.appendBool(column, input.as<bool>()[row]); });
            }
            break;
        case DUCKDB_TYPE_VARCHAR:
            if (isText(wanted_)) {
                return forEach(input, column, rows, [&](std::size_t row) {
                    return rows.appendBytes(column, viewOf(input.as<duckdb_string_t>()[row]));
                });
            }
            break;
        case DUCKDB_TYPE_BLOB:
            // Bytes are no text, whatever they look like: appendBytes refuses every other type.
            return forEach(input, column, rows, [&](std::size_t row) -> Result<> {
                const std::string_view bytes = viewOf(input.as<duckdb_string_t>()[row]);
                if (wanted_ != TSR_TYPE_BYTES && wanted_ != TSR_TYPE_UUID) {
                    return fail(ErrorCode::kInvalidArgument,
                                "bytes are no value of type " + std::string(sdk::typeName(wanted_)));
                }
                return rows.appendBytes(column, bytes);
            });
        case DUCKDB_TYPE_UUID:
            if (wanted_ == TSR_TYPE_UUID) {
                return forEach(input, column, rows, [&](std::size_t row) {
                    return rows.appendBytes(column, uuidBytes(input.as<duckdb_hugeint>()[row]));
                });
            }
            break;
        case DUCKDB_TYPE_DATE:
            return appendDays(input, column, rows);
        case DUCKDB_TYPE_TIME:
            if (wanted_ == TSR_TYPE_TIME) {
                rows.appendRun(column, input.as<std::int64_t>(), input.validity, input.count);
                return {};
            }
            break;
        case DUCKDB_TYPE_TIMESTAMP:
        case DUCKDB_TYPE_TIMESTAMP_TZ:
            return appendStamps(input, 1, column, rows);
        case DUCKDB_TYPE_TIMESTAMP_S:
            return appendStamps(input, 1'000'000, column, rows);
        case DUCKDB_TYPE_TIMESTAMP_MS:
            return appendStamps(input, 1'000, column, rows);
        case DUCKDB_TYPE_TIMESTAMP_NS:
            return appendStamps(input, 0, column, rows);
        default:
            break;
    }
    return appendAsText(input, column, rows);
}

template <class T>
Result<> ColumnConverter::appendIntegers(const Input& input, TsrType same, std::size_t column,
                                         sdk::BatchBuilder& rows) const {
    if (wanted_ == same && !isText(same)) {
        rows.appendRun(column, input.as<T>(), input.validity, input.count);
        return {};
    }
    if (!takesIntegers(wanted_)) {
        return appendAsText(input, column, rows);
    }
    return forEach(input, column, rows, [&](std::size_t row) { return rows.appendInt(column, input.as<T>()[row]); });
}

template <class T>
Result<> ColumnConverter::appendFloats(const Input& input, TsrType same, std::size_t column,
                                       sdk::BatchBuilder& rows) const {
    if (wanted_ == same) {
        rows.appendRun(column, input.as<T>(), input.validity, input.count);
        return {};
    }
    if (wanted_ != TSR_TYPE_FLOAT32 && wanted_ != TSR_TYPE_FLOAT64) {
        return appendAsText(input, column, rows);
    }
    return forEach(input, column, rows,
                   [&](std::size_t row) { return rows.appendFloat(column, static_cast<double>(input.as<T>()[row])); });
}

Result<> ColumnConverter::appendDays(const Input& input, std::size_t column, sdk::BatchBuilder& rows) const {
    if (wanted_ != TSR_TYPE_DATE) {
        return appendAsText(input, column, rows);
    }
    return forEach(input, column, rows, [&](std::size_t row) {
        const std::int32_t days = input.as<std::int32_t>()[row];
        const bool is_past = days == -std::numeric_limits<std::int32_t>::max();
        return rows.appendInt(column, is_past ? std::numeric_limits<std::int32_t>::min() : days);
    });
}

Result<> ColumnConverter::appendStamps(const Input& input, std::int64_t micros_per_unit, std::size_t column,
                                       sdk::BatchBuilder& rows) const {
    if (wanted_ != TSR_TYPE_TIMESTAMP && wanted_ != TSR_TYPE_TIMESTAMPTZ) {
        return appendAsText(input, column, rows);
    }
    using Limits = std::numeric_limits<std::int64_t>;
    return forEach(input, column, rows, [&](std::size_t row) -> Result<> {
        const std::int64_t value = input.as<std::int64_t>()[row];
        if (value == Limits::max()) {
            return rows.appendInt(column, value);
        }
        if (value == -Limits::max()) {
            return rows.appendInt(column, Limits::min());
        }
        std::int64_t micros = value / 1000;
        const bool exact =
            micros_per_unit == 0 ? value % 1000 == 0 : !__builtin_mul_overflow(value, micros_per_unit, &micros);
        if (!exact) {
            return inexact(formatValue(source_, input.data, row));
        }
        return rows.appendInt(column, micros);
    });
}

Result<> ColumnConverter::appendAsText(const Input& input, std::size_t column, sdk::BatchBuilder& rows) const {
    if (!isPlain(source_.id)) {
        return fail(ErrorCode::kUnimplemented, "its type cannot be read as it is", "cast it to text in the query");
    }
    return forEach(input, column, rows,
                   [&](std::size_t row) { return rows.appendText(column, formatValue(source_, input.data, row)); });
}

}  // namespace tessera::files
