#pragma once

/// What random tests begin with: TESSERA_SEED, else a fixed number. A test that fails prints it, to replay it.

#include <cstdint>
#include <cstdlib>

namespace tessera {

inline std::uint32_t testSeed() {
    const char* given = std::getenv("TESSERA_SEED");  // NOLINT(concurrency-mt-unsafe)
    return given != nullptr ? static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10)) : 20261121U;
}

}  // namespace tessera
