#pragma once

/// Lays a statement out anew: clauses on lines of their own, keywords in one letter case, blocks indented. Nothing but
/// blanks and the case of keywords changes; what cannot be proven to be the same statement is refused. Pure; any
/// thread.

#include "common/result.h"

#include <string>
#include <string_view>

namespace tessera::app {

struct FormatSettings {
    bool upper_case_keywords = true;
    std::size_t indent = 4;
    /// Lists that are longer than this get a line for each item.
    std::size_t line_width = 88;
};

/// Comments are kept where they are. kInvalidArgument for a statement that does not parse.
Result<std::string> formatStatement(std::string_view statement, const FormatSettings& settings = {});

/// Every statement of a script, what lies between them untouched; those that do not parse stay as they are.
std::string formatScript(std::string_view script, const FormatSettings& settings = {});

}  // namespace tessera::app
