#pragma once

/// Finds the statements of an SQL text, as PostgreSQL's own scanner would see their ends: semicolons in strings, quoted
/// identifiers, dollar quotes, nested comments, BEGIN ATOMIC bodies and rule actions end nothing. Pure; any thread.
/// It never drops a statement it does not understand: broken text is a statement too, and the server says what is
/// wrong.

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace tessera::app {

/// Bytes of the text: from the first token to behind the last one, without the semicolon.
struct StatementRange {
    std::size_t begin = 0;
    std::size_t end = 0;
    /// Behind the semicolon, or the text's end.
    std::size_t terminator = 0;

    std::string_view of(std::string_view text) const { return text.substr(begin, end - begin); }
};

std::vector<StatementRange> splitStatements(std::string_view sql);

/// The statement a caret at that byte means: the one around it; right behind a semicolon, the one before.
std::optional<StatementRange> statementAt(std::string_view sql, std::size_t offset);

}  // namespace tessera::app
