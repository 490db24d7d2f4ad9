#include "nodeservice/endpoints/definition/compile.h"

#include "common/sql_scanner.h"
#include "common/strings.h"

#include <algorithm>

namespace tessera::endpoints {

namespace {

bool isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool isWord(char c) {
    return isLetter(c) || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}

std::size_t wordEnd(std::string_view sql, std::size_t from) {
    while (from < sql.size() && (isWord(sql[from]) || sql[from] == '$')) {
        ++from;
    }
    return from;
}

/// `position`: where in the text, from 0.
Error invalid(std::size_t position, std::string message, std::string hint) {
    Error error = fail(ErrorCode::kInvalidArgument, std::move(message), std::move(hint));
    error.position = static_cast<std::int32_t>(position) + 1;
    return error;
}

}  // namespace

Result<SqlFacts> readSql(std::string_view sql) {
    SqlFacts facts;
    // A comment may end with the text.
    const std::string text = std::string(sql) + "\n";
    SqlScanner scanner(text);
    std::optional<std::size_t> semicolon;
    for (std::size_t i = 0; i < text.size();) {
        const char c = text[i];
        const bool begins_comment = text.compare(i, 2, "--") == 0 || text.compare(i, 2, "/*") == 0;
        if (scanner.isQuotedAt(i) || begins_comment || c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            ++i;
            continue;
        }
        if (semicolon) {
            return invalid(i, "there is a second statement behind the semicolon",
                           "an endpoint is one statement; put the others into endpoints of their own");
        }
        if (c == ';') {
            semicolon = i++;
            continue;
        }
        std::size_t end = i + 1;
        if (c == ':' && text[end] == ':') {
            ++end;
        } else if (c == ':' && isLetter(text[end])) {
            end = wordEnd(text, end);
            facts.placeholders.push_back({i, end, text.substr(i + 1, end - i - 1)});
        } else if (isWord(c)) {
            end = wordEnd(text, i);
            facts.words.push_back(toLowerAscii(text.substr(i, end - i)));
        } else if (c == '$' && text[end] >= '0' && text[end] <= '9') {
            return invalid(i, "'" + text.substr(i, 2) + "' is no parameter", "name parameters: write :name");
        }
        i = end;
    }
    if (scanner.isQuotedAt(text.size())) {
        return invalid(sql.size(), "a quotation or comment does not end", "close it");
    }
    facts.end = semicolon.value_or(sql.size());
    if (facts.words.empty()) {
        return invalid(0, "there is no SQL behind the header", "write a SELECT");
    }
    return facts;
}

std::string compileSql(const Definition& definition) {
    const auto facts = readSql(definition.sql);
    if (!facts) {
        return {};
    }
    std::string out;
    std::size_t from = 0;
    for (const Placeholder& placeholder : facts->placeholders) {
        const auto found = std::find_if(definition.parameters.begin(), definition.parameters.end(),
                                        [&](const Parameter& one) { return one.name == placeholder.name; });
        if (found == definition.parameters.end()) {
            continue;
        }
        out += definition.sql.substr(from, placeholder.begin - from);
        out += "($" + std::to_string(found - definition.parameters.begin() + 1) + "::" + nameOf(found->type) +
               (found->is_list ? "[]" : "") + ")";
        from = placeholder.end;
    }
    return out + definition.sql.substr(from, facts->end - from);
}

}  // namespace tessera::endpoints
