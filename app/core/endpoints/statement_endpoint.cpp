#include "app/core/endpoints/statement_endpoint.h"

#include "app/core/jobs/job_tables.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace tessera::app {

namespace {

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

/// Parameters of endpoints are of small letters.
std::string withSmallParameters(std::string_view sql) {
    std::string made(sql);
    for (const ParameterUse& use : namedParametersOf(sql)) {
        const std::string name = ":" + lower(use.name);
        made.replace(use.begin, use.end - use.begin, name);
    }
    return made;
}

std::string trimmed(std::string_view sql) {
    const std::size_t begin = std::min(sql.find_first_not_of(" \t\r\n"), sql.size());
    sql.remove_prefix(begin);
    const std::size_t end = sql.find_last_not_of(" \t\r\n;");
    return std::string(sql.substr(0, end == std::string_view::npos ? 0 : end + 1));
}

/// What is left of a table's name where only small letters, digits, '-' and '_' may stand, a letter first.
std::string endpointName(const std::string& table) {
    std::string name;
    for (const char c : lower(table)) {
        const bool is_kept =
            (c >= 'a' && c <= 'z') || (!name.empty() && ((c >= '0' && c <= '9') || c == '-' || c == '_'));
        if (is_kept) {
            name += c;
        }
    }
    constexpr std::size_t kMost = 63;
    return name.empty() ? "new-endpoint" : name.substr(0, kMost);
}

bool isWriting(std::string_view sql) {
    const std::vector<Token> tokens = tokensOf(sql);
    static constexpr std::array<std::string_view, 4> kVerbs = {"insert", "update", "delete", "merge"};
    return !tokens.empty() && std::any_of(kVerbs.begin(), kVerbs.end(),
                                          [&](std::string_view verb) { return isKeyword(tokens.front(), sql, verb); });
}

}  // namespace

StatementEndpoint::StatementEndpoint(std::string_view sql)
    : sql_(withSmallParameters(trimmed(sql))), bound_(bindNamedParameters(sql_)) {
    const std::vector<NamedTable> tables = tablesOf(bound_.sql);
    name_ = endpointName(tables.empty() ? std::string() : tables.front().name);
}

std::string StatementEndpoint::file(const std::vector<std::string>& types) const {
    std::string header = "/*\nendpoint: " + name_ + "\ndocumentation: What it is for\n";
    if (!bound_.names.empty()) {
        header += "parameters:\n";
    }
    for (std::size_t i = 0; i < bound_.names.size(); ++i) {
        std::string_view type = i < types.size() ? std::string_view(types[i]) : std::string_view();
        const bool is_list = type.ends_with("[]");
        type.remove_suffix(is_list ? 2 : 0);
        const std::string known = endpointTypeOf(type);
        header += "  - {name: " + bound_.names[i] + (known == "text" ? "" : ", type: " + known) +
                  (is_list ? ", list: true" : ", required: true") + "}\n";
    }
    return header + (isWriting(sql_) ? "writes: true\n" : "") + "*/\n" + sql_ + "\n";
}

std::string endpointTypeOf(std::string_view postgres_type) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 15> kTypes = {
        {{"smallint", "integer"},
         {"integer", "integer"},
         {"bigint", "bigint"},
         {"numeric", "numeric"},
         {"real", "double precision"},
         {"double precision", "double precision"},
         {"boolean", "boolean"},
         {"date", "date"},
         {"time without time zone", "time"},
         {"timestamp without time zone", "timestamp"},
         {"timestamp with time zone", "timestamptz"},
         {"uuid", "uuid"},
         {"jsonb", "jsonb"},
         {"json", "jsonb"},
         {"text", "text"}}};
    const auto found =
        std::find_if(kTypes.begin(), kTypes.end(), [&](const auto& type) { return type.first == postgres_type; });
    return std::string(found == kTypes.end() ? std::string_view("text") : found->second);
}

}  // namespace tessera::app
