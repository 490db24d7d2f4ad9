#include "plugins/odbc/params.h"

#include "plugins/odbc/unicode.h"
#include "plugins/sdk/values.h"

#include <sqlucode.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string_view>

namespace tessera::odbc {

namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;
constexpr SQLULEN kMostVarchar = 4000;
constexpr SQLULEN kMostVarbinary = 8000;

template <class T>
T native(const TsrParam& param) {
    T value;
    std::memcpy(&value, param.data, sizeof value);
    return value;
}

template <class T>
std::string bytesOf(const T& value) {
    return std::string(reinterpret_cast<const char*>(&value), sizeof value);
}

Error noSuchValue(const std::string& what) {
    Error error = fail(ErrorCode::kOutOfRange, "the value " + what + " can't be sent through ODBC");
    error.sqlstate = "22003";
    return error;
}

Result<SQL_DATE_STRUCT> dateOf(std::int64_t days, const std::string& shown) {
    std::int64_t year = 0;
    unsigned month = 0;
    unsigned day = 0;
    sdk::civilFromDays(days, &year, &month, &day);
    if (year < 1 || year > 9999) {
        return noSuchValue(shown);
    }
    return SQL_DATE_STRUCT{static_cast<SQLSMALLINT>(year), static_cast<SQLUSMALLINT>(month),
                           static_cast<SQLUSMALLINT>(day)};
}

Result<SQL_TIMESTAMP_STRUCT> momentOf(std::int64_t micros) {
    const std::int64_t days = micros >= 0 ? micros / kMicrosPerDay : -((kMicrosPerDay - 1 - micros) / kMicrosPerDay);
    const SQL_DATE_STRUCT date = TSR_TRY(dateOf(days, sdk::formatTimestamp(micros)));
    const std::int64_t time = micros - days * kMicrosPerDay;
    const std::int64_t seconds = time / kMicrosPerSecond;
    SQL_TIMESTAMP_STRUCT moment{};
    moment.year = date.year;
    moment.month = date.month;
    moment.day = date.day;
    moment.hour = static_cast<SQLUSMALLINT>(seconds / 3600);
    moment.minute = static_cast<SQLUSMALLINT>(seconds / 60 % 60);
    moment.second = static_cast<SQLUSMALLINT>(seconds % 60);
    moment.fraction = static_cast<SQLUINTEGER>(time % kMicrosPerSecond * 1000);
    return moment;
}

SQLGUID guidOf(std::string_view bytes) {
    std::array<unsigned char, 16> in{};
    std::memcpy(in.data(), bytes.data(), std::min(in.size(), bytes.size()));
    SQLGUID guid{};
    guid.Data1 = (static_cast<unsigned>(in[0]) << 24) | (static_cast<unsigned>(in[1]) << 16) |
                 (static_cast<unsigned>(in[2]) << 8) | in[3];
    guid.Data2 = static_cast<unsigned short>((in[4] << 8) | in[5]);
    guid.Data3 = static_cast<unsigned short>((in[6] << 8) | in[7]);
    std::memcpy(guid.Data4, in.data() + 8, sizeof guid.Data4);
    return guid;
}

}  // namespace

