#pragma once

/// Small text helpers that several folders need. Pure; any thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tessera {

/// ASCII only: identifiers, option names and keywords.
std::string toLowerAscii(std::string_view text);

std::string join(const std::vector<std::string>& parts, std::string_view separator);

/// `text` between double quotes, with inner ones doubled: an identifier of PostgreSQL, SQLite or DuckDB.
std::string quoteIdentifier(std::string_view text, char quote = '"');

/// `text` as a standard SQL string literal, safe where backslashes are ordinary characters.
std::string quoteLiteral(std::string_view text);

/// The text with a question mark for each byte that is not part of a UTF-8 character.
std::string validUtf8(std::string text);

/// A mark of a text (FNV-1a, 64 bits) that tells texts apart which nobody makes on purpose to be confused.
std::uint64_t markOf(std::string_view text);

/// The candidate nearest to `word` by edit distance, if it is near enough to be what was meant; else empty.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

/// "did you mean 'X'?" for nearest(), or "it may be one of: a, b, c" when nothing is near.
std::string suggestion(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace tessera
