#pragma once

/// Small secrets at rest: AES-256-GCM (NIST SP 800-38D) under a key that is kept elsewhere, with a random nonce. What
/// is sealed is bound to a name: under another name, or changed by a bit, it does not open. Pure but for the
/// randomness; any thread.

#include "common/secret.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tessera {

inline constexpr std::size_t kSealingKeyBytes = 32;

/// Bytes, a little longer than the value. `key`: of kSealingKeyBytes. Ends the program when there is no randomness.
std::string seal(const Secret& key, std::string_view name, const Secret& value);

/// Nothing when it was sealed with another key, under another name, or has been changed.
std::optional<Secret> unseal(const Secret& key, std::string_view name, std::string_view sealed);

/// SHA-256, in hexadecimal.
std::string digestOf(std::string_view text);

/// A key from a longer text of enough entropy (SHA-256), such as one that `openssl rand -base64 32` prints.
Secret sealingKeyOf(const Secret& text);

}  // namespace tessera
