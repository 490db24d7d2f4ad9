#pragma once

/// Endpoint files: a header of YAML in a comment, and behind it one statement of SQL. Read strictly: all that is wrong
/// is said at once, with file, line and column. Pure; any thread.

#include "common/config/schema.h"
#include "nodeservice/endpoints/definition/definition.h"

#include <string>
#include <vector>

namespace tessera::endpoints {

inline constexpr std::size_t kMostFileBytes = std::size_t{256} << 10U;
inline constexpr std::size_t kMostFileLines = 2000;

struct ReadDefinition {
    /// Complete only when there are no errors.
    Definition definition;
    std::vector<Error> errors;
    /// The file's line in which the SQL begins.
    std::size_t sql_line = 1;
};

/// "x.sql:12: …" for an error whose position is one of the SQL, counted in characters from 1.
Error placedInSql(Error error, const std::string& sql, const std::string& origin, std::size_t sql_line);

/// `origin` is what messages call the text.
ReadDefinition readDefinition(const std::string& text, const std::string& origin);

/// Lower-case letters, digits, '-' and '_', a letter first, at most 63; of a model's version with "@v2",
/// "@v2-insert" or "@v2-products-insert" behind that.
bool isEndpointName(std::string_view text);

/// Lower-case letters, digits and '_', a letter first, at most 63.
bool isParameterName(std::string_view text);

/// The keys of the header.
const config::Schema& headerSchema();

}  // namespace tessera::endpoints
