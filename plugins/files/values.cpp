#include "plugins/files/values.h"

#include "plugins/files/duckdb_handles.h"
#include "plugins/sdk/values.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>

namespace tessera::files {

namespace {

template <class T>
const T& at(const void* data, std::uint64_t row) {
    return static_cast<const T*>(data)[row];
}

std::string formatMagnitude(unsigned __int128 value) {
    std::string digits;
    do {
        digits += static_cast<char>('0' + static_cast<int>(value % 10));
        value /= 10;
    } while (value != 0);
    std::reverse(digits.begin(), digits.end());
    return digits;
}

__int128 unscaled(const ColumnType& type, const void* data, std::uint64_t row) {
    switch (type.internal) {
        case DUCKDB_TYPE_SMALLINT:
            return at<std::int16_t>(data, row);
        case DUCKDB_TYPE_INTEGER:
            return at<std::int32_t>(data, row);
        case DUCKDB_TYPE_BIGINT:
            return at<std::int64_t>(data, row);
        default:
            return integerOf(at<duckdb_hugeint>(data, row));
    }
}

std::string enumWord(const ColumnType& type, const void* data, std::uint64_t row) {
    switch (type.internal) {
        case DUCKDB_TYPE_UTINYINT:
            return type.words.at(at<std::uint8_t>(data, row));
        case DUCKDB_TYPE_USMALLINT:
            return type.words.at(at<std::uint16_t>(data, row));
        default:
            return type.words.at(at<std::uint32_t>(data, row));
    }
}

/// The first byte says how many bits of the second are filling; bits go from the highest down.
std::string formatBits(std::string_view bytes) {
    std::string bits;
    const auto padding = bytes.empty() ? 0U : static_cast<unsigned>(static_cast<unsigned char>(bytes[0]));
    for (std::size_t bit = padding; bytes.size() > 1 && bit < (bytes.size() - 1) * 8; ++bit) {
        const auto byte = static_cast<unsigned char>(bytes[1 + bit / 8]);
        bits += (byte >> (7 - bit % 8) & 1) != 0 ? '1' : '0';
    }
    return bits;
}

std::string formatInterval(const duckdb_interval& value) {
    return std::to_string(value.months) + " mons " + std::to_string(value.days) + " days " +
           std::to_string(value.micros) + " microseconds";
}

std::string formatTimeTz(duckdb_time_tz value) {
    const duckdb_time_tz_struct parts = duckdb_from_time_tz(value);
    const std::int64_t seconds = (parts.time.hour * 60 + parts.time.min) * 60 + parts.time.sec;
    const int offset = parts.offset < 0 ? -parts.offset : parts.offset;
    char zone[24];
    std::snprintf(zone, sizeof zone, "%c%02d:%02d:%02d", parts.offset < 0 ? '-' : '+', offset / 3600, offset / 60 % 60,
                  offset % 60);
    return sdk::formatTime(seconds * 1'000'000 + parts.time.micros) + zone;
}

std::string formatNanos(std::int64_t nanos) {
    std::int64_t micros = nanos / 1000;
    std::int64_t rest = nanos % 1000;
    if (rest < 0) {
        rest += 1000;
        --micros;
    }
    std::string text = sdk::formatTimestamp(micros);
    if (rest != 0) {
        char digits[8];
        std::snprintf(digits, sizeof digits, "%03d", static_cast<int>(rest));
        const std::size_t point = text.find('.');
        if (point == std::string::npos) {
            text += ".000000";
        } else {
            text.append(7 - (text.size() - point), '0');
        }
        text += digits;
    }
    return text;
}

/// DuckDB's infinities are the largest value and its negative. `micros_per_unit` is 0 for nanoseconds.
std::string formatStamp(std::int64_t value, std::int64_t micros_per_unit) {
    if (value == std::numeric_limits<std::int64_t>::max()) {
        return "infinity";
    }
    if (value == -std::numeric_limits<std::int64_t>::max()) {
        return "-infinity";
    }
    std::int64_t micros = 0;
    if (__builtin_mul_overflow(value, micros_per_unit, &micros)) {
        return std::to_string(value) + " units since 1970";
    }
    return micros_per_unit == 0 ? formatNanos(value) : sdk::formatTimestamp(micros);
}

std::string formatNumber(const ColumnType& type, const void* data, std::uint64_t row) {
    switch (type.id) {
        case DUCKDB_TYPE_TINYINT:
            return std::to_string(at<std::int8_t>(data, row));
        case DUCKDB_TYPE_SMALLINT:
            return std::to_string(at<std::int16_t>(data, row));
        case DUCKDB_TYPE_INTEGER:
            return std::to_string(at<std::int32_t>(data, row));
        case DUCKDB_TYPE_BIGINT:
            return std::to_string(at<std::int64_t>(data, row));
        case DUCKDB_TYPE_UTINYINT:
            return std::to_string(at<std::uint8_t>(data, row));
        case DUCKDB_TYPE_USMALLINT:
            return std::to_string(at<std::uint16_t>(data, row));
        case DUCKDB_TYPE_UINTEGER:
            return std::to_string(at<std::uint32_t>(data, row));
        case DUCKDB_TYPE_UBIGINT:
            return std::to_string(at<std::uint64_t>(data, row));
        case DUCKDB_TYPE_HUGEINT:
            return formatDecimal(integerOf(at<duckdb_hugeint>(data, row)), 0);
        case DUCKDB_TYPE_UHUGEINT: {
            const auto& value = at<duckdb_uhugeint>(data, row);
            return formatMagnitude(static_cast<unsigned __int128>(value.upper) << 64 | value.lower);
        }
        case DUCKDB_TYPE_FLOAT: {
            // The shortest digits of the single, not of the double it widens to.
            const float value = at<float>(data, row);
            char digits[32];
            const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
            return std::isfinite(value) ? std::string(digits, end) : sdk::formatFloat(static_cast<double>(value));
        }
        case DUCKDB_TYPE_DOUBLE:
            return sdk::formatFloat(at<double>(data, row));
        default:
            return formatDecimal(unscaled(type, data, row), type.scale);
    }
}

std::string formatTemporal(const ColumnType& type, const void* data, std::uint64_t row) {
    switch (type.id) {
        case DUCKDB_TYPE_DATE: {
            const std::int32_t days = at<std::int32_t>(data, row);
            return days == -std::numeric_limits<std::int32_t>::max() ? "-infinity" : sdk::formatDate(days);
        }
        case DUCKDB_TYPE_TIME:
            return sdk::formatTime(at<std::int64_t>(data, row));
        case DUCKDB_TYPE_TIME_TZ:
            return formatTimeTz(at<duckdb_time_tz>(data, row));
        case DUCKDB_TYPE_TIMESTAMP_S:
            return formatStamp(at<std::int64_t>(data, row), 1'000'000);
        case DUCKDB_TYPE_TIMESTAMP_MS:
            return formatStamp(at<std::int64_t>(data, row), 1'000);
        case DUCKDB_TYPE_TIMESTAMP_NS:
            return formatStamp(at<std::int64_t>(data, row), 0);
        case DUCKDB_TYPE_TIMESTAMP_TZ:
            return formatStamp(at<std::int64_t>(data, row), 1) + "+00";
        default:
            return formatStamp(at<std::int64_t>(data, row), 1);
    }
}

}  // namespace

ColumnType ColumnType::of(duckdb_logical_type type) {
    ColumnType column;
    column.id = duckdb_get_type_id(type);
    if (column.id == DUCKDB_TYPE_DECIMAL) {
        column.internal = duckdb_decimal_internal_type(type);
        column.scale = duckdb_decimal_scale(type);
    } else if (column.id == DUCKDB_TYPE_ENUM) {
        column.internal = duckdb_enum_internal_type(type);
        for (std::uint32_t i = 0; i < duckdb_enum_dictionary_size(type); ++i) {
            char* word = duckdb_enum_dictionary_value(type, i);
            column.words.emplace_back(word);
            duckdb_free(word);
        }
    }
    return column;
}

bool isPlain(duckdb_type type) {
    switch (type) {
        case DUCKDB_TYPE_LIST:
        case DUCKDB_TYPE_STRUCT:
        case DUCKDB_TYPE_MAP:
        case DUCKDB_TYPE_ARRAY:
        case DUCKDB_TYPE_UNION:
        case DUCKDB_TYPE_BIGNUM:
        case DUCKDB_TYPE_TIME_NS:
        case DUCKDB_TYPE_ANY:
        case DUCKDB_TYPE_INVALID:
        case DUCKDB_TYPE_STRING_LITERAL:
        case DUCKDB_TYPE_INTEGER_LITERAL:
            return false;
        default:
            return true;
    }
}

std::string formatValue(const ColumnType& type, const void* data, std::uint64_t row) {
    switch (type.id) {
        case DUCKDB_TYPE_BOOLEAN:
            return at<bool>(data, row) ? "true" : "false";
        case DUCKDB_TYPE_VARCHAR:
        case DUCKDB_TYPE_BLOB:
            return std::string(viewOf(at<duckdb_string_t>(data, row)));
        case DUCKDB_TYPE_BIT:
            return formatBits(viewOf(at<duckdb_string_t>(data, row)));
        case DUCKDB_TYPE_UUID:
            return sdk::formatUuid(uuidBytes(at<duckdb_hugeint>(data, row)));
        case DUCKDB_TYPE_ENUM:
            return enumWord(type, data, row);
        case DUCKDB_TYPE_INTERVAL:
            return formatInterval(at<duckdb_interval>(data, row));
        case DUCKDB_TYPE_DATE:
        case DUCKDB_TYPE_TIME:
        case DUCKDB_TYPE_TIME_TZ:
        case DUCKDB_TYPE_TIMESTAMP:
        case DUCKDB_TYPE_TIMESTAMP_S:
        case DUCKDB_TYPE_TIMESTAMP_MS:
        case DUCKDB_TYPE_TIMESTAMP_NS:
        case DUCKDB_TYPE_TIMESTAMP_TZ:
            return formatTemporal(type, data, row);
        default:
            return formatNumber(type, data, row);
    }
}

std::string formatDecimal(__int128 value, unsigned scale) {
    const bool negative = value < 0;
    const auto magnitude = negative ? -static_cast<unsigned __int128>(value) : static_cast<unsigned __int128>(value);
    std::string digits = formatMagnitude(magnitude);
    if (scale > 0) {
        if (digits.size() <= scale) {
            digits.insert(0, scale + 1 - digits.size(), '0');
        }
        digits.insert(digits.size() - scale, 1, '.');
    }
    return negative ? "-" + digits : digits;
}

std::string uuidBytes(duckdb_hugeint value) {
    const std::uint64_t words[] = {static_cast<std::uint64_t>(value.upper) ^ (std::uint64_t{1} << 63), value.lower};
    std::string bytes;
    for (const std::uint64_t word : words) {
        for (int shift = 56; shift >= 0; shift -= 8) {
            bytes += static_cast<char>(word >> shift & 0xFF);
        }
    }
    return bytes;
}

}  // namespace tessera::files
