#include "app/core/sql/error_report.h"

#include "app/core/text/display_width.h"
#include "app/core/text/utf8.h"

#include <algorithm>

namespace tessera::app {

namespace {

constexpr std::size_t kWindowColumns = 100;
constexpr std::size_t kColumnsBefore = 60;

/// The SQL line with every character as wide as the caret line counts it: a tab is one space.
std::string shownLine(std::string_view line) {
    std::string spaced(line);
    std::replace(spaced.begin(), spaced.end(), '\t', ' ');
    return printable(spaced);
}

/// The line and the caret under its byte `mark`; long lines are cut to a window around the mark.
std::string lineWithCaret(std::string_view statement, std::size_t mark, std::size_t first_line) {
    const LineSpan line = lineAt(statement, mark);
    mark = std::clamp(mark, line.begin, line.end);
    std::string before = shownLine(statement.substr(line.begin, mark - line.begin));
    std::string after = shownLine(statement.substr(mark, line.end - mark));
    if (displayWidth(before) > kColumnsBefore) {
        std::size_t cut = 0;
        while (displayWidth(std::string_view(before).substr(cut)) > kColumnsBefore - 1) {
            cut += characterLength(before, cut);
        }
        before = "…" + before.substr(cut);
    }
    const std::size_t room = kWindowColumns - displayWidth(before);
    after = elided(after, room);
    const std::string label = "LINE " + std::to_string(line.number + first_line - 1) + ": ";
    return label + before + after + "\n" + std::string(label.size() + displayWidth(before), ' ') + "^";
}

}  // namespace

std::string describeError(const Error& error, std::string_view statement, std::size_t first_line) {
    std::string report = "ERROR: " + error.message;
    if (!error.sqlstate.empty()) {
        report += " (" + error.sqlstate + ")";
    }
    if (error.position > 0 && !statement.empty()) {
        report += "\n" + lineWithCaret(statement, byteOffsetOfCharacter(statement, error.position), first_line);
    }
    if (!error.detail.empty()) {
        report += "\nDETAIL: " + error.detail;
    }
    if (!error.hint.empty()) {
        report += "\nHINT: " + error.hint;
    }
    return report;
}

}  // namespace tessera::app
