#pragma once

/// The query of an export, and its columns. Internal to this folder.

#include "nodeservice/postgres/connection.h"

#include <cstdint>
#include <string>
#include <vector>

namespace tessera::jobs {

// Of pg_type; the rest of the world knows them by these numbers.
inline constexpr std::uint32_t kPgBoolean = 16;
inline constexpr std::uint32_t kPgBytea = 17;
inline constexpr std::uint32_t kPgName = 19;
inline constexpr std::uint32_t kPgBigint = 20;
inline constexpr std::uint32_t kPgSmallint = 21;
inline constexpr std::uint32_t kPgInteger = 23;
inline constexpr std::uint32_t kPgText = 25;
inline constexpr std::uint32_t kPgJson = 114;
inline constexpr std::uint32_t kPgReal = 700;
inline constexpr std::uint32_t kPgDouble = 701;
inline constexpr std::uint32_t kPgBpchar = 1042;
inline constexpr std::uint32_t kPgVarchar = 1043;
inline constexpr std::uint32_t kPgDate = 1082;
inline constexpr std::uint32_t kPgTime = 1083;
inline constexpr std::uint32_t kPgTimestamp = 1114;
inline constexpr std::uint32_t kPgTimestampTz = 1184;
inline constexpr std::uint32_t kPgNumeric = 1700;
inline constexpr std::uint32_t kPgUuid = 2950;

struct ExportColumn {
    std::string name;
    /// Of pg_type.
    std::uint32_t type = 0;
    int modifier = -1;
    /// PostgreSQL's function that writes the type as text, with its schema.
    std::string output = {};
};

/// Without running it. kInvalidArgument for what is no query, and for columns of one name.
Result<std::vector<ExportColumn>> describeQuery(postgres::Connection& connection, const std::string& query);

/// The rest of what the connection's statement gives is not wanted.
void cancelRest(pg_conn* connection);

/// Whether the text is a number that Excel keeps as it is.
bool isNumberForExcel(const ExportColumn& column, const std::string& text);

/// A workbook of the query's rows, in constant memory. Returns their number.
Result<std::int64_t> writeWorkbook(postgres::Connection& connection, const std::string& query,
                                   const std::vector<ExportColumn>& columns, const std::string& path);

}  // namespace tessera::jobs
