#pragma once

/// Base64 of RFC 4648, with padding. Pure functions; any thread.

#include <optional>
#include <string>
#include <string_view>

namespace tessera {

std::string encodeBase64(std::string_view bytes);

/// Nothing for text that is not canonical base64: padding may be missing as a whole, nothing else may differ.
std::optional<std::string> decodeBase64(std::string_view text);

}  // namespace tessera
