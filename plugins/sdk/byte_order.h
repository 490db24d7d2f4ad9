#pragma once

/// Numbers in the byte order of PostgreSQL's protocol, big endian. Pure; any thread.

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>

namespace tessera::sdk {

template <class T>
T reverseBytes(T value) {
    if constexpr (sizeof(T) == 2) {
        return std::bit_cast<T>(__builtin_bswap16(std::bit_cast<std::uint16_t>(value)));
    } else if constexpr (sizeof(T) == 4) {
        return std::bit_cast<T>(__builtin_bswap32(std::bit_cast<std::uint32_t>(value)));
    } else {
        static_assert(sizeof(T) == 8);
        return std::bit_cast<T>(__builtin_bswap64(std::bit_cast<std::uint64_t>(value)));
    }
}

/// The caller has checked that `bytes` holds at least sizeof(T).
template <class T>
T loadBigEndian(const char* bytes) {
    T value;
    std::memcpy(&value, bytes, sizeof value);
    return std::endian::native == std::endian::big ? value : reverseBytes(value);
}

/// `to` has room for sizeof(T).
template <class T>
void putBigEndian(T value, char* to) {
    const T ordered = std::endian::native == std::endian::big ? value : reverseBytes(value);
    std::memcpy(to, &ordered, sizeof ordered);
}

template <class T>
std::string storeBigEndian(T value) {
    std::string bytes(sizeof value, '\0');
    putBigEndian(value, bytes.data());
    return bytes;
}

}  // namespace tessera::sdk
