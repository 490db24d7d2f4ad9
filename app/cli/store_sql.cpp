#include "app/cli/store_sql.h"

#include "common/strings.h"

#include <sqlite3.h>

#include <cctype>

namespace tessera::cli {

namespace {

/// Behind what begins at `at` and is no word: a comment, a string, a quoted name, or one character.
std::size_t skip(std::string_view text, std::size_t at) {
    const auto behind = [&](std::string_view end, std::size_t from) {
        const std::size_t found = text.find(end, from);
        return found == std::string_view::npos ? text.size() : found + end.size();
    };
    if (text.substr(at, 2) == "--") {
        return behind("\n", at);
    }
    if (text.substr(at, 2) == "/*") {
        return behind("*/", at + 2);
    }
    switch (text[at]) {
        case '\'':
            return behind("'", at + 1);
        case '"':
            return behind("\"", at + 1);
        case '`':
            return behind("`", at + 1);
        case '[':
            return behind("]", at + 1);
        default:
            return at + 1;
    }
}

bool isWord(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

bool isBlank(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const bool is_comment = text.substr(at, 2) == "--" || text.substr(at, 2) == "/*";
        if (!is_comment && std::isspace(static_cast<unsigned char>(text[at])) == 0 && text[at] != ';') {
            return false;
        }
        at = skip(text, at);
    }
    return true;
}

}  // namespace

bool isComplete(const std::string& text) {
    return isBlank(text) || sqlite3_complete(text.c_str()) == 1;
}

std::vector<std::string> splitStatements(std::string_view text) {
    std::vector<std::string> statements;
    std::size_t begin = 0;
    for (std::size_t at = 0; at < text.size();) {
        const bool is_end = text[at] == ';';
        at = skip(text, at);
        const std::string statement(text.substr(begin, at - begin));
        if (is_end && sqlite3_complete(statement.c_str()) == 1) {
            if (!isBlank(statement)) {
                statements.push_back(statement);
            }
            begin = at;
        }
    }
    if (!isBlank(text.substr(begin))) {
        statements.emplace_back(text.substr(begin));
    }
    return statements;
}

bool onlyReads(std::string_view statement) {
    int depth = 0;
    bool is_with = false;
    for (std::size_t at = 0; at < statement.size();) {
        if (!isWord(statement[at])) {
            depth += statement[at] == '(' ? 1 : statement[at] == ')' ? -1 : 0;
            at = skip(statement, at);
            continue;
        }
        std::size_t end = at;
        while (end < statement.size() && isWord(statement[end])) {
            ++end;
        }
        const std::string word = toLowerAscii(std::string(statement.substr(at, end - at)));
        at = end;
        if (depth > 0) {
            continue;
        }
        if (word == "select" || word == "values" || word == "explain") {
            return true;
        }
        if (word == "with") {
            is_with = true;
        } else if (!is_with || word == "insert" || word == "update" || word == "delete" || word == "replace") {
            return false;
        }
    }
    return false;
}

}  // namespace tessera::cli
