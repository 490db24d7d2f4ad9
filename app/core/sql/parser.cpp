#include "app/core/sql/parser.h"

#include "app/core/sql/tokens.h"
#include "app/core/text/utf8.h"

#include <pg_query.h>

#include <algorithm>

namespace tessera::app {

std::optional<SyntaxError> syntaxErrorOf(std::string_view statement) {
    const BoundStatement bound = bindNamedParameters(statement);
    // A NUL would end the text for the parser; PostgreSQL refuses it anyway.
    if (const std::size_t nul = bound.sql.find('\0'); nul != std::string::npos) {
        return SyntaxError{bound.originalOffset(nul), "a zero byte cannot be part of a statement"};
    }
    const PgQueryProtobufParseResult result = pg_query_parse_protobuf(bound.sql.c_str());
    std::optional<SyntaxError> error;
    if (result.error != nullptr) {
        // cursorpos counts characters from 1.
        const std::size_t offset = byteOffsetOfCharacter(bound.sql, std::max(result.error->cursorpos, 1));
        error = SyntaxError{std::min(bound.originalOffset(offset), statement.size()), result.error->message};
    }
    pg_query_free_protobuf_parse_result(result);
    return error;
}

std::optional<std::string> fingerprintOf(std::string_view statement) {
    const BoundStatement bound = bindNamedParameters(statement);
    const PgQueryFingerprintResult result = pg_query_fingerprint(bound.sql.c_str());
    std::optional<std::string> fingerprint;
    if (result.error == nullptr && result.fingerprint_str != nullptr) {
        fingerprint = result.fingerprint_str;
    }
    pg_query_free_fingerprint_result(result);
    return fingerprint;
}

std::optional<std::string> parseTreeOf(std::string_view statement) {
    const BoundStatement bound = bindNamedParameters(statement);
    const PgQueryParseResult result = pg_query_parse(bound.sql.c_str());
    std::optional<std::string> tree;
    if (result.error == nullptr && result.parse_tree != nullptr) {
        tree = result.parse_tree;
    }
    pg_query_free_parse_result(result);
    return tree;
}

}  // namespace tessera::app
