#include "common/strings.h"

#include <algorithm>
#include <numeric>

namespace tessera {

std::string toLowerAscii(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') {
            c = static_cast<char>(c - 'A' + 'a');
        }
    }
    return lower;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
    std::string text;
    for (const std::string& part : parts) {
        if (!text.empty()) {
            text += separator;
        }
        text += part;
    }
    return text;
}

namespace {

/// The bytes of the character that begins there; 0 when none does.
std::size_t characterBytes(std::string_view text) {
    const auto byte = [text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned char first = byte(0);
    const std::size_t size = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (size <= 1) {
        return size;
    }
    if (first > 0xF4 || text.size() < size) {
        return 0;
    }
    // The second byte tells what is too long a form, a surrogate, or beyond the last character.
    const unsigned char least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    const unsigned char most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (byte(1) < least || byte(1) > most) {
        return 0;
    }
    for (std::size_t at = 2; at < size; ++at) {
        if ((byte(at) & 0xC0U) != 0x80) {
            return 0;
        }
    }
    return size;
}

}  // namespace

std::string validUtf8(std::string text) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t size = characterBytes(std::string_view(text).substr(at));
        if (size == 0) {
            text[at] = '?';
        }
        at += std::max<std::size_t>(size, 1);
    }
    return text;
}

namespace {

std::string quoteWith(std::string_view text, char quote) {
    std::string quoted(1, quote);
    for (const char c : text) {
        if (c == quote) {
            quoted += c;
        }
        quoted += c;
    }
    quoted += quote;
    return quoted;
}

std::size_t editDistance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t substitute = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
        }
    }
    return row[b.size()];
}

}  // namespace

std::string quoteIdentifier(std::string_view text, char quote) {
    return quoteWith(text, quote);
}

std::string quoteLiteral(std::string_view text) {
    return quoteWith(text, '\'');
}

std::uint64_t markOf(std::string_view text) {
    std::uint64_t hash = 14695981039346656037U;
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
    }
    return hash;
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
    const std::string lower = toLowerAscii(word);
    std::string best;
    std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
    for (const std::string& candidate : candidates) {
        const std::size_t distance = editDistance(lower, toLowerAscii(candidate));
        if (distance < best_distance) {
            best_distance = distance;
            best = candidate;
        }
    }
    return best;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& candidates) {
    const std::string near = nearest(word, candidates);
    if (!near.empty()) {
        return "did you mean '" + near + "'?";
    }
    return candidates.empty() ? std::string() : "it may be one of: " + join(candidates, ", ");
}

}  // namespace tessera
