#include "plugins/postgres/decode.h"

#include "plugins/postgres/numeric.h"
#include "plugins/sdk/byte_order.h"

#include <bit>
#include <cstdint>
#include <limits>
#include <utility>

namespace tessera::postgres_connector {

namespace {

Error wrongSize() {
    return fail(ErrorCode::kDataLoss, "a value arrived with a size that its type does not have");
}

template <class T>
Result<> decodeInteger(std::string_view value, sdk::BatchBuilder& batch, std::size_t column, std::string& /*scratch*/) {
    if (value.size() != sizeof(T)) {
        return wrongSize();
    }
    return batch.appendInt(column, std::int64_t{sdk::loadBigEndian<T>(value.data())});
}

Result<> decodeBool(std::string_view value, sdk::BatchBuilder& batch, std::size_t column, std::string& /*scratch*/) {
    if (value.size() != 1) {
        return wrongSize();
    }
    return batch.appendBool(column, value[0] != 0);
}

Result<> decodeFloat4(std::string_view value, sdk::BatchBuilder& batch, std::size_t column, std::string& /*scratch*/) {
    if (value.size() != sizeof(float)) {
        return wrongSize();
    }
    return batch.appendFloat(column, double{std::bit_cast<float>(sdk::loadBigEndian<std::uint32_t>(value.data()))});
}

Result<> decodeFloat8(std::string_view value, sdk::BatchBuilder& batch, std::size_t column, std::string& /*scratch*/) {
    if (value.size() != sizeof(double)) {
        return wrongSize();
    }
    return batch.appendFloat(column, std::bit_cast<double>(sdk::loadBigEndian<std::uint64_t>(value.data())));
}

Result<> decodeNumericValue(std::string_view value, sdk::BatchBuilder& batch, std::size_t column,
                            std::string& scratch) {
    TSR_TRY(decodeNumeric(value, scratch));
    return batch.appendBytes(column, scratch);
}

Result<> decodeDate(std::string_view value, sdk::BatchBuilder& batch, std::size_t column, std::string& /*scratch*/) {
    using Limits = std::numeric_limits<std::int32_t>;
    if (value.size() != sizeof(std::int32_t)) {
        return wrongSize();
    }
    const auto days = sdk::loadBigEndian<std::int32_t>(value.data());
    const bool infinite = days == Limits::max() || days == Limits::min();
    return batch.appendInt(column, infinite ? std::int64_t{days} : std::int64_t{days} + kEpochDays);
}

Result<> decodeTimestamp(std::string_view value, sdk::BatchBuilder& batch, std::size_t column,
                         std::string& /*scratch*/) {
    using Limits = std::numeric_limits<std::int64_t>;
    if (value.size() != sizeof(std::int64_t)) {
        return wrongSize();
    }
    const auto since_2000 = sdk::loadBigEndian<std::int64_t>(value.data());
    if (since_2000 == Limits::max() || since_2000 == Limits::min()) {
        return batch.appendInt(column, since_2000);
    }
    // PostgreSQL's last thirty years, up to 294276, lie beyond what 64 bits of microseconds since 1970 can say.
    if (since_2000 >= Limits::max() - kEpochMicros) {
        Error error = fail(ErrorCode::kOutOfRange, "a timestamp after the year 294246 cannot be transferred");
        error.sqlstate = "22008";
        return error;
    }
    return batch.appendInt(column, since_2000 + kEpochMicros);
}

Result<> decodeBytes(std::string_view value, sdk::BatchBuilder& batch, std::size_t column, std::string& /*scratch*/) {
    return batch.appendBytes(column, value);
}

/// Types whose binary form is their text, read as whatever the host wants.
Result<> decodeText(std::string_view value, sdk::BatchBuilder& batch, std::size_t column, std::string& /*scratch*/) {
    return batch.appendText(column, value);
}

bool isText(Oid type) {
    switch (type) {
        case kTextOid:
        case kVarcharOid:
        case kBpcharOid:
        case kNameOid:
        case kCharOid:
        case kUnknownOid:
        case kJsonOid:
        case kXmlOid:
            return true;
        default:
            return false;
    }
}

/// The types that every integer of the source can be read as, each value being checked.
bool takesIntegers(TsrType wanted) {
    switch (wanted) {
        case TSR_TYPE_INT16:
        case TSR_TYPE_INT32:
        case TSR_TYPE_INT64:
        case TSR_TYPE_FLOAT32:
        case TSR_TYPE_FLOAT64:
        case TSR_TYPE_DECIMAL:
        case TSR_TYPE_BITS:
        case TSR_TYPE_LITERAL:
            return true;
        default:
            return false;
    }
}

/// A decoder for the types that are read as one or two types only, or null.
Decoder findExactDecoder(Oid source_type, TsrType wanted) {
    switch (source_type) {
        case kBoolOid:
            return wanted == TSR_TYPE_BOOL ? decodeBool : nullptr;
        case kFloat4Oid:
            return wanted == TSR_TYPE_FLOAT32 || wanted == TSR_TYPE_FLOAT64 ? decodeFloat4 : nullptr;
        case kFloat8Oid:
            return wanted == TSR_TYPE_FLOAT64 ? decodeFloat8 : nullptr;
        case kNumericOid:
            return wanted == TSR_TYPE_DECIMAL || wanted == TSR_TYPE_LITERAL ? decodeNumericValue : nullptr;
        case kDateOid:
            return wanted == TSR_TYPE_DATE ? decodeDate : nullptr;
        case kTimeOid:
            return wanted == TSR_TYPE_TIME ? decodeInteger<std::int64_t> : nullptr;
        case kTimestampOid:
            return wanted == TSR_TYPE_TIMESTAMP ? decodeTimestamp : nullptr;
        case kTimestamptzOid:
            return wanted == TSR_TYPE_TIMESTAMPTZ ? decodeTimestamp : nullptr;
        case kUuidOid:
            return wanted == TSR_TYPE_UUID ? decodeBytes : nullptr;
        case kByteaOid:
            return wanted == TSR_TYPE_BYTES ? decodeBytes : nullptr;
        default:
            return nullptr;
    }
}

Decoder findIntegerDecoder(Oid source_type) {
    switch (source_type) {
        case kInt2Oid:
            return decodeInteger<std::int16_t>;
        case kInt4Oid:
            return decodeInteger<std::int32_t>;
        case kInt8Oid:
            return decodeInteger<std::int64_t>;
        case kOidOid:
            return decodeInteger<std::uint32_t>;
        default:
            return nullptr;
    }
}

}  // namespace

Result<Decoder> findDecoder(Oid source_type, TsrType wanted) {
    Decoder decoder = nullptr;
    if (isText(source_type)) {
        // The text of a value says nothing of how bytea is written, so it is not read as one.
        decoder = wanted == TSR_TYPE_BYTES ? nullptr : decodeText;
    } else if (takesIntegers(wanted) && findIntegerDecoder(source_type) != nullptr) {
        decoder = findIntegerDecoder(source_type);
    } else {
        decoder = findExactDecoder(source_type, wanted);
    }
    if (decoder == nullptr) {
        Error error =
            fail(ErrorCode::kUnimplemented,
                 describeType(source_type) + " at the source cannot be read as " + std::string(sdk::typeName(wanted)),
                 "declare the column with the type it has at the source, or import the table again");
        error.sqlstate = "HV004";
        return error;
    }
    return decoder;
}

bool isWireFormOf(Oid source_type, TsrType wanted) {
    switch (wanted) {
        case TSR_TYPE_BOOL:
            return source_type == kBoolOid;
        case TSR_TYPE_INT16:
            return source_type == kInt2Oid;
        case TSR_TYPE_INT32:
            return source_type == kInt4Oid;
        case TSR_TYPE_INT64:
            return source_type == kInt8Oid;
        case TSR_TYPE_FLOAT32:
            return source_type == kFloat4Oid;
        case TSR_TYPE_FLOAT64:
            return source_type == kFloat8Oid;
        case TSR_TYPE_DECIMAL:
            return source_type == kNumericOid;
        case TSR_TYPE_TEXT:
        case TSR_TYPE_BITS:
        case TSR_TYPE_LITERAL:
            return isText(source_type);
        case TSR_TYPE_BYTES:
            return source_type == kByteaOid;
        case TSR_TYPE_DATE:
            return source_type == kDateOid;
        case TSR_TYPE_TIME:
            return source_type == kTimeOid;
        case TSR_TYPE_TIMESTAMP:
            return source_type == kTimestampOid;
        case TSR_TYPE_TIMESTAMPTZ:
            return source_type == kTimestamptzOid;
        case TSR_TYPE_UUID:
            return source_type == kUuidOid;
    }
    return false;
}

std::string describeType(Oid type) {
    static constexpr std::pair<Oid, const char*> kNames[] = {{kBoolOid, "boolean"},
                                                             {kByteaOid, "bytea"},
                                                             {kCharOid, "\"char\""},
                                                             {kNameOid, "name"},
                                                             {kInt8Oid, "bigint"},
                                                             {kInt2Oid, "smallint"},
                                                             {kInt4Oid, "integer"},
                                                             {kTextOid, "text"},
                                                             {kOidOid, "oid"},
                                                             {kJsonOid, "json"},
                                                             {kXmlOid, "xml"},
                                                             {kFloat4Oid, "real"},
                                                             {kFloat8Oid, "double precision"},
                                                             {kUnknownOid, "unknown"},
                                                             {kBpcharOid, "character"},
                                                             {kVarcharOid, "character varying"},
                                                             {kDateOid, "date"},
                                                             {kTimeOid, "time"},
                                                             {kTimestampOid, "timestamp"},
                                                             {kTimestamptzOid, "timestamp with time zone"},
                                                             {1186, "interval"},
                                                             {1266, "time with time zone"},
                                                             {kNumericOid, "numeric"},
                                                             {2249, "record"},
                                                             {kUuidOid, "uuid"},
                                                             {3802, "jsonb"}};
    for (const auto& [oid, name] : kNames) {
        if (oid == type) {
            return name;
        }
    }
    return "the type with oid " + std::to_string(type);
}

}  // namespace tessera::postgres_connector
