#pragma once

/// PostgreSQL's binary numeric as decimal digits, exactly as numeric_out() writes them: every digit of the display
/// scale, "NaN", "Infinity", "-Infinity". Pure; any thread.

#include "common/result.h"

#include <string>
#include <string_view>

namespace tessera::postgres_connector {

/// Replaces `text` by the digits, so that a caller can use one buffer for many values.
Result<> decodeNumeric(std::string_view binary, std::string& text);

}  // namespace tessera::postgres_connector