Result<Params::Slot> Params::encode(const TsrParam& param, const Dbms& dbms) {
    const std::string_view bytes(param.size > 0 ? static_cast<const char*>(param.data) : "", param.size);
    switch (param.type) {
        case TSR_TYPE_BOOL:
            return Slot{SQL_C_BIT, SQL_BIT, 1, 0, std::string(1, native<bool>(param) ? '\1' : '\0')};
        case TSR_TYPE_INT16:
            return Slot{SQL_C_SBIGINT, SQL_SMALLINT, 5, 0, bytesOf<SQLBIGINT>(native<std::int16_t>(param))};
        case TSR_TYPE_INT32:
            return Slot{SQL_C_SBIGINT, SQL_INTEGER, 10, 0, bytesOf<SQLBIGINT>(native<std::int32_t>(param))};
        case TSR_TYPE_INT64:
            return Slot{SQL_C_SBIGINT, SQL_BIGINT, 19, 0, bytesOf<SQLBIGINT>(native<std::int64_t>(param))};
        case TSR_TYPE_FLOAT32:
        case TSR_TYPE_FLOAT64: {
            const bool is_single = param.type == TSR_TYPE_FLOAT32;
            const double value = is_single ? static_cast<double>(native<float>(param)) : native<double>(param);
            if (!std::isfinite(value)) {
                return noSuchValue(sdk::formatFloat(value));
            }
            return Slot{SQL_C_DOUBLE, SQL_DOUBLE, 15, 0, bytesOf(value)};
        }
        case TSR_TYPE_DECIMAL: {
            if (bytes.find_first_of("NIeE") != std::string_view::npos) {
                return noSuchValue(std::string(bytes));
            }
            const std::size_t point = bytes.find('.');
            const auto digits = std::count_if(bytes.begin(), bytes.end(), [](char c) { return c >= '0' && c <= '9'; });
            const std::size_t scale = point == std::string_view::npos ? 0 : bytes.size() - point - 1;
            return Slot{SQL_C_CHAR, SQL_DECIMAL, static_cast<SQLULEN>(std::max<std::ptrdiff_t>(digits, 1)),
                        static_cast<SQLSMALLINT>(scale), std::string(bytes)};
        }
        case TSR_TYPE_TEXT:
        case TSR_TYPE_BITS:
        case TSR_TYPE_LITERAL: {
            const std::u16string text = toWide(bytes);
            const SQLULEN size = std::max<SQLULEN>(text.size(), 1);
            const SQLSMALLINT type = size > kMostVarchar ? SQL_WLONGVARCHAR : SQL_WVARCHAR;
            return Slot{SQL_C_WCHAR, type, size, 0,
                        std::string(reinterpret_cast<const char*>(text.data()), text.size() * sizeof(char16_t))};
        }
        case TSR_TYPE_BYTES: {
            const SQLULEN size = std::max<SQLULEN>(bytes.size(), 1);
            const SQLSMALLINT type = size > kMostVarbinary ? SQL_LONGVARBINARY : SQL_VARBINARY;
            return Slot{SQL_C_BINARY, type, size, 0, std::string(bytes)};
        }
        case TSR_TYPE_UUID:
            return Slot{SQL_C_GUID, SQL_GUID, 16, 0, bytesOf(guidOf(bytes))};
        case TSR_TYPE_DATE: {
            const auto days = native<std::int32_t>(param);
            return Slot{SQL_C_TYPE_DATE, SQL_TYPE_DATE, 10, 0, bytesOf(TSR_TRY(dateOf(days, sdk::formatDate(days))))};
        }
        case TSR_TYPE_TIME: {
            // ODBC's struct has no fraction of a second.
            const std::string text = sdk::formatTime(native<std::int64_t>(param));
            return Slot{SQL_C_CHAR, SQL_VARCHAR, text.size(), 0, text};
        }
        case TSR_TYPE_TIMESTAMP:
        case TSR_TYPE_TIMESTAMPTZ:
            if (dbms.lax) {  // SQLite's driver writes milliseconds
                TSR_TRY(momentOf(native<std::int64_t>(param)));
                const std::string text = sdk::formatTimestamp(native<std::int64_t>(param));
                return Slot{SQL_C_CHAR, SQL_VARCHAR, text.size(), 0, text};
            }
            return Slot{SQL_C_TYPE_TIMESTAMP, SQL_TYPE_TIMESTAMP, 26, 6,
                        bytesOf(TSR_TRY(momentOf(native<std::int64_t>(param))))};
    }
    return fail(ErrorCode::kInternal, "a parameter of an unknown type");
}

Result<Params> Params::from(std::span<const TsrParam> params, const Dbms& dbms) {
    Params all;
    for (const TsrParam& param : params) {
        if (param.is_null) {
            Slot null;
            null.size = 1;
            null.indicator = SQL_NULL_DATA;
            all.slots_.push_back(std::move(null));
            continue;
        }
        Slot& slot = all.slots_.emplace_back(TSR_TRY(encode(param, dbms)));
        slot.indicator = static_cast<SQLLEN>(slot.bytes.size());
    }
    return all;
}

Result<> Params::bind(Statement& statement) {
    SQLUSMALLINT number = 0;
    for (Slot& slot : slots_) {
        TSR_TRY(statement.check(SQLBindParameter(statement.get(), ++number, SQL_PARAM_INPUT, slot.c_type, slot.sql_type,
                                                 slot.size, slot.digits, slot.bytes.data(),
                                                 static_cast<SQLLEN>(slot.bytes.size()), &slot.indicator)));
    }
    return {};
}

void ParamArray::add(const Params::Slot& slot) {
    indicators_.push_back(slot.indicator);
    values_.push_back(slot.bytes);
    if (slot.indicator == SQL_NULL_DATA) {
        return;
    }
    if (!is_typed_) {
        is_typed_ = true;
        type_ = {slot.c_type, slot.sql_type, slot.size, slot.digits, {}, 0};
        return;
    }
    // Of numbers as text, the digits before the point and those behind it.
    const SQLULEN whole = std::max(type_.size - static_cast<SQLULEN>(type_.digits),
                                   slot.size - std::min(slot.size, static_cast<SQLULEN>(slot.digits)));
    type_.digits = std::max(type_.digits, slot.digits);
    type_.size =
        slot.sql_type == SQL_DECIMAL ? whole + static_cast<SQLULEN>(type_.digits) : std::max(type_.size, slot.size);
    // Long text beside short text is long.
    type_.sql_type = slot.size >= type_.size ? slot.sql_type : type_.sql_type;
}

Result<> ParamArray::bind(Statement& statement, SQLUSMALLINT number) {
    std::size_t width = 1;
    for (const std::string& value : values_) {
        width = std::max(width, value.size());
    }
    bytes_.assign(width * values_.size(), '\0');
    for (std::size_t i = 0; i < values_.size(); ++i) {
        values_[i].copy(bytes_.data() + i * width, values_[i].size());
    }
    return statement.check(SQLBindParameter(statement.get(), number, SQL_PARAM_INPUT, type_.c_type, type_.sql_type,
                                            std::max<SQLULEN>(type_.size, 1), type_.digits, bytes_.data(),
                                            static_cast<SQLLEN>(width), indicators_.data()));
}

}  // namespace tessera::odbc
