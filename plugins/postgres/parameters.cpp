#include "plugins/postgres/parameters.h"

#include "plugins/sdk/byte_order.h"

#include <cstring>
#include <limits>

namespace tessera::postgres_connector {

namespace {

constexpr int kText = 0;
constexpr int kBinary = 1;

template <class T>
T native(const TsrParam& param) {
    T value{};
    std::memcpy(&value, param.data, sizeof value);
    return value;
}

/// A date or timestamp in PostgreSQL's count; the extremes stand for the infinities on both sides.
template <class T>
Result<std::string> encodeMoment(T since_1970, T epoch) {
    using Limits = std::numeric_limits<T>;
    if (since_1970 == Limits::max() || since_1970 == Limits::min()) {
        return sdk::storeBigEndian(since_1970);
    }
    if (since_1970 < Limits::min() + epoch) {
        Error error = fail(ErrorCode::kOutOfRange, "a date lies before what PostgreSQL can hold");
        error.sqlstate = "22008";
        return error;
    }
    return sdk::storeBigEndian(static_cast<T>(since_1970 - epoch));
}

Oid typeOf(TsrType type) {
    switch (type) {
        case TSR_TYPE_BOOL:
            return kBoolOid;
        case TSR_TYPE_INT16:
            return kInt2Oid;
        case TSR_TYPE_INT32:
            return kInt4Oid;
        case TSR_TYPE_INT64:
            return kInt8Oid;
        case TSR_TYPE_FLOAT32:
            return kFloat4Oid;
        case TSR_TYPE_FLOAT64:
            return kFloat8Oid;
        case TSR_TYPE_DECIMAL:
            return kNumericOid;
        case TSR_TYPE_TEXT:
            return kTextOid;
        case TSR_TYPE_BYTES:
            return kByteaOid;
        case TSR_TYPE_DATE:
            return kDateOid;
        case TSR_TYPE_TIME:
            return kTimeOid;
        case TSR_TYPE_TIMESTAMP:
            return kTimestampOid;
        case TSR_TYPE_TIMESTAMPTZ:
            return kTimestamptzOid;
        case TSR_TYPE_UUID:
            return kUuidOid;
        case TSR_TYPE_BITS:
        case TSR_TYPE_LITERAL:
            break;
    }
    return kAnyType;
}

Result<std::string> encodeValue(const TsrParam& param) {
    switch (param.type) {
        case TSR_TYPE_BOOL:
            return std::string(1, native<bool>(param) ? '\1' : '\0');
        case TSR_TYPE_INT16:
            return sdk::storeBigEndian(native<std::int16_t>(param));
        case TSR_TYPE_INT32:
        case TSR_TYPE_FLOAT32:
            return sdk::storeBigEndian(native<std::uint32_t>(param));
        case TSR_TYPE_INT64:
        case TSR_TYPE_FLOAT64:
        case TSR_TYPE_TIME:
            return sdk::storeBigEndian(native<std::uint64_t>(param));
        case TSR_TYPE_DATE:
            return encodeMoment(native<std::int32_t>(param), kEpochDays);
        case TSR_TYPE_TIMESTAMP:
        case TSR_TYPE_TIMESTAMPTZ:
            return encodeMoment(native<std::int64_t>(param), kEpochMicros);
        case TSR_TYPE_DECIMAL:
        case TSR_TYPE_TEXT:
        case TSR_TYPE_BYTES:
        case TSR_TYPE_UUID:
        case TSR_TYPE_BITS:
        case TSR_TYPE_LITERAL:
            return std::string(static_cast<const char*>(param.data), param.size);
    }
    return fail(ErrorCode::kInvalidArgument, "a parameter has an unknown type");
}

}  // namespace

Result<> Parameters::add(const TsrParam& param) {
    types_.push_back(typeOf(param.type));
    values_.push_back(param.is_null ? std::string() : TSR_TRY(encodeValue(param)));
    lengths_.push_back(static_cast<int>(values_.back().size()));
    const bool is_text =
        param.type == TSR_TYPE_DECIMAL || param.type == TSR_TYPE_BITS || param.type == TSR_TYPE_LITERAL;
    formats_.push_back(is_text ? kText : kBinary);
    if (formats_.back() == kText && values_.back().find('\0') != std::string::npos) {
        return fail(ErrorCode::kInvalidArgument, "a value holds a character U+0000");
    }
    return {};
}

Result<Parameters> Parameters::encode(std::span<const TsrParam> params) {
    Parameters encoded;
    for (std::size_t i = 0; i < params.size(); ++i) {
        if (auto added = encoded.add(params[i]); !added) {
            return std::move(added.error()).withContext("parameter $" + std::to_string(i + 1));
        }
    }
    // Only now: strings that move while the vector grows would leave their pointers behind.
    for (std::size_t i = 0; i < params.size(); ++i) {
        encoded.pointers_.push_back(params[i].is_null ? nullptr : encoded.values_[i].c_str());
    }
    return encoded;
}

}  // namespace tessera::postgres_connector
