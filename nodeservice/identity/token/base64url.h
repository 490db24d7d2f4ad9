#pragma once

/// Base64url without padding (RFC 7515), strictly: every byte sequence has one spelling, and only that is read. Pure.

#include <optional>
#include <string>
#include <string_view>

namespace tessera::identity {

/// Nothing for padding, white space, other alphabets, and final bits that are not zero.
std::optional<std::string> decodeBase64Url(std::string_view text);

std::string encodeBase64Url(std::string_view bytes);

}  // namespace tessera::identity
