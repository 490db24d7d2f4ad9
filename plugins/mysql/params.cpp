#include "plugins/mysql/params.h"

#include "plugins/mysql/temporal.h"
#include "plugins/sdk/values.h"

#include <cmath>
#include <cstring>

namespace tessera::mysql {

namespace {

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

struct Encoded {
    enum_field_types type;
    std::string bytes;
};

Error noSuchValue(const std::string& what) {
    Error error = fail(ErrorCode::kOutOfRange, "MySQL has no value " + what);
    error.sqlstate = "22003";
    return error;
}

Result<Encoded> encodeFloat(double value, const Encoded& encoded) {
    if (!std::isfinite(value)) {
        return noSuchValue(sdk::formatFloat(value));
    }
    return encoded;
}

Result<Encoded> encodeStamp(std::int64_t micros) {
    const auto time = dateTimeFrom(micros);
    if (!time) {
        return noSuchValue(sdk::formatTimestamp(micros));
    }
    return Encoded{MYSQL_TYPE_DATETIME, bytesOf(*time)};
}

Result<Encoded> encode(const TsrParam& param) {
    const std::string_view bytes(param.size > 0 ? static_cast<const char*>(param.data) : "", param.size);
    switch (param.type) {
        case TSR_TYPE_BOOL:
            return Encoded{MYSQL_TYPE_TINY, std::string(1, native<bool>(param) ? '\1' : '\0')};
        case TSR_TYPE_INT16:
            return Encoded{MYSQL_TYPE_SHORT, bytesOf(native<std::int16_t>(param))};
        case TSR_TYPE_INT32:
            return Encoded{MYSQL_TYPE_LONG, bytesOf(native<std::int32_t>(param))};
        case TSR_TYPE_INT64:
            return Encoded{MYSQL_TYPE_LONGLONG, bytesOf(native<std::int64_t>(param))};
        case TSR_TYPE_FLOAT32: {
            const float value = native<float>(param);
            return encodeFloat(static_cast<double>(value), {MYSQL_TYPE_FLOAT, bytesOf(value)});
        }
        case TSR_TYPE_FLOAT64: {
            const double value = native<double>(param);
            return encodeFloat(value, {MYSQL_TYPE_DOUBLE, bytesOf(value)});
        }
        case TSR_TYPE_DECIMAL:
            if (bytes.find_first_of("NI") != std::string_view::npos) {
                return noSuchValue(std::string(bytes));
            }
            return Encoded{MYSQL_TYPE_NEWDECIMAL, std::string(bytes)};
        case TSR_TYPE_TEXT:
        case TSR_TYPE_LITERAL:
            return Encoded{MYSQL_TYPE_STRING, std::string(bytes)};
        case TSR_TYPE_BYTES:
            return Encoded{MYSQL_TYPE_BLOB, std::string(bytes)};
        case TSR_TYPE_BITS: {  // as a text, its digits' codes would be the bits
            constexpr std::size_t kMostBits = 64;
            if (bytes.size() > kMostBits) {
                return noSuchValue("of " + std::to_string(bytes.size()) + " bits");
            }
            std::string value;
            for (std::size_t bit = 0; bit < bytes.size(); ++bit) {
                if (bit == 0 || (bytes.size() - bit) % 8 == 0) {
                    value += '\0';
                }
                value.back() =
                    static_cast<char>(static_cast<unsigned char>(value.back()) << 1U | (bytes[bit] == '1' ? 1U : 0U));
            }
            return Encoded{MYSQL_TYPE_BLOB, std::move(value)};
        }
        case TSR_TYPE_UUID:
            return Encoded{MYSQL_TYPE_STRING, sdk::formatUuid(bytes)};
        case TSR_TYPE_DATE: {
            const auto days = native<std::int32_t>(param);
            const auto date = dateFrom(days);
            if (!date) {
                return noSuchValue(sdk::formatDate(days));
            }
            return Encoded{MYSQL_TYPE_DATE, bytesOf(*date)};
        }
        case TSR_TYPE_TIME:
            return Encoded{MYSQL_TYPE_TIME, bytesOf(timeFrom(native<std::int64_t>(param)))};
        case TSR_TYPE_TIMESTAMP:
        case TSR_TYPE_TIMESTAMPTZ:
            // The session's time zone is UTC, as the value is.
            return encodeStamp(native<std::int64_t>(param));
    }
    return Encoded{MYSQL_TYPE_NULL, {}};
}

}  // namespace

Result<Params> Params::from(std::span<const TsrParam> params) {
    Params all;
    for (const TsrParam& param : params) {
        Encoded encoded = param.is_null ? Encoded{MYSQL_TYPE_NULL, {}} : TSR_TRY(encode(param));
        auto slot = std::make_unique<Slot>();
        slot->bytes = std::move(encoded.bytes);
        slot->length = slot->bytes.size();
        MYSQL_BIND bind{};
        bind.buffer_type = encoded.type;
        bind.buffer = slot->bytes.data();
        bind.buffer_length = slot->length;
        bind.length = &slot->length;
        all.slots_.push_back(std::move(slot));
        all.binds_.push_back(bind);
    }
    return all;
}

}  // namespace tessera::mysql
