#pragma once

/// The body of POST /api/v1/query, and the formats that answers have. Pure; what strangers send is read here and fuzzed
/// (tests/fuzz).

#include "common/result.h"
#include "nodeservice/query/statement.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace tessera::rest {

struct QueryRequest {
    query::Statement statement;
    /// Rows of an answer, the rest by its cursor; 0: all rows in one answer.
    std::size_t page_rows = 0;
};

/// {"sql": …, "parameters": […], "timeout_ms": …, "page_rows": …, "id": …}. A parameter is a JSON value (PostgreSQL
/// infers its type) or {"type": …, "value": …}. Unknown members are refused.
Result<QueryRequest> readQueryRequest(std::string_view body);

enum class Format { kJson, kNdjson, kCsv, kArrow, kParquet };

/// The first of the header `Accept` that can be made; JSON when it is empty. kInvalidArgument when none can.
Result<Format> formatOf(std::string_view accept);

/// May the answer be compressed, by the header `Accept-Encoding`?
bool acceptsGzip(std::string_view accept_encoding);

}  // namespace tessera::rest
