#include "common/base64.h"

#include <cstdint>

namespace tessera {

namespace {

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string encodeBase64(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        std::uint32_t group = 0;
        for (std::size_t i = 0; i < 3; ++i) {
            group = group << 8 | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0);
        }
        for (std::size_t i = 0; i < 4; ++i) {
            text += at + i > bytes.size() ? '=' : kDigits[group >> (18 - 6 * i) & 63];
        }
    }
    return text;
}

std::optional<std::string> decodeBase64(std::string_view text) {
    const std::size_t padded = text.size();
    while (!text.empty() && text.back() == '=' && padded - text.size() < 2) {
        text.remove_suffix(1);
    }
    if (text.size() % 4 == 1 || (text.size() != padded && padded % 4 != 0)) {
        return std::nullopt;
    }
    std::string bytes;
    std::uint32_t group = 0;
    int bits = 0;
    for (const char c : text) {
        const std::size_t digit = kDigits.find(c);
        if (digit == std::string_view::npos) {
            return std::nullopt;
        }
        group = group << 6 | static_cast<std::uint32_t>(digit);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes += static_cast<char>(group >> bits & 0xFF);
        }
    }
    // Bits that stand for nothing must be zero, or several texts would mean the same bytes.
    if ((group & ((1U << bits) - 1)) != 0) {
        return std::nullopt;
    }
    return bytes;
}

}  // namespace tessera
