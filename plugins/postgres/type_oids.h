#pragma once

/// The oids of PostgreSQL's built-in types that are read and bound in binary. They are part of its protocol: every
/// server since 8.0 has them.

#include <cstdint>

namespace tessera::postgres_connector {

using Oid = std::uint32_t;

constexpr Oid kAnyType = 0;  // the server finds out from the context
constexpr Oid kBoolOid = 16;
constexpr Oid kByteaOid = 17;
constexpr Oid kCharOid = 18;
constexpr Oid kNameOid = 19;
constexpr Oid kInt8Oid = 20;
constexpr Oid kInt2Oid = 21;
constexpr Oid kInt4Oid = 23;
constexpr Oid kTextOid = 25;
constexpr Oid kOidOid = 26;
constexpr Oid kJsonOid = 114;
constexpr Oid kXmlOid = 142;
constexpr Oid kFloat4Oid = 700;
constexpr Oid kFloat8Oid = 701;
constexpr Oid kUnknownOid = 705;
constexpr Oid kBpcharOid = 1042;
constexpr Oid kVarcharOid = 1043;
constexpr Oid kDateOid = 1082;
constexpr Oid kTimeOid = 1083;
constexpr Oid kTimestampOid = 1114;
constexpr Oid kTimestamptzOid = 1184;
constexpr Oid kNumericOid = 1700;
constexpr Oid kUuidOid = 2950;

/// PostgreSQL counts days and microseconds from 2000-01-01, TsrType from 1970-01-01.
constexpr std::int32_t kEpochDays = 10'957;
constexpr std::int64_t kEpochMicros = std::int64_t{kEpochDays} * 86'400 * 1'000'000;

}  // namespace tessera::postgres_connector
