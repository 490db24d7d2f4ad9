#include "nodeservice/rest/query_request.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace tessera::rest {

namespace {

using nlohmann::json;

constexpr std::size_t kMaxParameters = 65535;
constexpr std::size_t kMaxPageRows = 100000;
constexpr std::size_t kMaxIdBytes = 64;
constexpr int kMaxDepth = 64;

Error invalid(std::string message) {
    return fail(ErrorCode::kInvalidArgument, std::move(message), "see /api/v1/openapi.json");
}

/// Bounded in depth: what is nested without end would be taken apart recursively.
Result<json> parse(std::string_view body) {
    bool too_deep = false;
    const auto callback = [&too_deep](int depth, json::parse_event_t, json&) {
        too_deep = too_deep || depth > kMaxDepth;
        return !too_deep;
    };
    json parsed = json::parse(body.begin(), body.end(), callback, false);
    if (too_deep || parsed.is_discarded() || !parsed.is_object()) {
        return invalid("the body is not a JSON object");
    }
    return parsed;
}

/// A scalar in the text form that PostgreSQL reads.
Result<std::optional<std::string>> textOf(const json& value, std::size_t number) {
    if (value.is_null()) {
        return std::optional<std::string>();
    }
    if (value.is_string()) {
        auto text = value.get<std::string>();
        if (text.find('\0') != std::string::npos) {
            return invalid("parameter $" + std::to_string(number) + " holds U+0000, which PostgreSQL's text cannot");
        }
        return std::optional(std::move(text));
    }
    if (value.is_boolean()) {
        return std::optional<std::string>(value.get<bool>() ? "true" : "false");
    }
    return std::optional(value.dump());
}

Result<query::Parameter> parameterOf(const json& given, std::size_t number) {
    query::Parameter parameter;
    json value = given;
    if (given.is_object()) {
        const bool is_typed =
            given.size() == 2 && given.contains("type") && given.contains("value") && given["type"].is_string();
        if (!is_typed) {
            return invalid("parameter $" + std::to_string(number) +
                           " is an object other than {\"type\": …, \"value\": …}");
        }
        parameter.type_name = given["type"].get<std::string>();
        value = given["value"];
    }
    // Objects and arrays are PostgreSQL's json; its own arrays have a text form, "{1,2}".
    if (value.is_structured() && parameter.type_name != "json" && parameter.type_name != "jsonb") {
        return invalid("parameter $" + std::to_string(number) +
                       " is an array or object: give its type, json or jsonb, or PostgreSQL's text form as a string");
    }
    parameter.text = TSR_TRY(textOf(value, number));
    return parameter;
}

Result<std::uint64_t> numberOf(const json& body, const char* name, std::uint64_t most) {
    const auto found = body.find(name);
    if (found == body.end()) {
        return std::uint64_t{0};
    }
    if (!found->is_number_unsigned() || found->get<std::uint64_t>() > most || found->get<std::uint64_t>() == 0) {
        return invalid(std::string("'") + name + "' is not a number from 1 to " + std::to_string(most));
    }
    return found->get<std::uint64_t>();
}

bool isId(std::string_view text) {
    constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    return !text.empty() && text.size() <= kMaxIdBytes && text.find_first_not_of(kAllowed) == std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
    const std::size_t from = text.find_first_not_of(" \t");
    return from == std::string_view::npos ? std::string_view()
                                          : text.substr(from, text.find_last_not_of(" \t") + 1 - from);
}

/// Calls with each of a list's members, without its parameters, until one is right.
template <class IsRight>
bool anyOf(std::string_view list, IsRight is_right) {
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        const std::string_view member = list.substr(0, comma);
        list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
        const std::size_t semicolon = member.find(';');
        const std::string_view parameters =
            semicolon == std::string_view::npos ? std::string_view() : trimmed(member.substr(semicolon + 1));
        const bool is_refused = parameters == "q=0" || parameters == "q=0.0";
        if (!is_refused && is_right(trimmed(member.substr(0, semicolon)))) {
            return true;
        }
    }
    return false;
}

}  // namespace

Result<QueryRequest> readQueryRequest(std::string_view text) {
    const json body = TSR_TRY(parse(text));
    for (const auto& member : body.items()) {
        constexpr std::array<std::string_view, 5> kKnown = {"sql", "parameters", "timeout_ms", "page_rows", "id"};
        if (std::find(kKnown.begin(), kKnown.end(), member.key()) == kKnown.end()) {
            return invalid("'" + member.key() + "' is not known here");
        }
    }
    QueryRequest request;
    if (!body.contains("sql") || !body["sql"].is_string() ||
        body["sql"].get_ref<const std::string&>().find('\0') != std::string::npos) {
        return invalid("'sql' is missing, or not a text");
    }
    request.statement.sql = body["sql"].get<std::string>();
    if (body.contains("parameters")) {
        const json& parameters = body["parameters"];
        if (!parameters.is_array() || parameters.size() > kMaxParameters) {
            return invalid("'parameters' is not an array of at most 65535 values");
        }
        for (const json& parameter : parameters) {
            request.statement.parameters.push_back(
                TSR_TRY(parameterOf(parameter, request.statement.parameters.size() + 1)));
        }
    }
    request.statement.timeout_ms =
        static_cast<std::uint32_t>(TSR_TRY(numberOf(body, "timeout_ms", std::numeric_limits<std::int32_t>::max())));
    request.page_rows = TSR_TRY(numberOf(body, "page_rows", kMaxPageRows));
    if (body.contains("id")) {
        if (!body["id"].is_string() || !isId(body["id"].get_ref<const std::string&>())) {
            return invalid("'id' is not a text of at most 64 letters, digits, - and _");
        }
        request.statement.request_id = body["id"].get<std::string>();
    }
    return request;
}

Result<Format> formatOf(std::string_view accept) {
    static constexpr std::array<std::pair<std::string_view, Format>, 8> kTypes = {
        {{"application/json", Format::kJson},
         {"application/x-ndjson", Format::kNdjson},
         {"application/ndjson", Format::kNdjson},
         {"text/csv", Format::kCsv},
         {"application/vnd.apache.arrow.stream", Format::kArrow},
         {"application/vnd.apache.parquet", Format::kParquet},
         {"application/*", Format::kJson},
         {"*/*", Format::kJson}}};
    Format found = Format::kJson;
    const bool can = trimmed(accept).empty() || anyOf(accept, [&found](std::string_view type) {
                         for (const auto& [name, format] : kTypes) {
                             if (type == name) {
                                 found = format;
                                 return true;
                             }
                         }
                         return false;
                     });
    if (!can) {
        return invalid("none of the types that 'Accept' names can be made");
    }
    return found;
}

bool acceptsGzip(std::string_view accept_encoding) {
    return anyOf(accept_encoding, [](std::string_view coding) { return coding == "gzip"; });
}

}  // namespace tessera::rest
