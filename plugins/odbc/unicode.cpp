#include "plugins/odbc/unicode.h"

#include <cstdint>

namespace tessera::odbc {

namespace {

constexpr char16_t kHighSurrogate = 0xD800;
constexpr char16_t kLowSurrogate = 0xDC00;
constexpr char16_t kAfterSurrogates = 0xE000;
constexpr char32_t kBeyondBmp = 0x10000;
constexpr char32_t kReplacement = 0xFFFD;

void appendUtf8(std::string& out, char32_t c) {
    if (c < 0x80) {
        out += static_cast<char>(c);
    } else if (c < 0x800) {
        out += static_cast<char>(0xC0 | (c >> 6));
        out += static_cast<char>(0x80 | (c & 0x3F));
    } else if (c < kBeyondBmp) {
        out += static_cast<char>(0xE0 | (c >> 12));
        out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
        out += static_cast<char>(0x80 | (c & 0x3F));
    } else {
        out += static_cast<char>(0xF0 | (c >> 18));
        out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
        out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
        out += static_cast<char>(0x80 | (c & 0x3F));
    }
}

/// Appends `text`; false when there was half a surrogate pair, which became U+FFFD.
bool append(std::string& out, std::u16string_view text) {
    bool valid = true;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char16_t unit = text[i];
        if (unit < kHighSurrogate || unit >= kAfterSurrogates) {
            appendUtf8(out, unit);
        } else if (unit < kLowSurrogate && i + 1 < text.size() && text[i + 1] >= kLowSurrogate &&
                   text[i + 1] < kAfterSurrogates) {
            appendUtf8(out, kBeyondBmp + ((static_cast<char32_t>(unit - kHighSurrogate) << 10) |
                                          static_cast<char32_t>(text[i + 1] - kLowSurrogate)));
            ++i;
        } else {
            appendUtf8(out, kReplacement);
            valid = false;
        }
    }
    return valid;
}

}  // namespace

std::u16string toWide(std::string_view text) {
    std::u16string wide;
    wide.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        char32_t c = size == 1 ? lead : lead & (0x7FU >> size);
        for (std::size_t k = 1; k < size && i + k < text.size(); ++k) {
            c = (c << 6) | (static_cast<unsigned char>(text[i + k]) & 0x3FU);
        }
        i += size;
        if (c < kBeyondBmp) {
            wide += static_cast<char16_t>(c);
        } else {
            wide += static_cast<char16_t>(kHighSurrogate + ((c - kBeyondBmp) >> 10));
            wide += static_cast<char16_t>(kLowSurrogate + ((c - kBeyondBmp) & 0x3FF));
        }
    }
    return wide;
}

Result<std::string> fromWide(std::u16string_view text) {
    std::string out;
    out.reserve(text.size());
    if (!append(out, text)) {
        Error error = fail(ErrorCode::kInvalidArgument, "the text is not valid UTF-16");
        error.sqlstate = "22021";
        return error;
    }
    return out;
}

std::string fromWideForMessage(std::u16string_view text) {
    std::string out;
    append(out, text);
    return out;
}

}  // namespace tessera::odbc
