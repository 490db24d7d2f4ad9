#include "app/cli/store_values.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <variant>

namespace tessera::cli {

using client::StoreValue;

std::optional<std::string> valueText(StoreValue value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        return std::to_string(*number);
    }
    if (const auto* real = std::get_if<double>(&value)) {
        char text[32];
        std::snprintf(text, sizeof text, "%.17g", *real);
        // The shortest that reads back as the same.
        for (int digits = 1; digits < 17; ++digits) {
            char shorter[32];
            std::snprintf(shorter, sizeof shorter, "%.*g", digits, *real);
            if (std::strtod(shorter, nullptr) == *real) {
                return shorter;
            }
        }
        return text;
    }
    if (auto* text = std::get_if<std::string>(&value)) {
        return std::move(*text);
    }
    if (const auto* blob = std::get_if<client::StoreBlob>(&value)) {
        std::string text = "x'";
        for (const char byte : blob->bytes) {
            constexpr const char* kDigits = "0123456789abcdef";
            const auto bits = static_cast<unsigned char>(byte);
            text += {kDigits[bits >> 4U], kDigits[bits & 15U]};
        }
        return text + "'";
    }
    return std::nullopt;
}

std::string valueLiteral(StoreValue value) {
    if (const auto* text = std::get_if<std::string>(&value)) {
        std::string quoted = "'";
        for (const char c : *text) {
            quoted += c == '\'' ? std::string("''") : std::string(1, c);
        }
        return quoted + "'";
    }
    return valueText(std::move(value)).value_or("NULL");
}

}  // namespace tessera::cli
