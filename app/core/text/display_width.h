#pragma once

/// How much room text takes in a terminal, and how it must be written there. Pure; any thread.

#include <cstddef>
#include <string>
#include <string_view>

namespace tessera::app {

/// Columns of a terminal: 2 for East Asian wide characters and emoji, 0 for combining marks.
std::size_t displayWidth(std::string_view text);

/// The text without anything a terminal would obey: tab, line feed and return become visible signs, other control
/// characters their escape "\x1B", broken UTF-8 U+FFFD.
std::string printable(std::string_view text);

/// The text, or as much of it as fits `columns` with "…" at its end.
std::string elided(std::string_view text, std::size_t columns);

}  // namespace tessera::app
