#include "plugins/files/params.h"

#include "plugins/files/duckdb_handles.h"
#include "plugins/sdk/values.h"

#include <cstring>
#include <limits>
#include <string>

namespace tessera::files {

namespace {

constexpr unsigned kMostDigits = 38;

template <class T>
T native(const TsrParam& param) {
    T value;
    std::memcpy(&value, param.data, sizeof value);
    return value;
}

std::int32_t duckDays(std::int32_t days) {
    return days == std::numeric_limits<std::int32_t>::min() ? -std::numeric_limits<std::int32_t>::max() : days;
}

duckdb_timestamp duckStamp(std::int64_t micros) {
    return {micros == std::numeric_limits<std::int64_t>::min() ? -std::numeric_limits<std::int64_t>::max() : micros};
}

duckdb_uhugeint uuidNumber(const TsrParam& param) {
    const auto* bytes = static_cast<const unsigned char*>(param.data);
    duckdb_uhugeint number{0, 0};
    for (int i = 0; i < 8; ++i) {
        number.upper = number.upper << 8 | bytes[i];
        number.lower = number.lower << 8 | bytes[8 + i];
    }
    return number;
}

Result<duckdb_state> bindDecimal(duckdb_prepared_statement statement, std::uint64_t index, std::string_view digits) {
    const auto decimal = parseDecimal(digits);
    if (!decimal) {
        Error error = fail(ErrorCode::kOutOfRange, "DuckDB has no exact form of the number " + sdk::abbreviate(digits),
                           "compare with a number of at most 38 digits");
        error.sqlstate = "22003";
        return error;
    }
    return duckdb_bind_decimal(statement, index, *decimal);
}

Result<duckdb_state> bindValue(duckdb_prepared_statement statement, std::uint64_t index, const TsrParam& param) {
    const char* bytes = param.size > 0 ? static_cast<const char*>(param.data) : "";
    switch (param.type) {
        case TSR_TYPE_BOOL:
            return duckdb_bind_boolean(statement, index, native<bool>(param));
        case TSR_TYPE_INT16:
            return duckdb_bind_int16(statement, index, native<std::int16_t>(param));
        case TSR_TYPE_INT32:
            return duckdb_bind_int32(statement, index, native<std::int32_t>(param));
        case TSR_TYPE_INT64:
            return duckdb_bind_int64(statement, index, native<std::int64_t>(param));
        case TSR_TYPE_FLOAT32:
            return duckdb_bind_float(statement, index, native<float>(param));
        case TSR_TYPE_FLOAT64:
            return duckdb_bind_double(statement, index, native<double>(param));
        case TSR_TYPE_DECIMAL:
            return bindDecimal(statement, index, {bytes, param.size});
        case TSR_TYPE_TEXT:
        case TSR_TYPE_BITS:
        case TSR_TYPE_LITERAL:
            return duckdb_bind_varchar_length(statement, index, bytes, param.size);
        case TSR_TYPE_BYTES:
            return duckdb_bind_blob(statement, index, bytes, param.size);
        case TSR_TYPE_DATE:
            return duckdb_bind_date(statement, index, {duckDays(native<std::int32_t>(param))});
        case TSR_TYPE_TIME:
            return duckdb_bind_time(statement, index, {native<std::int64_t>(param)});
        case TSR_TYPE_TIMESTAMP:
            return duckdb_bind_timestamp(statement, index, duckStamp(native<std::int64_t>(param)));
        case TSR_TYPE_TIMESTAMPTZ:
            return duckdb_bind_timestamp_tz(statement, index, duckStamp(native<std::int64_t>(param)));
        case TSR_TYPE_UUID: {
            const Value value(duckdb_create_uuid(uuidNumber(param)));
            return duckdb_bind_value(statement, index, value.get());
        }
    }
    return DuckDBError;
}

}  // namespace

Result<duckdb_value> makeValue(const TsrParam& param) {
    if (param.is_null) {
        return duckdb_create_null_value();
    }
    const char* bytes = param.size > 0 ? static_cast<const char*>(param.data) : "";
    switch (param.type) {
        case TSR_TYPE_BOOL:
            return duckdb_create_bool(native<bool>(param));
        case TSR_TYPE_INT16:
            return duckdb_create_int16(native<std::int16_t>(param));
        case TSR_TYPE_INT32:
            return duckdb_create_int32(native<std::int32_t>(param));
        case TSR_TYPE_INT64:
            return duckdb_create_int64(native<std::int64_t>(param));
        case TSR_TYPE_FLOAT32:
            return duckdb_create_float(native<float>(param));
        case TSR_TYPE_FLOAT64:
            return duckdb_create_double(native<double>(param));
        case TSR_TYPE_DECIMAL:
        case TSR_TYPE_TEXT:
        case TSR_TYPE_BITS:
        case TSR_TYPE_LITERAL:
            return duckdb_create_varchar_length(bytes, param.size);
        case TSR_TYPE_BYTES:
            return duckdb_create_blob(reinterpret_cast<const std::uint8_t*>(bytes), param.size);
        case TSR_TYPE_DATE:
            return duckdb_create_date({duckDays(native<std::int32_t>(param))});
        case TSR_TYPE_TIME:
            return duckdb_create_time({native<std::int64_t>(param)});
        case TSR_TYPE_TIMESTAMP:
            return duckdb_create_timestamp(duckStamp(native<std::int64_t>(param)));
        case TSR_TYPE_TIMESTAMPTZ:
            return duckdb_create_timestamp_tz(duckStamp(native<std::int64_t>(param)));
        case TSR_TYPE_UUID:
            return duckdb_create_uuid(uuidNumber(param));
    }
    return fail(ErrorCode::kInvalidArgument, "a value has an unknown type");
}

Result<> bindParam(duckdb_prepared_statement statement, std::uint64_t index, const TsrParam& param) {
    const duckdb_state state =
        param.is_null ? duckdb_bind_null(statement, index) : TSR_TRY(bindValue(statement, index, param));
    if (state != DuckDBSuccess) {
        return fail(ErrorCode::kInternal, "DuckDB does not take the value of parameter " + std::to_string(index));
    }
    return {};
}

std::optional<duckdb_decimal> parseDecimal(std::string_view digits) {
    const bool negative = digits.starts_with('-');
    if (negative || digits.starts_with('+')) {
        digits.remove_prefix(1);
    }
    unsigned __int128 value = 0;
    unsigned count = 0;
    unsigned scale = 0;
    bool after_point = false;
    for (const char c : digits) {
        if (c == '.' && !after_point) {
            after_point = true;
        } else if (c >= '0' && c <= '9' && count < kMostDigits) {
            value = value * 10 + static_cast<unsigned>(c - '0');
            count += value > 0 || after_point ? 1 : 0;  // leading zeros take no room
            scale += after_point ? 1 : 0;
        } else {
            return std::nullopt;
        }
    }
    if (digits.empty() || digits == ".") {
        return std::nullopt;
    }
    const __int128 signed_value = negative ? -static_cast<__int128>(value) : static_cast<__int128>(value);
    const duckdb_hugeint number{static_cast<std::uint64_t>(signed_value),
                                static_cast<std::int64_t>(signed_value >> 64)};
    return duckdb_decimal{static_cast<std::uint8_t>(count > 0 ? count : 1), static_cast<std::uint8_t>(scale), number};
}

}  // namespace tessera::files
