#pragma once

/// Positions in UTF-8 text. PostgreSQL counts characters from 1, editors and strings count bytes from 0: the conversion
/// between the two stands here and nowhere else. Pure; any thread. Bytes that are not UTF-8 count as one character
/// each.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tessera::app {

/// The byte at which the character of that number (from 1) begins; the text's end when it has fewer characters.
std::size_t byteOffsetOfCharacter(std::string_view text, std::int32_t position);

/// How many bytes the character at `offset` has; at least 1.
std::size_t characterLength(std::string_view text, std::size_t offset);

/// The code point at `offset`, or U+FFFD where the bytes are no UTF-8.
char32_t codePointAt(std::string_view text, std::size_t offset);

/// The first `count` characters of the text.
std::string_view firstCharacters(std::string_view text, std::size_t count);

/// One line of a text, as an error message shows it.
struct LineSpan {
    /// From 1.
    std::size_t number = 1;
    /// Bytes; the line's end stands before "\n" or "\r\n".
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// The line that contains the byte.
LineSpan lineAt(std::string_view text, std::size_t offset);

}  // namespace tessera::app
