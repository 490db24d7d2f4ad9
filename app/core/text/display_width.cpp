#include "app/core/text/display_width.h"

#include "app/core/text/utf8.h"

#include <clocale>
#include <cstdio>
#include <cwchar>

namespace tessera::app {

namespace {

/// wcwidth() answers by the thread's locale: it is asked under UTF-8 whatever the user's locale says.
class Utf8Locale {
  public:
    Utf8Locale() : previous_(uselocale(shared())) {}

    ~Utf8Locale() { uselocale(previous_); }

    Utf8Locale(const Utf8Locale&) = delete;
    Utf8Locale& operator=(const Utf8Locale&) = delete;

  private:
    static locale_t shared() {
        static const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
        return utf8 != nullptr ? utf8 : LC_GLOBAL_LOCALE;
    }

    locale_t previous_;
};

bool isPrintableAscii(std::string_view text) {
    for (const char c : text) {
        if (c < ' ' || c > '~') {
            return false;
        }
    }
    return true;
}

std::size_t widthOf(char32_t code_point) {
    const int width = ::wcwidth(static_cast<wchar_t>(code_point));
    return width < 0 ? 1 : static_cast<std::size_t>(width);
}

}  // namespace

std::size_t displayWidth(std::string_view text) {
    if (isPrintableAscii(text)) {
        return text.size();
    }
    const Utf8Locale locale;
    std::size_t width = 0;
    for (std::size_t i = 0; i < text.size(); i += characterLength(text, i)) {
        width += widthOf(codePointAt(text, i));
    }
    return width;
}

std::string printable(std::string_view text) {
    if (isPrintableAscii(text)) {
        return std::string(text);
    }
    std::string shown;
    shown.reserve(text.size() + 8);
    for (std::size_t i = 0; i < text.size();) {
        const char32_t code_point = codePointAt(text, i);
        const std::size_t length = characterLength(text, i);
        if (code_point == U'\n') {
            shown += "↵";
        } else if (code_point == U'\t') {
            shown += "→";
        } else if (code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0)) {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\x%02X", static_cast<unsigned>(code_point));
            shown += escape;
        } else if (code_point == 0xFFFD) {
            shown += "\uFFFD";
        } else {
            shown.append(text.substr(i, length));
        }
        i += length;
    }
    return shown;
}

std::string elided(std::string_view text, std::size_t columns) {
    if (displayWidth(text) <= columns) {
        return std::string(text);
    }
    const Utf8Locale locale;
    std::size_t width = 0;
    std::size_t end = 0;
    while (end < text.size()) {
        const std::size_t next = width + widthOf(codePointAt(text, end));
        if (next + 1 > columns) {
            break;
        }
        width = next;
        end += characterLength(text, end);
    }
    return std::string(text.substr(0, end)) + "…";
}

}  // namespace tessera::app
