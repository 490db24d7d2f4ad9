#pragma once

/// Text with places to be filled in: "${1:table}" is the first place with what stands there until it is, "${1}" the
/// same place again, "${0}" where the caret ends; "\$", "\}" and "\\" are the signs themselves. Other dollars are SQL's
/// own. Pure; any thread.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::app {

struct SnippetField {
    int number = 0;
    /// Bytes of the text.
    std::size_t begin = 0;
    std::size_t end = 0;

    bool operator==(const SnippetField&) const = default;
};

struct SnippetText {
    std::string text;
    /// In the order they are visited; the last one is where the caret ends, and there is always one.
    std::vector<SnippetField> fields;
};

/// Lines after the first begin with `indent`; all of them end with `line_end`.
SnippetText snippetText(std::string_view body, std::string_view indent, std::string_view line_end);

}  // namespace tessera::app
