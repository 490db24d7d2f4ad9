#pragma once

/// The query of an export, and its columns. Internal to this folder.

#include "nodeservice/postgres/connection.h"

#include <cstdint>
#include <string>
#include <vector>

namespace tessera::jobs {

struct ExportColumn {
    std::string name;
    /// Of pg_type.
    std::uint32_t type = 0;
    int modifier = -1;
};

/// Without running it. kInvalidArgument for what is no query, and for columns of one name.
Result<std::vector<ExportColumn>> describeQuery(postgres::Connection& connection, const std::string& query);

/// SQL of DuckDB that makes the column's value of PostgreSQL's text `name`.
std::string duckDbValue(const ExportColumn& column, const std::string& name);

/// Whether the text is a number that Excel keeps as it is.
bool isNumberForExcel(const ExportColumn& column, const std::string& text);

/// A workbook of the query's rows, in constant memory. Returns their number.
Result<std::int64_t> writeWorkbook(postgres::Connection& connection, const std::string& query,
                                   const std::vector<ExportColumn>& columns, const std::string& path);

}  // namespace tessera::jobs
