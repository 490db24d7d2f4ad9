#include "nodeservice/jobs/definition/template.h"

#include "common/sql_scanner.h"
#include "common/strings.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>

namespace tessera::jobs {

namespace {

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

bool isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool isName(std::string_view text) {
    return !text.empty() && text.size() <= 64 && isLetter(text.front()) &&
           std::all_of(text.begin(), text.end(),
                       [](char c) { return isLetter(c) || isDigit(c) || c == '_' || c == '.'; });
}

std::string percentEncoded(std::string_view text) {
    static constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        if (isLetter(c) || isDigit(c) || std::string_view("-._~").find(c) != std::string_view::npos) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
        }
    }
    return out;
}

std::string jsonEscaped(std::string_view text) {
    static constexpr std::string_view kHex = "0123456789abcdef";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += {'\\', c};
        } else if (byte < 0x20) {
            out += {'\\', 'u', '0', '0', kHex[byte >> 4U], kHex[byte & 15U]};
        } else {
            out += c;
        }
    }
    return out;
}

/// In parentheses or with its type before it, so that what stands beside it cannot become a part of it.
std::string sqlLiteral(const TypedValue& value) {
    switch (value.type) {
        case ParameterType::kInteger:
        case ParameterType::kDecimal:
            return "(" + value.text + ")";
        case ParameterType::kBoolean:
            return "(" + value.text + ")";
        case ParameterType::kDate:
            return "(DATE " + quoteLiteral(value.text) + ")";
        case ParameterType::kTime:
            return "(TIMESTAMPTZ " + quoteLiteral(value.text) + ")";
        case ParameterType::kText:
            break;
    }
    return "(" + quoteLiteral(value.text) + "::text)";
}

Result<std::string> quoted(const std::string& name, const TypedValue& value, TemplateKind kind) {
    if (!isValueOf(value.type, value.text)) {
        return fail(ErrorCode::kInvalidArgument, "the parameter '" + name + "' is not of type " +
                                                     kParameterTypeNames.at(static_cast<std::size_t>(value.type)) +
                                                     ": '" + value.text + "'");
    }
    switch (kind) {
        case TemplateKind::kSql:
            return sqlLiteral(value);
        case TemplateKind::kUrl:
            return percentEncoded(value.text);
        case TemplateKind::kJson:
            return jsonEscaped(value.text);
        case TemplateKind::kPath:
            if (value.text.empty() || value.text.find('/') != std::string::npos || value.text.starts_with("..")) {
                return fail(ErrorCode::kInvalidArgument,
                            "the parameter '" + name + "' cannot be a part of a path: '" + value.text + "'",
                            "it may hold no '/', and not begin with '..'");
            }
            return value.text;
        case TemplateKind::kPlain:
            break;
    }
    return value.text;
}

std::optional<unsigned> digits(std::string_view text) {
    unsigned value = 0;
    if (text.empty() || !std::all_of(text.begin(), text.end(), isDigit)) {
        return std::nullopt;
    }
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

bool isDate(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') {
        return false;
    }
    const auto year = digits(text.substr(0, 4));
    const auto month = digits(text.substr(5, 2));
    const auto day = digits(text.substr(8, 2));
    return year && month && day && *year > 0 &&
           (std::chrono::year(static_cast<int>(*year)) / std::chrono::month(*month) / std::chrono::day(*day)).ok();
}

/// 2026-11-22T02:30:00Z
bool isTime(std::string_view text) {
    if (text.size() != 20 || !isDate(text.substr(0, 10)) || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
        text[19] != 'Z') {
        return false;
    }
    const auto hour = digits(text.substr(11, 2));
    const auto minute = digits(text.substr(14, 2));
    const auto second = digits(text.substr(17, 2));
    return hour && minute && second && *hour < 24 && *minute < 60 && *second < 60;
}

bool isDecimal(std::string_view text, bool has_fraction) {
    constexpr std::size_t kLongest = 100;
    if (text.starts_with('-')) {
        text.remove_prefix(1);
    }
    const std::size_t point = has_fraction ? text.find('.') : std::string_view::npos;
    const std::string_view whole = text.substr(0, point);
    return text.size() <= kLongest && digits(whole) &&
           (point == std::string_view::npos || digits(text.substr(point + 1)));
}

}  // namespace

bool isValueOf(ParameterType type, std::string_view text) {
    std::int64_t number = 0;
    switch (type) {
        case ParameterType::kInteger:
            return isDecimal(text, false) &&
                   std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc();
        case ParameterType::kDecimal:
            return isDecimal(text, true);
        case ParameterType::kBoolean:
            return text == "true" || text == "false";
        case ParameterType::kDate:
            return isDate(text);
        case ParameterType::kTime:
            return isTime(text);
        case ParameterType::kText:
            break;
    }
    return text.find('\0') == std::string_view::npos;
}

Result<std::vector<Placeholder>> placeholdersOf(std::string_view text, TemplateKind kind) {
    std::vector<Placeholder> found;
    SqlScanner scanner(text);
    for (std::size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${", at)) {
        if (at > 0 && text[at - 1] == '$') {
            at += 2;
            continue;
        }
        const std::size_t end = text.find('}', at);
        const std::string_view name = text.substr(at + 2, end == std::string_view::npos ? 0 : end - at - 2);
        if (!isName(name)) {
            return fail(ErrorCode::kInvalidArgument, "'${' is not followed by a name and '}'",
                        "write ${name} for a parameter, $${ for these two characters");
        }
        if (kind == TemplateKind::kSql && scanner.isQuotedAt(at)) {
            return fail(ErrorCode::kInvalidArgument, "'${" + std::string(name) + "}' stands within quotes or a comment",
                        "write it without quotes: it becomes a literal of its own");
        }
        found.push_back({at, end + 1, std::string(name)});
        at = end + 1;
    }
    return found;
}

Result<std::string> fill(std::string_view text, const Values& values, TemplateKind kind) {
    const auto placeholders = TSR_TRY(placeholdersOf(text, kind));
    std::string out;
    std::size_t at = 0;
    const auto append = [&](std::string_view piece) {
        for (std::size_t i = 0; i < piece.size(); ++i) {
            if (piece.substr(i, 3) != "$${") {
                out += piece[i];
            }
        }
    };
    for (const Placeholder& placeholder : placeholders) {
        const auto value = values.find(placeholder.name);
        if (value == values.end()) {
            return fail(ErrorCode::kInvalidArgument, "there is no parameter '" + placeholder.name + "'");
        }
        append(text.substr(at, placeholder.begin - at));
        out += TSR_TRY(quoted(placeholder.name, value->second, kind));
        at = placeholder.end;
    }
    append(text.substr(at));
    return out;
}

}  // namespace tessera::jobs
