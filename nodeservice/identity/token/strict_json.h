#pragma once

/// JSON as tokens and key sets are read: one meaning for every reader. Pure; any thread.

#include "common/result.h"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string_view>

namespace tessera::identity {

/// An object, strictly RFC 8259 in UTF-8: kInvalidArgument for anything else, for a member that occurs twice (readers
/// differ in which they take), for U+0000 in a text, for numbers out of range and for more than 16 levels.
Result<nlohmann::json> parseStrictJson(std::string_view text, std::size_t most_bytes);

}  // namespace tessera::identity
