#include "app/core/text/utf8.h"

#include <algorithm>

namespace tessera::app {

namespace {

struct Decoded {
    char32_t code_point;
    std::size_t length;
};

constexpr char32_t kReplacement = 0xFFFD;

Decoded decode(std::string_view text, std::size_t offset) {
    const auto lead = static_cast<unsigned char>(text[offset]);
    if (lead < 0x80) {
        return {lead, 1};
    }
    const std::size_t length = lead >= 0xF0 && lead < 0xF8 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1;
    if (length == 1 || lead >= 0xF8 || offset + length > text.size()) {
        return {kReplacement, 1};
    }
    char32_t code_point = lead & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        const auto byte = static_cast<unsigned char>(text[offset + i]);
        if ((byte & 0xC0U) != 0x80) {
            return {kReplacement, 1};
        }
        code_point = (code_point << 6U) | (byte & 0x3FU);
    }
    return {code_point, length};
}

}  // namespace

std::size_t byteOffsetOfCharacter(std::string_view text, std::int32_t position) {
    std::size_t offset = 0;
    for (std::int32_t character = 1; character < position && offset < text.size(); ++character) {
        offset += decode(text, offset).length;
    }
    return offset;
}

std::size_t characterLength(std::string_view text, std::size_t offset) {
    return offset < text.size() ? decode(text, offset).length : 1;
}

char32_t codePointAt(std::string_view text, std::size_t offset) {
    return offset < text.size() ? decode(text, offset).code_point : kReplacement;
}

std::string_view firstCharacters(std::string_view text, std::size_t count) {
    if (text.size() <= count) {
        return text;
    }
    std::size_t offset = 0;
    for (std::size_t character = 0; character < count && offset < text.size(); ++character) {
        offset += decode(text, offset).length;
    }
    return text.substr(0, offset);
}

LineSpan lineAt(std::string_view text, std::size_t offset) {
    offset = std::min(offset, text.size());
    LineSpan line;
    line.number = 1 + static_cast<std::size_t>(
                          std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
    const std::size_t before = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
    line.begin = before == std::string_view::npos ? 0 : before + 1;
    const std::size_t after = text.find('\n', offset);
    line.end = after == std::string_view::npos ? text.size() : after;
    if (line.end > line.begin && text[line.end - 1] == '\r') {
        --line.end;
    }
    return line;
}

}  // namespace tessera::app
