#pragma once

/// Numbers in the byte order of PostgreSQL's protocol, big endian. Pure; any thread.

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string>

namespace tessera::postgres_connector {

template <class T>
T reverseBytes(T value) {
    auto bytes = std::bit_cast<std::array<char, sizeof(T)>>(value);
    std::reverse(bytes.begin(), bytes.end());
    return std::bit_cast<T>(bytes);
}

/// The caller has checked that `bytes` holds at least sizeof(T).
template <class T>
T loadBigEndian(const char* bytes) {
    T value;
    std::memcpy(&value, bytes, sizeof value);
    return std::endian::native == std::endian::big ? value : reverseBytes(value);
}

template <class T>
std::string storeBigEndian(T value) {
    const T ordered = std::endian::native == std::endian::big ? value : reverseBytes(value);
    std::string bytes(sizeof ordered, '\0');
    std::memcpy(bytes.data(), &ordered, sizeof ordered);
    return bytes;
}

}  // namespace tessera::postgres_connector
