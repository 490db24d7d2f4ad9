#pragma once

/// Which protocol a connection speaks, by its first bytes. A pure function of what strangers send: it trusts nothing
/// and is fuzzed (tests/fuzz).

#include <cstddef>
#include <string_view>

namespace tessera::gateway {

enum class Protocol { kPostgres, kHttp1, kHttp2 };

enum class Detected { kMore, kPostgres, kHttp1, kHttp2, kUnknown };

/// More bytes than this are never needed.
inline constexpr std::size_t kDetectBytes = 24;

/// The first byte of a TLS record that begins a handshake.
inline constexpr unsigned char kTlsHandshake = 0x16;

Detected detect(std::string_view bytes);

}  // namespace tessera::gateway
