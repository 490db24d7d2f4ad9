#include "common/line_diff.h"

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <vector>

namespace tessera {

namespace {

struct Line {
    char mark;
    std::string text;
};

std::vector<std::string> linesOf(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        lines.push_back(std::move(line));
    }
    return lines;
}

/// By the longest common sequence of lines.
std::vector<Line> compare(const std::vector<std::string>& before, const std::vector<std::string>& after) {
    const std::size_t width = after.size() + 1;
    std::vector<std::uint32_t> common((before.size() + 1) * width, 0);
    for (std::size_t i = before.size(); i-- > 0;) {
        for (std::size_t j = after.size(); j-- > 0;) {
            common[i * width + j] = before[i] == after[j]
                                        ? common[(i + 1) * width + j + 1] + 1
                                        : std::max(common[(i + 1) * width + j], common[i * width + j + 1]);
        }
    }
    std::vector<Line> lines;
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < before.size() || j < after.size()) {
        if (i < before.size() && j < after.size() && before[i] == after[j]) {
            lines.push_back({' ', before[i++]});
            ++j;
        } else if (j == after.size() ||
                   (i < before.size() && common[(i + 1) * width + j] >= common[i * width + j + 1])) {
            lines.push_back({'-', before[i++]});
        } else {
            lines.push_back({'+', after[j++]});
        }
    }
    return lines;
}

}  // namespace

std::string diffLines(const std::string& before, const std::string& after) {
    constexpr std::size_t kAround = 3;
    const auto lines = compare(linesOf(before), linesOf(after));
    std::string out;
    std::size_t shown = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const std::size_t first = i > kAround ? i - kAround : 0;
        const std::size_t end = std::min(lines.size(), i + kAround + 1);
        const bool is_near = std::any_of(lines.begin() + static_cast<std::ptrdiff_t>(first),
                                         lines.begin() + static_cast<std::ptrdiff_t>(end),
                                         [](const Line& line) { return line.mark != ' '; });
        if (is_near) {
            out += (shown < i && shown > 0 ? "…\n" : "") + std::string(1, lines[i].mark) + " " + lines[i].text + "\n";
            shown = i + 1;
        }
    }
    return out;
}

}  // namespace tessera
