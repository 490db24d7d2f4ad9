#pragma once

/// PostgreSQL's own parser (libpg_query), for one statement at a time: given several it reports only the first error.
/// Any thread; about 0.1 ms for a statement of a page.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tessera::app {

struct SyntaxError {
    /// Byte of the statement, at a character's begin; its size for an error at the end.
    std::size_t offset = 0;
    std::string message;
};

/// None when it parses. Named parameters (:name) are taken for values.
std::optional<SyntaxError> syntaxErrorOf(std::string_view statement);

/// Equal for statements that differ in layout, letter case of keywords and constants only; none when it does not parse.
std::optional<std::string> fingerprintOf(std::string_view statement);

/// What the statement is made of, as libpg_query writes it in JSON; none when it does not parse.
std::optional<std::string> parseTreeOf(std::string_view statement);

}  // namespace tessera::app
