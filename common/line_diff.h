#pragma once

/// What differs between two texts, line by line. Pure; any thread.

#include <string>

namespace tessera {

/// The lines with '-', '+' or ' ' before each, three around a change, "…" where some are left out. Empty: nothing
/// differs. For short texts: it needs memory for each pair of lines.
std::string diffLines(const std::string& before, const std::string& after);

}  // namespace tessera
