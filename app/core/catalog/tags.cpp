#include "app/core/catalog/tags.h"

#include "common/strings.h"

#include <algorithm>

namespace tessera::app {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";

/// Bytes of characters beyond ASCII are taken for letters: tags may be in any language.
bool isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}

bool isTagCharacter(char c) {
    return isLetter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '/';
}

/// The next tag from `at` on, without its `#`, and `at` behind it; empty when there is none.
std::string_view nextTag(std::string_view comment, std::size_t& at) {
    for (std::size_t hash = comment.find('#', at); hash != std::string_view::npos; hash = comment.find('#', hash + 1)) {
        const bool is_begin = hash == 0 || kBlanks.find(comment[hash - 1]) != std::string_view::npos;
        std::size_t end = hash + 1;
        while (end < comment.size() && isTagCharacter(comment[end])) {
            ++end;
        }
        if (is_begin && end > hash + 1 && isLetter(comment[hash + 1])) {
            at = end;
            return comment.substr(hash + 1, end - hash - 1);
        }
    }
    at = comment.size();
    return {};
}

bool isTagLine(std::string_view line) {
    std::size_t at = 0;
    bool has_tag = false;
    while ((at = line.find_first_not_of(kBlanks, at)) != std::string_view::npos) {
        const std::size_t begin = at;
        const std::string_view tag = nextTag(line, at);
        if (tag.empty() || tag.data() != line.data() + begin + 1 ||
            (at < line.size() && kBlanks.find(line[at]) == std::string_view::npos)) {
            return false;
        }
        has_tag = true;
    }
    return has_tag;
}

}  // namespace

std::vector<std::string> tagsOf(std::string_view comment) {
    std::vector<std::string> tags;
    std::size_t at = 0;
    for (std::string_view tag = nextTag(comment, at); !tag.empty(); tag = nextTag(comment, at)) {
        std::string folded = toLowerAscii(tag);
        if (std::find(tags.begin(), tags.end(), folded) == tags.end()) {
            tags.push_back(std::move(folded));
        }
    }
    return tags;
}

bool hasTag(std::string_view comment, std::string_view prefix) {
    std::size_t at = 0;
    for (std::string_view tag = nextTag(comment, at); !tag.empty(); tag = nextTag(comment, at)) {
        if (tag.size() >= prefix.size() && toLowerAscii(tag.substr(0, prefix.size())) == prefix) {
            return true;
        }
    }
    return false;
}

std::string withoutTagLines(std::string_view comment) {
    while (true) {
        comment = comment.substr(0, comment.find_last_not_of(kBlanks) + 1);
        const std::size_t line = comment.rfind('\n') + 1;  // npos + 1: the first
        if (comment.empty() || !isTagLine(comment.substr(line))) {
            return std::string(comment);
        }
        comment = comment.substr(0, line);
    }
}

}  // namespace tessera::app
